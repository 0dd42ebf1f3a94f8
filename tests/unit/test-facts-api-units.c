/* Which socket units open the API: those whose service is docker.service, by whichever of its names. */

#include "tests/unit/temp-directory.h"

#include "engine/facts/parts.h"

#define ETC "etc/systemd/system/"
#define USR "usr/lib/systemd/system/"

static const struct row {
	const char *name;
	const char *docker,
		*service; /* targets of the links docker.service and x.service; NULL: files */
	const char *socket; /* its text */
	const char *target; /* of the link y.socket; NULL: none */
	const char *opens; /* NULL: none */
} rows[] = {
	{"docker's by its own name", .service = "/dev/null",
	 .socket = "[Socket]\nService=docker.service\n", .opens = "x.socket"},
	{"docker's by a second name", .service = "/" USR "docker.service", .socket = "[Socket]\n",
	 .opens = "x.socket"},
	{"by two names of its own", .service = "/" USR "docker.service", .socket = "[Socket]\n",
	 .target = "/" ETC "x.socket", .opens = "x.socket"},
	{"another's", .socket = "[Socket]\n"},
	{"another's that is masked", .service = "/dev/null", .socket = "[Socket]\n"},
	{"another's, docker.service is masked", "/dev/null", NULL, "[Socket]\n"},
	{"both are masked", "/dev/null", "/dev/null", "[Socket]\n"},
	{"by a relative link", "../../../dev/null", "/dev/null", "[Socket]\n"},
	{"docker's, which is masked", "/dev/null", "/dev/null",
	 "[Socket]\nService=docker.service\n", .opens = "x.socket"},
};

static void make_directories(const struct temp_directory *t)
{
	static const char *const names[] = {"dev", "etc",     "etc/systemd",     ETC,
					    "usr", "usr/lib", "usr/lib/systemd", USR};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(mkdirat(t->fd, names[i], 0755), 0);
	temp_directory_write(t, "dev/null", "");
}

static void make_service(const struct temp_directory *t, const char *name, const char *target)
{
	CLEANUP(freep) char *file = xasprintf(USR "%s", name), *link = xasprintf(ETC "%s", name);

	temp_directory_write(t, file, "[Service]\nExecStart=/bin/true\n");
	if (target)
		assert_int_equal(symlinkat(target, t->fd, link), 0);
}

static void test_rows(void **unused)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(facts_clear) struct facts facts = {.offline = true};
		CLEANUP(strv_clear) struct strv opens = {0};
		CLEANUP(freep) char *list = NULL;
		void *state = NULL;
		struct temp_directory *t;
		struct gather g = {.facts = &facts};

		assert_int_equal(temp_directory_setup(&state), 0);
		t = state;
		g.root = &t->root;
		make_directories(t);
		make_service(t, "docker.service", row->docker);
		make_service(t, "x.service", row->service);
		temp_directory_write(t, ETC "x.socket", row->socket);
		if (row->target)
			assert_int_equal(symlinkat(row->target, t->fd, ETC "y.socket"), 0);
		gather_unit(&g, "docker.service");
		gather_api_units(&g);
		for (size_t k = 0; k < facts.nunits; k++)
			if (facts.units[k].activates)
				strv_add(&opens, facts.units[k].name);
		list = strv_join(&opens, " ");
		if (strcmp(list, row->opens ? row->opens : "") != 0)
			fail_msg("%s: %s", row->name, list);
		temp_directory_teardown(&state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
