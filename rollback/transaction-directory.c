#include "rollback/transaction-directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/fd-io.h"
#include "engine/format/json-util.h"
#include "engine/format/secret.h"
#include "engine/host/write/write.h"
#include "engine/plan/plan-json.h"
#include "rollback/blobs.h"
#include "rollback/journal.h"
#include "rollback/restore-script.h"

#define STAGED_FILE "staged"
#define MAX_STAGED (16U << 20)
#define STAMP_FORMAT "%Y%m%d-%H%M%S"
#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

static char *id_at(time_t time)
{
	unsigned char random[3];
	struct tm tm;
	char stamp[32];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		abort();
	gmtime_r(&time, &tm);
	strftime(stamp, sizeof(stamp), STAMP_FORMAT, &tm);
	return xasprintf("%s-%02x%02x%02x", stamp, random[0], random[1], random[2]);
}

/* The time in an id; false: it is none of ours (somebody made a directory there). */
static bool time_of(const char *id, time_t *ret)
{
	struct tm tm = {0};
	const char *end = strptime(id, STAMP_FORMAT, &tm);

	if (!end || end - id != TRANSACTION_STAMP_LEN || *end != '-')
		return false;
	*ret = timegm(&tm);
	return true;
}

char *transaction_new_id(const struct strv *others)
{
	time_t now = time(NULL), other;

	for (size_t i = 0; i < others->count; i++)
		if (time_of(others->items[i], &other) && other >= now)
			now = other + 1;
	return id_at(now);
}

const char *transaction_tag(const char *id)
{
	const char *dash = strrchr(id, '-');

	return dash ? dash + 1 : id;
}

int transaction_write_staged(int directory, const struct strv *paths, struct error *err)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	CLEANUP(close_fd) int fd = -1;
	int r;

	for (size_t i = 0; i < paths->count; i++)
		buf_append(&bytes, paths->items[i], strlen(paths->items[i]) + 1);
	fd = openat(directory, STAGED_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return state_error(err, -errno, directory, STAGED_FILE,
				   "cannot note the staged files in");
	r = fd_write_all(fd, bytes.data, bytes.len);
	if (r < 0)
		return state_error(err, r, directory, STAGED_FILE,
				   "cannot note the staged files in");
	/* its bytes, its name in the directory and the directory's own name */
	return write_sync_fs(directory, err);
}

int transaction_read_staged(int directory, struct strv *ret, struct error *err)
{
	CLEANUP(close_fd)
	int fd = openat(directory, STAGED_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	CLEANUP(buf_clear) struct buf bytes = {0};
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0
				       : state_error(err, -errno, directory, STAGED_FILE,
						     "cannot read the list of staged files");
	r = state_check_ours(fd, S_IFREG);
	if (r >= 0)
		r = fd_read_all(fd, MAX_STAGED, &bytes);
	if (r < 0)
		return state_error(err, r, directory, STAGED_FILE,
				   "cannot read the list of staged files");
	/* a last one without its NUL was never whole, and nothing was staged then */
	for (size_t at = 0; at + strlen(bytes.data + at) < bytes.len;
	     at += strlen(bytes.data + at) + 1)
		if (bytes.data[at] == '/')
			strv_add(ret, bytes.data + at);
	return 0;
}

void transaction_head_clear(struct transaction_head *h)
{
	free(h->id);
	free(h->kind);
	free(h->of);
	free(h->only);
	free(h->bisect);
	free(h->boot_id);
	free(h->started_with);
	actor_clear(&h->by);
	seal_clear(&h->previous);
	*h = (struct transaction_head){0};
}

char *transaction_head_format(const struct transaction_head *h)
{
	CLEANUP(json_decrefp) json_t *j = json_object();
	CLEANUP(buf_clear) struct buf text = {0};

	json_put(j, "id", json_text(h->id));
	json_put(j, "kind", json_text(h->kind));
	json_put(j, "of", json_text(h->of));
	json_put(j, "only", json_text(h->only));
	json_put(j, "boot_id", json_text(h->boot_id));
	if (h->bisect)
		json_put(j, "bisect", json_text(h->bisect));
	if (h->started_with)
		json_put(j, "started_with", json_text(h->started_with));
	if (h->dockerd_asked)
		json_put(j, "dockerd_asked", json_true());
	json_put(j, "started_usec", json_integer((json_int_t)h->started_usec));
	json_put(j, "by", actor_to_json(&h->by));
	if (h->chained)
		json_put(j, "previous", seal_to_json(&h->previous));
	json_put(j, "harden", json_string(HARDEN_VERSION));
	json_dump_to(j, JSON_COMPACT, &text);
	return buf_take(&text);
}

/* What journals of earlier versions do not say. */
static int parse_later(struct transaction_head *ret, const json_t *j, struct error *err)
{
	const json_t *previous = json_object_get(j, "previous");

	ret->bisect = xstrdup_null(json_string_value(json_object_get(j, "bisect")));
	ret->started_with = xstrdup_null(json_string_value(json_object_get(j, "started_with")));
	ret->dockerd_asked = json_is_true(json_object_get(j, "dockerd_asked"));
	actor_from_json(j, &ret->by);
	ret->chained = previous != NULL;
	return previous ? seal_from_json(previous, &ret->previous, err) : 0;
}

int transaction_head_parse(struct transaction_head *ret, const char *payload, struct error *err)
{
	CLEANUP(json_decrefp) json_t *j = json_loads(payload, JSON_REJECT_DUPLICATES, NULL);
	json_int_t started = 0;
	int r;

	if (!json_is_object(j))
		return error_set(err, -EUCLEAN, "the journal's head is damaged");
	r = json_take_text(j, "id", &ret->id, err);
	if (r >= 0)
		r = json_take_text(j, "kind", &ret->kind, err);
	if (r >= 0)
		r = json_take_text(j, "of", &ret->of, err);
	if (r >= 0)
		r = json_take_text(j, "only", &ret->only, err);
	if (r >= 0)
		r = json_take_text(j, "boot_id", &ret->boot_id, err);
	if (r >= 0)
		r = json_take_int(j, "started_usec", &started, err);
	ret->started_usec = (uint64_t)started;
	if (r >= 0)
		r = parse_later(ret, j, err);
	return r < 0 ? error_wrap(err, -EUCLEAN, "the journal's head is damaged") : 0;
}

int transaction_head_of(const struct records *records, struct transaction_head *ret,
			struct error *err)
{
	const struct record *header = records_find(records, RECORD_HEADER);

	return header ? transaction_head_parse(ret, header->payload, err)
		      : error_set(err, -EUCLEAN, "it has no head");
}

int transaction_plan(const struct records *records, const char *id, struct plan *ret,
		     struct error *err)
{
	const struct record *intent = records_find(records, RECORD_INTENT);
	CLEANUP(buf_clear) struct buf text = {0};

	buf_puts(&text, intent->payload);
	return plan_from_json(ret, id, &text, err);
}

static bool is_there(int directory, const char *name)
{
	return faccessat(directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

int transaction_journal_lost(int directory, struct error *err)
{
	if (is_there(directory, JOURNAL_NEW) ||
	    (!is_there(directory, RESTORE_FILE) && !is_there(directory, BLOB_DIR)))
		return 0;
	return error_set(err, -EUCLEAN,
			 "the journal is gone, though what was saved is here: what it changed may "
			 "stand");
}

static int add_sizes(int at, const char *name, uint64_t *bytes);

/* What an entry tells of itself is not asked for. */
static int add_entry(int fd, const struct dirent64 *e, uint64_t *bytes)
{
	struct stat st;

	if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
		return 0;
	if (e->d_type == DT_DIR)
		return add_sizes(fd, e->d_name, bytes);
	if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return add_sizes(fd, e->d_name, bytes);
	*bytes += (uint64_t)st.st_size;
	return 0;
}

/*
 * One level of directories: that is all a transaction has. Not by readdir(3), whose opendir(3) asks the kernel three
 * things more of each of what may be twenty thousand directories.
 */
static int add_sizes(int at, const char *name, uint64_t *bytes)
{
	CLEANUP(close_fd)
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_Alignas(struct dirent64) char entries[4096];
	ssize_t n;
	int r = 0;

	if (fd < 0)
		return -errno;
	while (r == 0 && (n = getdents64(fd, entries, sizeof(entries))) != 0) {
		if (n < 0)
			return -errno;
		for (ssize_t i = 0; i < n && r == 0;) {
			const struct dirent64 *e = (const void *)(entries + i);

			r = add_entry(fd, e, bytes);
			i += e->d_reclen;
		}
	}
	return r;
}

int transaction_sizes(const struct state *state, const struct strv *ids, uint64_t *bytes,
		      struct error *err)
{
	CLEANUP(close_fd)
	int all = openat(state->fd, "txn", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (all < 0 && ids->count > 0)
		return error_errno(err, -errno, "cannot look into the transactions");
	for (size_t i = 0; i < ids->count; i++) {
		int r = add_sizes(all, ids->items[i], bytes);

		if (r < 0)
			return error_errno(err, r, "cannot look into transaction '%s'",
					   ids->items[i]);
	}
	return 0;
}

char *transaction_note_format(const char *failure, const char *left)
{
	return transaction_end_format(failure, left, NULL);
}

char *transaction_end_format(const char *failure, const char *left, const char *told)
{
	CLEANUP(freep) char *what = secret_hide(failure), *rest = secret_hide(left);
	CLEANUP(freep) char *more = secret_hide(told);
	CLEANUP(json_decrefp) json_t *j = json_object();
	CLEANUP(buf_clear) struct buf text = {0};

	json_put(j, "failure", json_text(what));
	json_put(j, "left", json_text(rest));
	if (more && *more)
		json_put(j, "told", json_text(more));
	json_dump_to(j, JSON_COMPACT, &text);
	return buf_take(&text);
}

char *current_boot_id(void)
{
	CLEANUP(close_fd) int fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);
	CLEANUP(buf_clear) struct buf text = {0};

	if (fd < 0 || fd_read_all(fd, 4096, &text) < 0)
		return xstrdup("");
	while (text.len && text.data[text.len - 1] == '\n')
		text.data[--text.len] = '\0';
	return buf_take(&text);
}

int check_boot_id(const char *boot_id, struct error *err)
{
	if (*boot_id)
		return 0;
	return error_set(err, -EIO,
			 "cannot read '" BOOT_ID_FILE "', which tells one boot from another");
}

char *record_text(const struct record *record, const char *key)
{
	CLEANUP(json_decrefp) json_t *j = record ? json_loads(record->payload, 0, NULL) : NULL;

	return xstrdup_null(json_string_value(json_object_get(j, key)));
}
