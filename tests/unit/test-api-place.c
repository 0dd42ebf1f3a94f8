/* Which places of the Engine API are to answer after a change, and for whom. */

#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/api-place.h"
#include "engine/format/url-host.h"

#define NONE ((gid_t)-1)

static const struct {
	const char *at, *end; /* `end` NULL: a path, or an abstract name */
	const char *hosts; /* of the next start; NULL: none are set */
	const char *listens,
		*unlisted; /* of a socket unit; and what is open, and nothing tells of */
	bool asked;
} places[] = {
	{"10.0.0.2:2375", "10.0.0.2 2375", "[\"tcp://0.0.0.0:2375\"]", NULL, NULL, true},
	{"127.0.0.1:2375", "127.0.0.1 2375", "[\"tcp://0.0.0.0:2375\"]", NULL, NULL, true},
	{"127.0.0.1:2375", "127.0.0.1 2375", "[\"tcp://10.0.0.2:2375\"]", NULL, NULL, false},
	{"10.0.0.2:2375", "10.0.0.2 2375", "[\"tcp://10.0.0.2:2375\"]", NULL, NULL, true},
	{"10.0.0.2:2375", "10.0.0.2 2375", "[\"tcp://10.0.0.2:2376\"]", NULL, NULL, false},
	{"[::1]:2375", "::1 2375", "[\"tcp://localhost:2375\"]", NULL, NULL, false},
	{"127.0.0.1:2375", "127.0.0.1 2375", "[\"tcp://localhost:2375\"]", NULL, NULL, true},
	{"10.0.0.2:2375", "10.0.0.2 2375", NULL, NULL, NULL, false},
	{"10.0.0.2:2375", "10.0.0.2 2375", "[\"fd://\"]", NULL, "tcp://0.0.0.0:2375", false},
	{"/run/docker.sock", NULL, NULL, NULL, NULL, true},
	{"/var/run/docker.sock", NULL, NULL, NULL, NULL, true},
	{"/run/docker.sock", NULL, "[\"unix:///var/run/docker.sock\"]", NULL, NULL, true},
	{"/run/docker.sock", NULL, "[\"fd://\"]", "/run/docker.sock", NULL, true},
	{"/run/docker.sock", NULL, "[\"fd://\"]", "/var/run/docker.sock", NULL, true},
	{"/run/docker.sock", NULL, "[\"unix:///run/other.sock\"]", NULL, NULL, false},
	{"/run/other.sock", NULL, NULL, NULL, NULL, false},
	{"/run/other.sock", NULL, "[\"unix:///run/other.sock\"]", NULL, NULL, true},
	{"@docker", NULL, "[\"unix://@docker\"]", NULL, NULL, true},
	{"@docker", NULL, "[\"fd://\"]", "/run/docker.sock", NULL, false},
};

static struct unit_facts *socket_unit(struct facts *f, const char *listens)
{
	struct unit_facts *u = facts_add_unit(f, "docker.socket");

	u->exists = true;
	strv_add(&u->listens, listens);
	return u;
}

static void test_asked(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(api_place_clear)
		struct api_place p = {.at = xstrdup(places[i].at),
				      .end = xstrdup_null(places[i].end)};
		const char *unlisted = places[i].unlisted;

		if (places[i].hosts) {
			settings_put(&f.docker.next, "hosts", places[i].hosts, SOURCE_FILE, NULL);
			url_hosts_read(places[i].hosts, &f.docker.tcp_listeners);
		}
		if (unlisted) {
			strv_add(&f.docker.tcp_listeners, unlisted);
			strv_add(&f.docker.tcp_unlisted, unlisted);
		}
		if (places[i].listens)
			socket_unit(&f, places[i].listens);
		if (api_place_is_asked(&f, &p) != places[i].asked)
			fail_msg("row %zu", i);
	}
}

static const struct {
	mode_t mode;
	const char *acl;
	bool everyone, group;
} modes[] = {
	{0660, NULL, false, true},
	{0600, NULL, false, false},
	{0666, NULL, true, true},
	{0640, NULL, false, false}, /* who may read may not connect */
	{0660, "user::rw-,user:7:rw-,group::rw-,mask::rw-,other::---", false, true},
	{0660, "user::rw-,user:7:rw-,group::r--,mask::rw-,other::---", false, false},
	{0640, "user::rw-,user:7:rw-,group::rw-,mask::r--,other::---", false, false},
};

static void test_grants(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		CLEANUP(node_clear)
		struct node n = {.kind = NODE_SOCKET,
				 .mode = modes[i].mode,
				 .gid = 998,
				 .acl = xstrdup_null(modes[i].acl)};
		struct api_grants g = api_grants_of(&n);

		if (!g.socket || g.everyone != modes[i].everyone || g.group != modes[i].group)
			fail_msg("row %zu", i);
	}
}

static gid_t number(const char *group)
{
	return strcmp(group, "docker") == 0 ? 998 : strcmp(group, "ops") == 0 ? 7 : NONE;
}

static const struct {
	const char *unit_group, *unit_mode; /* both NULL: dockerd makes it */
	const char *group; /* of dockerd; NULL: not set */
	bool everyone, in_group;
	gid_t gid;
} made[] = {
	{NULL, NULL, NULL, false, true, 998},
	{NULL, NULL, "\"ops\"", false, true, 7},
	{NULL, NULL, "\"gone\"", false, true, NONE},
	{"docker", "0660", NULL, false, true, 998},
	{"docker", "0600", NULL, false, false, 998},
	{"docker", "", NULL, true, true, 998}, /* as systemd does it unasked */
	{"", "0660", NULL, false, true, 0},
};

static void test_made_anew(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct api_grants g;

		if (made[i].unit_mode) {
			struct unit_facts *u = socket_unit(&f, "/run/docker.sock");

			u->listen_group = xstrdup(made[i].unit_group);
			u->listen_mode = xstrdup(made[i].unit_mode);
		}
		if (made[i].group)
			settings_put(&f.docker.next, "group", made[i].group, SOURCE_FILE, NULL);
		g = api_grants_asked(&f, "/var/run/docker.sock", number);
		if (g.everyone != made[i].everyone || g.group != made[i].in_group ||
		    g.gid != made[i].gid)
			fail_msg("row %zu", i);
	}
}

#define GROUP(n)                                                                                   \
	{                                                                                          \
		true, false, true, n                                                               \
	}
#define EVERYONE                                                                                   \
	{                                                                                          \
		true, true, true, 0                                                                \
	}
#define NOBODY                                                                                     \
	{                                                                                          \
		true, false, false, 0                                                              \
	}

static const struct {
	struct api_grants before, now, asked;
	const char *who; /* NULL: nobody */
} losses[] = {
	{GROUP(998), GROUP(998), GROUP(998), NULL},
	{GROUP(998), GROUP(0), GROUP(998), "the group 998"},
	{GROUP(998), NOBODY, GROUP(998), "the group 998"},
	{GROUP(998), NOBODY, NOBODY, NULL}, /* so it is asked for, and named by the plan */
	{GROUP(998), GROUP(7), GROUP(7), NULL},
	{GROUP(998), EVERYONE, GROUP(998), NULL},
	{GROUP(998), NOBODY, EVERYONE, "the group 998"},
	{GROUP(0), NOBODY, GROUP(0), NULL}, /* root's alone */
	{EVERYONE, GROUP(998), EVERYONE, "every account"},
	{EVERYONE, GROUP(998), GROUP(998), NULL},
	{NOBODY, NOBODY, GROUP(998), NULL}, /* who could not before is not asked for */
	{{0}, NOBODY, GROUP(998), NULL},
	{GROUP(998), {0}, GROUP(998), NULL}, /* that it is gone is told otherwise */
};

static void test_lost(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(losses); i++) {
		CLEANUP(freep)
		char *who = api_grants_lost(&losses[i].before, &losses[i].now, &losses[i].asked);

		if (strcmp_null(who, losses[i].who) != 0)
			fail_msg("row %zu: %s", i, who ? who : "nobody");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked), cmocka_unit_test(test_grants),
		cmocka_unit_test(test_made_anew), cmocka_unit_test(test_lost)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
