// In a guest, the runtime knows the functions.
#include "profile.h"
#include "symbols.h"

#ifdef __wasm__
#include <wasm_bpf/symbols.h>

static struct wasm_bpf_symbols *symbols;

void symbols_open(bool lines)
{
	struct wasm_bpf_symbols_opts opts = { .sz = sizeof(opts), .lines = lines };

	symbols = wasm_bpf_symbols__new(&opts);
}

const struct symbol *symbols_find(int pid, const unsigned long long *addresses, int depth)
{
	static struct symbol functions[MAX_FRAMES];
	const struct wasm_bpf_symbol *found = NULL;

	if (symbols)
		found = pid ? wasm_bpf_symbols__user(symbols, pid, addresses, depth)
			    : wasm_bpf_symbols__kernel(symbols, addresses, depth);
	if (!found)
		return NULL;
	for (int i = 0; i < depth; i++) {
		functions[i].name = found[i].name;
		functions[i].object = found[i].object;
		functions[i].object_offset = found[i].object_offset;
		functions[i].source = found[i].file;
		functions[i].line = found[i].line;
	}
	return functions;
}
#endif
