/*
 * pty OUT COMMAND ARG...: runs a command as the foreground job of a terminal of its own, as a shell with job
 * control would. What comes on stdin is typed (^Z, ^S, ^Q are keys like others), what is shown goes to the file
 * OUT. Ends as the command does; 99: it was stopped.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOPPED 99
#define SLICE_MS 50

static int fail(const char *what)
{
	perror(what);
	return 2;
}

static void run(int terminal, char **argv)
{
	setpgid(0, 0);
	tcsetpgrp(terminal, getpid());
	signal(SIGTTOU, SIG_DFL);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(terminal, fd);
	closefrom(STDERR_FILENO + 1);
	execv(argv[0], argv);
	_exit(fail(argv[0]));
}

/* Copies what there is; false at the end. */
static bool copy(int from, int to)
{
	char block[4096];
	ssize_t n = read(from, block, sizeof(block));

	return n > 0 && write(to, block, (size_t)n) == n;
}

static int watch(pid_t pid, int keyboard, int out)
{
	struct pollfd p[] = {{.fd = STDIN_FILENO, .events = POLLIN},
			     {.fd = keyboard, .events = POLLIN}};
	int status = 0;
	bool over = false;

	for (;;) {
		if (!over && waitpid(pid, &status, WNOHANG | WUNTRACED) == pid) {
			if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP)
				continue; /* not the terminal's doing */
			if (WIFSTOPPED(status)) {
				kill(pid, SIGKILL);
				return STOPPED;
			}
			over = true;
		}
		if (poll(p, 2, SLICE_MS) == 0 && over)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (p[0].revents && !copy(STDIN_FILENO, keyboard))
			p[0].fd = -1;
		if (p[1].revents && !copy(keyboard, out))
			p[1].fd = -1;
	}
}

int main(int argc, char **argv)
{
	int keyboard, terminal, out;
	pid_t pid;

	if (argc < 3)
		return 2;
	out = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	/* a group's leader cannot have a session of its own, and a child is none */
	pid = fork();
	if (pid > 0) {
		int status;

		waitpid(pid, &status, 0);
		return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
	}
	signal(SIGTTOU, SIG_IGN);
	if (out < 0 || setsid() < 0 || openpty(&keyboard, &terminal, NULL, NULL, NULL) < 0 ||
	    ioctl(terminal, TIOCSCTTY, 0) < 0)
		return fail("pty");
	pid = fork();
	if (pid == 0)
		run(terminal, argv + 2);
	return watch(pid, keyboard, out);
}
