/*
 * The journal's file: what was written is read, and what was damaged, cut, reordered or written
 * by others is never taken for something else (J6, J8 of journal.h).
 */

#include "tests/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/base/fd-io.h"
#include "rollback/journal.h"
#include "tests/unit/journal-bytes.h"
#include "tests/unit/temp-directory.h"

static char head[] = "{\"id\":\"x\"}", intent[] = "{\"plan\":1}";
static const struct record first[] = {{RECORD_HEADER, head}, {RECORD_INTENT, intent}};

/* --- bytes and files ------------------------------------------------------------------------ */

/* Not by O_TRUNC: ext4 would wait for the disk at each close. */
static void put(const struct temp_directory *t, const struct buf *bytes)
{
	int fd = openat(t->fd, JOURNAL_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, bytes->data, bytes->len), 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes->len), 0);
	close(fd);
}

static void get(const struct temp_directory *t, struct buf *ret)
{
	get_at(t->fd, JOURNAL_FILE, ret);
}

static void put32(struct buf *b, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		buf_putc(b, (char)(v >> (8 * i) & 0xff));
}

/* A record with a right checksum, whatever it says. */
static void put_record(struct buf *b, uint32_t sequence, uint32_t type, const char *payload)
{
	size_t start = b->len;

	put32(b, (uint32_t)strlen(payload));
	put32(b, sequence);
	put32(b, type);
	buf_puts(b, payload);
	put32(b, crc32c(0, b->data + start, b->len - start));
}

/* HEADER, INTENT and three more. */
static void write_journal(const struct temp_directory *t, struct buf *ret_bytes)
{
	struct journal j = JOURNAL_INIT;

	assert_int_equal(journal_create(t->fd, first, ARRAY_SIZE(first), &j, NULL), 0);
	assert_int_equal(journal_append(&j, RECORD_APPLIED, "{}", NULL), 0);
	assert_int_equal(journal_append(&j, RECORD_EFFECT_BEGIN, "{\"stage\":0}", NULL), 0);
	assert_int_equal(journal_append(&j, RECORD_COMMIT, "{\"last\":true}", NULL), 0);
	journal_close(&j);
	get(t, ret_bytes);
}

static int read_bytes(const struct temp_directory *t, const struct buf *bytes, struct records *ret)
{
	records_clear(ret);
	put(t, bytes);
	return journal_read(t->fd, ret, NULL);
}

/* The first records of `all`, and nothing else. */
static void assert_beginning_of(const struct records *all, const struct records *r, size_t count)
{
	assert_int_equal(r->count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(r->items[i].type, all->items[i].type);
		assert_string_equal(r->items[i].payload, all->items[i].payload);
	}
}

/* --- what is there ---------------------------------------------------------------------------- */

static void test_round_trip(void **state)
{
	struct temp_directory *t = *state;
	CLEANUP(records_clear) struct records r = {0};
	CLEANUP(buf_clear) struct buf bytes = {0};
	struct stat st;

	write_journal(t, &bytes);
	assert_memory_equal(bytes.data, "HARDENJ1", MAGIC_LEN);
	assert_int_equal(journal_read(t->fd, &r, NULL), 0);
	assert_int_equal(r.count, 5);
	assert_int_equal(r.valid_bytes, bytes.len);
	assert_beginning_of(&(struct records){.items = (struct record[]){first[0], first[1]}},
			    &(struct records){.items = r.items, .count = 2}, 2);
	assert_string_equal(records_find(&r, RECORD_COMMIT)->payload, "{\"last\":true}");
	assert_null(records_find(&r, RECORD_STUCK));
	assert_int_equal(fstatat(t->fd, JOURNAL_FILE, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(faccessat(t->fd, "journal.new", F_OK, 0), -1);
}

/* Cut at every byte of the last record: it is not there, and the next one takes its place. */
static void test_torn_tail(void **state)
{
	struct temp_directory *t = *state;
	CLEANUP(records_clear) struct records all = {0};
	CLEANUP(buf_clear) struct buf bytes = {0};
	size_t start;

	write_journal(t, &bytes);
	assert_int_equal(journal_read(t->fd, &all, NULL), 0);
	start = offset_of(&bytes, all.count - 1);
	for (size_t len = start; len < bytes.len; len++) {
		struct buf cut = {.data = bytes.data, .len = len};
		CLEANUP(records_clear) struct records r = {0}, again = {0};
		struct journal j = JOURNAL_INIT;

		assert_int_equal(read_bytes(t, &cut, &r), 0);
		assert_beginning_of(&all, &r, all.count - 1);
		assert_int_equal(r.valid_bytes, start);
		records_clear(&r);
		assert_int_equal(journal_open(t->fd, &j, &r, NULL), 0);
		assert_int_equal(journal_append(&j, RECORD_STUCK, "{}", NULL), 0);
		journal_close(&j);
		assert_int_equal(journal_read(t->fd, &again, NULL), 0);
		assert_int_equal(again.count, all.count);
		assert_int_equal(again.items[all.count - 1].type, RECORD_STUCK);
	}
}

/* What the disk makes of records whose write failed in the background: nobody is told in time. */
static void lose(const struct temp_directory *t, const struct journal *j)
{
	CLEANUP(close_fd) int fd = openat(t->fd, JOURNAL_FILE, O_WRONLY | O_CLOEXEC);
	CLEANUP(freep) char *zeros = xcalloc(1, j->tail.len);

	assert_true(j->tail.len > 0);
	assert_int_equal(pwrite(fd, zeros, j->tail.len, j->durable), j->tail.len);
}

/* What was only noted is written once more in front of a durable record: no hole behind it (J6). */
static void test_lost_notes(void **state)
{
	struct temp_directory *t = *state;
	CLEANUP(records_clear) struct records r = {0}, opened = {0}, reopened = {0};
	struct journal j = JOURNAL_INIT;

	assert_int_equal(journal_create(t->fd, first, ARRAY_SIZE(first), &j, NULL), 0);
	assert_int_equal(journal_note(&j, RECORD_APPLIED, "{}", NULL), 0);
	assert_int_equal(journal_note(&j, RECORD_EFFECT_BEGIN, "{\"stage\":0}", NULL), 0);
	lose(t, &j);
	assert_int_equal(journal_append(&j, RECORD_UNDO_BEGIN, "{}", NULL), 0);
	assert_int_equal(journal_note(&j, RECORD_EFFECT_UNDONE, "{}", NULL), 0);
	journal_close(&j);
	assert_int_equal(journal_read(t->fd, &r, NULL), 0);
	assert_int_equal(r.count, 6);

	/* who opens it does not know what of it the disk has */
	assert_int_equal(journal_open(t->fd, &j, &opened, NULL), 0);
	lose(t, &j);
	assert_int_equal(journal_append(&j, RECORD_UNDO_DONE, "{}", NULL), 0);
	journal_close(&j);
	assert_int_equal(journal_read(t->fd, &reopened, NULL), 0);
	assert_int_equal(reopened.count, 7);
	assert_beginning_of(&reopened, &r, 6);
}

/* What stands behind the last record is a torn one, whatever it is. */
static void test_garbage_behind(void **state)
{
	struct temp_directory *t = *state;
	CLEANUP(records_clear) struct records all = {0}, r = {0};
	CLEANUP(buf_clear) struct buf bytes = {0};

	write_journal(t, &bytes);
	assert_int_equal(journal_read(t->fd, &all, NULL), 0);
	for (int c = 0; c < 256; c++) {
		CLEANUP(buf_clear) struct buf longer = {0};

		buf_copy(&longer, &bytes);
		for (int i = 0; i < 50; i++)
			buf_putc(&longer, (char)c);
		assert_int_equal(read_bytes(t, &longer, &r), 0);
		assert_beginning_of(&all, &r, all.count);
	}
}

/* Every beginning of the file: an error or whole records, never something else. */
static void test_every_length(void **state)
{
	struct temp_directory *t = *state;
	CLEANUP(records_clear) struct records all = {0}, r = {0};
	CLEANUP(buf_clear) struct buf bytes = {0};

	write_journal(t, &bytes);
	assert_int_equal(journal_read(t->fd, &all, NULL), 0);
	for (size_t len = 0; len < bytes.len; len++) {
		struct buf cut = {.data = bytes.data, .len = len};
		int got = read_bytes(t, &cut, &r);

		if (len < offset_of(&bytes, 2)) {
			assert_int_equal(got, -EUCLEAN); /* J1: never without its first two */
			continue;
		}
		assert_int_equal(got, 0);
		assert_beginning_of(&all, &r, r.count);
		assert_true(offset_of(&bytes, r.count) <= len);
	}
}

/*
 * One flipped bit: in the last record it is a torn tail, anywhere else the journal is refused.
 * In the magic's last byte it may make a later version's digit.
 */
static void flip_bit(const struct temp_directory *t, struct buf *bytes, size_t at, int bit,
		     const struct records *all)
{
	CLEANUP(records_clear) struct records r = {0};
	size_t last = offset_of(bytes, all->count - 1);
	bool newer;
	int got;

	bytes->data[at] ^= (char)(1 << bit);
	got = read_bytes(t, bytes, &r);
	newer = at == MAGIC_LEN - 1 && strchr("23456789", bytes->data[at]);
	bytes->data[at] ^= (char)(1 << bit);
	if (at < MAGIC_LEN)
		assert_int_equal(got, newer ? -EPROTONOSUPPORT : -EUCLEAN);
	else if (at < last)
		assert_int_equal(got, -EUCLEAN);
	else
		assert_int_equal(got, 0);
	if (got == 0)
		assert_beginning_of(all, &r, all->count - 1);
}

static void test_flipped_bits(void **state)
{
	struct temp_directory *t = *state;
	CLEANUP(records_clear) struct records all = {0};
	CLEANUP(buf_clear) struct buf bytes = {0};

	write_journal(t, &bytes);
	assert_int_equal(journal_read(t->fd, &all, NULL), 0);
	for (size_t at = 0; at < bytes.len; at++)
		for (int bit = 0; bit < 8; bit++)
			flip_bit(t, &bytes, at, bit, &all);
}

static const struct {
	const char *what;
	struct {
		uint32_t sequence, type;
	} records[5];
	size_t count;
	int result;
} wrong_records[] = {
	{"as it should be",
	 {{0, RECORD_HEADER}, {1, RECORD_INTENT}, {2, RECORD_APPLIED}, {3, RECORD_COMMIT}},
	 4,
	 0},
	{"the last two swapped",
	 {{0, RECORD_HEADER}, {1, RECORD_INTENT}, {3, RECORD_COMMIT}, {2, RECORD_APPLIED}},
	 4,
	 -EUCLEAN},
	{"the first two swapped", {{1, RECORD_INTENT}, {0, RECORD_HEADER}}, 2, -EUCLEAN},
	{"the first two of each other's place",
	 {{0, RECORD_INTENT}, {1, RECORD_HEADER}},
	 2,
	 -EUCLEAN},
	{"one twice",
	 {{0, RECORD_HEADER}, {1, RECORD_INTENT}, {2, RECORD_COMMIT}, {2, RECORD_COMMIT}},
	 4,
	 -EUCLEAN},
	{"one left out", {{0, RECORD_HEADER}, {1, RECORD_INTENT}, {3, RECORD_COMMIT}}, 3, -EUCLEAN},
	{"no intent", {{0, RECORD_HEADER}, {1, RECORD_COMMIT}}, 2, -EUCLEAN},
	{"the head alone", {{0, RECORD_HEADER}}, 1, -EUCLEAN},
	{"a type of the future",
	 {{0, RECORD_HEADER}, {1, RECORD_INTENT}, {2, RECORD_TYPE_COUNT}},
	 3,
	 -EPROTONOSUPPORT},
	{"a huge type",
	 {{0, RECORD_HEADER}, {1, RECORD_INTENT}, {2, UINT32_MAX}},
	 3,
	 -EPROTONOSUPPORT},
};

/* Records in another order, twice, left out, or of a type that is yet to be invented. */
static void test_wrong_records(void **state)
{
	struct temp_directory *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(wrong_records); i++) {
		CLEANUP(records_clear) struct records r = {0};
		CLEANUP(buf_clear) struct buf bytes = {0};
		int got;

		buf_puts(&bytes, "HARDENJ1");
		for (size_t k = 0; k < wrong_records[i].count; k++)
			put_record(&bytes, wrong_records[i].records[k].sequence,
				   wrong_records[i].records[k].type, "{}");
		got = read_bytes(t, &bytes, &r);
		if (got != wrong_records[i].result)
			fail_msg("%s: %d", wrong_records[i].what, got);
	}
}

/* A damaged record in front of a good one, also of one with the same number (J6). */
static void test_damaged_in_front(void **state)
{
	struct temp_directory *t = *state;

	for (uint32_t sequence = 2; sequence < 4; sequence++) {
		CLEANUP(records_clear) struct records r = {0};
		CLEANUP(buf_clear) struct buf bytes = {0};

		buf_puts(&bytes, "HARDENJ1");
		put_record(&bytes, 0, RECORD_HEADER, "{}");
		put_record(&bytes, 1, RECORD_INTENT, "{}");
		put_record(&bytes, 2, RECORD_COMMIT, "{}");
		bytes.data[bytes.len - 1] ^= 1;
		put_record(&bytes, sequence, RECORD_SWEPT, "{}");
		assert_int_equal(read_bytes(t, &bytes, &r), -EUCLEAN);
	}
}

static void test_not_ours(void **state)
{
	struct temp_directory *t = *state;
	CLEANUP(records_clear) struct records r = {0};
	CLEANUP(buf_clear) struct buf bytes = {0};
	struct journal j = JOURNAL_INIT;

	assert_int_equal(journal_read(t->fd, &r, NULL), -ENOENT);
	write_journal(t, &bytes);
	for (mode_t mode = 0; mode < 2; mode++) {
		assert_int_equal(fchmodat(t->fd, JOURNAL_FILE, mode ? 0620 : 0602, 0), 0);
		assert_int_equal(journal_read(t->fd, &r, NULL), -EUCLEAN);
		assert_int_equal(journal_open(t->fd, &j, &r, NULL), -EUCLEAN);
	}
	assert_int_equal(fchmodat(t->fd, JOURNAL_FILE, 0600, 0), 0);
	assert_int_equal(renameat(t->fd, JOURNAL_FILE, t->fd, "elsewhere"), 0);
	assert_int_equal(symlinkat("elsewhere", t->fd, JOURNAL_FILE), 0);
	assert_int_equal(journal_read(t->fd, &r, NULL), -ELOOP);
	assert_int_equal(unlinkat(t->fd, JOURNAL_FILE, 0), 0);
	assert_int_equal(mkdirat(t->fd, JOURNAL_FILE, 0700), 0);
	assert_true(journal_read(t->fd, &r, NULL) < 0);
}

/* A newer version's is refused and left as it is, by those who read and those who write (J8). */
static void test_newer_magic(void **state)
{
	struct temp_directory *t = *state;
	CLEANUP(records_clear) struct records r = {0};
	CLEANUP(buf_clear) struct buf bytes = {0}, after = {0};
	struct journal j = JOURNAL_INIT;

	write_journal(t, &bytes);
	bytes.data[MAGIC_LEN - 1] = '2';
	assert_int_equal(read_bytes(t, &bytes, &r), -EPROTONOSUPPORT);
	assert_int_equal(journal_open(t->fd, &j, &r, NULL), -EPROTONOSUPPORT);
	get(t, &after);
	assert_true(buf_equal(&bytes, &after));
}

/* Each byte of the sample in turn with another bit flipped: refused, or its tail is torn. */
static void test_sample_flipped(void **state)
{
	struct temp_directory *t = *state;
	CLEANUP(records_clear) struct records all = {0};
	CLEANUP(buf_clear) struct buf bytes = {0};

	get_at(AT_FDCWD, SAMPLE "/journal", &bytes);
	assert_int_equal(read_bytes(t, &bytes, &all), 0);
	for (size_t at = 0; at < bytes.len; at++)
		flip_bit(t, &bytes, at, (int)(at % 8), &all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_round_trip),
		TEMP_DIRECTORY_TEST(test_torn_tail),
		TEMP_DIRECTORY_TEST(test_lost_notes),
		TEMP_DIRECTORY_TEST(test_garbage_behind),
		TEMP_DIRECTORY_TEST(test_every_length),
		TEMP_DIRECTORY_TEST(test_flipped_bits),
		TEMP_DIRECTORY_TEST(test_wrong_records),
		TEMP_DIRECTORY_TEST(test_damaged_in_front),
		TEMP_DIRECTORY_TEST(test_not_ours),
		TEMP_DIRECTORY_TEST(test_newer_magic),
		TEMP_DIRECTORY_TEST(test_sample_flipped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
