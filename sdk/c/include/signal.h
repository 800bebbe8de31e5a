/*
 * <signal.h>: signals with Linux's numbers and glibc's behaviour. A handler
 * runs when the program waits (ring and perf polls, sleeps, pause) or is about
 * to: it never interrupts other code. SIGINT and SIGTERM come from the host;
 * raise() works for all.
 */
#ifndef WASM_BPF_WRAPPED_SIGNAL_H
#define WASM_BPF_WRAPPED_SIGNAL_H

#include <stdio.h>
#include <sys/types.h>

#include <__typedef_sigset_t.h>
#include <wasm_bpf/process.h>
#include <wasm_bpf/sleep.h>

#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGIOT SIGABRT
#define SIGBUS 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGUSR1 10
#define SIGSEGV 11
#define SIGUSR2 12
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGSTKFLT 16
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG 23
#define SIGXCPU 24
#define SIGXFSZ 25
#define SIGVTALRM 26
#define SIGPROF 27
#define SIGWINCH 28
#define SIGIO 29
#define SIGPOLL SIGIO
#define SIGPWR 30
#define SIGSYS 31
#define SIGRTMIN 34
#define SIGRTMAX 64
#define _NSIG WASM_BPF_SIGNALS
#define NSIG _NSIG

#define SIG_BLOCK 0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

#define SA_NOCLDSTOP 1
#define SA_NOCLDWAIT 2
#define SA_SIGINFO 4
#define SA_RESTORER 0x04000000
#define SA_ONSTACK 0x08000000
#define SA_RESTART 0x10000000
#define SA_NODEFER 0x40000000
#define SA_RESETHAND ((int)0x80000000)

#define SI_USER 0
#define SI_KERNEL 128

#ifdef __cplusplus
extern "C" {
#endif

typedef int sig_atomic_t;
typedef void (*__sighandler_t)(int);
typedef __sighandler_t sighandler_t;
typedef __sighandler_t sig_t;

#define SIG_DFL ((__sighandler_t)0)
#define SIG_IGN ((__sighandler_t)WASM_BPF_IGNORE)
#define SIG_ERR ((__sighandler_t)-1)

union sigval {
	int sival_int;
	void *sival_ptr;
};

/* What a handler of the SA_SIGINFO kind gets; only the number is known. */
typedef struct {
	int si_signo;
	int si_errno;
	int si_code;
	pid_t si_pid;
	uid_t si_uid;
	int si_status;
	void *si_addr;
	union sigval si_value;
} siginfo_t;

struct sigaction {
	union {
		__sighandler_t sa_handler;
		void (*sa_sigaction)(int, siginfo_t *, void *);
	};
	sigset_t sa_mask;
	int sa_flags;
	void (*sa_restorer)(void);
};

WASM_BPF_WEAK void wasm_bpf_call_with_siginfo(__UINTPTR_TYPE__ handler, int number)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = number;
	((void (*)(int, siginfo_t *, void *))handler)(number, &info, NULL);
}

/* Sets and gets a signal's action. 0, or -1 and EINVAL for SIGKILL, SIGSTOP and what is no signal. */
WASM_BPF_WEAK int sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
	struct wasm_bpf_action *slot;
	int result;

	if (number < 1 || number >= WASM_BPF_SIGNALS || number == SIGKILL || number == SIGSTOP) {
		errno = EINVAL;
		return -1;
	}
	slot = &wasm_bpf_actions[number];
	if (before) {
		memset(before, 0, sizeof(*before));
		before->sa_handler = (__sighandler_t)slot->handler;
		before->sa_mask = slot->mask;
		before->sa_flags = slot->flags;
	}
	if (!action)
		return 0;
	slot->handler = (__UINTPTR_TYPE__)action->sa_handler;
	slot->mask = action->sa_mask;
	slot->flags = action->sa_flags;
	if (action->sa_flags & SA_SIGINFO)
		wasm_bpf_call_siginfo = wasm_bpf_call_with_siginfo;
	result = wasm_bpf_result(wasm_bpf_v1_signal_handle(
		number, slot->handler || wasm_bpf_signals_blocked >> (number - 1) & 1));
	return result < 0 ? -1 : 0;
}

/* Sets the handler, as glibc does: it stays, and the signal is blocked while it runs. */
WASM_BPF_WEAK __sighandler_t signal(int number, __sighandler_t handler)
{
	struct sigaction action, before;

	memset(&action, 0, sizeof(action));
	action.sa_handler = handler;
	action.sa_flags = SA_RESTART;
	return sigaction(number, &action, &before) ? SIG_ERR : before.sa_handler;
}

WASM_BPF_WEAK int sigemptyset(sigset_t *set)
{
	*set = 0;
	return 0;
}

WASM_BPF_WEAK int sigfillset(sigset_t *set)
{
	*set = ~0ull;
	return 0;
}

WASM_BPF_WEAK int sigaddset(sigset_t *set, int number)
{
	if (number < 1 || number >= WASM_BPF_SIGNALS) {
		errno = EINVAL;
		return -1;
	}
	*set |= 1ull << (number - 1);
	return 0;
}

WASM_BPF_WEAK int sigdelset(sigset_t *set, int number)
{
	if (number < 1 || number >= WASM_BPF_SIGNALS) {
		errno = EINVAL;
		return -1;
	}
	*set &= ~(1ull << (number - 1));
	return 0;
}

WASM_BPF_WEAK int sigismember(const sigset_t *set, int number)
{
	return number > 0 && number < WASM_BPF_SIGNALS && (*set >> (number - 1) & 1);
}

/* Blocks and unblocks signals; a blocked one is kept until it is unblocked. */
WASM_BPF_WEAK int sigprocmask(int how, const sigset_t *set, sigset_t *before)
{
	if (before)
		*before = wasm_bpf_signals_blocked;
	if (!set)
		return 0;
	if (how == SIG_BLOCK)
		wasm_bpf_signals_block(wasm_bpf_signals_blocked | *set);
	else if (how == SIG_UNBLOCK)
		wasm_bpf_signals_block(wasm_bpf_signals_blocked & ~*set);
	else if (how == SIG_SETMASK)
		wasm_bpf_signals_block(*set);
	else {
		errno = EINVAL;
		return -1;
	}
	wasm_bpf_signals_run();
	return 0;
}

/* sigprocmask() for the only thread; returns the error. */
WASM_BPF_WEAK int pthread_sigmask(int how, const sigset_t *set, sigset_t *before)
{
	return sigprocmask(how, set, before) ? errno : 0;
}

/* The signals that are blocked and have come. */
WASM_BPF_WEAK int sigpending(sigset_t *set)
{
	wasm_bpf_signals_run();
	*set = wasm_bpf_signals_pending;
	return 0;
}

/* Waits for one of the signals in `set`, which are blocked, and takes it. */
WASM_BPF_WEAK int sigwait(const sigset_t *set, int *number)
{
	for (wasm_bpf_signals_run(); !(wasm_bpf_signals_pending & *set); wasm_bpf_signals_run())
		wasm_bpf_suspend(UINT64_MAX);
	*number = __builtin_ctzll(wasm_bpf_signals_pending & *set) + 1;
	wasm_bpf_signals_pending &= ~(1ull << (*number - 1));
	return 0;
}

/* Waits for a handler to run while other signals are blocked; always -1 and EINTR. */
WASM_BPF_WEAK int sigsuspend(const sigset_t *mask)
{
	const uint64_t blocked = wasm_bpf_signals_blocked;

	wasm_bpf_signals_block(*mask);
	while (!wasm_bpf_sleep(UINT64_MAX))
		;
	wasm_bpf_signals_block(blocked);
	return wasm_bpf_libc_result(-EINTR);
}

/* Sends a signal to the program itself; its action is carried out before this returns. */
WASM_BPF_WEAK int raise(int number)
{
	if (number < 1 || number >= WASM_BPF_SIGNALS) {
		errno = EINVAL;
		return -1;
	}
	wasm_bpf_signals_pending |= 1ull << (number - 1);
	wasm_bpf_signals_run();
	return 0;
}

/* raise() for the program's own pid (or 0); ENOSYS for others. Signal 0 asks whether there is such a process. */
WASM_BPF_WEAK int kill(pid_t pid, int number)
{
	if (pid && pid != wasm_bpf_v1_process_id(0)) {
		if (!number)
			return wasm_bpf_find_process(pid);
		errno = ENOSYS;
		return -1;
	}
	return number ? raise(number) : 0;
}

/* The signal's English name. */
WASM_BPF_WEAK char *strsignal(int number)
{
	static char other[32];

	switch (number) {
	case SIGHUP:
		return (char *)"Hangup";
	case SIGINT:
		return (char *)"Interrupt";
	case SIGQUIT:
		return (char *)"Quit";
	case SIGILL:
		return (char *)"Illegal instruction";
	case SIGTRAP:
		return (char *)"Trace/breakpoint trap";
	case SIGABRT:
		return (char *)"Aborted";
	case SIGBUS:
		return (char *)"Bus error";
	case SIGFPE:
		return (char *)"Floating point exception";
	case SIGKILL:
		return (char *)"Killed";
	case SIGUSR1:
		return (char *)"User defined signal 1";
	case SIGSEGV:
		return (char *)"Segmentation fault";
	case SIGUSR2:
		return (char *)"User defined signal 2";
	case SIGPIPE:
		return (char *)"Broken pipe";
	case SIGALRM:
		return (char *)"Alarm clock";
	case SIGTERM:
		return (char *)"Terminated";
	case SIGSTKFLT:
		return (char *)"Stack fault";
	case SIGCHLD:
		return (char *)"Child exited";
	case SIGCONT:
		return (char *)"Continued";
	case SIGSTOP:
		return (char *)"Stopped (signal)";
	case SIGTSTP:
		return (char *)"Stopped";
	case SIGTTIN:
		return (char *)"Stopped (tty input)";
	case SIGTTOU:
		return (char *)"Stopped (tty output)";
	case SIGURG:
		return (char *)"Urgent I/O condition";
	case SIGXCPU:
		return (char *)"CPU time limit exceeded";
	case SIGXFSZ:
		return (char *)"File size limit exceeded";
	case SIGVTALRM:
		return (char *)"Virtual timer expired";
	case SIGPROF:
		return (char *)"Profiling timer expired";
	case SIGWINCH:
		return (char *)"Window changed";
	case SIGIO:
		return (char *)"I/O possible";
	case SIGPWR:
		return (char *)"Power failure";
	case SIGSYS:
		return (char *)"Bad system call";
	default:
		if (number >= SIGRTMIN && number <= SIGRTMAX)
			snprintf(other, sizeof(other), "Real-time signal %d", number - SIGRTMIN);
		else
			snprintf(other, sizeof(other), "Unknown signal %d", number);
		return other;
	}
}

#ifdef __cplusplus
}
#endif

#endif
