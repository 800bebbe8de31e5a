/*
 * <sys/mman.h>: mmap() of BPF arrays with BPF_F_MMAPABLE, whose elements are
 * then the kernel's own, and of memory without a file. Not of files: WASI has
 * none that could be mapped, -1 and ENODEV.
 */
#ifndef WASM_BPF_WRAPPED_SYS_MMAN_H
#define WASM_BPF_WRAPPED_SYS_MMAN_H

/* <wasm_bpf/shared_types.h> gives the name to another type. */
#pragma push_macro("ssize_t")
#undef ssize_t

#include <sys/types.h>

#include <wasm_bpf/mapping.h>

#define PROT_NONE 0
#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4

#define MAP_SHARED 0x01
#define MAP_PRIVATE 0x02
#define MAP_FIXED 0x10
#define MAP_ANONYMOUS 0x20
#define MAP_ANON MAP_ANONYMOUS

#define MAP_FAILED ((void *)-1)

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Maps `length` bytes of an array from `offset` on, page by page. The address
 * is never the caller's to choose. MAP_FAILED and errno: EINVAL past the end,
 * EOPNOTSUPP for other maps, EPERM for PROT_WRITE where the map is frozen.
 */
WASM_BPF_WEAK void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	(void)addr;
	if ((flags & MAP_FIXED) || (prot & PROT_EXEC)) {
		errno = ENOTSUP;
		return MAP_FAILED;
	}
	if (!length || offset < 0 || offset > INT32_MAX) {
		errno = EINVAL;
		return MAP_FAILED;
	}
	if (flags & MAP_ANONYMOUS)
		return wasm_bpf_mapping_new(length, -1, 0, 0);
	if (fd < WASM_BPF_FIRST_HANDLE || !(flags & MAP_SHARED)) {
		errno = ENODEV;
		return MAP_FAILED;
	}
	return wasm_bpf_mapping_new(length, fd, (size_t)offset, !!(prot & PROT_WRITE));
}

/* Ends what mmap() gave, all of it; -1 and EINVAL for anything else. */
WASM_BPF_WEAK int munmap(void *addr, size_t length)
{
	return wasm_bpf_mapping_end(addr, length);
}

#ifdef __cplusplus
}
#endif

#pragma pop_macro("ssize_t")

#endif
