#include "rollback/pruned.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/fd-io.h"
#include "engine/base/map.h"
#include "rollback/journal.h"
#include "rollback/state-guard.h"

#define NAME "pruned"
#define NEW NAME ".new"
#define MAX_BYTES (1U << 20)

int pruned_note(const struct state *state, const char *id, struct error *err)
{
	CLEANUP(buf_clear) struct buf line = {0};

	buf_printf(&line, "%s\n", id);
	return state_append(state, NAME, &line, err);
}

static int list_noted(const struct state *state, struct strv *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct map seen = {0};
	int r = state_read(state, NAME, MAX_BYTES, &text, err);

	if (r < 0)
		return r;
	for (const char *line = buf_str(&text); *line;) {
		size_t n = strcspn(line, "\n");
		CLEANUP(freep) char *id = xstrndup(line, n);

		if (*id && !map_get(&seen, id)) {
			map_put(&seen, id, &seen);
			strv_add(ret, id);
		}
		line += n + (line[n] == '\n');
	}
	map_clear(&seen, NULL);
	return 0;
}

/* A prune that was broken off before it came to this one: the note was made, and the ledger has it yet. */
static bool is_in_ledger(const struct state *state, const char *id)
{
	CLEANUP(close_fd) int directory = state_open_txn(state, id, false, NULL);

	return directory >= 0 && faccessat(directory, JOURNAL_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int pruned_list(const struct state *state, struct strv *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv noted = {0};
	int r = list_noted(state, &noted, err);

	for (size_t i = 0; i < noted.count; i++)
		if (!is_in_ledger(state, noted.items[i]))
			strv_add(ret, noted.items[i]);
	return r;
}

static int replace(const struct state *state, const struct strv *left, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(close_fd)
	int fd =
		openat(state->fd, NEW, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	for (size_t i = 0; i < left->count; i++)
		buf_printf(&text, "%s\n", left->items[i]);
	r = fd < 0 ? -errno : fd_write_all(fd, buf_str(&text), text.len);
	if (r == 0 && (fsync(fd) < 0 || renameat(state->fd, NEW, state->fd, NAME) < 0))
		r = -errno;
	return r < 0 ? state_error(err, r, state->fd, NEW, "cannot write") : 0;
}

int pruned_forget(const struct state *state, const struct strv *ids, struct error *err)
{
	CLEANUP(strv_clear) struct strv all = {0}, left = {0};
	int r = ids->count == 0 ? 0 : list_noted(state, &all, err);

	for (size_t i = 0; i < all.count; i++)
		if (!strv_contains(ids, all.items[i]))
			strv_add(&left, all.items[i]);
	if (r < 0 || left.count == all.count)
		return r;
	r = left.count ? replace(state, &left, err) : 0;
	if (left.count == 0 && unlinkat(state->fd, NAME, 0) < 0 && errno != ENOENT)
		r = state_error(err, -errno, state->fd, NAME, "cannot remove");
	return r;
}
