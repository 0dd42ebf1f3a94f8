#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/unit-commands.h"

#define SHELL(text) "/bin/sh^-c^" text

/* Words parted by "^"; the unit stands in /opt/u. */
static const struct row {
	const char *words;
	const char *names, *projects, *unclear; /* joined by blanks; NULL: none */
	bool composes;
} rows[] = {
	{"docker^run^--name^web^bb", "web"},
	{"/usr/bin/docker^run^-d^--name=web^bb^--dir^db", "web"},
	{"docker^create^--name^web^bb", "web"},
	{"docker^run^--rm^bb^sleep^9", NULL, NULL, "docker run"},
	{"docker^run^--name^$NAME^bb", NULL, NULL, "docker run"},
	{"docker^stop^-t^1^web^db", "1 web db"},
	{"docker^-H^unix:///run/docker.sock^container^rm^-f^web", "web"},
	{"docker^rm^-f^${NAME}", NULL, NULL, "docker rm"},
	{"docker^start^-a^web^;^docker^kill^db", "web db"},
	{"docker^-H^ssh://other^stop^web"},
	{"docker^ps^-a^;^docker^pull^web^;^docker^inspect^web^;^docker^logs^-f^web"},
	{"docker^system^prune^-f"},
	{"docker^network^create^web^;^docker^volume^create^web^;^docker^network^rm^web"},
	{"docker^image^rm^-f^web^;^docker^volume^rm^web^;^docker^image^prune^-f"},
	{"docker^network^disconnect^front^web", NULL, NULL, "docker network disconnect"},
	{"docker^exec^web^kill^1", NULL, NULL, "docker exec"},
	/* of a service nobody can say which of its containers end */
	{"docker^service^update^--force^web", NULL, NULL, "docker service update"},
	{"docker^service^rm^web", NULL, NULL, "docker service rm"},
	{"docker^service^create^--name^web^bb", NULL, NULL, "docker service create"},
	{"docker^service^ls^;^docker^service^logs^web"},
	/* what loses nothing by being cut off ends nothing either */
	{"docker^system^df^;^docker^help^;^docker^compose^volumes^;^docker^builder^du"},
	{"docker^manifest^inspect^x^;^docker^trust^inspect^x^;^docker^tag^a^b"},
	{"docker^compose^-p^shop^wait^--down-project^web", NULL, "shop"},
	{"docker^stack^rm^shop", NULL, NULL, "docker stack"},
	{"docker^compose^-p^shop^down", NULL, "shop"},
	{"docker^compose^--project-name=shop^up^-d", NULL, "shop"},
	{"docker-compose^down", .composes = true},
	{"docker^compose^-p^$P^down", NULL, NULL, "docker compose down"},
	{"docker^compose^ps"},
	{"docker^-H=ssh://other^stop^web"},
	{"docker^-Hssh://other^compose^-pshop^down"},
	{"docker^-DH=unix:///run/docker.sock^stop^web^;^docker^compose^-pshop^down", "web", "shop"},
	{"docker^--new^x^rm^-f^web", NULL, NULL, "docker"},
	{"/bin/echo^/opt/web/exporter^docker^stop^web"},
	{"/usr/sbin/ip^addr^del^10.0.0.9/32^dev^lo"},
	{"/opt/web/exporter^--dir^/srv/db", NULL, NULL, "/opt/web/exporter"},
	{"/usr/bin/env^A=b^/opt/x", NULL, NULL, "/opt/x"},
	{"/bin/sh^/opt/down", NULL, NULL, "/opt/down"},
	{"/bin/bash", NULL, NULL, "/bin/bash"},
	{SHELL("docker stop web; docker rm web"), "web"},
	{"/bin/bash^-ec^cd /x && docker rm -f web || true", "web"},
	{SHELL("if docker ps; then docker stop db; fi"), "db"},
	{SHELL("docker rm -f $(docker ps -aq)"), NULL, NULL, "docker rm"},
	{SHELL("docker ps -q | xargs docker stop"), NULL, NULL, "xargs"},
	{SHELL("echo web; pkill httpd"), NULL, NULL, "pkill"},
	{""},
};

static void check(const struct row *row, const struct strv *list, const char *expected)
{
	CLEANUP(freep) char *text = strv_join(list, " ");

	if (strcmp(text, expected ? expected : "") != 0)
		fail_msg("%s: '%s', not '%s'", row->words, text, expected ? expected : "");
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(unit_commands_clear) struct unit_commands c = {0};
		CLEANUP(strv_clear) struct strv words = {0};

		strv_split(&words, rows[i].words, "^");
		unit_commands_take(&words, "/opt/u", &c);
		check(&rows[i], &c.names, rows[i].names);
		check(&rows[i], &c.projects, rows[i].projects);
		check(&rows[i], &c.unclear, rows[i].unclear);
		assert_int_equal(c.composes, rows[i].composes);
	}
}

static void test_places(void **state)
{
	CLEANUP(unit_commands_clear) struct unit_commands c = {0};
	CLEANUP(strv_clear) struct strv words = {0};

	strv_split(&words, "docker|compose|-f|./a.yml|-fb.yml|--project-directory=/srv/b|rm|-f|c",
		   "|");
	unit_commands_take(&words, "/opt/u", &c);
	assert_true(strv_contains(&c.places, "/opt/u/a.yml"));
	assert_true(strv_contains(&c.places, "/srv/b"));
	assert_true(strv_contains(&c.places, "/opt/u/b.yml"));
	assert_int_equal(c.places.count, 3);
}

/* Whose project it is where nothing names it. */
static void test_here(void **state)
{
	static const struct {
		const char *words;
		bool composes, here;
	} lines[] = {
		{"docker compose down", true, true},
		{"docker compose -f /srv/b/c.yml down", true, false},
		{"docker compose --project-directory /srv/b down", true, false},
		{"docker compose -p shop down", false, false},
		{"docker compose -p shop -f /srv/b/c.yml down", false, false},
		{"docker compose -f /srv/b/c.yml ps", false, false},
		{"docker stop web", false, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(unit_commands_clear) struct unit_commands c = {0};
		CLEANUP(strv_clear) struct strv words = {0};

		strv_split(&words, lines[i].words, " ");
		unit_commands_take(&words, "/opt/u", &c);
		if (c.composes != lines[i].composes || c.here != lines[i].here)
			fail_msg("'%s'", lines[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_here),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
