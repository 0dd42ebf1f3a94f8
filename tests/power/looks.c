#include "tests/power/looks.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/host/sandbox/sandbox.h"
#include "tests/crash/trace.h"
#include "tests/power/denials.h"

#define MAX_ANSWER (1U << 20)

void found_clear(struct found *f)
{
	buf_clear(&f->answer);
}

/* --- what is run ------------------------------------------------------------------------------ */

#define REFUSE(call)                                                                               \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1),                                         \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

/* As a kernel that has none of the walls. */
static int refuse_walls(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		REFUSE(SYS_unshare),
		REFUSE(SYS_landlock_create_ruleset),
		REFUSE(SYS_seccomp),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		REFUSE(PR_SET_SECCOMP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {ARRAY_SIZE(code), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return -errno;
	return 0;
}

static int exec_harden(const struct look *l, int out, char *const *argv)
{
	if (dup2(out, STDOUT_FILENO) < 0 || (l->free && refuse_walls() < 0))
		return 126;
	execv(l->harden, argv);
	return 127;
}

int look_plan(void *data)
{
	const struct look *l = data;
	CLEANUP(freep) char *root = xasprintf("--root=%s", l->host);
	char *argv[] = {(char[]){"harden"}, (char[]){"plan"}, (char[]){"--level=2"},
			l->live ? NULL : root, NULL};

	return exec_harden(l, l->answer, argv);
}

/* Only what every program's start reads: the loader's cache, names of languages. */
static int look_version(void *data)
{
	const struct look *l = data;
	CLEANUP(close_fd) int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	char *argv[] = {(char[]){"harden"}, (char[]){"version"}, NULL};

	return exec_harden(l, null, argv);
}

static int read_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	CLEANUP(close_fd) int fd = -1;
	char byte;

	if (type != FTW_F || !S_ISREG(st->st_mode))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 || read(fd, &byte, 1) < 0 ? -1 : 0;
}

int look_idler(void *data)
{
	return 0;
}

int look_reader(void *data)
{
	const struct look *l = data;

	return nftw(l->host, read_one, 16, FTW_PHYS) == 0 ? 0 : 1;
}

int look_writer(void *data)
{
	const struct look *l = data;
	CLEANUP(freep) char *directory = xasprintf("%s/etc/planted", l->host);

	if (!l->free)
		sandbox_enter(sandbox_walls(), NULL);
	return mkdir(directory, 0700) == 0 ? 0 : 1;
}

/* --- how it is watched ------------------------------------------------------------------------ */

static int run_plainly(struct look *l)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(l->run(l));
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Its answer does not count, nor that it sees to it that its first descriptors are open. */
static bool counts(const struct trace_call *call)
{
	return strcmp(call->text, "openat '/dev/null'") != 0;
}

static int run_counted(struct look *l, size_t *ret_calls)
{
	const struct trace_order order = {.classes = TRACE_MUTATES, .ignore_fd = STDOUT_FILENO};
	struct trace_result result = {.keep_calls = true};
	int r = trace_run(l->run, l, &order, &result);
	int status = result.status;

	for (size_t i = 0; i < result.ncalls; i++) {
		if (!counts(&result.calls[i]))
			continue;
		++*ret_calls;
		printf("# a changing call: %s\n", result.calls[i].text);
	}
	trace_result_clear(&result);
	if (r < 0)
		return r;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int watch(struct look *l, struct found *ret)
{
	switch (l->watch) {
	case WATCH_CALLS:
		return run_counted(l, &ret->calls);
	case WATCH_DENIALS:
		return denials_run(l->run, l, &ret->denied);
	default:
		return run_plainly(l);
	}
}

static int bind(const struct look *l, const char *directory)
{
	CLEANUP(freep) char *from = xasprintf("%s%s", l->host, directory);

	return l->live && mount(from, directory, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

static void unbind(const struct look *l, const char *directory)
{
	if (l->live)
		umount2(directory, 0);
}

/* What the file system notes of a first opened file, and the start of a program of what it reads. */
static int warm_up(const struct look *l)
{
	struct look start = *l;
	CLEANUP(freep) char *path = xasprintf("%s/etc/docker/daemon.json", l->host);
	CLEANUP(close_fd) int file = open(path, O_RDONLY | O_NOATIME | O_CLOEXEC);

	if (file < 0)
		return -errno;
	start.run = look_version;
	return !l->live || run_plainly(&start) == 0 ? 0 : -ECHILD;
}

/* Between the marks lies the run, and all that it left to be written. */
static int run_between_marks(const struct bench *b, struct look *l, const char *marks,
			     struct found *ret)
{
	CLEANUP(close_fd) int mark = open(marks, O_WRONLY | O_CLOEXEC);
	CLEANUP(close_fd)
	int disk = open(b->recorded.directories[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = warm_up(l);

	if (r < 0)
		return r;
	if (mark < 0 || disk < 0 || syncfs(disk) < 0 || pwrite(mark, "BEGIN", 5, 0) != 5)
		return -EIO;
	ret->code = watch(l, ret);
	return ret->code < 0 || syncfs(disk) < 0 || pwrite(mark, "END", 3, 0) != 3 ? -EIO : 0;
}

static int run_bound(const struct bench *b, struct look *l, const char *marks, struct found *ret)
{
	int r = bind(l, "/etc");

	if (r < 0)
		return r;
	r = bind(l, "/var/lib");
	if (r >= 0) {
		r = run_between_marks(b, l, marks, ret);
		unbind(l, "/var/lib");
	}
	unbind(l, "/etc");
	return r;
}

static int run_mounted(const struct bench *b, struct look *l, const char *directory,
		       struct found *ret)
{
	CLEANUP(freep) char *disk = xasprintf("%s/disk0", directory);
	CLEANUP(freep) char *marks = xasprintf("%s/mark", directory);
	struct device device = DEVICE_INIT;
	int r = device_attach(disk, &device);

	if (r >= 0)
		r = filesystem_mount(b->fs, &device, b->recorded.directories[0]);
	if (r >= 0) {
		r = run_bound(b, l, marks, ret);
		umount2(b->recorded.directories[0], 0);
	}
	device_detach(&device);
	return r;
}

static size_t writes_between_marks(const struct log *log)
{
	size_t from = log_find(log, "BEGIN"), to = log_find(log, "END"), count = 0;

	for (size_t i = from; i < to; i++)
		count += log->entries[i].head.kind == LOG_WRITE;
	return count;
}

int look_run(const struct bench *b, struct look l, struct found *ret)
{
	CLEANUP(freep) char *directory = xasprintf("%s/recorder", b->work);
	CLEANUP(close_fd)
	int answer = open(b->messages, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct log log = {0};
	pid_t recorder;
	int r;

	l.host = b->recorded.host;
	l.answer = answer;
	mkdir(directory, 0700);
	filesystem_forget_devices();
	recorder =
		recorder_start(directory, b->images, 1, b->log, (struct recorder_order){LOG_MARK});
	if (recorder < 0)
		return recorder;
	r = run_mounted(b, &l, directory, ret);
	recorder_stop(recorder, directory);
	filesystem_forget_devices();
	if (r >= 0)
		r = log_read(b->log, &log);
	ret->writes = writes_between_marks(&log);
	log_clear(&log);
	if (r < 0 || lseek(answer, 0, SEEK_SET) < 0)
		return r < 0 ? r : -errno;
	return fd_read_all(answer, MAX_ANSWER, &ret->answer);
}
