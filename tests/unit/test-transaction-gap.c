/* How long published ports are away, in a transaction: held against a limit, noted, and read again. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/gap-json.h"
#include "engine/format/json-util.h"
#include "rollback/history.h"
#include "tests/unit/transaction-bench.h"

static const struct row {
	unsigned gap_ms, least_ms; /* 0: nothing is measured */
	int most_ms;
	enum transaction_state ends;
	const char *journal;
} rows[] = {
	{0, 0, 0, TRANSACTION_COMMITTED,
	 "HEADER INTENT APPLIED EFFECT_BEGIN EFFECT_END COMMIT SWEPT"},
	{300, 300, 0, TRANSACTION_COMMITTED,
	 "HEADER INTENT APPLIED EFFECT_BEGIN EFFECT_END GAP COMMIT SWEPT"},
	{300, 300, 300, TRANSACTION_COMMITTED,
	 "HEADER INTENT APPLIED EFFECT_BEGIN EFFECT_END GAP COMMIT SWEPT"},
	{300, 300, 299, TRANSACTION_ROLLED_BACK,
	 "HEADER INTENT APPLIED EFFECT_BEGIN EFFECT_END UNDO_BEGIN GAP UNDO_DONE SWEPT"},
	/* what was asked too seldom to know is not undone, and said */
	{5300, 299, 299, TRANSACTION_COMMITTED,
	 "HEADER INTENT APPLIED EFFECT_BEGIN EFFECT_END GAP COMMIT SWEPT"},
	/* what was not measured is neither long nor short, which is said */
	{0, 0, 1, TRANSACTION_COMMITTED,
	 "HEADER INTENT APPLIED EFFECT_BEGIN EFFECT_END COMMIT SWEPT"},
};

static void check_ledger(struct bench *b, const struct row *row, const char *id)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	const struct port_gap *longest;

	assert_int_equal(history_load(&b->state, id, &t, NULL), 0);
	longest = gaps_longest(&t.gaps);
	if (row->gap_ms == 0) {
		assert_null(longest);
		return;
	}
	assert_int_equal(longest->ms, row->gap_ms);
	assert_int_equal(longest->least_ms, row->least_ms);
	assert_string_equal(longest->container, "web");
	assert_string_equal(longest->at, "127.0.0.1:8080");
	assert_int_equal(t.gaps.unmeasured.count, 1);
}

static bool is_doubted(const struct row *row)
{
	return row->most_ms > 0 && row->least_ms <= (unsigned)row->most_ms &&
	       row->gap_ms > (unsigned)row->most_ms;
}

static void one(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(freep) char *journal = NULL;

	bench_plan(b);
	b->stub.gap_ms = rows[i].gap_ms;
	b->stub.gap_least_ms = rows[i].least_ms;
	b->max_gap_ms = rows[i].most_ms;
	bench_run(b, &result);
	journal = journal_text(&b->state);
	if (result.state != rows[i].ends || strcmp(journal, rows[i].journal) != 0)
		fail_msg("row %zu: %s, %s", i, transaction_state_to_string(result.state), journal);
	if (rows[i].ends == TRANSACTION_ROLLED_BACK) {
		assert_non_null(strstr(result.failure, "127.0.0.1:8080 of the container 'web'"));
		assert_before(b);
	}
	if (rows[i].ends == TRANSACTION_COMMITTED)
		assert_int_equal(result.notes.count, rows[i].most_ms > 0 && (rows[i].gap_ms == 0 ||
									     is_doubted(&rows[i])));
	if (is_doubted(&rows[i]))
		assert_string_equal(
			result.notes.items[0],
			"whether published ports were away for more than 299 ms could not be "
			"measured that finely: 127.0.0.1:8080 of the container 'web' (5300 "
			"ms at most)");
	check_ledger(b, &rows[i], result.id);
}

static void test_run(void **state)
{
	bench_each(one, ARRAY_SIZE(rows));
}

/* What stands in a journal is data: another shape is no gap, and no crash. */
static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int count; /* negative: refused */
		uint64_t api_ms;
	} texts[] = {
		{"{\"ports\":[],\"api_ms\":400,\"unmeasured\":[]}", 0, 400},
		{"{\"ports\":[],\"api_ms\":null,\"unmeasured\":[]}", 0},
		{"{\"ports\":[],\"api_ms\":-1,\"unmeasured\":[]}", 0},
		{"{\"ports\":[],\"api_ms\":\"400\",\"unmeasured\":[]}", 0},
		{"{\"ports\":[],\"unmeasured\":[\"53/udp\"]}", 0},
		{"{\"ports\":[{\"container\":\"a\",\"at\":\"b\",\"ms\":1}]}", 1},
		{"{\"ports\":[{\"container\":\"a\",\"at\":\"b\",\"ms\":9,\"least_ms\":0}]}", 1},
		{"{\"ports\":[{\"container\":\"a\",\"at\":\"b\",\"ms\":9,\"least_ms\":-1}]}",
		 -EINVAL},
		{"{\"ports\":[{\"container\":\"a\",\"at\":\"b\",\"ms\":9,\"least_ms\":\"9\"}]}",
		 -EINVAL},
		{"{\"ports\":[{\"container\":\"a\",\"at\":\"b\",\"ms\":-1}]}", -EINVAL},
		{"{\"ports\":[{\"container\":\"a\",\"at\":\"b\",\"ms\":\"1\"}]}", -EINVAL},
		{"{\"ports\":[{\"at\":\"b\",\"ms\":1}]}", -EINVAL},
		{"{\"ports\":[1]}", -EINVAL},
		{"{\"ports\":{}}", -EINVAL},
		{"{}", -EINVAL},
		{"[]", -EINVAL},
		{"", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(gaps_clear) struct gaps g = {0};
		int r = gaps_parse(&g, texts[i].text, NULL);

		if ((r < 0 ? r : (int)g.count) != texts[i].count || (r < 0 && g.count > 0) ||
		    g.api_ms != texts[i].api_ms)
			fail_msg("%s: %d, %zu", texts[i].text, r, g.count);
	}
}

/* Where no port was published the API's own gap is all that there is. */
static void test_api_alone(void **state)
{
	CLEANUP(gaps_clear) struct gaps g = {.api_ms = 400}, read = {0};
	CLEANUP(json_decrefp) json_t *j = gaps_to_json(&g);
	CLEANUP(buf_clear) struct buf text = {0};

	json_dump_to(j, JSON_COMPACT, &text);
	assert_int_equal(gaps_parse(&read, buf_str(&text), NULL), 0);
	assert_int_equal(read.api_ms, 400);
	assert_true(json_is_null(json_object_get(j, "longest_ms")));
	g.api_ms = 0;
	json_decref(j);
	j = gaps_to_json(&g);
	assert_true(json_is_null(j));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_api_alone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
