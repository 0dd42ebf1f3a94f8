#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/client-command.h"

static const struct row {
	const char *line; /* words by one blank */
	const char *verb; /* NULL: nothing stays open */
	const char *project, *host;
	bool builds;
} rows[] = {
	{"/usr/bin/docker run --rm -e TOKEN=s3cret bb httpd", "docker run", NULL, NULL, false},
	{"docker run -d bb", "docker run", NULL, NULL, false},
	{"docker -H unix:///x.sock logs -f web", "docker logs", NULL, "unix:///x.sock", false},
	{"docker --host=tcp://db:2376 --tlscert /c attach web", "docker attach", NULL,
	 "tcp://db:2376", false},
	{"docker -D container exec web run", "docker container exec", NULL, NULL, false},
	{"docker build -t x .", "docker build", NULL, NULL, true},
	{"docker buildx --builder b bake", "docker buildx bake", NULL, NULL, true},
	{"docker image build .", "docker image build", NULL, NULL, true},
	{"docker events", "docker events", NULL, NULL, false},
	{"docker system events", "docker system events", NULL, NULL, false},
	{"docker compose -f a.yml -p shop up", "docker compose up", "shop", NULL, false},
	{"docker compose --project-name=shop up -d", "docker compose up", "shop", NULL, false},
	{"/usr/libexec/docker/cli-plugins/docker-compose compose -p shop up", "docker compose up",
	 "shop", NULL, false},
	{"/usr/bin/docker-compose -p shop up", "docker compose up", "shop", NULL, false},
	{"/usr/bin/python3 /usr/bin/docker-compose up", "docker compose up", NULL, NULL, false},
	{"/x/docker-buildx buildx build .", "docker buildx build", NULL, NULL, true},
	{"docker ps", NULL, NULL, NULL, false},
	{"docker inspect run", NULL, NULL, NULL, false},
	{"docker --config /run ps", NULL, NULL, NULL, false},
	{"docker compose ps", NULL, NULL, NULL, false},
	{"docker volume create x", NULL, NULL, NULL, false},
	{"docker", NULL, NULL, NULL, false},
	{"docker -H", NULL, NULL, NULL, false},
	{"docker compose", NULL, NULL, NULL, false},
	{"/usr/bin/dockerd run", NULL, NULL, NULL, false},
	{"sh -c docker run", NULL, NULL, NULL, false},
	{"", NULL, NULL, NULL, false},
};

static void test_command_lines(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(client_command_clear) struct client_command c = {0};
		CLEANUP(strv_clear) struct strv args = {0};
		bool stays;

		strv_split(&args, rows[i].line, " ");
		stays = client_command_parse(&args, &c);
		if (stays != (rows[i].verb != NULL) || strcmp_null(c.verb, rows[i].verb) != 0)
			fail_msg("'%s': %s", rows[i].line, c.verb ? c.verb : "nothing");
		if (!stays)
			continue;
		assert_int_equal(strcmp_null(c.project, rows[i].project), 0);
		assert_int_equal(strcmp_null(c.host, rows[i].host), 0);
		assert_int_equal(c.builds, rows[i].builds);
	}
}

static void test_elsewhere(void **state)
{
	static const struct {
		const char *host;
		bool elsewhere;
	} hosts[] = {
		{"unix:///var/run/docker.sock", false},
		{"unix:///srv/docker.sock", false},
		{"unix:///run/user/1000/docker.sock", true},
		{"ssh://root@db", true},
		{"tcp://db:2376", true},
		{"tcp://localhost:2375", false},
		{"tcp://127.0.0.1:2375", false},
		{"tcp://[::1]:2375", false},
		{"tcp://:2375", false},
		{"", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		if (client_host_is_elsewhere(hosts[i].host) != hosts[i].elsewhere)
			fail_msg("'%s'", hosts[i].host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_lines),
		cmocka_unit_test(test_elsewhere),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
