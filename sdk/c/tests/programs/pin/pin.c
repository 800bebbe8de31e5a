/* Pins of maps, programs and links, and what is opened from them, in the folder that the argument names. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "pin.skel.h"

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

int main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : "/sys/fs/bpf/pin";
	char path[128];
	unsigned int key = 0, value = 0, seen;
	struct bpf_link *link;
	struct pin_bpf *skel;
	int fd;

	libbpf_set_print(silent);
	skel = pin_bpf__open();
	if (!skel)
		return 1;
	printf("too early: %d\n", bpf_object__pin_maps(skel->obj, folder) == -ENOENT);
	if (pin_bpf__load(skel))
		return 1;
	printf("maps: %d\n", bpf_object__pin_maps(skel->obj, folder));
	printf("pinned: %d\n", bpf_map__is_pinned(skel->maps.numbers));
	snprintf(path, sizeof(path), "%s/numbers", folder);
	printf("path: %d\n", !strcmp(bpf_map__pin_path(skel->maps.numbers), path));
	fd = bpf_obj_get(path);
	printf("opened: %d\n", fd > 0);
	value = 5;
	printf("update: %d\n", bpf_map_update_elem(bpf_map__fd(skel->maps.numbers), &key, &value, 0));
	value = 0;
	printf("lookup: %d\n", bpf_map_lookup_elem(fd, &key, &value));
	printf("same map: %u\n", value);
	close(fd);
	printf("unpin: %d\n", bpf_object__unpin_maps(skel->obj, folder));
	printf("gone: %d\n", bpf_obj_get(path) == -ENOENT);

	snprintf(path, sizeof(path), "%s/program", folder);
	printf("program: %d\n", bpf_program__pin(skel->progs.on_enter, path));
	printf("unpin: %d\n", bpf_program__unpin(skel->progs.on_enter, path));

	link = bpf_program__attach(skel->progs.on_enter);
	printf("attached: %d\n", link != NULL);
	snprintf(path, sizeof(path), "%s/link", folder);
	printf("link: %d\n", bpf_link__pin(link, path));
	printf("destroy: %d\n", bpf_link__destroy(link));
	seen = skel->bss->calls;
	getppid();
	printf("lives on: %d\n", skel->bss->calls > seen);
	link = bpf_link__open(path);
	printf("opened: %d\n", link != NULL);
	printf("unpin: %d\n", link ? bpf_link__unpin(link) : -1);
	printf("destroy: %d\n", bpf_link__destroy(link));
	pin_bpf__destroy(skel);
	return 0;
}
