#include "tests/test.h"

#include "tests/unit/container-rows.h"

/* Containers that were born before a fix, and the order in which to renew them. */

static void test_renewal(void **state)
{
	static const struct row rows[] = {
		{"aspect=renewal", UP "birth_read: true", VERDICT_PASS, "1 container"},
		{"aspect=renewal", UP "birth_read: true, outlived: [its shim is old]", VERDICT_FAIL,
		 "began before what is installed now: web (its shim is old)"},
		{"aspect=renewal", UP "birth_read: true, birth_unread: no rights",
		 VERDICT_NOT_MEASURED, "web (no rights)"},
		/* what is known is told, what is not is beside it */
		{"aspect=renewal", UP "birth_read: true, outlived: [a], birth_unread: no rights",
		 VERDICT_FAIL, "web (a and no rights)"},
		{"aspect=renewal", UP "pids: 1", VERDICT_NOT_MEASURED, NULL}, /* nobody looked */
		{"aspect=renewal", "state: exited", VERDICT_NOT_APPLICABLE, NULL},
		{"aspect=renewal allow=w*", UP "birth_read: true, outlived: [a]", VERDICT_PASS,
		 "1 allowed"},
	};

	RUN(rows);
}

#define ONE(name, rest)                                                                            \
	"    - {id: " name "-id, name: " name ", running: true, pid: 7, birth_read: true" rest "}" \
	"\n"
#define OLD(name, rest) ONE(name, ", outlived: [x]" rest)

static void test_order(void **state)
{
	static const struct {
		const char *containers, *order;
	} rows[] = {
		{OLD("a", ""), "one after the other: a"},
		{OLD("b", "") OLD("a", ""), "in this order: a, b"},
		{OLD("a", ", ports: [80/tcp on 0.0.0.0]") OLD("b", ""), "in this order: b, a"},
		{OLD("a", ", ports: [\"80/tcp on ::\"]") OLD("b", ""), "in this order: b, a"},
		{OLD("a", ", ports: [80/tcp on default]") OLD("b", ""), "in this order: b, a"},
		{OLD("a", ", listens: [80/tcp on 10.0.0.2]") OLD("b", ""), "in this order: b, a"},
		{OLD("a", ", ports: [80/tcp on 127.0.0.1]") OLD("b", ""), "in this order: a, b"},
		{OLD("a", ", ports: [\"80/tcp on ::1\"]") OLD("b", ""), "in this order: a, b"},
		/* links, of both sorts */
		{OLD("a", ", links: [\"/b:/a/db\"]") OLD("b", ""), "in this order: b, a"},
		{OLD("a", ", network_links: [\"net b:db\"]") OLD("b", ""), "in this order: b, a"},
		{OLD("a", ", network_links: [\"net bb:db\"]") OLD("b", ""), "in this order: a, b"},
		/* namespaces */
		{OLD("a", ", network_mode: \"container:b-id\"") OLD("b", ""),
		 "in this order: b, a"},
		{OLD("a", ", pid_mode: \"container:b\"") OLD("b", ""), "in this order: b, a"},
		{OLD("a", ", ipc_mode: \"container:b-id\"") OLD("b", ""), "in this order: b, a"},
		{OLD("a", ", network_mode: b") OLD("b", ""), "in this order: a, b"},
		/* compose: of its own project alone */
		{OLD("a", ", tenant: p, compose_needs: [db]")
			 OLD("b", ", tenant: p, compose_service: db"),
		 "in this order: b, a"},
		{OLD("a", ", tenant: p, compose_needs: [db]")
			 OLD("b", ", tenant: q, compose_service: db"),
		 "in this order: a, b"},
		{OLD("a", ", compose_needs: [db]") OLD("b", ", compose_service: db"),
		 "in this order: a, b"},
		/* who is needed comes first, though it is published */
		{OLD("a", ", links: [\"/b:/a/db\"]")
			 OLD("b", ", ports: [\"80/tcp on ::1\", \"81/tcp on ::\"]"),
		 "in this order: b, a"},
		{OLD("c", ", links: [\"/b:/c/b\"]") OLD("b", ", links: [\"/d:/b/d\"]") OLD("d", "")
			 OLD("a", ", ports: [80/tcp on 0.0.0.0]"),
		 "in this order: d, b, c, a"},
		/* a circle has an order, too */
		{OLD("a", ", links: [\"/b:/a/b\"]") OLD("b", ", links: [\"/a:/b/a\"]"),
		 "in this order: a, b"},
		{OLD("a", ", links: [\"/a:/a/a\"]"), "one after the other: a"},
		/* what is not old and shares a namespace goes along, and who shares with that */
		{ONE("a", ", network_mode: \"container:b-id\"") OLD("b", "")
			 ONE("c", ", pid_mode: \"container:a-id\"") ONE("d", ""),
		 "in this order: b, a (new itself, it shares a namespace with one before), "
		 "c (new itself, it shares a namespace with one before)"},
		{ONE("a", ", links: [\"/b:/a/b\"]") OLD("b", ""), "one after the other: b"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(delta_clear) struct delta d = {0};

		read_facts(&f, docker, rows[i].containers);
		judge(&f, "aspect=renewal", &d);
		if (!d.fix ||
		    strcmp(d.fix + strlen(d.fix) - strlen(rows[i].order), rows[i].order) != 0)
			fail_msg("row %zu: %s", i, d.fix ? d.fix : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_renewal),
		cmocka_unit_test(test_order),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
