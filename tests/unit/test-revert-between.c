/* What somebody made of a file and of what is in force between two applies, or during a rollback. */

#include "tests/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "rollback/history-left.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define CONF "/etc/conf"
#define LINK "/etc/w/foo.service"
#define UNIT "/etc/systemd/system/foo.service"

/* One control with a file and what that brings into force. */
struct part {
	const char *path, *edit, *was, *becomes;
	enum handler handler;
	const char *subject, *before, *after;
	bool brings; /* the effect names the edit that it brings into force */
};

static char *apply(struct bench *b, const struct part *p)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	struct effect *e;

	edits_add(&edits, "c", p->path, subj(p->edit), p->was, p->becomes);
	e = effects_add(&effects, "c", p->handler, subj(p->subject), p->before, p->after);
	if (p->brings)
		effect_bring(e, p->path, subj(p->edit));
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "c")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
	plan_clear(&b->plan);
	return xstrdup(result.id);
}

static void put(struct bench *b, const struct part *p, const char *value)
{
	CLEANUP(freep) char *text = xasprintf("y = 0\nx = %s\n", value);

	if (strcmp(p->edit, "link") != 0)
		temp_directory_write(b->temp, &p->path[1], text);
	else if (value)
		assert_int_equal(symlinkat(value, b->temp->fd, &p->path[1]), 0);
}

static const char *in_kernel; /* the setting's value */

int __wrap_sysctl_read(const char *name, char **ret_value, struct error *err);
int __wrap_sysctl_read(const char *name, char **ret_value, struct error *err)
{
	(void)name;
	(void)err;
	*ret_value = xstrdup(in_kernel);
	return 0;
}

static void make_unit(struct bench *b)
{
	static const char *const all[] = {"etc/w", "etc/systemd", "etc/systemd/system"};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		assert_int_equal(mkdirat(b->temp->fd, all[i], 0755), 0);
	temp_directory_write(b->temp, &UNIT[1], "[Service]\n");
}

#define SYSCTL HANDLER_SYSCTL, "sysctl:no.such"
#define STATE HANDLER_UNIT_STATE, "state:foo.service"

/* The first finds `was` and stands; somebody makes `theirs` of it, and the second makes its own of that. */
static const struct {
	struct part first, second;
	const char *goes_back; /* what is in force after the second is undone */
} rows[] = {
	{{CONF, "kv:x", "0", "1", SYSCTL, "0", "1", true},
	 {CONF, "kv:x", "2", "1", SYSCTL, "2", "1", true},
	 "2"},
	{{CONF, "kv:x", "0", "1", SYSCTL, "0", "1", true},
	 {CONF, "kv:x", "2", "5", SYSCTL, "2", "5", true},
	 "2"},
	/* the file is as the first left it, and the kernel alone had lost that */
	{{CONF, "kv:x", "0", "1", SYSCTL, "0", "1", true},
	 {CONF, "kv:x", "1", "5", SYSCTL, "0", "5", true},
	 "1"},
	{{LINK, "link", UNIT, NULL, STATE, "active", "inactive", false},
	 {LINK, "link", UNIT, NULL, STATE, "active", "inactive", false},
	 "active"},
};

static void try_row(struct bench *b, size_t i)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(freep) char *first = NULL, *second = NULL;
	const struct effect *back;

	print_message("# row %zu\n", i);
	b->facts.parts = FACTS_IN_FORCE;
	make_unit(b);
	put(b, &rows[i].first, rows[i].first.was);
	first = apply(b, &rows[i].first);
	put(b, &rows[i].second, rows[i].second.was);
	second = apply(b, &rows[i].second);
	in_kernel = rows[i].second.after;
	assert_int_equal(bench_plan_rollback_of(b, second, NULL, CONFLICT_STOP, &conflicts), 0);
	back = plan_find_effect(&b->plan, subj(rows[i].second.subject));
	assert_non_null(back);
	assert_string_equal(back->after, rows[i].goes_back);
}

static void test_theirs_comes_back(void **state)
{
	(void)state;
	bench_each(try_row, ARRAY_SIZE(rows));
}

/* Undone but for what others had made of it: what a later rollback can bring back is told as left. */
static void assert_left(struct bench *b, const char *id, const char *wanted)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0}, left = {0};
	CLEANUP(history_clear) struct history h = {0};
	CLEANUP(freep) char *text = NULL;

	assert_int_equal(bench_plan_rollback_of(b, id, NULL, CONFLICT_KEEP, &conflicts), 0);
	b->of = id;
	assert_int_equal(bench_run(b, &result), 0);
	assert_int_equal(history_open(&b->state, &h, NULL), 0);
	temp_directory_write(b->temp, "etc/group", "docker:x:5:\n");
	history_left(&h, &b->temp->root, &left);
	text = strv_join(&left, "; ");
	assert_string_equal(text, wanted);
}

static void test_a_link_elsewhere_is_left(void **state)
{
	static const struct part part = {
		LINK, "link",       UNIT, NULL, HANDLER_SYSTEMD_RELOAD, "unit:foo.service",
		NULL, "read again", false};
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *id = NULL;

	bench_open(&b, state);
	make_unit(&b);
	put(&b, &part, part.was);
	id = apply(&b, &part);
	put(&b, &part, "/etc/other.service");
	assert_left(&b, id, "link of " LINK);
}

static void test_a_member_is_left_while_the_account_is_there(void **state)
{
	static const struct part part = {"/etc/group", "member:docker/bob",    "member",
					 NULL,         HANDLER_SYSTEMD_RELOAD, "unit:foo.service",
					 NULL,         "read again",           false};
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *id = NULL;

	bench_open(&b, state);
	temp_directory_write(b.temp, "etc/passwd", "bob:x:1:1::/:/bin/sh\n");
	temp_directory_write(b.temp, "etc/group", "docker:x:5:bob\n");
	id = apply(&b, &part);
	temp_directory_write(b.temp, "etc/group", ""); /* by somebody, for a while */
	assert_left(&b, id, "member:docker/bob of /etc/group");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_theirs_comes_back),
		TEMP_DIRECTORY_TEST(test_a_link_elsewhere_is_left),
		TEMP_DIRECTORY_TEST(test_a_member_is_left_while_the_account_is_there),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
