/*
 * waiting ROOT SECONDS: makes of the newest transaction there, which was kept, one that waits to be
 * confirmed for so long yet, or, with the word broken-off in place of SECONDS, one that was killed before it
 * was kept; prints its id. On a host that only harden itself brings about, where a
 * timer can be made.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/journal.h"
#include "rollback/state.h"
#include "rollback/waiting.h"

static int rewrite(int directory, long seconds, bool broken_off, struct error *err)
{
	CLEANUP(records_clear) struct records records = {0};
	CLEANUP(instant_clear) struct instant now = {0};
	CLEANUP(freep) char *payload = NULL;
	struct journal journal = JOURNAL_INIT;
	struct record *first;
	size_t kept = 0;
	int r = journal_read(directory, &records, err);

	if (r < 0)
		return r;
	instant_now(&now);
	payload = xasprintf("{\"until_usec\":%lld,\"granted_usec\":600000000,\"boot_id\":\"%s\","
			    "\"mono_usec\":%lld}",
			    (long long)now.real_usec + seconds * 1000000, now.boot_id,
			    (long long)now.mono_usec + seconds * 1000000);
	first = xcalloc(records.count + 1, sizeof(*first));
	while (kept < records.count && records.items[kept].type != RECORD_COMMIT) {
		first[kept] = records.items[kept];
		kept++;
	}
	first[kept] = (struct record){RECORD_WAITING, payload};
	r = journal_create(directory, first, broken_off ? kept : kept + 1, &journal, err);
	journal_close(&journal);
	free(first);
	return r;
}

int main(int argc, char **argv)
{
	CLEANUP(state_close) struct state state = STATE_INIT;
	CLEANUP(strv_clear) struct strv ids = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(close_fd) int directory = -1;
	struct root root = {.fd = -1};
	int r = argc == 3 ? root_open(&root, argv[1], &err) : -1;

	if (r >= 0)
		r = state_open(&state, &root, false, &err);
	if (r >= 0)
		r = state_transactions(&state, &ids, &err);
	if (r >= 0 && ids.count)
		directory = state_open_txn(&state, ids.items[ids.count - 1], false, &err);
	if (directory >= 0)
		r = rewrite(directory, strtol(argv[2], NULL, 10),
			    strcmp(argv[2], "broken-off") == 0, &err);
	root_close(&root);
	if (r < 0 || directory < 0) {
		fprintf(stderr, "waiting: %s\n", error_text(&err));
		return 1;
	}
	puts(ids.items[ids.count - 1]);
	return 0;
}
