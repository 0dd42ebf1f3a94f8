/*
 * bench-history ROOT N: N transactions in the ledger of ROOT, in which harden has made two: one apply,
 * and the rollback of it. The others are copies of these in turn, each rollback of the apply before it,
 * so that ten thousand take seconds. Nothing is synced: what is measured is how a ledger is read.
 */

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/read/root.h"
#include "engine/plan/plan-json.h"
#include "rollback/blobs.h"
#include "rollback/journal.h"
#include "rollback/state.h"
#include "rollback/transaction-directory.h"

/* In place of libc's: journal_create() calls it twice. */
int fsync(int fd)
{
	return 0;
}

/* One of the two that are there already. */
struct model {
	struct records records;
	struct transaction_head head;
	struct plan plan;
};

static void model_clear(struct model *m)
{
	records_clear(&m->records);
	transaction_head_clear(&m->head);
	plan_clear(&m->plan);
}

static int model_read(struct model *m, const struct state *s, const char *id, struct error *err)
{
	CLEANUP(close_fd) int directory = state_open_txn(s, id, false, err);
	int r = directory < 0 ? directory : journal_read(directory, &m->records, err);

	if (r >= 0)
		r = transaction_head_parse(&m->head, m->records.items[0].payload, err);
	if (r >= 0)
		r = transaction_plan(&m->records, id, &m->plan, err);
	return r < 0 ? r : blobs_load(directory, &m->plan, err);
}

/*
 * A second apart, and all before the models' own, which stay the newest: by one clock for both, since a busy
 * machine makes them seconds apart, and a rollback behind the next apply is another history.
 */
static char *new_id(uint64_t newest_usec, size_t number, size_t count)
{
	time_t when = (time_t)(newest_usec / 1000000) - 3600 - (time_t)(count - number);
	struct tm tm;
	char stamp[32];

	gmtime_r(&when, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	return xasprintf("%s-%06zx", stamp, number & 0xffffff);
}

/* What is the copy's own: its id, when it began, and whom it undoes. */
static void rename_model(struct model *m, const char *id, const char *of)
{
	str_replace(&m->head.id, id);
	if (!m->head.of)
		return;
	str_replace(&m->head.of, of);
	str_replace(&m->plan.undoes, of);
}

static int write_copy(const struct state *s, const struct model *m, struct error *err)
{
	CLEANUP(close_fd) int directory = state_open_txn(s, m->head.id, true, err);
	CLEANUP(freep) char *head = transaction_head_format(&m->head);
	CLEANUP(buf_clear) struct buf plan = {0};
	struct journal journal = JOURNAL_INIT;
	int r = directory < 0 ? directory : blobs_store(directory, &m->plan, err);

	if (r >= 0)
		r = plan_to_json(&m->plan, false, &plan, err);
	if (r >= 0)
		r = journal_create(
			directory,
			(const struct record[]){{RECORD_HEADER, head}, {RECORD_INTENT, plan.data}},
			2, &journal, err);
	for (size_t i = 2; r >= 0 && i < m->records.count; i++)
		r = journal_note(&journal, m->records.items[i].type, m->records.items[i].payload,
				 err);
	journal_close(&journal);
	return r;
}

static int write_copies(const struct state *s, struct model *models, size_t n, struct error *err)
{
	const uint64_t newest_usec = models[0].head.started_usec;
	CLEANUP(freep) char *before = NULL;
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++) {
		struct model *m = &models[i % 2];
		CLEANUP(freep) char *id = new_id(newest_usec, i, n);

		rename_model(m, id, before);
		r = write_copy(s, m, err);
		str_replace(&before, id);
	}
	return r;
}

static int run(const char *directory, size_t n, struct error *err)
{
	CLEANUP(root_close) struct root root = {.fd = -1};
	CLEANUP(state_close) struct state state = STATE_INIT;
	CLEANUP(strv_clear) struct strv ids = {0};
	struct model models[2] = {0};
	int r = root_open(&root, directory, err);

	if (r >= 0)
		r = state_open(&state, &root, false, err);
	if (r >= 0)
		r = state_transactions(&state, &ids, err);
	if (r >= 0 && ids.count != 2)
		r = error_set(err, -EINVAL, "there are %zu transactions, not two", ids.count);
	for (size_t i = 0; i < ARRAY_SIZE(models) && r >= 0; i++)
		r = model_read(&models[i], &state, ids.items[i], err);
	if (r >= 0 && n > ids.count)
		r = write_copies(&state, models, n - ids.count, err);
	for (size_t i = 0; i < ARRAY_SIZE(models); i++)
		model_clear(&models[i]);
	return r;
}

int main(int argc, char **argv)
{
	CLEANUP(error_clear) struct error err = {0};
	size_t n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

	if (n == 0) {
		fprintf(stderr, "usage: bench-history ROOT N\n");
		return 64;
	}
	if (run(argv[1], n, &err) < 0) {
		fprintf(stderr, "%s\n", error_text(&err));
		return 1;
	}
	return 0;
}
