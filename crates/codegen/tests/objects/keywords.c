/* In C the names are their own, in C++ they end with an underscore. */
#include "keywords.skel.h"

#ifdef __cplusplus
#define NAME(name) name##_
#else
#define NAME(name) name
#endif

int main(void)
{
	struct keywords *skel = keywords__open();

	return skel && skel->data->NAME(new) + skel->bss->NAME(class) + skel->rodata->NAME(this) == 4 && skel->progs.NAME(delete) &&
		       skel->maps.NAME(template) && !skel->links.NAME(delete)
		       ? 0
		       : 1;
}
