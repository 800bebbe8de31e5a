/* Nothing outside /jail is reached. The host put in it: `up` -> .., `root` -> /, `abs` -> /etc/passwd, `deep/in`. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/libc-nocwd.h>

#include "check.h"

/* Below descriptor 3, so that wasi-libc does not resolve the path itself. */
static void refused(const char *path)
{
	struct stat st;
	FAILS(openat(3, path, O_RDONLY), EPERM);
	FAILS(openat(3, path, O_WRONLY | O_CREAT, 0644), EPERM);
	FAILS(fstatat(3, path, &st, 0), EPERM);
}

int main(void)
{
	struct stat st;
	refused("..");
	refused("../secret");
	refused("deep/../../secret");
	refused("deep/in/../../../secret");
	refused("up/secret");
	refused("up");
	refused("root/etc/passwd");
	refused("abs");
	refused("deep/in/chain/secret");
	FAILS(__wasilibc_nocwd_openat_nomode(3, "/etc/passwd", O_RDONLY), EPERM);
	FAILS(mkdirat(3, "../made", 0755), EPERM);
	FAILS(mkdirat(3, "up/made", 0755), EPERM);
	FAILS(unlinkat(3, "../secret", 0), EPERM);
	FAILS(unlinkat(3, "up/secret", 0), EPERM);
	FAILS(renameat(3, "up/secret", 3, "mine"), EPERM);
	FAILS(renameat(3, "own", 3, "../own"), EPERM);
	FAILS(linkat(3, "../secret", 3, "mine", 0), EPERM);
	FAILS(linkat(3, "own", 3, "up/own", 0), EPERM);
	FAILS(symlinkat("/etc/passwd", 3, "fresh"), EPERM);
	FAILS(utimensat(3, "../secret", NULL, 0), EPERM);

	/* A link made by the guest is no way out either. */
	CHECK(!symlinkat("../secret", 3, "fresh"));
	refused("fresh");
	CHECK(!unlinkat(3, "fresh", 0));
	/* What stays inside is fine. */
	CHECK(!fstatat(3, "deep/../own", &st, 0));
	CHECK(!fstatat(3, "abs", &st, AT_SYMLINK_NOFOLLOW) && S_ISLNK(st.st_mode));
	return 0;
}
