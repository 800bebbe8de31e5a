/*
 * AT_FDCWD, the working directory as a descriptor, is another number for
 * WASI's C library than on Linux. Functions that take it are macros in the
 * headers that declare them.
 */
#ifndef WASM_BPF_DIRECTORY_H
#define WASM_BPF_DIRECTORY_H

#ifdef __cplusplus
extern "C" {
#endif

__attribute__((weak)) int wasm_bpf_directory(int directory)
{
	return directory == -100 ? -2 : directory;
}

#ifdef __cplusplus
}
#endif

#endif
