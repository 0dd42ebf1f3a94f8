#include "rollback/tombstones.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/base/fd-io.h"
#include "engine/format/json-util.h"
#include "rollback/transaction-directory.h"

#define NAME "tombstones"
#define MAX_BYTES (64U << 20)

static void tombstone_clear(struct tombstone *t)
{
	seal_clear(&t->seal);
	seal_clear(&t->previous);
	actor_clear(&t->by);
	free(t->how);
	*t = (struct tombstone){0};
}

void tombstones_clear(struct tombstones *t)
{
	for (size_t i = 0; i < t->count; i++)
		tombstone_clear(&t->items[i]);
	free(t->items);
	*t = (struct tombstones){0};
}

static void format(const struct tombstone *t, struct buf *ret)
{
	CLEANUP(json_decrefp) json_t *j = json_object();

	json_put(j, "seal", seal_to_json(&t->seal));
	if (t->chained)
		json_put(j, "previous", seal_to_json(&t->previous));
	json_put(j, "how", json_text(t->how));
	json_put(j, "by", actor_to_json(&t->by));
	json_put(j, "usec", json_integer((json_int_t)t->usec));
	json_dump_to(j, JSON_COMPACT, ret);
	buf_putc(ret, '\n');
}

bool tombstone_parse(const char *line, size_t n, struct tombstone *ret)
{
	CLEANUP(json_decrefp) json_t *j = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	const json_t *previous = json_object_get(j, "previous");
	json_int_t usec = 0;
	int r = json_is_object(j) ? seal_from_json(json_object_get(j, "seal"), &ret->seal, NULL)
				  : -EINVAL;

	ret->chained = previous != NULL;
	if (r >= 0 && previous)
		r = seal_from_json(previous, &ret->previous, NULL);
	if (r >= 0)
		r = json_take_text(j, "how", &ret->how, NULL);
	if (r >= 0)
		r = json_take_int(j, "usec", &usec, NULL);
	ret->usec = (uint64_t)usec;
	actor_from_json(j, &ret->by);
	if (r >= 0 && ret->seal.id && ret->how)
		return true;
	tombstone_clear(ret);
	return false;
}

int tombstones_list(const struct state *state, struct tombstones *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(close_fd)
	int fd = state->fd < 0 ? -1 : openat(state->fd, NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (state->fd < 0 || (fd < 0 && errno == ENOENT))
		return 0;
	r = fd < 0 ? -errno : fd_read_all(fd, MAX_BYTES, &text);
	if (r < 0)
		return state_error(err, r, state->fd, NAME, "cannot read");
	for (size_t at = 0; at < text.len;) {
		const char *line = text.data + at, *end = memchr(line, '\n', text.len - at);
		size_t n = end ? (size_t)(end - line) : text.len - at;
		struct tombstone t = {0};

		/* a line without its end was never waited for: its transaction is there */
		if (end && tombstone_parse(line, n, &t))
			*(struct tombstone *)array_append(&ret->items, &ret->count, sizeof(t)) = t;
		at += n + 1;
	}
	return 0;
}

/* Behind a line that a crash has left without its end, on one of its own. */
static int append(int fd, const struct buf *line)
{
	struct stat st;
	char last = '\n';
	int r;

	if (fstat(fd, &st) < 0 || (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) < 0))
		return -errno;
	r = last == '\n' ? 0 : fd_write_all(fd, "\n", 1);
	if (r == 0)
		r = fd_write_all(fd, line->data, line->len);
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

/* What a transaction says of the one before it; false: its journal says nothing, or cannot be read. */
static bool claim_of(const struct state *state, const char *id, struct seal *ret)
{
	CLEANUP(transaction_head_clear) struct transaction_head head = {0};
	CLEANUP(records_clear) struct records records = {0};
	CLEANUP(close_fd) int directory = state_open_txn(state, id, false, NULL);
	const struct record *header;

	if (directory < 0 || journal_salvage(directory, &records, NULL) < 0)
		return false;
	header = records_find(&records, RECORD_HEADER);
	if (!header || transaction_head_parse(&head, header->payload, NULL) < 0 || !head.chained)
		return false;
	seal_copy(ret, &head.previous);
	return true;
}

/* How much of its journal the one after it names; 0: none does. */
static int named_bytes(const struct state *state, const char *id, uint64_t *ret, struct error *err)
{
	CLEANUP(tombstones_clear) struct tombstones gone = {0};
	CLEANUP(strv_clear) struct strv ids = {0};
	int r = state_transactions(state, &ids, err);

	if (r >= 0)
		r = tombstones_list(state, &gone, err);
	for (size_t i = 0; i < gone.count && r >= 0; i++)
		if (strcmp_null(gone.items[i].previous.id, id) == 0)
			*ret = gone.items[i].previous.bytes;
	for (size_t i = 0; i < ids.count && r >= 0 && *ret == 0; i++) {
		CLEANUP(seal_clear) struct seal claim = {0};

		if (strcmp(ids.items[i], id) > 0 && claim_of(state, ids.items[i], &claim) &&
		    strcmp_null(claim.id, id) == 0)
			*ret = claim.bytes;
	}
	return r;
}

int tombstone_leave(const struct state *state, const char *id, const char *how, struct error *err)
{
	CLEANUP(close_fd) int fd = -1;
	CLEANUP(buf_clear) struct buf line = {0};
	CLEANUP(tombstones_clear) struct tombstones one = {0};
	struct tombstone *t = array_append(&one.items, &one.count, sizeof(*t));
	uint64_t bytes = 0;
	int r = named_bytes(state, id, &bytes, err);

	if (r < 0)
		return r;
	t->chained = claim_of(state, id, &t->previous);
	t->how = xstrdup(how);
	t->usec = clock_usec(CLOCK_REALTIME);
	actor_now(&t->by);
	r = seal_measure(state, id, bytes, &t->seal, NULL);
	if (r == -ERANGE)
		r = seal_measure(state, id, 0, &t->seal, NULL);
	if (r < 0) /* it cannot be read, or never was: what is left says no more than that */
		t->seal.id = xstrdup(id);
	format(t, &line);
	fd = openat(state->fd, NAME, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	r = fd < 0 ? -errno : append(fd, &line);
	return r < 0 ? state_error(err, r, state->fd, NAME, "cannot write") : 0;
}
