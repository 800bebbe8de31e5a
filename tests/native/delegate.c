/*
 * delegate DIR [COMMANDS] -- PROGRAM ARGS...: runs the program in a user namespace where it has every capability and may
 * do nothing by them. With COMMANDS, a BPF file system is mounted at DIR that delegates them (`any`: all), from outside.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void set(int fs, const char *name, const char *value)
{
	if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, name, value, 0))
		err(1, "%s=%s", name, value);
}

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(1, "%s", path);
	close(fd);
}

/* Sends a byte with a descriptor, or a byte alone. */
static void send_fd(int to, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(fd))] = {};
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};

	if (fd >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		*header = (struct cmsghdr){CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS};
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	if (sendmsg(to, &message, 0) != 1)
		err(1, "sendmsg");
}

static int receive_fd(int from)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	int fd = -1;

	if (recvmsg(from, &message, 0) != 1)
		err(1, "recvmsg");
	if (CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static void inside(int parent, const char *directory, int delegates, char **program)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		err(1, "unshare");
	/* Who kills the parent means the program, too. After the change of users, which undoes it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		err(1, "prctl");
	/* The parent says who is who here. */
	send_fd(parent, -1);
	receive_fd(parent);
	if (delegates) {
		int fs = syscall(SYS_fsopen, "bpf", FSOPEN_CLOEXEC);
		int mounted;

		if (fs < 0)
			err(1, "fsopen");
		/* Only outside somebody may delegate. */
		send_fd(parent, fs);
		receive_fd(parent);
		mounted = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
		if (mounted < 0 || syscall(SYS_move_mount, mounted, "", AT_FDCWD, directory, MOVE_MOUNT_F_EMPTY_PATH))
			err(1, "mount %s", directory);
	}
	execv(program[0], program);
	err(1, "%s", program[0]);
}

int main(int argc, char **argv)
{
	int delegates = argc > 3 && strcmp(argv[2], "--"), pair[2], status;
	char path[64];
	pid_t child;

	if (argc < 4 + delegates || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		errx(2, "usage: delegate DIR [COMMANDS] -- PROGRAM ARGS...");
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		close(pair[0]);
		inside(pair[1], argv[1], delegates, argv + 3 + delegates);
	}
	/* Else nobody would notice that the other end is gone. */
	close(pair[1]);
	receive_fd(pair[0]);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", child);
	write_to(path, "0 0 1");
	snprintf(path, sizeof(path), "/proc/%d/gid_map", child);
	write_to(path, "0 0 1");
	send_fd(pair[0], -1);
	if (delegates) {
		int fs = receive_fd(pair[0]);

		set(fs, "delegate_cmds", argv[2]);
		set(fs, "delegate_maps", "any");
		set(fs, "delegate_progs", "any");
		set(fs, "delegate_attachs", "any");
		if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
			err(1, "fsconfig");
		send_fd(pair[0], -1);
	}
	/* Who ends this one means the program. */
	signal(SIGINT, SIG_IGN);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
