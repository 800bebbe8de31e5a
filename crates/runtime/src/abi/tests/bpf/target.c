/*
 * A process to be probed: for each byte that it reads it calls a function and
 * passes a statically defined tracepoint, `wasm_bpf_test:fired` with the byte.
 */
#include <stdio.h>

__attribute__((noinline)) int work(int byte)
{
	__asm__ volatile("" : "+r"(byte));
	return byte;
}

__attribute__((noinline)) int work_again(int byte)
{
	__asm__ volatile("" : "+r"(byte));
	return byte + 1;
}

/* The note that systemtap's sys/sdt.h makes (version 3 of its format). */
static void fired(long byte)
{
	__asm__ volatile("990: nop\n"
			 ".pushsection .note.stapsdt,\"\",\"note\"\n"
			 ".balign 4\n"
			 ".4byte 992f-991f, 994f-993f, 3\n"
			 "991: .asciz \"stapsdt\"\n"
			 "992: .balign 4\n"
			 "993: .8byte 990b\n"
			 ".8byte _.stapsdt.base\n"
			 ".8byte 0\n"
			 ".asciz \"wasm_bpf_test\"\n"
			 ".asciz \"fired\"\n"
			 ".asciz \"-8@%0\"\n"
			 "994: .balign 4\n"
			 ".popsection\n"
			 ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"
			 ".weak _.stapsdt.base\n"
			 ".hidden _.stapsdt.base\n"
			 "_.stapsdt.base: .space 1\n"
			 ".size _.stapsdt.base, 1\n"
			 ".popsection\n"
			 :
			 : "r"(byte));
}

int main(void)
{
	int byte;

	while ((byte = getchar()) != EOF) {
		fired(byte);
		putchar(work(byte) + work_again(byte) > 0 ? '.' : '!');
		fflush(stdout);
	}
	return 0;
}
