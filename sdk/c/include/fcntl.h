/*
 * <fcntl.h> with the flags of Linux that WASI lacks: O_PATH opens a directory
 * for its descriptor's sake, which WASI does with O_RDONLY; O_TMPFILE cannot
 * be had, and open() fails with EINVAL.
 */
#ifndef WASM_BPF_WRAPPED_FCNTL_H
#define WASM_BPF_WRAPPED_FCNTL_H

#include_next <fcntl.h>

#ifndef O_PATH
#define O_PATH O_RDONLY
#endif
#ifndef O_TMPFILE
#define O_TMPFILE (O_DIRECTORY | O_EXCL | O_CREAT)
#endif
#ifndef O_LARGEFILE
#define O_LARGEFILE 0
#endif
#ifndef O_DIRECT
#define O_DIRECT 0
#endif

#endif
