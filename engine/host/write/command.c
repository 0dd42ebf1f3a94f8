#include "engine/host/write/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/host/read/root.h"

#define MAX_OUTPUT (64U << 10)

/* Not by fork(): other threads may hold locks that the child would wait for. */
static int spawn(const char *path, int output, pid_t *ret, struct error *err)
{
	static char search[] = "PATH=" COMMAND_PATH, locale[] = "LC_ALL=C.UTF-8";
	CLEANUP(freep) char *program = xstrdup(path);
	char *const environment[] = {search, locale, NULL}, *const argv[] = {program, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	posix_spawn_file_actions_addchdir_np(&files, "/");
	r = posix_spawn(ret, path, &files, &attributes, argv, environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return r ? error_errno_at(err, -r, path, "cannot run '%s'", path) : 0;
}

/* What it has said so far; false when nobody holds the other end any more. */
static bool take_output(int fd, struct buf *ret)
{
	char block[4096];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) > 0)
		if (ret->len + (size_t)n <= MAX_OUTPUT)
			buf_append(ret, block, (size_t)n);
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Until it ends; what it started and left running may hold its output, and is not waited for. */
static int wait_end(int process, int output, double deadline, const struct interrupt *interrupt,
		    struct buf *ret)
{
	struct pollfd p[3] = {{.fd = process, .events = POLLIN},
			      {.fd = output, .events = POLLIN},
			      {.fd = interrupt ? interrupt->fd : -1, .events = POLLIN}};

	for (;;) {
		double left = deadline - clock_ms();
		int ready = poll(p, 3, left > 0 ? (int)left + 1 : 0);

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return ready < 0 ? -errno : -ETIMEDOUT;
		if (p[1].revents && !take_output(output, ret))
			p[1].fd = -1;
		if (p[0].revents)
			return 0;
		if (p[2].revents)
			return -EINTR;
	}
}

static int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int command_run(const char *path, int timeout_ms, const struct interrupt *interrupt,
		struct buf *ret_output, struct error *err)
{
	CLEANUP(close_fd) int output = -1, process = -1;
	int pipes[2], r, code;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return error_errno(err, -errno, "cannot make a pipe");
	output = pipes[0];
	r = spawn(path, pipes[1], &pid, err);
	close(pipes[1]);
	if (r < 0)
		return r;
	process = pidfd_open(pid, 0);
	if (process < 0 || fcntl(output, F_SETFL, O_NONBLOCK) < 0)
		r = -errno;
	else
		r = wait_end(process, output, clock_ms() + timeout_ms, interrupt, ret_output);
	if (r < 0)
		kill(-pid, SIGKILL);
	code = reap(pid);
	take_output(output, ret_output);
	if (r < 0)
		return error_errno_at(err, r, path, "'%s' was ended", path);
	return code < 0 ? error_errno_at(err, code, path, "cannot learn how '%s' ended", path)
			: code;
}
