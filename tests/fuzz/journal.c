#include "tests/fuzz/fuzz.h"

#include "engine/plan/plan-json.h"
#include "rollback/history.h"
#include "rollback/seal.h"
#include "rollback/tombstones.h"
#include "rollback/transaction-directory.h"

/*
 * Its parser of bytes is static, and a directory on disk for each input would cost most of the
 * time.
 */
#include "rollback/journal.c"

/* What history, recover and revert read from the records. */
static void read_meaning(const struct records *records)
{
	struct transaction_head head = {0};
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(error_clear) struct error err = {0};

	FUZZ_ASSERT(records->count >= 2 && records->items[0].type == RECORD_HEADER);
	FUZZ_ASSERT(records_find(records, RECORD_INTENT));
	FUZZ_ASSERT(records_state(records) != TRANSACTION_OPEN);
	transaction_head_parse(&head, records->items[0].payload, &err);
	transaction_head_clear(&head);
	transaction_plan(records, "id", &plan, &err);
}

/* What chains the ledger: where the record that ends it stands, and what that says. */
static void read_end(const struct records *records)
{
	const struct record *end = seal_end(records);
	CLEANUP(freep) char *digest = seal_of_record(end);

	FUZZ_ASSERT(!digest || end);
	for (size_t i = 0, at = MAGIC_LEN; i < records->count; i++) {
		FUZZ_ASSERT(records->items[i].start == at && records->items[i].end > at);
		at = records->items[i].end;
		FUZZ_ASSERT(at <= records->valid_bytes);
	}
}

/* A line of the tombstones is one, or nothing of it is. */
static void read_tombstone(const uint8_t *data, size_t size)
{
	struct tombstones one = {0};
	struct tombstone *t = array_append(&one.items, &one.count, sizeof(*t));

	if (tombstone_parse((const char *)data, size, t)) {
		FUZZ_ASSERT(t->seal.id && t->how);
		FUZZ_ASSERT(t->chained || !t->previous.id);
	} else {
		FUZZ_ASSERT(!t->seal.id && !t->how && !t->previous.id && !t->by.sudo_user);
	}
	tombstones_clear(&one);
}

/* The valid prefix, written anew, is the same journal without its tail. */
static void check_prefix(const struct records *records, const struct buf *bytes)
{
	CLEANUP(buf_clear) struct buf again = {0};

	buf_append(&again, MAGIC, MAGIC_LEN);
	for (size_t i = 0; i < records->count; i++) {
		if (strlen(records->items[i].payload) != get32(bytes->data + again.len))
			return; /* a NUL in a payload: nobody writes that */
		format_record(&again, (uint32_t)i, records->items[i].type,
			      records->items[i].payload);
	}
	FUZZ_ASSERT(again.len == records->valid_bytes);
	FUZZ_ASSERT(memcmp(again.data, bytes->data, again.len) == 0);
}

static void try(const struct buf *bytes)
{
	CLEANUP(records_clear) struct records records = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r = parse_records(&records, bytes, &err);

	FUZZ_ASSERT(r >= 0 || err.text);
	if (r < 0)
		return;
	read_end(&records);
	FUZZ_ASSERT(records.valid_bytes <= bytes->len);
	read_meaning(&records);
	check_prefix(&records, bytes);
}

/* A journal with right checksums: each line is a record, its first byte the type. */
static void build(const uint8_t *data, size_t size, struct buf *ret)
{
	buf_append(ret, MAGIC, MAGIC_LEN);
	for (uint32_t i = 0; size > 0; i++) {
		CLEANUP(freep) char *line = fuzz_line(&data, &size);

		if (*line)
			format_record(ret, i, (enum record_type)((*line - 'A') & 0xff), line + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_clear) struct buf bytes = {0}, built = {0};

	read_tombstone(data, size);
	fuzz_text(&bytes, data, size);
	try(&bytes);
	build(data, size, &built);
	try(&built);
	if (built.len > 0)
		built.len -= size % built.len; /* a torn tail */
	try(&built);
	return 0;
}
