#include "tests/power/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/read/root.h"
#include "rollback/history.h"
#include "tests/crash/tree.h"

static void detach(struct device *devices)
{
	for (size_t i = 0; i < MAX_DISKS; i++)
		device_detach(&devices[i]);
}

static int attach(const struct bench *b, char *const *images, struct device *ret)
{
	int r = 0;

	for (size_t i = 0; i < MAX_DISKS; i++)
		ret[i] = (struct device)DEVICE_INIT;
	for (size_t i = 0; i < b->ndisks && r >= 0; i++)
		r = device_attach(images[i], &ret[i]);
	if (r < 0)
		detach(ret);
	return r;
}

/* One run in the child: with what the points shall do, and what is told by marks. */
struct errand {
	struct victim victim;
	struct points points;
	bool tell, back; /* how it ended, by a mark; of a rollback */
};

static int status_kept(bool back)
{
	return STATUS_BASE + TRANSACTION_COMMITTED + (back ? 16 : 0);
}

static int run_errand(void *data)
{
	struct errand *e = data;
	struct victim asked = e->victim;
	int code, status;

	points = e->points;
	code = victim_run(&e->victim);
	if (!e->tell)
		return code;
	asked.op = VICTIM_STATUS;
	status = victim_run(&asked);
	points_mark(status == status_kept(e->back) ? "KEPT"
		    : status == STATUS_UNDECIDED   ? "LEFT"
						   : "BACK");
	return code;
}

static int exit_code(int status)
{
	if (status < 0)
		return status;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static struct errand first_errand(const struct bench *b, const struct task *t, int mark, int out)
{
	struct errand e = {
		.victim = {.root = b->recorded.host,
			   .world = b->world,
			   .op = t->op,
			   .mutant = t->mutant,
			   .unhealthy = t->unhealthy,
			   .message_fd = out},
		.points = t->points,
	};

	e.points.mark_fd = mark;
	e.points.hits = b->report->hits;
	e.points.other_boot = t->other_boot;
	return e;
}

static void pace_open(struct pace *pace, const struct bench *b)
{
	pace->ndisks = b->ndisks;
	for (size_t i = 0; i < b->ndisks; i++) {
		const char *directory = b->recorded.directories[i];
		CLEANUP(freep) char *other = xasprintf("%s/unrelated", directory);

		pace->disks[i] = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		pace->others[i] = open(other, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	}
}

static void pace_close(struct pace *pace)
{
	for (size_t i = 0; i < pace->ndisks; i++) {
		close_fd(&pace->disks[i]);
		close_fd(&pace->others[i]);
	}
}

/* The runs on the mounted disks. */
static int run_task(const struct bench *b, const struct task *t, int mark, size_t *ret_calls)
{
	CLEANUP(close_fd)
	int out = open(b->messages, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct errand e = first_errand(b, t, mark, out);
	struct pace pace = t->pace;
	int r;

	pace_open(&pace, b);
	pace.ignore_fd = mark;
	if (pwrite(mark, "BEGIN", 5, 0) != 5)
		return -EIO;
	r = exit_code(pace_run(run_errand, &e, &pace, ret_calls));
	if (r >= 0 && t->recover_then) {
		e.victim.op = VICTIM_RECOVER;
		e.points.kill = e.points.lie = POINT_NONE;
		e.tell = true;
		e.back = t->back;
		pace.kill_at = 0;
		r = exit_code(pace_run(run_errand, &e, &pace, NULL));
	}
	pace_stir(&pace);
	pace_settle(&pace);
	pace_close(&pace);
	return pwrite(mark, "END", 3, 0) == 3 ? r : -EIO;
}

static int record_mounted(struct bench *b, const struct task *t, const char *directory,
			  size_t *ret_calls)
{
	char *disks[MAX_DISKS];
	CLEANUP(freep) char *mark_path = xasprintf("%s/mark", directory);
	CLEANUP(close_fd) int mark = open(mark_path, O_WRONLY | O_CLOEXEC);
	struct device devices[MAX_DISKS];
	int r;

	for (size_t i = 0; i < MAX_DISKS; i++)
		disks[i] = xasprintf("%s/disk%zu", directory, i);
	r = attach(b, disks, devices);
	if (r >= 0)
		r = stand_mount(&b->recorded, devices);
	if (r >= 0) {
		r = run_task(b, t, mark, ret_calls);
		stand_unmount(&b->recorded);
	}
	detach(devices);
	for (size_t i = 0; i < MAX_DISKS; i++)
		free(disks[i]);
	return r;
}

int bench_record(struct bench *b, const struct task *t, struct log *ret, size_t *ret_calls)
{
	CLEANUP(freep) char *directory = xasprintf("%s/recorder", b->work);
	pid_t recorder;
	int r = world_write(b->world, &b->worlds[t->base]);

	if (r < 0)
		return r;
	filesystem_forget_devices();
	mkdir(directory, 0700);
	recorder = recorder_start(directory, b->bases[t->base], b->ndisks, b->log, t->order);
	if (recorder < 0)
		return recorder;
	memset(b->report, 0, sizeof(*b->report));
	r = record_mounted(b, t, directory, ret_calls);
	recorder_stop(recorder, directory);
	filesystem_forget_devices();
	if (r >= 0) {
		int code = r;

		r = log_read(b->log, ret);
		r = r < 0 ? r : code;
	}
	return r;
}

static int copy_file(const char *from, const char *to)
{
	CLEANUP(freep) char *command = xasprintf("cp --sparse=always '%s' '%s'", from, to);

	return system(command) == 0 ? 0 : -EIO; /* NOLINT: paths of our own */
}

static int take_base(struct bench *b, enum base base)
{
	int r = 0;

	for (size_t i = 0; i < b->ndisks && r >= 0; i++)
		r = copy_file(b->images[i], b->bases[base][i]);
	return r < 0 ? r : world_read(b->world, &b->worlds[base]);
}

int bench_take_cut(struct bench *b, enum base from)
{
	int r = take_base(b, BASE_CUT);

	b->worlds[BASE_CUT] = b->worlds[from]; /* a boot is between */
	return r;
}

/* One run without recording, on the state's devices; then the host's tree. */
static int plain_run(struct bench *b, enum victim_op op, struct strv *ret_tree)
{
	struct errand e = {
		.victim = {.root = b->state.host, .world = b->world, .op = op, .message_fd = 2},
		.points = {.mark_fd = -1}};
	struct pace pace = {.ignore_fd = -1};
	int r = stand_mount(&b->state, b->devices);

	if (r < 0)
		return r;
	r = exit_code(pace_run(run_errand, &e, &pace, NULL));
	if (r == 0)
		r = tree_read(b->state.host, ret_tree);
	stand_unmount(&b->state);
	return r > 0 ? -EPROTO : r;
}

static int build_host(struct bench *b)
{
	int r = stand_mount_disk(&b->state, b->devices, 0);

	if (r < 0)
		return r;
	r = scene_build(b->state.host, b->world);
	for (size_t i = 1; i < b->ndisks && r >= 0; i++)
		r = stand_move_out(&b->state, b->devices, i);
	if (r >= 0)
		r = tree_read(b->state.host, &b->before);
	stand_unmount(&b->state);
	return r;
}

/* One of them waits, and the host is as before again; the next one's time is over at once. */
static int make_waiting(struct bench *b)
{
	static const struct {
		enum victim_op op;
		enum base base; /* that it makes; BASE_COUNT: none */
	} steps[] = {{VICTIM_WAIT, BASE_WAITING},
		     {VICTIM_CONFIRM, BASE_COUNT},
		     {VICTIM_ROLLBACK, BASE_COUNT},
		     {VICTIM_WAIT_OVER, BASE_OVERDUE}};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps) && r >= 0; i++) {
		CLEANUP(strv_clear) struct strv tree = {0};

		r = plain_run(b, steps[i].op, &tree);
		if (r >= 0 && steps[i].base != BASE_COUNT)
			r = take_base(b, steps[i].base);
	}
	return r;
}

/* Also the proof that the way up and down is right where nobody cuts it. */
static int make_bases(struct bench *b)
{
	CLEANUP(strv_clear) struct strv back = {0};
	CLEANUP(freep) char *difference = NULL;
	int r = build_host(b);

	if (r >= 0)
		r = take_base(b, BASE_FRESH);
	if (r >= 0)
		r = plain_run(b, VICTIM_APPLY, &b->after);
	if (r >= 0)
		r = take_base(b, BASE_APPLIED);
	if (r >= 0)
		r = plain_run(b, VICTIM_ROLLBACK, &back);
	if (r < 0)
		return r;
	difference = tree_difference(&b->before, &back);
	if (difference)
		fprintf(stderr, "%s: rolled back without any cut it %s\n", b->fs->name, difference);
	return difference ? -EPROTO : make_waiting(b);
}

static int make_disks(struct bench *b)
{
	int r = 0;

	for (size_t i = 0; i < b->ndisks && r >= 0; i++)
		r = filesystem_make(b->fs, b->images[i]);
	return r < 0 ? r : attach(b, b->images, b->devices);
}

int bench_open(struct bench *b, const struct filesystem *fs, size_t ndisks, const char *work)
{
	int r;

	*b = (struct bench){.fs = fs, .ndisks = ndisks, .work = work};
	b->recorded = stand_make(fs, ndisks, work, "recorded");
	b->state = stand_make(fs, ndisks, work, "state");
	b->world = xasprintf("%s/world", work);
	b->messages = xasprintf("%s/messages", work);
	b->log = xasprintf("%s/log", work);
	b->report = mmap(NULL, sizeof(*b->report), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < MAX_DISKS; i++) {
		b->devices[i] = (struct device)DEVICE_INIT;
		b->images[i] = xasprintf("%s/state%zu.image", work, i);
		for (int k = 0; k < BASE_COUNT; k++)
			b->bases[k][i] = xasprintf("%s/base%d.%zu.image", work, k, i);
	}
	r = make_disks(b);
	if (r >= 0)
		r = make_bases(b);
	if (r < 0)
		fprintf(stderr, "cannot ready %s: %s\n", fs->name, strerror(-r));
	return r;
}

void bench_close(struct bench *b)
{
	detach(b->devices);
	filesystem_forget_devices();
	for (size_t i = 0; i < MAX_DISKS; i++) {
		unlink(b->images[i]);
		free(b->images[i]);
		for (int k = 0; k < BASE_COUNT; k++) {
			unlink(b->bases[k][i]);
			free(b->bases[k][i]);
		}
	}
	stand_clear(&b->recorded);
	stand_clear(&b->state);
	munmap(b->report, sizeof(*b->report));
	strv_clear(&b->before);
	strv_clear(&b->after);
	free(b->world);
	free(b->messages);
	free(b->log);
}
