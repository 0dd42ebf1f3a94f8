#include "rollback/set-aside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/host/read/fd-path.h"
#include "engine/host/write/write.h"
#include "rollback/drain.h"
#include "rollback/history.h"
#include "rollback/mover.h"
#include "rollback/state-guard.h"
#include "rollback/tombstones.h"
#include "rollback/transaction-directory.h"
#include "rollback/witness.h"

#define ASIDE_DIR "aside"
#define TXN_DIR "txn"

static int open_dir(int at, const char *name, struct error *err)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		int code = -errno;
		CLEANUP(freep) char *place = fd_name(at, name);

		return state_open_failed(at, name, false, place, code, err);
	}
	return fd;
}

static int open_aside(const struct state *state, struct error *err)
{
	if (mkdirat(state->fd, ASIDE_DIR, 0700) < 0 && errno != EEXIST)
		return state_error(err, -errno, state->fd, ASIDE_DIR, "cannot make");
	return open_dir(state->fd, ASIDE_DIR, err);
}

/* Durable where it is now before it counts as gone from where it was. */
static int move_away(const struct state *state, const char *id, struct error *err)
{
	CLEANUP(close_fd) int from = open_dir(state->fd, TXN_DIR, err);
	CLEANUP(close_fd) int to = from < 0 ? from : open_aside(state, err);

	if (to < 0)
		return to;
	if (renameat2(from, id, to, id, RENAME_NOREPLACE) < 0)
		return state_error(err, -errno, from, id, "cannot set aside");
	return write_sync_fs(state->fd, err);
}

/*
 * Where the list of staged files cannot be read, or not be followed, they stay: their names tell what they
 * are. It stops nobody, who may have no other way out.
 */
static void sweep(const struct state *state, const struct root *root, const char *id,
		  struct strv *notes)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(close_fd) int directory = state_open_txn(state, id, false, &err);
	CLEANUP(strv_clear) struct strv staged = {0};
	int r = directory;

	if (r >= 0)
		r = transaction_read_staged(directory, &staged, &err);
	if (r >= 0)
		r = mover_sweep(root, &staged, &err);
	if (r < 0)
		strv_addf(notes, "%s: what it staged ('.NAME.harden-%sN') may be there still: %s",
			  id, transaction_tag(id), error_text(&err));
}

/* Nobody puts the host back into service for it any more. */
static void name_drained(const struct state *state, const char *id, struct strv *notes)
{
	CLEANUP(close_fd) int directory = state_open_txn(state, id, false, NULL);
	CLEANUP(records_clear) struct records records = {0};
	CLEANUP(freep) char *out = NULL;

	if (directory < 0 || journal_salvage(directory, &records, NULL) < 0)
		return;
	out = drain_left(&records);
	if (out && notes)
		strv_addf(notes, "%s: %s", id, out);
}

static int check(const struct transaction_summary *t, struct error *err)
{
	switch (t->state) {
	case TRANSACTION_COMMITTED:
	case TRANSACTION_ROLLED_BACK:
	case TRANSACTION_WAITING:
	case TRANSACTION_OPEN:
		return error_set(err, -EPERM,
				 "transaction '%s' is %s: there is nothing to set aside", t->id,
				 transaction_state_to_string(t->state));
	case TRANSACTION_PREPARED:
	case TRANSACTION_APPLIED:
	case TRANSACTION_UNDOING:
	case TRANSACTION_IN_DOUBT:
	case TRANSACTION_STUCK:
	case TRANSACTION_DAMAGED:
	case TRANSACTION_STATE_COUNT:
		break;
	}
	return 0;
}

/* Whether no recovery would do anything about it, or name it. */
static bool is_settled(const struct transaction_summary *t)
{
	if (t->state == TRANSACTION_WAITING)
		return t->left_usec > 0;
	return t->swept &&
	       (t->state == TRANSACTION_COMMITTED || t->state == TRANSACTION_ROLLED_BACK);
}

int transaction_check_set_aside(const struct state *state, const char *id, struct error *err)
{
	struct transaction_summary *all = NULL;
	size_t count = 0, at = 0;
	int r = history_is_there(state, id, err);

	/* where not even the ledger can be listed, recovery tells what is wrong */
	if (r < 0 || history_list(state, &all, &count, NULL) < 0)
		return r;
	r = history_find(all, count, id, &at, err);
	if (r >= 0 && is_settled(&all[at]))
		r = check(&all[at], err);
	for (size_t i = 0; i < count; i++)
		transaction_summary_clear(&all[i]);
	free(all);
	return r;
}

/* By the ledger, for those that recovery has not named: it knows a damaged one that is over, too. */
static int find_listed(const struct state *state, const char *id, char **ret, struct error *err)
{
	struct transaction_summary *all = NULL;
	size_t count = 0, at = 0;
	int r = history_list(state, &all, &count, err);

	if (r >= 0)
		r = history_find(all, count, id, &at, err);
	if (r >= 0)
		r = check(&all[at], err);
	if (r >= 0)
		*ret = xstrdup(all[at].id);
	for (size_t i = 0; i < count; i++)
		transaction_summary_clear(&all[i]);
	free(all);
	return r;
}

/* The only one of them that begins so, without a look into any; NULL: none, or several. */
static const char *find_only(const struct strv *ids, const char *id)
{
	const char *found = NULL;

	for (size_t i = 0; i < ids->count; i++) {
		if (strcmp(ids->items[i], id) == 0)
			return ids->items[i];
		if (starts_with(ids->items[i], id) && found)
			return NULL;
		if (starts_with(ids->items[i], id))
			found = ids->items[i];
	}
	return found;
}

int transaction_may_set_aside(const struct state *state, const struct strv *open, const char *id,
			      char **ret_id, struct error *err)
{
	CLEANUP(strv_clear) struct strv ids = {0};
	int r = state_transactions(state, &ids, err);
	const char *only = r < 0 ? NULL : find_only(&ids, id);

	if (r < 0)
		return r;
	if (!only || !strv_contains(open, only))
		return find_listed(state, id, ret_id, err);
	*ret_id = xstrdup(only);
	return 0;
}

int transaction_set_aside(const struct state *state, const struct root *root,
			  const struct strv *open, const char *id, char **ret_id,
			  struct strv *notes, struct error *err)
{
	CLEANUP(error_clear) struct error untold = {0};
	CLEANUP(freep) char *whole = NULL;
	int r = transaction_may_set_aside(state, open, id, &whole, err);

	if (r < 0)
		return r;
	sweep(state, root, whole, notes);
	name_drained(state, whole, notes);
	/* the way out is not held up by the record of it */
	if (tombstone_leave(state, whole, TOMBSTONE_SET_ASIDE, &untold) < 0 && notes)
		strv_addf(notes, "history --verify will miss it: %s", error_text(&untold));
	r = move_away(state, whole, err);
	if (r < 0)
		return r;
	witness_forget(state);
	*ret_id = TAKE_PTR(whole);
	return 0;
}

void aside_clear(struct aside *a)
{
	free(a->id);
	strv_clear(&a->controls);
	*a = (struct aside){0};
}

void asides_clear(struct asides *a)
{
	for (size_t i = 0; i < a->count; i++)
		aside_clear(&a->items[i]);
	free(a->items);
	*a = (struct asides){0};
}

static int list_names(int fd, struct strv *ret, struct error *err)
{
	int again = dup(fd);
	DIR *dir = again < 0 ? NULL : fdopendir(again);
	struct dirent *entry;
	int r;

	if (!dir) {
		close_fd(&again);
		return state_error(err, -errno, fd, NULL, "cannot read");
	}
	for (errno = 0; (entry = readdir(dir)); errno = 0)
		if (entry->d_name[0] != '.')
			strv_add(ret, entry->d_name);
	r = errno ? state_error(err, -errno, fd, NULL, "cannot read") : 0;
	closedir(dir);
	strv_sort(ret);
	return r;
}

/* From the records that can be read, whatever is wrong with the rest. */
static void read_controls(int all, struct aside *a)
{
	CLEANUP(close_fd) int directory = open_dir(all, a->id, NULL);
	CLEANUP(records_clear) struct records records = {0};
	CLEANUP(plan_clear) struct plan plan = {0};

	if (directory < 0 || journal_salvage(directory, &records, NULL) < 0 ||
	    !records_find(&records, RECORD_INTENT) ||
	    transaction_plan(&records, a->id, &plan, NULL) < 0)
		return;
	for (size_t i = 0; i < plan.nfindings; i++)
		if (plan.findings[i].state == FINDING_PLANNED)
			strv_add_once(&a->controls, plan.findings[i].control);
}

int asides_list(const struct state *state, struct asides *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(close_fd) int all = state->fd < 0 ? -ENOENT : open_dir(state->fd, ASIDE_DIR, &why);
	int r;

	if (all == -ENOENT)
		return 0;
	if (all < 0) {
		error_move(err, &why);
		return all;
	}
	r = list_names(all, &names, err);
	for (size_t i = 0; i < names.count; i++) {
		struct aside *a = array_append(&ret->items, &ret->count, sizeof(*a));

		*a = (struct aside){.id = xstrdup(names.items[i])};
		read_controls(all, a);
	}
	return r;
}
