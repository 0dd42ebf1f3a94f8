#include "rollback/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/digest.h"
#include "engine/base/fd-io.h"
#include "engine/base/str.h"
#include "engine/host/read/fd-path.h"
#include "engine/host/read/root.h"
#include "rollback/state.h"

#define MAGIC "HARDENJ1"
#define MAGIC_FAMILY "HARDENJ"
#define MAGIC_LEN 8
#define HEAD_LEN 12
#define CRC_LEN 4
#define MAX_PAYLOAD (64U << 20)
/* Who plans or checks reads the journals, too, and leaves no trace. The file is ours, so it may. */
#define JUST_LOOKING (O_RDONLY | O_NOATIME)
#define MAX_JOURNAL (128U << 20)

ENUM_TABLE(record_type, enum record_type,
	   RECORD_TYPE_COUNT, [RECORD_HEADER] = "HEADER", [RECORD_INTENT] = "INTENT",
	   [RECORD_APPLIED] = "APPLIED", [RECORD_EFFECT_BEGIN] = "EFFECT_BEGIN",
	   [RECORD_EFFECT_END] = "EFFECT_END", [RECORD_WAITING] = "WAITING",
	   [RECORD_COMMIT] = "COMMIT", [RECORD_UNDO_BEGIN] = "UNDO_BEGIN",
	   [RECORD_UNDO_DONE] = "UNDO_DONE", [RECORD_STUCK] = "STUCK", [RECORD_SWEPT] = "SWEPT",
	   [RECORD_EFFECT_UNDONE] = "EFFECT_UNDONE", [RECORD_GAP] = "GAP", [RECORD_DRAIN] = "DRAIN",
	   [RECORD_UNDRAINED] = "UNDRAINED");

static void put32(struct buf *b, uint32_t v)
{
	const unsigned char bytes[4] = {v & 0xff, v >> 8 & 0xff, v >> 16 & 0xff, v >> 24};

	buf_append(b, bytes, sizeof(bytes));
}

static uint32_t get32(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void format_record(struct buf *b, uint32_t sequence, enum record_type type,
			  const char *payload)
{
	size_t start = b->len, len = payload ? strlen(payload) : 0;

	put32(b, (uint32_t)len);
	put32(b, sequence);
	put32(b, (uint32_t)type);
	buf_append(b, payload, len);
	put32(b, crc32c(0, b->data + start, b->len - start));
}

/* Writes the bytes under the temporary name, and gives it the journal's name once they are durable. */
static int publish(int dir, int fd, const struct buf *bytes)
{
	int r = fd_write_all(fd, bytes->data, bytes->len);

	if (r < 0)
		return r;
	if (fsync(fd) < 0 || renameat(dir, JOURNAL_NEW, dir, JOURNAL_FILE) < 0 || fsync(dir) < 0)
		return -errno;
	return 0;
}

static int open_new(int dir, struct error *err)
{
	int fd = openat(dir, JOURNAL_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			0600);

	return fd < 0 ? state_error(err, -errno, dir, JOURNAL_NEW, "cannot make the journal") : fd;
}

int journal_announce(int dir, struct error *err)
{
	CLEANUP(close_fd) int fd = open_new(dir, err);

	return fd < 0 ? fd : 0;
}

int journal_create(int dir, const struct record *first, size_t count, struct journal *ret,
		   struct error *err)
{
	CLEANUP(close_fd) int fd = -1;
	CLEANUP(buf_clear) struct buf bytes = {0};
	int r;

	buf_append(&bytes, MAGIC, MAGIC_LEN);
	for (size_t i = 0; i < count; i++)
		format_record(&bytes, (uint32_t)i, first[i].type, first[i].payload);
	fd = open_new(dir, err);
	if (fd < 0)
		return fd;
	r = publish(dir, fd, &bytes);
	if (r < 0)
		return state_error(err, r, dir, JOURNAL_NEW, "cannot write the journal");
	*ret = (struct journal){
		.fd = TAKE_FD(fd), .sequence = (uint32_t)count, .durable = (off_t)bytes.len};
	digest_add(&ret->digest, bytes.data, bytes.len);
	return 0;
}

/* The next record takes its place; until then a reader had better not see it. */
static int take_back(struct journal *j, size_t tail, enum record_type type, int r,
		     struct error *err)
{
	CLEANUP(freep) char *place = fd_name(j->fd, NULL);
	bool back = ftruncate(j->fd, j->durable + (off_t)tail) == 0;

	buf_splice(&j->tail, tail, j->tail.len - tail, NULL, 0);
	return error_errno(err, r, "cannot write %s to the journal '%s'%s",
			   record_type_to_string(type), place, back ? "" : ", nor take it back");
}

int journal_append(struct journal *j, enum record_type type, const char *payload, struct error *err)
{
	size_t tail = j->tail.len;
	int r;

	format_record(&j->tail, j->sequence, type, payload);
	/* at a place of its own, over what a write that failed may have left there */
	r = fd_write_all_at(j->fd, j->tail.data, j->tail.len, j->durable);
	if (r == 0 && fdatasync(j->fd) < 0)
		r = -errno;
	if (r < 0)
		return take_back(j, tail, type, r, err);
	digest_add(&j->digest, j->tail.data + tail, j->tail.len - tail);
	j->durable += (off_t)j->tail.len;
	buf_clear(&j->tail);
	j->sequence++;
	return 0;
}

int journal_note(struct journal *j, enum record_type type, const char *payload, struct error *err)
{
	size_t tail = j->tail.len;
	int r;

	format_record(&j->tail, j->sequence, type, payload);
	r = fd_write_all_at(j->fd, j->tail.data + tail, j->tail.len - tail,
			    j->durable + (off_t)tail);
	if (r < 0)
		return take_back(j, tail, type, r, err);
	digest_add(&j->digest, j->tail.data + tail, j->tail.len - tail);
	j->sequence++;
	return 0;
}

/* The size of the record at `at` when it is whole and its checksum right, else 0. */
static size_t good_record(const struct buf *b, size_t at)
{
	size_t len, size;

	if (b->len - at < HEAD_LEN + CRC_LEN)
		return 0;
	len = get32(b->data + at);
	if (len > MAX_PAYLOAD || len > b->len - at - HEAD_LEN - CRC_LEN)
		return 0;
	size = HEAD_LEN + len + CRC_LEN;
	if (crc32c(0, b->data + at, HEAD_LEN + len) != get32(b->data + at + HEAD_LEN + len))
		return 0;
	return size;
}

/* Whether a good record follows anywhere behind a bad one: then it is no torn tail (J6). */
static bool good_record_behind(const struct buf *b, size_t at, uint32_t sequence)
{
	for (at++; at < b->len; at++)
		if (b->len - at >= HEAD_LEN && get32(b->data + at + 4) >= sequence &&
		    get32(b->data + at + 8) < RECORD_TYPE_COUNT && good_record(b, at))
			return true;
	return false;
}

static int take_record(struct records *ret, const struct buf *b, size_t at, struct error *err)
{
	uint32_t type = get32(b->data + at + 8);
	struct record *record;

	if (get32(b->data + at + 4) != ret->count)
		return error_set(err, -EUCLEAN, "the journal's record %zu is out of order",
				 ret->count);
	if (type >= RECORD_TYPE_COUNT)
		return error_set(err, -EPROTONOSUPPORT,
				 "the journal has a record of unknown type %u", type);
	record = array_append(&ret->items, &ret->count, sizeof(*record));
	record->type = (enum record_type)type;
	record->payload = xmemdup(b->data + at + HEAD_LEN, get32(b->data + at));
	record->start = at;
	record->end = at + HEAD_LEN + get32(b->data + at) + CRC_LEN;
	return 0;
}

static int parse_records(struct records *ret, const struct buf *b, struct error *err)
{
	size_t at = MAGIC_LEN, size;

	if (b->len < MAGIC_LEN || !starts_with(b->data, MAGIC_FAMILY) ||
	    b->data[MAGIC_LEN - 1] < MAGIC[MAGIC_LEN - 1] || b->data[MAGIC_LEN - 1] > '9')
		return error_set(err, -EUCLEAN, "the journal is not one of harden's");
	if (memcmp(b->data, MAGIC, MAGIC_LEN) != 0)
		return error_set(err, -EPROTONOSUPPORT,
				 "the journal was written by a newer harden");
	while (at < b->len && (size = good_record(b, at)) > 0) {
		int r = take_record(ret, b, at, err);

		if (r < 0)
			return r;
		at += size;
	}
	ret->valid_bytes = at;
	if (at < b->len && good_record_behind(b, at, (uint32_t)ret->count))
		return error_set(err, -EUCLEAN, "the journal's record %zu is damaged", ret->count);
	if (ret->count < 2 || ret->items[0].type != RECORD_HEADER ||
	    ret->items[1].type != RECORD_INTENT)
		return error_set(err, -EUCLEAN,
				 "the journal does not begin with what was intended");
	return 0;
}

static int open_journal(int dir, int flags, struct error *err)
{
	int fd = openat(dir, JOURNAL_FILE, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int r;

	if (fd < 0)
		return state_error(err, -errno, dir, JOURNAL_FILE, "cannot open the journal");
	r = state_check_ours(fd, S_IFREG);
	if (r == 0)
		return fd;
	close(fd);
	if (r != -EPERM)
		return state_error(err, r, dir, JOURNAL_FILE, "cannot look at the journal");
	return error_set(err, -EUCLEAN, "the journal could have been written by others");
}

static void salvage_records(struct records *ret, const struct buf *b)
{
	for (size_t at = MAGIC_LEN; at < b->len;) {
		bool known = b->len - at >= HEAD_LEN &&
			     get32(b->data + at + 8) < RECORD_TYPE_COUNT &&
			     get32(b->data + at + 4) < b->len / (HEAD_LEN + CRC_LEN);
		size_t size = known ? good_record(b, at) : 0;

		if (size) {
			struct record *record =
				array_append(&ret->items, &ret->count, sizeof(*record));

			record->type = (enum record_type)get32(b->data + at + 8);
			record->payload = xmemdup(b->data + at + HEAD_LEN, get32(b->data + at));
		}
		at += size ? size : 1;
	}
}

/* Opens the journal and reads it; the descriptor is the caller's. */
static int open_bytes(int dir, int flags, struct buf *ret, struct error *err)
{
	CLEANUP(close_fd) int fd = open_journal(dir, flags, err);
	int r = fd < 0 ? fd : fd_read_all(fd, MAX_JOURNAL, ret);

	if (fd < 0)
		return fd;
	if (r < 0)
		return state_error(err, r, dir, JOURNAL_FILE, "cannot read the journal");
	return TAKE_FD(fd);
}

int journal_read_bytes(int dir, struct buf *ret, struct error *err)
{
	CLEANUP(close_fd) int fd = open_bytes(dir, JUST_LOOKING, ret, err);

	return fd < 0 ? fd : 0;
}

int journal_parse(const struct buf *bytes, struct records *ret, struct error *err)
{
	CLEANUP(records_clear) struct records records = {0};
	int r = parse_records(&records, bytes, err);

	if (r < 0)
		return r;
	*ret = records;
	records = (struct records){0};
	return 0;
}

int journal_salvage(int dir, struct records *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	int r = journal_read_bytes(dir, &bytes, err);

	if (r >= 0)
		salvage_records(ret, &bytes);
	return r;
}

/* HEADER and INTENT, which are durable in any journal (J1). */
static size_t durable_bytes(const struct buf *bytes)
{
	size_t at = MAGIC_LEN;

	for (int i = 0; i < 2; i++)
		at += HEAD_LEN + get32(bytes->data + at) + CRC_LEN;
	return at;
}

int journal_open(int dir, struct journal *ret, struct records *ret_records, struct error *err)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	CLEANUP(records_clear) struct records records = {0};
	CLEANUP(close_fd) int fd = open_bytes(dir, O_RDWR, &bytes, err);
	int r = fd < 0 ? fd : journal_parse(&bytes, &records, err);
	size_t durable;
	off_t size;

	if (r < 0)
		return r;
	size = lseek(fd, 0, SEEK_END);
	if (size < 0 ||
	    (size > (off_t)records.valid_bytes && ftruncate(fd, (off_t)records.valid_bytes) < 0))
		return state_error(err, -errno, fd, NULL, "cannot go on with the journal");
	durable = durable_bytes(&bytes);
	*ret = (struct journal){
		.fd = TAKE_FD(fd), .sequence = (uint32_t)records.count, .durable = (off_t)durable};
	buf_append(&ret->tail, bytes.data + durable, records.valid_bytes - durable);
	digest_add(&ret->digest, bytes.data, records.valid_bytes);
	*ret_records = records;
	records = (struct records){0};
	return 0;
}

int journal_read(int dir, struct records *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	int r = journal_read_bytes(dir, &bytes, err);

	return r < 0 ? r : journal_parse(&bytes, ret, err);
}

void journal_close(struct journal *j)
{
	close_fd(&j->fd);
	buf_clear(&j->tail);
}

const struct record *records_find(const struct records *r, enum record_type type)
{
	for (size_t i = r->count; i > 0; i--)
		if (r->items[i - 1].type == type)
			return &r->items[i - 1];
	return NULL;
}

void records_clear(struct records *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->items[i].payload);
	free(r->items);
	*r = (struct records){0};
}
