/* What uname() says. */
#include <stdio.h>
#include <sys/utsname.h>

int main(void)
{
	struct utsname name;

	printf("%d\n", uname(&name));
	printf("%s\n%s\n%s\n%s\n%s\n", name.sysname, name.nodename, name.release, name.version, name.machine);
	return 0;
}
