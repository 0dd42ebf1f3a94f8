#include "engine/host/write/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/base/fd-io.h"
#include "engine/base/path.h"
#include "engine/base/strv.h"
#include "engine/host/read/root.h"
#include "engine/host/sandbox/sandbox.h"

#define VIEW "/etc" /* what can be written there, with the directories of the planned files */
#define SCRATCH "/tmp"
#define MAX_OUTPUT (64U << 10)

/* Its exit codes as long as the program has not begun: one for each part that can fail. */
enum step {
	STEP_NAMESPACE = 201,
	STEP_READ_ONLY,
	STEP_SCRATCH,
	STEP_OVERLAY,
	STEP_FILES,
	STEP_EXEC,
};

static const char *step_text(int step)
{
	static const char scratch[] = "a tmpfs on " SCRATCH;
	static const char *const texts[] = {
		"a mount namespace",         "mounts that are read-only", scratch,
		"an overlay on a directory", "the planned files in it",   "the program"};

	return texts[step - STEP_NAMESPACE];
}

/* The directories on the way to the file, as far as they are missing. */
static int make_directories(const char *path)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		CLEANUP(freep) char *directory = xstrndup(path, (size_t)(slash - path));

		if (mkdir(directory, 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int put_file(const struct trial_file *f)
{
	CLEANUP(close_fd) int fd = -1;
	int r = f->bytes ? make_directories(f->path) : 0;

	if (r < 0)
		return r;
	/* a directory that is to go may stay in the view: the program sees no file in it */
	if (unlink(f->path) < 0 && errno != ENOENT && errno != ENOTDIR &&
	    (errno != EISDIR || f->bytes))
		return -errno;
	if (!f->bytes)
		return 0;
	fd = open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fchmod(fd, f->mode) < 0)
		return -errno;
	return fd_write_all(fd, f->bytes, f->n);
}

/* An overlay over a directory, with a place of its own in the scratch for what is written there. */
static int overlay(const char *directory, size_t number)
{
	CLEANUP(freep) char *upper = xasprintf(SCRATCH "/upper%zu", number);
	CLEANUP(freep) char *work = xasprintf(SCRATCH "/work%zu", number);
	CLEANUP(freep)
	char *options = xasprintf("lowerdir=%s,upperdir=%s,workdir=%s", directory, upper, work);

	if (strpbrk(directory, ",:\\") || mkdir(upper, 0755) < 0 || mkdir(work, 0700) < 0)
		return -EINVAL;
	return mount("trial", directory, "overlay", MS_NOSUID | MS_NODEV, options) < 0 ? -errno : 0;
}

/* The nearest directory above that is there; "" for the root itself, which no overlay can cover. */
static char *nearest_directory(const char *path)
{
	char *at = xstrdup(path);
	struct stat st;

	do
		*strrchr(at, '/') = '\0';
	while (*at && (stat(at, &st) < 0 || !S_ISDIR(st.st_mode)));
	return at;
}

/* The directories in which the planned files lie, each once, and none below another. */
static int overlay_all(const struct trial_file *files, size_t count)
{
	CLEANUP(strv_clear) struct strv done = {0};
	int r = overlay(VIEW, 0);

	strv_add(&done, VIEW);
	for (size_t i = 0; i < count && r == 0; i++) {
		CLEANUP(freep) char *directory = NULL;
		bool covered = false;

		for (size_t k = 0; k < done.count; k++)
			covered |= path_is_below(files[i].path, done.items[k]);
		if (covered)
			continue;
		directory = nearest_directory(files[i].path);
		r = *directory ? overlay(directory, done.count) : -EINVAL;
		strv_add(&done, directory);
	}
	return r;
}

/* In the child: the view, or the part of it that cannot be had. */
static int make_view(const struct trial_file *files, size_t count)
{
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC) < 0)
		return STEP_NAMESPACE;
	if (sandbox_read_only_mounts() < 0)
		return STEP_READ_ONLY;
	if (mount("trial", SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") < 0)
		return STEP_SCRATCH;
	if (overlay_all(files, count) < 0)
		return STEP_OVERLAY;
	for (size_t i = 0; i < count; i++)
		if (put_file(&files[i]) < 0)
			return STEP_FILES;
	return 0;
}

static void run_child(char *const argv[], const struct trial_file *files, size_t count, int output)
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	char *const environment[] = {path, locale, NULL};
	const struct rlimit none = {0};
	sigset_t empty;
	int null = open("/dev/null", O_RDONLY), step;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid(); /* so that all of it can be ended at once */
	sigemptyset(&empty);
	sigprocmask(SIG_SETMASK, &empty, NULL);
	setrlimit(RLIMIT_CORE, &none);
	step = make_view(files, count);
	if (step)
		_exit(step);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0 || chdir("/") < 0)
		_exit(STEP_EXEC);
	closefrom(STDERR_FILENO + 1);
	execve(argv[0], argv, environment);
	_exit(STEP_EXEC);
}

/* All that it says until it closes its output; 0, or -ETIMEDOUT. */
static int take_output(int fd, double deadline, struct buf *ret)
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
		if (n > 0 && ret->len + (size_t)n <= MAX_OUTPUT)
			buf_append(ret, block, (size_t)n);
	}
}

static int wait_child(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int trial_run(char *const argv[], const struct trial_file *files, size_t count, int timeout_ms,
	      struct buf *ret_output, struct error *err)
{
	CLEANUP(close_fd) int output = -1;
	int pipes[2], r, code;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return error_errno(err, -errno, "cannot make a pipe");
	output = pipes[0];
	pid = fork();
	if (pid == 0)
		run_child(argv, files, count, pipes[1]);
	close(pipes[1]);
	if (pid < 0)
		return error_errno(err, -errno, "cannot fork");
	r = take_output(output, clock_ms() + timeout_ms, ret_output);
	kill(-pid, SIGKILL); /* what it left running; itself too where its time is over */
	code = wait_child(pid);
	if (r < 0)
		return error_errno(err, r, "'%s' was ended", argv[0]);
	if (code < 0)
		return error_errno(err, code, "cannot learn how '%s' ended", argv[0]);
	if (code >= STEP_NAMESPACE && code <= STEP_EXEC && ret_output->len == 0)
		return error_set(err, -EOPNOTSUPP, "cannot have %s", step_text(code));
	return code;
}
