#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/plan/socket-access.h"
#include "tests/subject-text.h"
#include "tests/unit/fake-view.h"

#define SOCKET "/run/docker.sock"
#define DROPIN "/etc/systemd/system/docker.socket.d/50-harden.conf"
#define LIST "user::rw-,user:1000:rw-,group::rw-,group:60:rw-,mask::rw-,other::---"
#define USE "can use the API by '" SOCKET "' and will not any more"
#define ALL "every account of this host " USE ", but for root"

/* The socket as it is, what is to be done, and who then loses it. */
static const struct row {
	const char *name;
	mode_t mode;
	gid_t gid;
	const char *acl, *path, *subject, *after;
	enum handler handler; /* HANDLER_COUNT: none */
	const char *warning; /* NULL: nobody loses it */
} rows[] = {
	{"nothing changes", 0660, 50, NULL, "/etc/x", "mode", "0600", HANDLER_COUNT, NULL},
	{"right already", 0660, 50, NULL, SOCKET, "mode", "0660", HANDLER_COUNT, NULL},
	{"open to all", 0666, 50, NULL, SOCKET, "mode", "0660", HANDLER_COUNT,
	 ALL ", bob, group docker"},
	{"open to all, no group", 0666, 50, NULL, SOCKET, "mode", "0600", HANDLER_COUNT, ALL},
	{"closed to the group", 0660, 50, NULL, SOCKET, "mode", "0600", HANDLER_COUNT,
	 "bob, group docker " USE},
	{"another group", 0660, 60, NULL, SOCKET, "group", "50", HANDLER_COUNT,
	 "carol, group ops " USE},
	{"a group whose member is in the next one, too", 0660, 61, NULL, SOCKET, "group", "50",
	 HANDLER_COUNT, "group both " USE},
	{"a group of nobody that is known", 0660, 77, NULL, SOCKET, "group", "50", HANDLER_COUNT,
	 "group with number 77 " USE},
	{"a named user and a named group", 0660, 50, LIST, SOCKET, "acl",
	 "user::rw-,user:1000:---,group::rw-,group:60:r--,mask::rw-,other::---", HANDLER_COUNT,
	 "alice, carol, group ops " USE},
	{"a list is lost with its socket", 0660, 50, LIST, DROPIN, "unit:Socket/SocketMode", "0660",
	 HANDLER_DOCKER_SOCKET, "alice, carol, group ops " USE},
	{"a unit's group", 0660, 50, NULL, DROPIN, "unit:Socket/SocketGroup", "ops",
	 HANDLER_DOCKER_SOCKET, "bob, group docker " USE},
	{"a unit's mode", 0660, 50, NULL, DROPIN, "unit:Socket/SocketMode", "0600",
	 HANDLER_DOCKER_SOCKET, "bob, group docker " USE},
	{"the same anew", 0660, 50, NULL, DROPIN, "unit:Socket/SocketMode", "0660",
	 HANDLER_DOCKER_SOCKET, NULL},
	{"not made anew by that", 0660, 50, LIST, DROPIN, "unit:Socket/SocketMode", "0660",
	 HANDLER_DOCKER_RESTART, NULL},
};

static void fill(struct fake_view *f, struct facts *facts, const struct row *row)
{
	struct unit_facts *u = facts_add_unit(facts, "docker.socket");
	struct node *n;

	fake_view_init(f);
	f->view.facts = facts;
	settings_put(&facts->docker.next, "hosts", "[\"fd://\"]", SOURCE_FLAG, "test");
	u->listen_group = xstrdup("docker");
	u->listen_mode = xstrdup("0660");
	fake_file(f, "/etc/passwd", 0644,
		  "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\nbob:x:1001:1001::/:\n");
	fake_file(f, "/etc/group", 0644,
		  "root:x:0:\ndocker:x:50:bob\nops:x:60:carol\nboth:x:61:bob\n");
	n = fake_node(f, SOCKET, NODE_SOCKET, row->mode);
	n->gid = row->gid;
	n->acl = xstrdup_null(row->acl);
}

/* A whole plan says the same, on whichever way: one that makes the socket anew, most of all. */
static void test_plan(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(facts_clear) struct facts facts = {0};
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(strv_clear) struct strv lines = {0};

		fill(&f, &facts, row);
		edits_add(&plan_add_change(&plan, row->path)->edits, "a", row->path,
			  subj(row->subject), NULL, row->after);
		if (row->handler != HANDLER_COUNT)
			plan_add_stage(&plan)->up = HANDLER_BIT(row->handler);
		plan_lost_access(&f.view, &plan, &lines);
		if (lines.count != (row->warning ? 1 : 0) ||
		    (row->warning && strcmp(lines.items[0], row->warning) != 0))
			fail_msg("%s: %s", row->name, lines.count ? lines.items[0] : "-");
	}
}

/* What docker.socket's other files say is not looked at: a way back that leaves it to them does not promise. */
static void test_unsure(void **state)
{
	static const struct row row = {
		"back to others'", 0660, 50, LIST, NULL, NULL, NULL, 0, NULL};
	static const char *const afters[] = {NULL, "0660"};

	for (size_t i = 0; i < ARRAY_SIZE(afters); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(facts_clear) struct facts facts = {0};
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(strv_clear) struct strv lines = {0};

		fill(&f, &facts, &row);
		edits_add(&plan_add_change(&plan, DROPIN)->edits, "a", DROPIN,
			  subj("unit:Socket/SocketMode"), "0660", afters[i]);
		plan_add_stage(&plan)->up = HANDLER_BIT(HANDLER_DOCKER_SOCKET);
		plan_lost_access(&f.view, &plan, &lines);
		assert_int_equal(lines.count, 1);
		assert_string_equal(lines.items[0],
				    afters[i]
					    ? "alice, carol, group ops " USE
					    : "alice, carol, group ops can use the API by '" SOCKET
					      "' and may not any more");
	}
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(facts_clear) struct facts facts = {0};
		CLEANUP(delta_clear) struct delta d = {0};

		fill(&f, &facts, row);
		delta_edit(&d, row->path, subj(row->subject), row->after);
		if (row->handler != HANDLER_COUNT)
			delta_effect(&d, row->handler, subj("start:x"), NULL, "anew");
		warn_lost_access(&f.view, &d);
		if (d.warnings.count != (row->warning ? 1 : 0) ||
		    (row->warning && strcmp(d.warnings.items[0], row->warning) != 0))
			fail_msg("%s: %s", row->name, d.warnings.count ? d.warnings.items[0] : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_plan),
					   cmocka_unit_test(test_unsure)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
