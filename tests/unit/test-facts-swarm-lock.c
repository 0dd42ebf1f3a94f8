#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/daemon-info.h"
#include "engine/plan/swarm-holds.h"

/* What the next start of dockerd does to its node of a swarm, by what it tells and by its key. */

#define PLAIN "-----BEGIN PRIVATE KEY-----\nkek-version: 0\nraft-dek: x\n\nAAAA\n"
#define SEALED "-----BEGIN ENCRYPTED PRIVATE KEY-----\nkek-version: 11\nraft-dek: x\n\nAAAA\n"
#define SEALED_PEM "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\nAAAA\n"

#define MANAGER(locks, more)                                                                       \
	"{\"LocalNodeState\":\"active\",\"ControlAvailable\":true,\"Error\":\"" more               \
	"\",\"Cluster\":{\"ID\":\"c\",\"Spec\":{\"EncryptionConfig\":"                             \
	"{\"AutoLockManagers\":" locks "}}}}"
/* what one says that does not reach the others: an empty cluster */
#define ALONE                                                                                      \
	"{\"LocalNodeState\":\"active\",\"ControlAvailable\":true,\"Error\":\"no leader\","        \
	"\"Cluster\":{\"ID\":\"\",\"Spec\":{\"EncryptionConfig\":"                                 \
	"{\"AutoLockManagers\":false}}}}"
#define WORKER "{\"LocalNodeState\":\"active\",\"ControlAvailable\":false}"
#define STATE(state) "{\"LocalNodeState\":\"" state "\"}"

enum { NOTHING, LOCKS, UNSURE };

static const struct row {
	const char
		*swarm; /* of GET /info; NULL: dockerd is silent, and left its membership behind */
	const char *key; /* NULL: it could not be read */
	int want;
	const char *fate; /* of its tasks */
} rows[] = {
	{MANAGER("false", ""), PLAIN, NOTHING, "here or on another node"},
	{MANAGER("true", ""), SEALED, LOCKS, "locked then"},
	{MANAGER("true", ""), PLAIN, LOCKS, "locked then"}, /* it is being encrypted */
	{MANAGER("false", ""), SEALED, LOCKS, "locked then"},
	{MANAGER("true", ""), NULL, LOCKS, "locked then"},
	{MANAGER("false", ""), NULL, NOTHING, "here or on another node"},
	{ALONE, PLAIN, NOTHING, "not well"},
	{ALONE, SEALED, LOCKS, "locked then"},
	{ALONE, SEALED_PEM, LOCKS, "locked then"},
	{ALONE, NULL, UNSURE, "not well"},
	{WORKER, PLAIN, NOTHING, "here or on another node"},
	{WORKER, NULL, NOTHING, "here or on another node"},
	{STATE("pending"), SEALED, LOCKS, "locked then"},
	{STATE("pending"), PLAIN, NOTHING, "here or on another node"},
	{STATE("pending"), NULL, UNSURE, "unless it is locked"},
	{STATE("error"), NULL, UNSURE, "unless it is locked"},
	{STATE("locked"), SEALED, NOTHING, "locked then"},
	{STATE("inactive"), NULL, NOTHING, "here or on another node"},
	{NULL, PLAIN, NOTHING, "here or on another node"},
	{NULL, SEALED, LOCKS, "locked then"},
	{NULL, NULL, UNSURE, "unless it is locked"},
};

static void fill(struct facts *f, const struct row *row)
{
	CLEANUP(freep) char *text = xasprintf("{\"Swarm\":%s}", row->swarm);
	CLEANUP(buf_clear) struct buf body = {0};

	f->docker.running = true;
	if (row->swarm) {
		buf_puts(&body, text);
		assert_int_equal(daemon_info_read(&body, &f->docker, NULL), 0);
	} else {
		f->docker.not_measured = xstrdup("no answer");
		f->docker.swarm = xstrdup("active");
	}
	judge_swarm_lock(&f->docker, row->key, row->key ? NULL : "Permission denied");
}

static void test_what_its_start_does(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(freep) char *text = NULL;
		int got;

		fill(&f, &rows[i]);
		text = swarm_lock_text(&f);
		got = !text ? NOTHING : strstr(text, "is not known") ? UNSURE : LOCKS;
		if (got != rows[i].want)
			fail_msg("row %zu: %s", i, text ? text : "nothing speaks against it");
		if (got == UNSURE)
			assert_non_null(strstr(text, "Permission denied"));
		if (!strstr(swarm_task_fate(&f), rows[i].fate))
			fail_msg("row %zu: %s", i, swarm_task_fate(&f));
	}
}

/* What does not run is not restarted. */
static void test_one_that_is_stopped(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};

		fill(&f, &rows[i]);
		f.docker.running = false;
		assert_null(swarm_lock_text(&f));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_its_start_does),
		cmocka_unit_test(test_one_that_is_stopped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
