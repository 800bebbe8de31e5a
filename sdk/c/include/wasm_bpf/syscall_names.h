/*
 * The names of Linux's system calls by their numbers, on x86-64 and on the
 * processors that took the common numbers (64-bit Arm, RISC-V, LoongArch).
 */
#ifndef WASM_BPF_SYSCALL_NAMES_H
#define WASM_BPF_SYSCALL_NAMES_H

/* First of all: the headers below may include those that call it. */
#ifdef __cplusplus
extern "C" {
#endif
__attribute__((weak)) const char *wasm_bpf_syscall_name(const char *machine, unsigned number);
#ifdef __cplusplus
}
#endif

#include <stddef.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Newer ones have the same numbers everywhere, from here on. */
#define WASM_BPF_NEW_SYSCALLS 424

/* The name of a system call on the processor that uname() calls `machine`; NULL for what is none. */
__attribute__((weak)) const char *wasm_bpf_syscall_name(const char *machine, unsigned number)
{
	static const char x86_64[] =
		"read\0write\0open\0close\0stat\0fstat\0lstat\0poll\0lseek\0mmap\0mprotect\0"
		"munmap\0brk\0rt_sigaction\0rt_sigprocmask\0rt_sigreturn\0ioctl\0pread64\0"
		"pwrite64\0readv\0writev\0access\0pipe\0select\0sched_yield\0mremap\0msync\0"
		"mincore\0madvise\0shmget\0shmat\0shmctl\0dup\0dup2\0pause\0nanosleep\0"
		"getitimer\0alarm\0setitimer\0getpid\0sendfile\0socket\0connect\0accept\0sendto\0"
		"recvfrom\0sendmsg\0recvmsg\0shutdown\0bind\0listen\0getsockname\0getpeername\0"
		"socketpair\0setsockopt\0getsockopt\0clone\0fork\0vfork\0execve\0exit\0wait4\0"
		"kill\0uname\0semget\0semop\0semctl\0shmdt\0msgget\0msgsnd\0msgrcv\0msgctl\0"
		"fcntl\0flock\0fsync\0fdatasync\0truncate\0ftruncate\0getdents\0getcwd\0chdir\0"
		"fchdir\0rename\0mkdir\0rmdir\0creat\0link\0unlink\0symlink\0readlink\0chmod\0"
		"fchmod\0chown\0fchown\0lchown\0umask\0gettimeofday\0getrlimit\0getrusage\0"
		"sysinfo\0times\0ptrace\0getuid\0syslog\0getgid\0setuid\0setgid\0geteuid\0"
		"getegid\0setpgid\0getppid\0getpgrp\0setsid\0setreuid\0setregid\0getgroups\0"
		"setgroups\0setresuid\0getresuid\0setresgid\0getresgid\0getpgid\0setfsuid\0"
		"setfsgid\0getsid\0capget\0capset\0rt_sigpending\0rt_sigtimedwait\0"
		"rt_sigqueueinfo\0rt_sigsuspend\0sigaltstack\0utime\0mknod\0uselib\0personality\0"
		"ustat\0statfs\0fstatfs\0sysfs\0getpriority\0setpriority\0sched_setparam\0"
		"sched_getparam\0sched_setscheduler\0sched_getscheduler\0sched_get_priority_max\0"
		"sched_get_priority_min\0sched_rr_get_interval\0mlock\0munlock\0mlockall\0"
		"munlockall\0vhangup\0modify_ldt\0pivot_root\0_sysctl\0prctl\0arch_prctl\0"
		"adjtimex\0setrlimit\0chroot\0sync\0acct\0settimeofday\0mount\0umount2\0swapon\0"
		"swapoff\0reboot\0sethostname\0setdomainname\0iopl\0ioperm\0create_module\0"
		"init_module\0delete_module\0get_kernel_syms\0query_module\0quotactl\0"
		"nfsservctl\0getpmsg\0putpmsg\0afs_syscall\0tuxcall\0security\0gettid\0"
		"readahead\0setxattr\0lsetxattr\0fsetxattr\0getxattr\0lgetxattr\0fgetxattr\0"
		"listxattr\0llistxattr\0flistxattr\0removexattr\0lremovexattr\0fremovexattr\0"
		"tkill\0time\0futex\0sched_setaffinity\0sched_getaffinity\0set_thread_area\0"
		"io_setup\0io_destroy\0io_getevents\0io_submit\0io_cancel\0get_thread_area\0"
		"lookup_dcookie\0epoll_create\0epoll_ctl_old\0epoll_wait_old\0remap_file_pages\0"
		"getdents64\0set_tid_address\0restart_syscall\0semtimedop\0fadvise64\0"
		"timer_create\0timer_settime\0timer_gettime\0timer_getoverrun\0timer_delete\0"
		"clock_settime\0clock_gettime\0clock_getres\0clock_nanosleep\0exit_group\0"
		"epoll_wait\0epoll_ctl\0tgkill\0utimes\0vserver\0mbind\0set_mempolicy\0"
		"get_mempolicy\0mq_open\0mq_unlink\0mq_timedsend\0mq_timedreceive\0mq_notify\0"
		"mq_getsetattr\0kexec_load\0waitid\0add_key\0request_key\0keyctl\0ioprio_set\0"
		"ioprio_get\0inotify_init\0inotify_add_watch\0inotify_rm_watch\0migrate_pages\0"
		"openat\0mkdirat\0mknodat\0fchownat\0futimesat\0newfstatat\0unlinkat\0renameat\0"
		"linkat\0symlinkat\0readlinkat\0fchmodat\0faccessat\0pselect6\0ppoll\0unshare\0"
		"set_robust_list\0get_robust_list\0splice\0tee\0sync_file_range\0vmsplice\0"
		"move_pages\0utimensat\0epoll_pwait\0signalfd\0timerfd_create\0eventfd\0"
		"fallocate\0timerfd_settime\0timerfd_gettime\0accept4\0signalfd4\0eventfd2\0"
		"epoll_create1\0dup3\0pipe2\0inotify_init1\0preadv\0pwritev\0rt_tgsigqueueinfo\0"
		"perf_event_open\0recvmmsg\0fanotify_init\0fanotify_mark\0prlimit64\0"
		"name_to_handle_at\0open_by_handle_at\0clock_adjtime\0syncfs\0sendmmsg\0setns\0"
		"getcpu\0process_vm_readv\0process_vm_writev\0kcmp\0finit_module\0sched_setattr\0"
		"sched_getattr\0renameat2\0seccomp\0getrandom\0memfd_create\0kexec_file_load\0"
		"bpf\0execveat\0userfaultfd\0membarrier\0mlock2\0copy_file_range\0preadv2\0"
		"pwritev2\0pkey_mprotect\0pkey_alloc\0pkey_free\0statx\0io_pgetevents\0rseq\0";
	static const char common[] =
		"io_setup\0io_destroy\0io_submit\0io_cancel\0io_getevents\0setxattr\0lsetxattr\0"
		"fsetxattr\0getxattr\0lgetxattr\0fgetxattr\0listxattr\0llistxattr\0flistxattr\0"
		"removexattr\0lremovexattr\0fremovexattr\0getcwd\0lookup_dcookie\0eventfd2\0"
		"epoll_create1\0epoll_ctl\0epoll_pwait\0dup\0dup3\0fcntl\0inotify_init1\0"
		"inotify_add_watch\0inotify_rm_watch\0ioctl\0ioprio_set\0ioprio_get\0flock\0"
		"mknodat\0mkdirat\0unlinkat\0symlinkat\0linkat\0renameat\0umount2\0mount\0"
		"pivot_root\0nfsservctl\0statfs\0fstatfs\0truncate\0ftruncate\0fallocate\0"
		"faccessat\0chdir\0fchdir\0chroot\0fchmod\0fchmodat\0fchownat\0fchown\0openat\0"
		"close\0vhangup\0pipe2\0quotactl\0getdents64\0lseek\0read\0write\0readv\0writev\0"
		"pread64\0pwrite64\0preadv\0pwritev\0sendfile\0pselect6\0ppoll\0signalfd4\0"
		"vmsplice\0splice\0tee\0readlinkat\0newfstatat\0fstat\0sync\0fsync\0fdatasync\0"
		"sync_file_range\0timerfd_create\0timerfd_settime\0timerfd_gettime\0utimensat\0"
		"acct\0capget\0capset\0personality\0exit\0exit_group\0waitid\0set_tid_address\0"
		"unshare\0futex\0set_robust_list\0get_robust_list\0nanosleep\0getitimer\0"
		"setitimer\0kexec_load\0init_module\0delete_module\0timer_create\0timer_gettime\0"
		"timer_getoverrun\0timer_settime\0timer_delete\0clock_settime\0clock_gettime\0"
		"clock_getres\0clock_nanosleep\0syslog\0ptrace\0sched_setparam\0"
		"sched_setscheduler\0sched_getscheduler\0sched_getparam\0sched_setaffinity\0"
		"sched_getaffinity\0sched_yield\0sched_get_priority_max\0sched_get_priority_min\0"
		"sched_rr_get_interval\0restart_syscall\0kill\0tkill\0tgkill\0sigaltstack\0"
		"rt_sigsuspend\0rt_sigaction\0rt_sigprocmask\0rt_sigpending\0rt_sigtimedwait\0"
		"rt_sigqueueinfo\0rt_sigreturn\0setpriority\0getpriority\0reboot\0setregid\0"
		"setgid\0setreuid\0setuid\0setresuid\0getresuid\0setresgid\0getresgid\0setfsuid\0"
		"setfsgid\0times\0setpgid\0getpgid\0getsid\0setsid\0getgroups\0setgroups\0uname\0"
		"sethostname\0setdomainname\0getrlimit\0setrlimit\0getrusage\0umask\0prctl\0"
		"getcpu\0gettimeofday\0settimeofday\0adjtimex\0getpid\0getppid\0getuid\0geteuid\0"
		"getgid\0getegid\0gettid\0sysinfo\0mq_open\0mq_unlink\0mq_timedsend\0"
		"mq_timedreceive\0mq_notify\0mq_getsetattr\0msgget\0msgctl\0msgrcv\0msgsnd\0"
		"semget\0semctl\0semtimedop\0semop\0shmget\0shmctl\0shmat\0shmdt\0socket\0"
		"socketpair\0bind\0listen\0accept\0connect\0getsockname\0getpeername\0sendto\0"
		"recvfrom\0setsockopt\0getsockopt\0shutdown\0sendmsg\0recvmsg\0readahead\0brk\0"
		"munmap\0mremap\0add_key\0request_key\0keyctl\0clone\0execve\0mmap\0fadvise64\0"
		"swapon\0swapoff\0mprotect\0msync\0mlock\0munlock\0mlockall\0munlockall\0"
		"mincore\0madvise\0remap_file_pages\0mbind\0get_mempolicy\0set_mempolicy\0"
		"migrate_pages\0move_pages\0rt_tgsigqueueinfo\0perf_event_open\0accept4\0"
		"recvmmsg\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0wait4\0prlimit64\0fanotify_init\0"
		"fanotify_mark\0name_to_handle_at\0open_by_handle_at\0clock_adjtime\0syncfs\0"
		"setns\0sendmmsg\0process_vm_readv\0process_vm_writev\0kcmp\0finit_module\0"
		"sched_setattr\0sched_getattr\0renameat2\0seccomp\0getrandom\0memfd_create\0bpf\0"
		"execveat\0userfaultfd\0membarrier\0mlock2\0copy_file_range\0preadv2\0pwritev2\0"
		"pkey_mprotect\0pkey_alloc\0pkey_free\0statx\0io_pgetevents\0rseq\0"
		"kexec_file_load\0";
	static const char newer[] =
		"pidfd_send_signal\0io_uring_setup\0io_uring_enter\0io_uring_register\0"
		"open_tree\0move_mount\0fsopen\0fsconfig\0fsmount\0fspick\0pidfd_open\0clone3\0"
		"close_range\0openat2\0pidfd_getfd\0faccessat2\0process_madvise\0epoll_pwait2\0"
		"mount_setattr\0quotactl_fd\0landlock_create_ruleset\0landlock_add_rule\0"
		"landlock_restrict_self\0memfd_secret\0process_mrelease\0futex_waitv\0"
		"set_mempolicy_home_node\0cachestat\0fchmodat2\0map_shadow_stack\0futex_wake\0"
		"futex_wait\0futex_requeue\0statmount\0listmount\0lsm_get_self_attr\0"
		"lsm_set_self_attr\0lsm_list_modules\0mseal\0setxattrat\0getxattrat\0"
		"listxattrat\0removexattrat\0open_tree_attr\0file_getattr\0file_setattr\0";
	const char *name = common, *end = common + sizeof(common) - 1;

	if (number >= WASM_BPF_NEW_SYSCALLS) {
		name = newer;
		end = newer + sizeof(newer) - 1;
		number -= WASM_BPF_NEW_SYSCALLS;
	} else if (!strcmp(machine, "x86_64")) {
		name = x86_64;
		end = x86_64 + sizeof(x86_64) - 1;
	}
	for (; name < end; name += strlen(name) + 1)
		if (!number--)
			return *name ? name : NULL;
	return NULL;
}

#ifdef __cplusplus
}
#endif

#endif
