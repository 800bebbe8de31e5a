#include "types.h"

struct everything *everything;
char LICENSE[] __attribute__((section("license"), used)) = "GPL";
