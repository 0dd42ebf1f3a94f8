/* A dockerd that is neither down nor serves is not stopped: what it has in force is not known. */

#include "tests/test.h"

#include <errno.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/host/read/proc.h"

void __wrap_gather_config_readers(struct gather *g);
char *__wrap_proc_unit(pid_t pid);
int __wrap_proc_cmdline(pid_t pid, struct strv *ret, struct error *err);

void __wrap_gather_config_readers(struct gather *g)
{
}

char *__wrap_proc_unit(pid_t pid)
{
	return xstrdup(pid == 7 ? "docker.service" : "other.service");
}

int __wrap_proc_cmdline(pid_t pid, struct strv *ret, struct error *err)
{
	return -ENOENT;
}

static const struct row {
	const char *what, *active, *sub;
	pid_t main_pid, left; /* a process of its own, and one that is named dockerd; 0: none */
	bool stopped;
} rows[] = {
	{"it never ran", "inactive", "dead", 0, 0, true},
	{"it failed", "failed", "failed", 0, 0, true},
	{"between two tries", "activating", "auto-restart", 0, 0, true},
	{"on its way up", "activating", "start", 7, 7, false},
	{"... before its process", "activating", "start-pre", 0, 0, false},
	{"on its way down", "deactivating", "stop-sigterm", 7, 7, false},
	{"... behind its process", "deactivating", "stop-post", 0, 0, false},
	{"systemd gave its process up", "failed", "failed", 0, 7, false},
	{"it was to leave its process", "inactive", "dead", 0, 7, false},
	{"one of a crash loop, just started", "activating", "auto-restart", 0, 7, true},
	{"systemd says something new", "pondering", "x", 0, 0, false},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts facts = {0};
		struct unit_facts *u = facts_add_unit(&facts, "docker.service");
		struct process p = {.pid = rows[i].left, .name = (char[]){"dockerd"}};
		struct gather g = {.facts = &facts};

		u->exists = true;
		u->active = xstrdup(rows[i].active);
		u->sub = xstrdup(rows[i].sub);
		u->main_pid = rows[i].main_pid;
		if (p.pid) {
			g.processes.items = &p;
			g.processes.count = 1;
		}
		gather_engine(&g);
		gather_daemons(&g);
		if (docker_is_stopped(&facts) != rows[i].stopped ||
		    facts.docker.running == rows[i].stopped || !facts.docker.not_measured)
			fail_msg("%s: %d, '%s'", rows[i].what, facts.docker.running,
				 facts.docker.not_measured);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
