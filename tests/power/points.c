#include "tests/power/points.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "rollback/barrier.h"
#include "rollback/confirm.h"
#include "rollback/mover.h"
#include "rollback/recover.h"
#include "rollback/transaction-directory.h"

struct points points = {.mark_fd = -1};

/* Where the program is: what the next sync call is for. */
static struct {
	enum point at;
	unsigned nth; /* sync of this `at` */
	bool late_stage, together, recovering, confirming;
} place;

static const char *const names[POINT_RECORD] = {
	[POINT_NONE] = "none",
	[POINT_STAGED_LIST] = "staged-list",
	[POINT_SNAPSHOT_TARGETS] = "snapshot-targets",
	[POINT_SNAPSHOT_STATE] = "snapshot-state",
	[POINT_JOURNAL_FILE] = "journal-file",
	[POINT_JOURNAL_DIRECTORY] = "journal-directory",
	[POINT_LATE_STAGE] = "late-stage",
	[POINT_MOVE_UP] = "move-up",
	[POINT_MOVE_DOWN] = "move-down",
	[POINT_SWEEP] = "sweep",
	[POINT_RECOVER] = "recover-first",
};

char *point_name(enum point p)
{
	if (p >= POINT_CONFIRM_RECORD)
		return xasprintf("confirm:%s", record_type_to_string((enum record_type)(
						       p - POINT_CONFIRM_RECORD)));
	if (p >= POINT_RECOVERY_RECORD)
		return xasprintf("recover:%s", record_type_to_string((enum record_type)(
						       p - POINT_RECOVERY_RECORD)));
	if (p >= POINT_RECORD)
		return xstrdup(record_type_to_string((enum record_type)(p - POINT_RECORD)));
	return xstrdup(names[p]);
}

void points_mark(const char *text)
{
	if (points.mark_fd >= 0 && pwrite(points.mark_fd, text, strlen(text), 0) < 0)
		_exit(99);
}

static void enter(enum point at)
{
	place.at = at;
	place.nth = 0;
	place.late_stage = false; /* what is staged in front of a walk is synced in front of it */
}

/* The point of the sync that is about to be made. */
static enum point next_point(void)
{
	unsigned nth = place.nth++;

	switch (place.at) {
	case POINT_JOURNAL_FILE:
		return nth == 0 ? POINT_JOURNAL_FILE : POINT_JOURNAL_DIRECTORY;
	case POINT_MOVE_UP:
	case POINT_MOVE_DOWN:
		if (!place.late_stage)
			return place.at;
		place.late_stage = place.together;
		return POINT_LATE_STAGE;
	case POINT_NONE:
		return place.recovering ? POINT_RECOVER : POINT_SNAPSHOT_STATE;
	default:
		return place.at;
	}
}

static int sync_here(int (*real)(int fd), int fd)
{
	enum point p = next_point();

	if (points.hits)
		points.hits[p]++;
	if (points.kill == p && p != POINT_NONE)
		raise(SIGKILL);
	if (points.skip[p])
		return 0;
	if (real(fd) < 0)
		return -1;
	if (points.lie != p || p == POINT_NONE)
		return 0;
	errno = EIO;
	return -1;
}

/* --wrap=X: calls of X from other files come to __wrap_X, and the real one is __real_X. */
#define WRAPPED(type, name, ...)                                                                   \
	type __real_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__)

WRAPPED(int, fsync, int fd)
{
	return sync_here(__real_fsync, fd);
}

WRAPPED(int, fdatasync, int fd)
{
	return sync_here(__real_fdatasync, fd);
}

WRAPPED(int, syncfs, int fd)
{
	return sync_here(__real_syncfs, fd);
}

WRAPPED(int, transaction_write_staged, int directory, const struct strv *paths, struct error *err)
{
	int r;

	enter(POINT_STAGED_LIST);
	r = __real_transaction_write_staged(directory, paths, err);
	enter(POINT_NONE);
	return r;
}

WRAPPED(int, journal_create, int dir, const struct record *first, size_t count, struct journal *ret,
	struct error *err)
{
	int r;

	enter(POINT_JOURNAL_FILE);
	r = __real_journal_create(dir, first, count, ret, err);
	enter(POINT_NONE);
	if (r >= 0)
		points_mark(record_type_to_string(RECORD_INTENT));
	return r;
}

WRAPPED(int, journal_append, struct journal *j, enum record_type type, const char *payload,
	struct error *err)
{
	enum point first = place.recovering   ? POINT_RECOVERY_RECORD
			   : place.confirming ? POINT_CONFIRM_RECORD
					      : POINT_RECORD;
	int r;

	enter((enum point)(first + (int)type));
	r = __real_journal_append(j, type, payload, err);
	enter(POINT_NONE);
	if (r >= 0)
		points_mark(record_type_to_string(type));
	return r;
}

WRAPPED(int, mover_sync, const struct mover *m, struct error *err)
{
	int r;

	enter(POINT_SNAPSHOT_TARGETS);
	r = __real_mover_sync(m, err);
	enter(POINT_NONE);
	return r;
}

WRAPPED(int, mover_move, struct mover *m, size_t k, struct strv *foreign, struct error *err)
{
	int r;

	enter(foreign ? POINT_MOVE_DOWN : POINT_MOVE_UP);
	r = __real_mover_move(m, k, foreign, err);
	enter(POINT_NONE);
	return r;
}

WRAPPED(int, mover_sweep, const struct root *root, const struct strv *staged_paths,
	struct error *err)
{
	int r;

	enter(POINT_SWEEP);
	r = __real_mover_sweep(root, staged_paths, err);
	enter(POINT_NONE);
	return r;
}

WRAPPED(int, write_staged, int parent, const char *staged, const struct image *image,
	struct error *err)
{
	place.late_stage = true; /* in a walk the next sync is for this file */
	return __real_write_staged(parent, staged, image, err);
}

WRAPPED(int, barrier_sync_late, struct handles *pass, const struct plan *plan,
	const struct late *late, struct error *err)
{
	int r;

	place.together = true; /* one sync a file system, all for what was staged late */
	r = __real_barrier_sync_late(pass, plan, late, err);
	place.together = place.late_stage = false;
	return r;
}

WRAPPED(int, recover, struct state *state, const struct root *root, struct effector *effector,
	bool keep_foreign, struct recovery *ret, struct error *err)
{
	int r;

	place.recovering = true;
	enter(POINT_NONE);
	r = __real_recover(state, root, effector, keep_foreign, ret, err);
	place.recovering = false;
	return r;
}

WRAPPED(int, confirm_transaction, const struct state *state, const struct root *root,
	struct effector *effector, const char *id, struct error *err)
{
	int r;

	place.confirming = true;
	r = __real_confirm_transaction(state, root, effector, id, err);
	place.confirming = false;
	return r;
}

WRAPPED(char *, current_boot_id, void)
{
	return points.other_boot ? xstrdup("00000000-0000-4000-8000-000000000000")
				 : __real_current_boot_id();
}
