/*
 * The chain of the ledger (J12): whatever is changed in it by who does not write all anew is named, with the
 * transaction that it is about; and nothing is named that harden itself left, wherever it died.
 */

#include "tests/test.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/base/fd-io.h"
#include "engine/format/json-util.h"
#include "rollback/proof.h"
#include "rollback/prune.h"
#include "rollback/recover.h"
#include "rollback/set-aside.h"
#include "rollback/tombstones.h"
#include "rollback/transaction-remove.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define COUNT 4
#define NEWEST (COUNT - 1)
#define MAX_JOURNAL (1U << 20)

/* Three applies, the second of which is undone by what comes third. */
struct ids {
	char *at[COUNT];
};

static void ids_clear(struct ids *ids)
{
	for (size_t i = 0; i < COUNT; i++)
		free(ids->at[i]);
}

static char *apply(struct bench *b, const char *control, const char *subject, const char *value)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};

	edits_add(&edits, control, FILE_PATH, subj(subject), NULL, value);
	b->of = b->only = NULL;
	plan_clear(&b->plan);
	bench_compose(b, &edits, &(struct effects){0});
	plan_add_finding(&b->plan, control)->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
	return TAKE_PTR(result.id);
}

static char *undo(struct bench *b, const char *id)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};

	assert_int_equal(bench_plan_rollback_of(b, id, NULL, CONFLICT_STOP, &conflicts), 0);
	b->of = id;
	assert_int_equal(bench_run(b, &result), 0);
	return TAKE_PTR(result.id);
}

static void fill(struct bench *b, struct ids *ids)
{
	ids->at[0] = apply(b, "c0", "json:/icc", "false");
	ids->at[1] = apply(b, "c1", "json:/live-restore", "true");
	ids->at[2] = undo(b, ids->at[1]);
	ids->at[3] = apply(b, "c3", "json:/debug", "false");
}

static enum proof_verdict verdict_of(const struct bench *b, const char *id, size_t *ret_wrong)
{
	CLEANUP(proof_clear) struct proof p = {0};
	enum proof_verdict verdict = PROOF_VERDICT_COUNT;

	assert_int_equal(proof_of(&b->state, &p, NULL), 0);
	*ret_wrong = p.wrong;
	for (size_t i = 0; i < p.count; i++)
		if (strcmp(p.items[i].id, id) == 0)
			verdict = p.items[i].verdict;
	return verdict;
}

/* Of one transaction this, and of all others that they are in order. */
static void expect(const struct bench *b, const char *id, enum proof_verdict expected)
{
	size_t wrong;

	assert_int_equal(verdict_of(b, id, &wrong), expected);
	assert_int_equal(wrong, PROOF_IS_WRONG(expected) ? 1 : 0);
}

static int directory_of(const struct bench *b, const char *id)
{
	int fd = state_open_txn(&b->state, id, false, NULL);

	assert_true(fd >= 0);
	return fd;
}

static void get(const struct bench *b, const char *id, struct buf *ret)
{
	CLEANUP(close_fd) int directory = directory_of(b, id);

	assert_int_equal(journal_read_bytes(directory, ret, NULL), 0);
}

static void put_file(int at, const char *name, const struct buf *bytes)
{
	CLEANUP(close_fd) int fd = openat(at, name, O_WRONLY | O_TRUNC | O_CREAT, 0600);

	assert_int_equal(fd_write_all(fd, bytes->data, bytes->len), 0);
}

static void put(const struct bench *b, const char *id, const struct buf *bytes)
{
	CLEANUP(close_fd) int directory = directory_of(b, id);

	put_file(directory, JOURNAL_FILE, bytes);
}

/* Each byte of one in the middle, and of the newest, which only its own last record tells. */
static void test_each_byte(void **state)
{
	static const size_t which[] = {0, 1, NEWEST};

	for (size_t k = 0; k < ARRAY_SIZE(which); k++) {
		CLEANUP(bench_close) struct bench b;
		CLEANUP(ids_clear) struct ids ids = {{0}};
		CLEANUP(buf_clear) struct buf bytes = {0};
		CLEANUP(records_clear) struct records records = {0};
		void *fresh = NULL;
		const char *id;
		size_t end;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		fill(&b, &ids);
		id = ids.at[which[k]];
		expect(&b, id, PROOF_OK);
		get(&b, id, &bytes);
		assert_int_equal(journal_parse(&bytes, &records, NULL), 0);
		end = seal_end(&records)->end;
		assert_true(end < bytes.len); /* SWEPT, which may be lost, and says nothing */
		for (size_t at = 0; at < bytes.len; at++) {
			size_t wrong;

			bytes.data[at] ^= 0x04;
			put(&b, id, &bytes);
			if (at < end && !PROOF_IS_WRONG(verdict_of(&b, id, &wrong)))
				fail_msg("byte %zu of %zu is not missed", at, end);
			if (at < end)
				assert_true(wrong == 1);
			bytes.data[at] ^= 0x04;
		}
		put(&b, id, &bytes);
		expect(&b, id, PROOF_OK);
		temp_directory_teardown(&fresh);
	}
	(void)state;
}

/* Who knows the format writes checksums that are right. */
static void rewrite(const struct bench *b, const char *id, size_t record, const char *key,
		    json_t *value)
{
	CLEANUP(close_fd) int directory = directory_of(b, id);
	CLEANUP(records_clear) struct records r = {0};
	CLEANUP(json_decrefp) json_t *j = NULL;
	CLEANUP(buf_clear) struct buf text = {0};
	struct journal journal = JOURNAL_INIT;

	assert_int_equal(journal_read(directory, &r, NULL), 0);
	j = json_loads(r.items[record].payload, 0, NULL);
	assert_non_null(j);
	if (value)
		json_put(j, key, value);
	else
		json_object_del(j, key);
	json_dump_to(j, JSON_COMPACT, &text);
	free(r.items[record].payload);
	r.items[record].payload = buf_take(&text);
	assert_int_equal(journal_create(directory, r.items, r.count, &journal, NULL), 0);
	journal_close(&journal);
}

static size_t end_of(const struct bench *b, const char *id)
{
	CLEANUP(close_fd) int directory = directory_of(b, id);
	CLEANUP(records_clear) struct records r = {0};

	assert_int_equal(journal_read(directory, &r, NULL), 0);
	return (size_t)(seal_end(&r) - r.items);
}

static void drop_records(const struct bench *b, const char *id, size_t left)
{
	CLEANUP(close_fd) int directory = directory_of(b, id);
	CLEANUP(records_clear) struct records r = {0};
	struct journal journal = JOURNAL_INIT;

	assert_int_equal(journal_read(directory, &r, NULL), 0);
	assert_int_equal(journal_create(directory, r.items, left, &journal, NULL), 0);
	journal_close(&journal);
}

static void append(const struct bench *b, const char *id, enum record_type type)
{
	CLEANUP(close_fd) int directory = directory_of(b, id);
	CLEANUP(records_clear) struct records r = {0};
	struct journal journal = JOURNAL_INIT;

	assert_int_equal(journal_open(directory, &journal, &r, NULL), 0);
	assert_int_equal(journal_append(&journal, type, "{}", NULL), 0);
	journal_close(&journal);
}

static void remove_transaction(const struct bench *b, const char *id)
{
	assert_int_equal(transaction_remove_directory(&b->state, id, NULL), 0);
}

/* Another one of the same kind, between it and the next. */
static char *insert_behind(const struct bench *b, const char *id)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	CLEANUP(close_fd) int directory = -1;
	char *other = xstrdup(id);

	memcpy(other + strlen(other) - 6, "ffffff", 6); /* of the same second, the last of it */
	directory = state_open_txn(&b->state, other, true, NULL);
	assert_true(directory >= 0);
	get(b, id, &bytes);
	put_file(directory, JOURNAL_FILE, &bytes);
	return other;
}

enum how {
	HOW_PAYLOAD, /* `key` of the record is set to `text` */
	HOW_END, /* the same of the record that ends it */
	HOW_STRIP_END, /* `key` of that goes */
	HOW_STRIP_HEAD, /* `key` of HEADER goes */
	HOW_DROP, /* all but the first two records */
	HOW_DROP_SWEPT, /* what a power cut may take */
	HOW_APPEND, /* a record behind the end */
	HOW_REMOVE,
};

static const struct {
	const char *what;
	size_t of;
	enum how how;
	size_t record;
	const char *key, *text;
	enum proof_verdict expected;
} rows[] = {
	{"who did it", 1, HOW_PAYLOAD, 0, "by", "{}", PROOF_CHANGED},
	{"when", 1, HOW_PAYLOAD, 0, "started_usec", "1", PROOF_CHANGED},
	{"what", 1, HOW_PAYLOAD, 1, "kind", "\"x\"", PROOF_CHANGED},
	{"the last word", 1, HOW_END, 0, "by", "{}", PROOF_CHANGED},
	{"its digest", 1, HOW_END, 0, "sha256", "\"00\"", PROOF_CHANGED},
	{"none any more", 1, HOW_STRIP_END, 0, "sha256", NULL, PROOF_CHANGED},
	{"not chained", 2, HOW_STRIP_HEAD, 0, "previous", NULL, PROOF_CHANGED},
	{"how it ended", 1, HOW_DROP, 0, NULL, NULL, PROOF_CHANGED},
	{"an end behind it", 1, HOW_APPEND, RECORD_UNDO_DONE, NULL, NULL, PROOF_CHANGED},
	{"a word behind it", 1, HOW_APPEND, RECORD_STUCK, NULL, NULL, PROOF_CHANGED},
	{"it was swept", 1, HOW_DROP_SWEPT, 0, NULL, NULL, PROOF_OK},
	{"swept twice", 1, HOW_APPEND, RECORD_SWEPT, NULL, NULL, PROOF_OK},
	{"gone", 1, HOW_REMOVE, 0, NULL, NULL, PROOF_MISSING},
	{"the first is gone", 0, HOW_REMOVE, 0, NULL, NULL, PROOF_MISSING},
	{"newest: who", NEWEST, HOW_PAYLOAD, 0, "by", "{}", PROOF_CHANGED},
	{"newest: what", NEWEST, HOW_PAYLOAD, 1, "kind", "\"x\"", PROOF_CHANGED},
	{"newest: its digest", NEWEST, HOW_END, 0, "sha256", "\"00\"", PROOF_CHANGED},
	{"newest: none", NEWEST, HOW_STRIP_END, 0, "sha256", NULL, PROOF_CHANGED},
	{"newest: not chained", NEWEST, HOW_STRIP_HEAD, 0, "previous", NULL, PROOF_INSERTED},
	{"newest: behind", NEWEST, HOW_APPEND, RECORD_STUCK, NULL, NULL, PROOF_CHANGED},
	/* what nobody can tell from within, as the manual says: only who has kept its digest */
	{"newest: gone", NEWEST, HOW_REMOVE, 0, NULL, NULL, PROOF_VERDICT_COUNT},
};

static void tamper(const struct bench *b, const char *id, size_t i)
{
	json_t *value = rows[i].text ? json_loads(rows[i].text, JSON_DECODE_ANY, NULL) : NULL;

	switch (rows[i].how) {
	case HOW_PAYLOAD:
		rewrite(b, id, rows[i].record, rows[i].key, value);
		break;
	case HOW_END:
	case HOW_STRIP_END:
		rewrite(b, id, end_of(b, id), rows[i].key, value);
		break;
	case HOW_STRIP_HEAD:
		rewrite(b, id, 0, rows[i].key, NULL);
		break;
	case HOW_DROP:
		drop_records(b, id, 2);
		break;
	case HOW_DROP_SWEPT:
		drop_records(b, id, end_of(b, id) + 1);
		break;
	case HOW_APPEND:
		append(b, id, (enum record_type)rows[i].record);
		break;
	case HOW_REMOVE:
		remove_transaction(b, id);
		break;
	}
}

static void try_row(struct bench *b, size_t i)
{
	CLEANUP(ids_clear) struct ids ids = {{0}};
	const char *id;
	size_t wrong;

	print_message("# %s\n", rows[i].what);
	fill(b, &ids);
	id = ids.at[rows[i].of];
	tamper(b, id, i);
	assert_int_equal(verdict_of(b, id, &wrong), rows[i].expected);
	assert_int_equal(wrong > 0,
			 rows[i].expected != PROOF_OK && rows[i].expected != PROOF_VERDICT_COUNT);
}

static void test_rows(void **state)
{
	(void)state;
	bench_each(try_row, ARRAY_SIZE(rows));
}

static void test_inserted(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(ids_clear) struct ids ids = {{0}};
	CLEANUP(freep) char *other = NULL;

	bench_open(&b, state);
	fill(&b, &ids);
	other = insert_behind(&b, ids.at[1]);
	expect(&b, other, PROOF_CHANGED); /* it is the journal of another one */
	rewrite(&b, other, 0, "id", json_text(other));
	assert_int_equal(verdict_of(&b, other, &(size_t){0}), PROOF_CHANGED);
	rewrite(&b, other, end_of(&b, other), "sha256", NULL);
	rewrite(&b, other, 0, "previous", NULL); /* as an earlier version would */
	expect(&b, other, PROOF_INSERTED);
}

/* Whoever knows all of it has its last record fit. */
static void seal_anew(const struct bench *b, const char *id)
{
	CLEANUP(records_clear) struct records r = {0};
	CLEANUP(buf_clear) struct buf bytes = {0};
	CLEANUP(freep) char *digest = NULL;

	get(b, id, &bytes);
	assert_int_equal(journal_parse(&bytes, &r, NULL), 0);
	digest = digest_new(bytes.data, seal_end(&r)->start);
	rewrite(b, id, end_of(b, id), "sha256", json_text(digest));
}

/* One that fits by itself, and names what is before it: then it is what none after it names. */
static void test_inserted_well(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(ids_clear) struct ids ids = {{0}};
	CLEANUP(seal_clear) struct seal seal = {0};
	CLEANUP(freep) char *other = NULL, *last = NULL;

	bench_open(&b, state);
	fill(&b, &ids);
	assert_int_equal(seal_measure(&b.state, ids.at[1], 0, &seal, NULL), 0);
	other = insert_behind(&b, ids.at[1]);
	rewrite(&b, other, 0, "id", json_text(other));
	rewrite(&b, other, 0, "previous", seal_to_json(&seal));
	seal_anew(&b, other);
	expect(&b, other, PROOF_INSERTED);
	remove_transaction(&b, other);
	/* behind all others: it or the newest is */
	last = insert_behind(&b, ids.at[NEWEST]);
	rewrite(&b, last, 0, "id", json_text(last));
	seal_anew(&b, last);
	assert_int_equal(verdict_of(&b, last, &(size_t){0}), PROOF_INSERTED);
}

/* Journals of earlier versions are read, and nothing is claimed of them; what comes next holds on to them. */
static void test_not_chained(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(ids_clear) struct ids ids = {{0}};
	CLEANUP(proof_clear) struct proof p = {0};
	CLEANUP(freep) char *next = NULL;

	bench_open(&b, state);
	fill(&b, &ids);
	for (size_t i = 0; i < COUNT; i++) {
		rewrite(&b, ids.at[i], 0, "previous", NULL);
		rewrite(&b, ids.at[i], 0, "by", NULL);
		rewrite(&b, ids.at[i], end_of(&b, ids.at[i]), "sha256", NULL);
	}
	assert_int_equal(proof_of(&b.state, &p, NULL), 0);
	assert_int_equal(p.wrong, 0);
	assert_int_equal(p.not_chained, COUNT);
	next = apply(&b, "c4", "json:/mtu", "2");
	expect(&b, next, PROOF_OK);
	expect(&b, ids.at[NEWEST], PROOF_NOT_CHAINED);
	rewrite(&b, ids.at[NEWEST], 1, "kind", json_text("x"));
	expect(&b, ids.at[NEWEST], PROOF_CHANGED);
}

static void prune(struct bench *b, size_t keep)
{
	const struct pruning_limits limits = {.keep = keep, .before_usec = UINT64_MAX};
	CLEANUP(pruning_clear) struct pruning p = {0};

	assert_int_equal(pruning_choose_old(&b->state, &b->temp->root, &limits, &p, NULL), 0);
	assert_int_equal(pruning_run(&b->state, &p, NULL), 0);
}

static void get_tombstones(const struct bench *b, struct buf *ret)
{
	CLEANUP(close_fd) int fd = openat(b->state.fd, "tombstones", O_RDONLY);

	buf_clear(ret);
	assert_int_equal(fd_read_all(fd, MAX_JOURNAL, ret), 0);
}

/* What was pruned is told by its tombstone, and by what the next one says of it. */
static void test_pruned(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(ids_clear) struct ids ids = {{0}};
	CLEANUP(buf_clear) struct buf stones = {0};
	CLEANUP(freep) char *next = NULL;
	char *digest;

	bench_open(&b, state);
	fill(&b, &ids);
	prune(&b, 0);
	expect(&b, ids.at[0], PROOF_OK); /* in force */
	expect(&b, ids.at[1], PROOF_GONE);
	expect(&b, ids.at[2], PROOF_GONE);
	next = apply(&b, "c4", "json:/mtu", "2");
	expect(&b, next, PROOF_OK);
	get_tombstones(&b, &stones);
	digest = strstr(buf_str(&stones), "sha256\":\"") + strlen("sha256\":\"");
	*digest = *digest == 'a' ? 'b' : 'a';
	put_file(b.state.fd, "tombstones", &stones);
	expect(&b, ids.at[1], PROOF_CHANGED);
	assert_int_equal(unlinkat(b.state.fd, "tombstones", 0), 0);
	expect(&b, ids.at[2], PROOF_MISSING);
}

/* Before the directory went, between the lines, and within one. */
static void test_prune_broken_off(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(ids_clear) struct ids ids = {{0}};
	CLEANUP(buf_clear) struct buf stones = {0};
	CLEANUP(proof_clear) struct proof p = {0};
	CLEANUP(freep) char *next = NULL;
	size_t whole;

	bench_open(&b, state);
	fill(&b, &ids);
	assert_int_equal(tombstone_leave(&b.state, ids.at[1], "pruned", NULL), 0);
	get_tombstones(&b, &stones);
	whole = stones.len;
	for (stones.len = 0; stones.len <= whole; stones.len++) {
		put_file(b.state.fd, "tombstones", &stones);
		expect(&b, ids.at[1], PROOF_OK);
	}
	stones.len = whole / 2;
	put_file(b.state.fd, "tombstones", &stones);
	prune(&b, 0); /* goes on, behind the line that is not whole */
	next = apply(&b, "c4", "json:/mtu", "2");
	assert_int_equal(proof_of(&b.state, &p, NULL), 0);
	assert_int_equal(p.wrong, 0);
	assert_int_equal(p.gone, 2);
	expect(&b, next, PROOF_OK);
}

/* One whose clock goes back, with all that was before it gone, is behind it still. */
static void test_all_pruned(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(ids_clear) struct ids ids = {{0}};
	CLEANUP(proof_clear) struct proof p = {0};
	CLEANUP(freep) char *next = NULL;

	bench_open(&b, state);
	fill(&b, &ids);
	for (size_t i = COUNT; i-- > 0;)
		assert_int_equal(tombstone_leave(&b.state, ids.at[i], "pruned", NULL), 0);
	for (size_t i = COUNT; i-- > 0;)
		remove_transaction(&b, ids.at[i]);
	next = apply(&b, "c4", "json:/mtu", "2");
	assert_true(strcmp(next, ids.at[NEWEST]) > 0);
	assert_int_equal(proof_of(&b.state, &p, NULL), 0);
	assert_int_equal(p.wrong, 0);
	assert_int_equal(p.gone, COUNT);
	assert_string_equal(p.head->id, next);
}

/* A damaged one is named as long as it is there; set aside, the chain goes on over it. */
static void test_damaged_and_set_aside(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(ids_clear) struct ids ids = {{0}};
	CLEANUP(buf_clear) struct buf bytes = {0};
	CLEANUP(strv_clear) struct strv open = {0}, notes = {0};
	CLEANUP(freep) char *next = NULL, *gone = NULL;

	bench_open(&b, state);
	fill(&b, &ids);
	get(&b, ids.at[NEWEST], &bytes);
	bytes.data[40] ^= 1; /* in HEADER */
	put(&b, ids.at[NEWEST], &bytes);
	expect(&b, ids.at[NEWEST], PROOF_DAMAGED);
	strv_add(&open, ids.at[NEWEST]);
	assert_int_equal(transaction_set_aside(&b.state, &b.temp->root, &open, ids.at[NEWEST],
					       &gone, &notes, NULL),
			 0);
	next = apply(&b, "c4", "json:/mtu", "2");
	expect(&b, ids.at[NEWEST], PROOF_GONE);
	expect(&b, next, PROOF_OK);
}

/* One that was named before it was damaged: only setting it aside is a word on that, and pruning is none. */
static void test_damaged_between(void **state)
{
	static const struct {
		const char *how;
		enum proof_verdict verdict;
		size_t at; /* the byte that is another: in HEADER, or in what is behind the first records */
		bool cut; /* ... and the rest is gone */
	} ways[] = {
		{"set aside", PROOF_GONE, 40, false},
		{"set aside", PROOF_GONE, 40, true},
		{"pruned", PROOF_CHANGED, 40, false},
		{"pruned", PROOF_CHANGED, 40, true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		CLEANUP(bench_close) struct bench b;
		CLEANUP(ids_clear) struct ids ids = {{0}};
		CLEANUP(buf_clear) struct buf bytes = {0};
		CLEANUP(proof_clear) struct proof p = {0};

		assert_int_equal(temp_directory_setup(state), 0);
		bench_open(&b, state);
		fill(&b, &ids);
		get(&b, ids.at[1], &bytes);
		bytes.data[ways[i].at] ^= 1;
		if (ways[i].cut)
			bytes.len = ways[i].at + 1;
		put(&b, ids.at[1], &bytes);
		expect(&b, ids.at[1], PROOF_DAMAGED);
		assert_int_equal(tombstone_leave(&b.state, ids.at[1], ways[i].how, NULL), 0);
		remove_transaction(&b, ids.at[1]);
		expect(&b, ids.at[1], ways[i].verdict);
		assert_int_equal(proof_of(&b.state, &p, NULL), 0);
		assert_int_equal(p.wrong, ways[i].verdict == PROOF_CHANGED);
		temp_directory_teardown(state);
	}
}

int main(void)
{
#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(name, temp_directory_setup, temp_directory_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_byte),
		cmocka_unit_test(test_rows),
		TEST(test_inserted),
		TEST(test_inserted_well),
		TEST(test_not_chained),
		TEST(test_pruned),
		TEST(test_prune_broken_off),
		TEST(test_all_pruned),
		TEST(test_damaged_and_set_aside),
		cmocka_unit_test(test_damaged_between),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
