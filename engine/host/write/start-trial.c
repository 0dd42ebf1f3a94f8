#include "engine/host/write/start-trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/base/fd-io.h"
#include "engine/host/read/root.h"
#include "engine/host/write/start-trial-impl.h"

#define MAKING_MS 10000 /* for the view, beside the time that the start itself may take */

void start_trial_clear(struct start_trial *t)
{
	strv_clear(&t->line);
	strv_clear(&t->environment);
	strv_clear(&t->empty);
	strv_clear(&t->bridges);
	strv_clear(&t->containerd);
	free(t->handed_over);
	free(t->asked);
	free(t->containerd_socket);
	*t = (struct start_trial){0};
}

void start_result_clear(struct start_result *r)
{
	buf_clear(&r->said);
	*r = (struct start_result){0};
}

/* The end of what was printed: the last words count. */
static void send_said(const char *path, int output)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP(buf_clear) struct buf said = {0};
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	if (st.st_size > TRIAL_MAX_OUTPUT)
		lseek(fd, st.st_size - TRIAL_MAX_OUTPUT, SEEK_SET);
	fd_read_all(fd, 2 * TRIAL_MAX_OUTPUT, &said); /* it may print on meanwhile */
	fd_write_all(output, said.data, said.len);
}

/* The first process of the new namespace: with its end the kernel ends all others there. */
static void run_first(const struct start_trial *t, int output)
{
	struct start_report report = {0};
	int step;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	step = start_view_finish(t);
	if (step == 0)
		step = start_watch(t, &report);
	if (step)
		_exit(step);
	fd_write_all(output, &report, sizeof(report));
	send_said(report.end == START_NO_CONTAINERD ? START_CONTAINERD_SAID : START_SAID, output);
	_exit(0);
}

static void run_child(const struct start_trial *t, int output)
{
	int code;
	pid_t pid;

	trial_begin_child();
	code = start_view_make(t);
	if (code)
		_exit(code);
	pid = fork();
	if (pid == 0)
		run_first(t, output);
	close(output);
	code = pid < 0 ? TRIAL_NAMESPACE : trial_wait_child(pid);
	_exit(code < 0 ? TRIAL_NAMESPACE : code);
}

static int take_report(struct buf *all, struct start_result *ret, struct error *err)
{
	struct start_report report;

	if (all->len < sizeof(report))
		return error_set(err, -EIO, "the trial ended without a result");
	memcpy(&report, all->data, sizeof(report));
	ret->end = report.end;
	ret->code = report.code;
	buf_append(&ret->said, all->data + sizeof(report), all->len - sizeof(report));
	return 0;
}

int start_trial_run(const struct start_trial *t, struct start_result *ret, struct error *err)
{
	CLEANUP(close_fd) int output = -1;
	CLEANUP(buf_clear) struct buf all = {0};
	pid_t pid = trial_fork(&output, err);
	int r, code;

	if (pid < 0)
		return pid;
	if (pid == 0)
		run_child(t, output);
	r = trial_take_output(output, clock_ms() + t->timeout_ms + MAKING_MS, 3 * TRIAL_MAX_OUTPUT,
			      &all);
	if (r < 0) /* else the first process in it has ended, and all others with it */
		kill(-pid, SIGKILL);
	code = trial_wait_child(pid);
	if (r < 0)
		return error_errno(err, r, "the trial was ended");
	if (trial_step_text(code))
		return error_set(err, -EOPNOTSUPP, "cannot have %s", trial_step_text(code));
	if (code != 0)
		return error_set(err, -EIO, "the trial ended with %d", code);
	return take_report(&all, ret, err);
}
