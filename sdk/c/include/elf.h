/*
 * <elf.h>: the kernel's definitions of ELF files, and what glibc's has besides.
 */
#ifndef WASM_BPF_ELF_H
#define WASM_BPF_ELF_H

#include <stdint.h>

#include <linux/elf.h>

#ifndef SHT_GNU_HASH
#define SHT_GNU_HASH 0x6ffffff6
#endif
#ifndef SHF_COMPRESSED
#define SHF_COMPRESSED (1 << 11)
#endif
#ifndef STT_GNU_IFUNC
#define STT_GNU_IFUNC 10
#endif
#ifndef NT_GNU_BUILD_ID
#define NT_GNU_BUILD_ID 3
#endif
#ifndef EM_BPF
#define EM_BPF 247
#endif
#ifndef ELF64_ST_BIND
#define ELF64_ST_BIND(info) ((unsigned char)(info) >> 4)
#endif
#ifndef ELF64_ST_TYPE
#define ELF64_ST_TYPE(info) ((info)&15)
#endif
#define ELF64_ST_INFO(bind, type) (((bind) << 4) + ((type)&15))
#define ELF64_ST_VISIBILITY(other) ((other)&3)

#endif
