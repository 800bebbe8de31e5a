/*
 * What the status of an ended process says. glibc has these in <stdlib.h> too.
 */
#ifndef WASM_BPF_WAIT_STATUS_H
#define WASM_BPF_WAIT_STATUS_H

#define WEXITSTATUS(status) (((status) >> 8) & 0xff)
#define WTERMSIG(status) ((status) & 0x7f)
#define WSTOPSIG(status) WEXITSTATUS(status)
#define WIFEXITED(status) (!WTERMSIG(status))
#define WIFSIGNALED(status) (WTERMSIG(status) && WTERMSIG(status) != 0x7f)
#define WIFSTOPPED(status) (((status) & 0xff) == 0x7f)

#endif
