/*
 * bench-write DIRECTORY N: one transaction that replaces N small files below DIRECTORY/etc, as apply
 * runs it: composed, staged, journaled, exchanged, verified; nothing is read from a baseline, and no
 * daemon is asked. The files are made by the first call; each call writes another value.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/effect/effector.h"
#include "engine/model/edit.h"
#include "engine/plan/compose.h"
#include "rollback/transaction.h"
#include "tests/subject-text.h"

static int idle_run(struct effector *e, enum handler handler, const struct effects *towards,
		    struct error *err)
{
	return 0;
}

static int idle_health(struct effector *e, const struct stopped_list *may_stop, int gate_ms,
		       struct error *err)
{
	return 0;
}

static int idle_in_force(struct effector *e, enum handler handler, const struct effects *towards)
{
	return 1;
}

static const struct effector_ops idle_ops = {
	.run = idle_run, .health = idle_health, .in_force = idle_in_force};

static char *path_of(size_t i)
{
	return xasprintf("/etc/f%zu", i);
}

static void make_files(const char *directory, size_t n)
{
	static const char *const above[] = {"etc", "var", "var/lib"};

	for (size_t i = 0; i < ARRAY_SIZE(above); i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", directory, above[i]);

		mkdir(path, 0755);
	}
	for (size_t i = 0; i < n; i++) {
		CLEANUP(freep) char *path = path_of(i), *whole = xasprintf("%s%s", directory, path);
		int fd = open(whole, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

		if (fd < 0)
			return;
		/* each another one: what is equal would be kept once for all */
		dprintf(fd, "# what a small file holds: %zu\nsetting = a value\n", i);
		close(fd);
	}
}

static int compose(const struct root *root, const struct facts *facts, size_t n, struct plan *ret,
		   struct error *err)
{
	CLEANUP(freep) char *value = xasprintf("a value of %d", (int)getpid());
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	int r;

	for (size_t i = 0; i < n; i++) {
		CLEANUP(freep) char *path = path_of(i), *control = xasprintf("bench.f%zu", i);

		edits_add(&edits, control, path, subj("kv:setting"), NULL, value);
		plan_add_finding(ret, control)->state = FINDING_PLANNED;
	}
	r = compose_changes(ret, root, &edits, err);
	return r < 0 ? r : compose_stages(ret, facts, &effects, err);
}

static int run(const char *directory, size_t n, struct error *err)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(root_close) struct root root = {.fd = -1};
	CLEANUP(state_close) struct state state = STATE_INIT;
	CLEANUP(facts_clear) struct facts facts = {0};
	CLEANUP(plan_clear) struct plan plan = {0};
	struct effector idle = {.ops = &idle_ops};
	const struct transaction_request q = {.state = &state,
					      .root = &root,
					      .facts = &facts,
					      .plan = &plan,
					      .effector = &idle,
					      .kind = "apply"};
	int r = root_open(&root, directory, err);

	if (r >= 0)
		r = state_open(&state, &root, true, err);
	if (r >= 0)
		r = state_lock(&state, 0, err);
	if (r >= 0)
		r = compose(&root, &facts, n, &plan, err);
	return r < 0 ? r : transaction_run(&q, &result, err);
}

int main(int argc, char **argv)
{
	CLEANUP(error_clear) struct error err = {0};
	size_t n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

	if (n == 0) {
		fprintf(stderr, "usage: bench-write DIRECTORY N\n");
		return 64;
	}
	make_files(argv[1], n);
	if (run(argv[1], n, &err) < 0) {
		fprintf(stderr, "%s\n", error_text(&err));
		return 1;
	}
	return 0;
}
