#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/macros.h"
#include "engine/host/write/trial-impl.h"

/* How a trial's child begins, is listened to and ends. */

const char *trial_step_text(int code)
{
	static const char scratch[] = "a tmpfs on " TRIAL_SCRATCH;
	static const char *const texts[] = {
		[TRIAL_NAMESPACE - TRIAL_NAMESPACE] = "namespaces of its own",
		[TRIAL_READ_ONLY - TRIAL_NAMESPACE] = "mounts that are read-only",
		[TRIAL_SCRATCH_DIRECTORY - TRIAL_NAMESPACE] = scratch,
		[TRIAL_OVERLAY - TRIAL_NAMESPACE] = "an overlay on a directory",
		[TRIAL_FILES - TRIAL_NAMESPACE] = "the planned files in it",
		[TRIAL_EXEC - TRIAL_NAMESPACE] = "the program",
		[TRIAL_EMPTY - TRIAL_NAMESPACE] = "empty directories for what dockerd writes",
		[TRIAL_DEVICES - TRIAL_NAMESPACE] = "a /dev of its own",
		[TRIAL_PROC - TRIAL_NAMESPACE] = "a /proc of its own",
		[TRIAL_NETWORK - TRIAL_NAMESPACE] = "a network of its own",
		[TRIAL_RIGHTS - TRIAL_NAMESPACE] = "fewer rights",
		[TRIAL_SOCKET - TRIAL_NAMESPACE] = "the sockets that systemd would hand over",
	};

	return code >= TRIAL_NAMESPACE && code <= TRIAL_SOCKET ? texts[code - TRIAL_NAMESPACE]
							       : NULL;
}

/*
 * What a shell set for itself (ulimit) is no limit of dockerd's, which systemd starts: by its defaults these have
 * none (systemd.exec(5)). Where that is not allowed, what is left of it shows in the trial.
 */
static void lift_limits(void)
{
	static const int resources[] = {RLIMIT_AS,     RLIMIT_DATA,       RLIMIT_FSIZE,
					RLIMIT_CPU,    RLIMIT_NPROC,      RLIMIT_RSS,
					RLIMIT_NOFILE, RLIMIT_SIGPENDING, RLIMIT_LOCKS};

	for (size_t i = 0; i < ARRAY_SIZE(resources); i++) {
		struct rlimit now = {RLIM_INFINITY, RLIM_INFINITY};

		if (setrlimit(resources[i], &now) == 0 || getrlimit(resources[i], &now) < 0)
			continue; /* of descriptors there is no end to be had (setrlimit(2)) */
		now.rlim_cur = now.rlim_max;
		setrlimit(resources[i], &now);
	}
}

void trial_begin_child(void)
{
	const struct rlimit none = {0};
	sigset_t empty;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid(); /* so that all of it can be ended at once */
	sigemptyset(&empty);
	sigprocmask(SIG_SETMASK, &empty, NULL);
	lift_limits();
	setrlimit(RLIMIT_CORE, &none);
	umask(022); /* as systemd starts services */
}

pid_t trial_fork(int *ret_output, struct error *err)
{
	int pipes[2];
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return error_errno(err, -errno, "cannot make a pipe");
	pid = fork();
	if (pid < 0)
		pid = error_errno(err, -errno, "cannot fork");
	close(pipes[pid == 0 ? 0 : 1]);
	if (pid >= 0)
		*ret_output = pipes[pid == 0 ? 1 : 0];
	else
		close(pipes[0]);
	return pid;
}

int trial_take_output(int fd, double deadline, size_t most, struct buf *ret)
{
	char block[4096];

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		double left = deadline - clock_ms();
		int ready = poll(&p, 1, left > 0 ? (int)left : 0);
		ssize_t n;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return ready < 0 ? -errno : -ETIMEDOUT;
		n = read(fd, block, sizeof(block));
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && ret->len + (size_t)n <= most)
			buf_append(ret, block, (size_t)n);
	}
}

int trial_wait_child(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
