/*
 * Signals: the host notes the ones that the program has set an action for and
 * wakes a waiting call; the program takes and handles them here, when a wait
 * or a sleep returns and before the next begins. <signal.h> sits on this.
 */
#ifndef WASM_BPF_SIGNAL_H
#define WASM_BPF_SIGNAL_H

#include <sys/types.h>
#include <wasm_bpf/error.h>
#include <wasm_bpf/import.h>

/* Linux's signals are 1 to 64. */
#define WASM_BPF_SIGNALS 65

#ifdef __cplusplus
extern "C" {
#endif

/* SIG_IGN. Not 1, as elsewhere: a guest's functions are numbered, and 1 is the first whose address is taken. */
#define WASM_BPF_IGNORE ((__UINTPTR_TYPE__)-2)

/* The action for one signal: 0 default, WASM_BPF_IGNORE, else the handler's address. */
struct wasm_bpf_action {
	__UINTPTR_TYPE__ handler;
	uint64_t mask; /* bit n-1: signal n is blocked while the handler runs */
	int flags;     /* SA_* */
};

WASM_BPF_VARIABLE struct wasm_bpf_action wasm_bpf_actions[WASM_BPF_SIGNALS];
WASM_BPF_VARIABLE uint64_t wasm_bpf_signals_blocked = 0;
WASM_BPF_VARIABLE uint64_t wasm_bpf_signals_pending = 0;

/* What reads signals from a descriptor, and wakes who waits for it; <sys/signalfd.h> sets them with the first. */
WASM_BPF_VARIABLE int (*wasm_bpf_signals_hook_read)(int fd, void *buf, size_t len) = NULL;
WASM_BPF_VARIABLE void (*wasm_bpf_signals_hook_come)(void) = NULL;

/* Calls a handler of the SA_SIGINFO kind; <signal.h> sets it with the first such action. */
WASM_BPF_VARIABLE void (*wasm_bpf_call_siginfo)(__UINTPTR_TYPE__ handler, int number) = NULL;

/* Blocks these signals and no others. The host is told: what is blocked must not end the program meanwhile. */
WASM_BPF_WEAK void wasm_bpf_signals_block(uint64_t mask)
{
	uint64_t changed;
	int number;

	mask &= ~(1ull << 8 | 1ull << 18); /* SIGKILL and SIGSTOP */
	changed = mask ^ wasm_bpf_signals_blocked;
	wasm_bpf_signals_blocked = mask;
	for (number = 1; number < WASM_BPF_SIGNALS - 1; number++)
		if (changed >> (number - 1) & 1 && !wasm_bpf_actions[number].handler)
			wasm_bpf_v1_signal_handle(number, mask >> (number - 1) & 1);
}

/* Carries out one signal's action; whether a handler ran. */
WASM_BPF_WEAK bool wasm_bpf_signal_deliver(int number)
{
	struct wasm_bpf_action action = wasm_bpf_actions[number];
	uint64_t blocked = wasm_bpf_signals_blocked;

	if (action.handler == WASM_BPF_IGNORE)
		return false;
	if (action.handler == 0) {
		/* SIGCHLD, SIGCONT, SIGURG and SIGWINCH do nothing, the others end the program. */
		if (number == 17 || number == 18 || number == 23 || number == 28)
			return false;
		_Exit(128 + number);
	}
	if (action.flags & (int)0x80000000u) { /* SA_RESETHAND */
		wasm_bpf_actions[number].handler = 0;
		wasm_bpf_v1_signal_handle(number, 0);
	}
	wasm_bpf_signals_blocked |= action.mask;
	if (!(action.flags & 0x40000000)) /* SA_NODEFER */
		wasm_bpf_signals_blocked |= 1ull << (number - 1);
	if ((action.flags & 4) && wasm_bpf_call_siginfo) /* SA_SIGINFO */
		wasm_bpf_call_siginfo(action.handler, number);
	else
		((void (*)(int))action.handler)(number);
	wasm_bpf_signals_blocked = blocked;
	return true;
}

/* Takes what the host holds and handles what is not blocked; whether a handler ran. */
WASM_BPF_WEAK bool wasm_bpf_signals_run(void)
{
	bool ran = false;
	uint64_t ready;
	int number;

	while ((number = wasm_bpf_v1_signal_take()) > 0)
		if (number < WASM_BPF_SIGNALS)
			wasm_bpf_signals_pending |= 1ull << (number - 1);
	while ((ready = wasm_bpf_signals_pending & ~wasm_bpf_signals_blocked)) {
		number = __builtin_ctzll(ready) + 1;
		wasm_bpf_signals_pending &= ~(1ull << (number - 1));
		ran |= wasm_bpf_signal_deliver(number);
	}
	if (wasm_bpf_signals_hook_come && wasm_bpf_signals_pending)
		wasm_bpf_signals_hook_come();
	return ran;
}

#ifdef __cplusplus
}
#endif

#endif
