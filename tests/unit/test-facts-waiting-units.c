/* Units beside dockerd's whose files systemd has not read. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"

static const char *unread; /* with blanks between; NULL: it cannot be asked */

int __wrap_bus_units_unread(struct bus *b, struct strv *ret, struct error *err);

int __wrap_bus_units_unread(struct bus *b, struct strv *ret, struct error *err)
{
	if (!unread)
		return error_set(err, -ETIMEDOUT, "no answer");
	strv_split(ret, unread, " ");
	return 0;
}

static const struct {
	const char *unread, *brings;
} rows[] = {
	{"", ""},
	{"docker.service moby.service", ""},
	{"web.slice docker.service cron.timer", "it would put in force what others changed: a file "
						"of web.slice changed since it was loaded|"
						"it would put in force what others changed: a file "
						"of cron.timer changed since it was loaded"},
	{NULL,
	 "whether it would put others' changes of units in force could not be asked: no answer"},
};

static void test_rows(void **state)
{
	static char bus; /* nothing looks into it */

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts facts = {0};
		struct gather g = {.facts = &facts, .bus = (struct bus *)&bus};
		CLEANUP(freep) char *all = NULL;

		strv_add(&facts_add_unit(&facts, "docker.service")->names, "moby.service");
		unread = rows[i].unread;
		gather_waiting_units(&g);
		all = strv_join(&facts.docker.reload_brings, "|");
		assert_string_equal(all, rows[i].brings);
		g.bus = NULL;
		gather_waiting_units(&g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
