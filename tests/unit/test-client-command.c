#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/client-command.h"

static const struct row {
	const char *line; /* words by one blank */
	const char *verb; /* NULL: it loses nothing */
	const char *project, *host;
	bool builds, unclear;
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
	/* as pflag reads them */
	{"docker -H=tcp://db:2375 run bb", "docker run", NULL, "tcp://db:2375", false},
	{"docker -Htcp://db:2375 events", "docker events", NULL, "tcp://db:2375", false},
	{"docker --host tcp://db events", "docker events", NULL, "tcp://db", false},
	{"docker -DH tcp://db:2375 events", "docker events", NULL, "tcp://db:2375", false},
	{"docker -DH=tcp://db:2375 events", "docker events", NULL, "tcp://db:2375", false},
	{"docker -DHtcp://db:2375 events", "docker events", NULL, "tcp://db:2375", false},
	{"docker -D=false -lH logs web", "docker logs", NULL, NULL, false},
	{"docker -l debug --tls --tlsverify=1 --tlscacert=/a --tlskey /k wait web", "docker wait",
	 NULL, NULL, false},
	{"docker --debug=true -v=false --config=/c wait web", "docker wait", NULL, NULL, false},
	{"docker system -H=tcp://db events", "docker system events", NULL, "tcp://db", false},
	{"docker -H tcp://db compose -pshop up", "docker compose up", "shop", "tcp://db", false},
	{"docker compose -p=shop -fa.yml --env-file e up", "docker compose up", "shop", NULL,
	 false},
	{"docker compose --dry-run --ansi=never --file=a.yml up", "docker compose up", NULL, NULL,
	 false},
	{"docker compose up -p shop", "docker compose up", NULL, NULL, false},
	{"/x/docker-compose -H tcp://db compose -p shop up", "docker compose up", "shop",
	 "tcp://db", false},
	{"/x/docker-buildx --builder=b buildx build .", "docker buildx build", NULL, NULL, true},
	/* the word behind one that is not known may be its value */
	{"docker --new tcp://db run bb", "docker run", NULL, NULL, false, .unclear = true},
	{"docker --new=tcp://db run bb", "docker run", NULL, NULL, false, .unclear = true},
	{"docker -DN tcp://db container exec web x", "docker container exec", NULL, NULL, false,
	 .unclear = true},
	{"docker -- events", "docker events", NULL, NULL, false, .unclear = true},
	{"docker -DDD=1 --new ps", "docker ps", NULL, NULL, false, .unclear = true},
	{"docker --new x restart web", "docker restart", NULL, NULL, false, .unclear = true},
	{"docker --new x", "docker", NULL, NULL, false, .unclear = true},
	{"docker -DDD=1 ps", NULL, NULL, NULL, false},
	{"docker ps", NULL, NULL, NULL, false},
	{"docker inspect run", NULL, NULL, NULL, false},
	{"docker --config /run ps", NULL, NULL, NULL, false},
	{"docker compose ps", NULL, NULL, NULL, false},
	{"docker volume create x", "docker volume create", NULL, NULL, false},
	{"docker", NULL, NULL, NULL, false},
	{"docker -H", "docker", NULL, NULL, false, .unclear = true},
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
		if (strcmp_null(c.project, rows[i].project) != 0 ||
		    strcmp_null(c.host, rows[i].host) != 0 || c.builds != rows[i].builds ||
		    c.unclear != rows[i].unclear)
			fail_msg("'%s': %s, %s", rows[i].line, c.project, c.host);
	}
}

/* Whatever is not known to read is at work: a word that nobody has heard of, too. */
static void test_at_work(void **state)
{
	static const char *const work[] = {
		"buildx inspect --bootstrap",
		"buildx history rm x",
		"restart -t 60 r1",
		"stop r1",
		"kill r1",
		"rm -f r1",
		"container restart r1",
		"container prune -f",
		"update --memory 1g r1",
		"commit r1 x",
		"pause r1",
		"unpause r1",
		"rename a b",
		"tag a b",
		"compose restart",
		"compose down",
		"compose stop db",
		"compose up -d",
		"compose kill",
		"compose rm -s",
		"compose pull",
		"swap a",
		"frobnicate r1",
		"compose frobnicate",
		"container frobnicate r1",
		"system prune",
		"system dial-stdio",
		"image rm x",
		"rmi x",
		"network rm x",
		"network disconnect n r1",
		"volume prune",
		"volume rm x",
		"stack deploy -c f s",
		"stack rm s",
		"service update --force s",
		"service scale s=3",
		"plugin disable p",
		"swarm leave",
		"node update n",
		"checkpoint create r1 x",
		"scout x",
		"manifest push x",
		"manifest create x y",
		"trust sign x",
		"buildx imagetools create -t x y",
		"run bb ps",
		"exec r1 ps",
		"restart ps",
		"save x",
		"secret create x -",
	};
	static const char *const looks[] = {
		"ps -a",
		"images -q",
		"info",
		"version",
		"inspect restart",
		"top r1",
		"port r1",
		"diff r1",
		"history x",
		"search x",
		"system df",
		"system info",
		"container ls",
		"container inspect r1",
		"image ls",
		"image history x",
		"network ls",
		"network inspect n",
		"volume ls",
		"config ls",
		"compose ps",
		"compose ls",
		"compose top",
		"compose images",
		"compose config",
		"compose -p x ps",
		"context use x",
		"login x",
		"stack ls",
		"stack ps s",
		"node ls",
		"plugin ls",
		"service ps s",
		"buildx ls",
		"builder du",
		"help run",
		"manifest inspect x",
		"trust inspect x",
		"checkpoint ls r1",
		"buildx imagetools inspect x",
		"compose docker-cli-plugin-metadata",
		"buildx docker-cli-plugin-metadata",
		"compose docker-cli-plugin-hooks {}",
		"__complete ps",
		"__completeNoDesc compose up",
		"--help",
		"--version",
	};

	for (size_t i = 0; i < ARRAY_SIZE(work) + ARRAY_SIZE(looks); i++) {
		CLEANUP(client_command_clear) struct client_command c = {0};
		CLEANUP(strv_clear) struct strv args = {0};
		bool works = i < ARRAY_SIZE(work);

		strv_add(&args, "/usr/bin/docker");
		strv_split(&args, works ? work[i] : looks[i - ARRAY_SIZE(work)], " ");
		if (client_command_parse(&args, &c) != works || c.reads ||
		    (works && !starts_with(c.verb, "docker ")))
			fail_msg("'%s'", works ? work[i] : looks[i - ARRAY_SIZE(work)]);
	}
}

/* What else says where it goes, and compose's files. */
static void test_other_options(void **state)
{
	static const struct {
		const char *line, *context, *config, *places;
	} lines[] = {
		{"docker -c far events", "far", NULL, ""},
		{"docker -cfar events", "far", NULL, ""},
		{"docker -c=far --config /c events", "far", "/c", ""},
		{"docker --context=far events", "far", NULL, ""},
		{"docker --config=/c --context far events", "far", "/c", ""},
		{"docker events -c far", NULL, NULL, ""},
		{"docker compose -fa.yml -f=b.yml -f c.yml --file d.yml up", NULL, NULL,
		 "a.yml b.yml c.yml d.yml"},
		{"docker compose --file=/a --project-directory /b --workdir=/c up -f no", NULL,
		 NULL, "/a /b /c"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(client_command_clear) struct client_command c = {0};
		CLEANUP(strv_clear) struct strv args = {0};
		CLEANUP(freep) char *places = NULL;

		strv_split(&args, lines[i].line, " ");
		assert_true(client_command_parse(&args, &c));
		places = strv_join(&c.places, " ");
		if (strcmp_null(c.context, lines[i].context) != 0 ||
		    strcmp_null(c.config, lines[i].config) != 0 ||
		    strcmp(places, lines[i].places) != 0 || c.unclear)
			fail_msg("'%s': %s, %s, %s", lines[i].line, c.context, c.config, places);
	}
}

/* Whose end takes nothing along: "attach" passes signals on, and what is written may be half. */
static void test_readers(void **state)
{
	static const struct {
		const char *line;
		bool reads;
	} lines[] = {
		{"docker events", true},
		{"docker system events", true},
		{"docker logs -f web", true},
		{"docker container logs web", true},
		{"docker service logs web", true},
		{"docker compose logs -f", true},
		{"docker-compose events", true},
		{"docker stats", true},
		{"docker wait web", true},
		{"docker --new events", false},
		{"docker compose wait --down-project web", false},
		{"docker-compose wait web", false},
		{"docker attach web", false},
		{"docker run bb logs", false},
		{"docker start -a web", false},
		{"docker exec web wait", false},
		{"docker save web", false},
		{"docker cp web:/a .", false},
		{"docker build .", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(client_command_clear) struct client_command c = {0};
		CLEANUP(strv_clear) struct strv args = {0};

		strv_split(&args, lines[i].line, " ");
		assert_true(client_command_parse(&args, &c));
		if (c.reads != lines[i].reads)
			fail_msg("'%s'", lines[i].line);
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
		{"tcp://u:p@127.0.0.1:2375/", false},
		{"tcp://[::]:2375", false},
		{"tcp://u@db:2376", true},
		{"tcp://localhost.example.org:2375", true},
		{"tcp://127.example.org:2375", true},
		{"", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		if (client_host_is_elsewhere(hosts[i].host) != hosts[i].elsewhere)
			fail_msg("'%s'", hosts[i].host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_lines), cmocka_unit_test(test_at_work),
		cmocka_unit_test(test_other_options), cmocka_unit_test(test_readers),
		cmocka_unit_test(test_elsewhere),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
