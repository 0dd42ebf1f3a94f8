/*
 * What an apply that was put back in part has in force still: not what a later one holds, be it by its file alone.
 */

#include "tests/subject-text.h"
#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/left-effects.h"
#include "rollback/transaction-directory.h"

#define KEY "kernel.ostype" /* has the same value everywhere, and nobody sets it */
#define VALUE "Linux"
#define DROPIN "/etc/sysctl.d/90-harden.conf"

static const struct row {
	const char *what;
	enum transaction_state later; /* OPEN: there is none */
	const char *control; /* of the later one */
	const char *key, *value; /* in its file; NULL: it has none */
	bool undone; /* by a rollback behind it */
	const char *left;
} rows[] = {
	{"nothing came later", .left = "sysctl:" KEY},
	{"the same control wrote the file", TRANSACTION_COMMITTED, "c", KEY, VALUE, false, ""},
	{"... and the rest of it alone", TRANSACTION_COMMITTED, "c", NULL, NULL, false, ""},
	{"another one did", TRANSACTION_COMMITTED, "d", KEY, VALUE, false, ""},
	{"... with another value", TRANSACTION_COMMITTED, "d", KEY, "Minix", false, "sysctl:" KEY},
	{"... of another setting", TRANSACTION_COMMITTED, "d", "kernel.version", VALUE, false,
	 "sysctl:" KEY},
	{"... and was put back", TRANSACTION_ROLLED_BACK, "d", KEY, VALUE, false, "sysctl:" KEY},
	{"... and was undone", TRANSACTION_COMMITTED, "d", KEY, VALUE, true, "sysctl:" KEY},
	{"the same did, and was undone", TRANSACTION_COMMITTED, "c", KEY, VALUE, true,
	 "sysctl:" KEY},
};

static struct transaction_summary *add(struct history *h, const char *id, const char *kind,
				       enum transaction_state state)
{
	struct transaction_summary *t = array_append(&h->items, &h->count, sizeof(*t));

	t->id = xstrdup(id);
	t->kind = xstrdup(kind);
	t->state = state;
	t->boot_id = current_boot_id();
	return t;
}

static void add_half_back(struct history *h)
{
	struct transaction_summary *t = add(h, "1", "apply", TRANSACTION_ROLLED_BACK);

	t->leaves = true;
	plan_add_finding(&t->plan, "c")->state = FINDING_PLANNED;
	effects_add(&plan_add_stage(&t->plan)->effects, "c", HANDLER_SYSCTL,
		    subject_of(SCHEME_SYSCTL, KEY), "Minix", VALUE);
}

static void add_later(struct history *h, const struct row *row)
{
	struct transaction_summary *t = add(h, "2", "apply", row->later);

	plan_add_finding(&t->plan, row->control)->state = FINDING_PLANNED;
	if (row->key)
		edits_add(&plan_add_change(&t->plan, DROPIN)->edits, row->control, DROPIN,
			  subject_of(SCHEME_KV, row->key), NULL, row->value);
	if (!row->undone)
		return;
	t = add(h, "3", "rollback", TRANSACTION_COMMITTED);
	t->of = xstrdup("2");
}

static void check(const struct row *row)
{
	CLEANUP(history_clear) struct history h = {0};
	CLEANUP(facts_clear) struct facts now = {0};
	CLEANUP(strv_clear) struct strv left = {0};
	CLEANUP(freep) char *text = NULL;
	struct root root = {.fd = -1};

	add_half_back(&h);
	if (row->later != TRANSACTION_OPEN)
		add_later(&h, row);
	history_link(&h);
	h.now = &now;
	left_effects_by(&h, &root, 0, &left);
	text = strv_join(&left, ", ");
	if (strcmp(text, row->left) != 0)
		fail_msg("%s: '%s'", row->what, text);
}

/* What dockerd has of an apply that was put back beside others' file, by what it and its files tell. */
static const struct daemon_row {
	const char *what;
	bool stopped, mute;
	enum setting_source source; /* of its value now */
	const char *now, *next; /* NULL: not set */
	bool left;
} daemon_rows[] = {
	{"it tells that it has it", false, false, SOURCE_API, "false", NULL, true},
	{"it tells that it has not", false, false, SOURCE_API, "true", NULL, false},
	{"it never tells, and its file came after its start", false, false, SOURCE_UNKNOWN, NULL,
	 NULL, true},
	{"... which has it, too", false, false, SOURCE_UNKNOWN, NULL, "false", false},
	{"it was started with its file", false, false, SOURCE_FILE, NULL, NULL, false},
	{"it has it as a flag", false, false, SOURCE_FLAG, "false", NULL, true},
	{"it tells nothing at all", false, true, SOURCE_API, NULL, NULL, true},
	{"it does not run", true, false, SOURCE_UNKNOWN, NULL, NULL, false},
};

static void check_daemon(const struct daemon_row *row)
{
	CLEANUP(history_clear) struct history h = {0};
	CLEANUP(facts_clear) struct facts now = {0};
	CLEANUP(strv_clear) struct strv left = {0};
	struct docker_facts *d = &now.docker;
	struct root root = {.fd = -1};

	add_half_back(&h);
	effects_add(&h.items[0].plan.stages[0].effects, "c", HANDLER_DOCKER_RESTART,
		    subject_of(SCHEME_DOCKER, "userland-proxy"), "true", "false");
	history_link(&h);
	d->running = !row->stopped;
	d->not_measured = row->mute ? xstrdup("GET /info: no answer") : NULL;
	if (!row->mute)
		settings_put(&d->now, "userland-proxy", row->now, row->source, "");
	if (row->next)
		settings_put(&d->next, "userland-proxy", row->next, SOURCE_FILE, "");
	h.now = &now;
	left_effects_by(&h, &root, 0, &left);
	if (strv_contains(&left, "docker:userland-proxy") != row->left)
		fail_msg("%s: %d", row->what, !row->left);
}

static void test_daemon(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(daemon_rows); i++)
		check_daemon(&daemon_rows[i]);
	(void)state;
}

static void test_settings(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(&rows[i]);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_settings),
					   cmocka_unit_test(test_daemon)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
