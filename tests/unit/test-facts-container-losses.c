#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "tests/unit/temp-directory.h"

#define PROCESS 0x7fffffff /* of nobody */
#define STARTED 1000000 /* when dockerd did */

/* The host has 10.0.0.2, fd00::2 and 10.9.0.0/24; db runs on the networks "bridge" and n1, where it is called "data", too. */
static const struct {
	const char *port, *network, *link;
	bool legacy; /* the link is one of docker0 */
	const char *icc;
	bool carried_over;
	const char *unknown; /* which addresses the host has */
	const char *loses; /* NULL: nothing */
} rows[] = {
	{.port = "8080/tcp on 0.0.0.0"},
	{.port = "8080/tcp on ::"},
	{.port = "8080/tcp on default"},
	{.port = "8080/tcp on 127.0.0.5"},
	{.port = "8080/tcp on ::1"},
	{.port = "8080/tcp on 10.0.0.2"},
	{.port = "8080/tcp on fd00:0::2"},
	{.port = "8080/tcp on 10.9.1.0",
	 .loses = "port 8080/tcp on 10.9.1.0, an address that this host does not have now"},
	{.port = "8080/tcp on 10.9.0.7"}, /* of a route that makes it local */
	{.port = "8080/tcp on 10.0.0.20",
	 .loses = "port 8080/tcp on 10.0.0.20, an address that this host does not have now"},
	{.port = "53/udp on fd00::3",
	 .loses = "port 53/udp on fd00::3, an address that this host does not have now"},
	{.port = "8080/tcp on 10.0.0.20",
	 .carried_over = true, /* nobody knows whether it was there at that start */
	 .loses = "port 8080/tcp on 10.0.0.20, an address that this host does not have now"},
	{.port = "8080/tcp on 10.0.0.2", .unknown = "hidden", .loses = "is not known"},
	{.port = "8080/tcp on 0.0.0.0", .unknown = "hidden"},
	{.network = "n1", .link = "n1 db:database", .loses = "the name 'database'"},
	{.network = "n1", .link = "n1 db:database", .icc = "true", .loses = "the name 'database'"},
	{.network = "n1", .link = "n1 db:database", .carried_over = true},
	{.network = "n1", .link = "n1 db:data"},
	{.network = "n1", .link = "n1 db:db"},
	{.network = "n1", .link = "n1 db"},
	{.network = "n2", .link = "n2 db:data", .loses = "link to db on network n2"},
	{.network = "n1", .link = "n1 db:shop", .loses = "the name 'shop'"}, /* another's */
	{.network = "n1", .link = "n1 0123456789ab", .loses = "the name '0123456789ab'"},
	{.network = "bridge",
	 .link = "/db:/shop/d",
	 .legacy = true,
	 .icc = "false",
	 .loses = "the way to db over docker0"},
	{.network = "bridge", .link = "/db:/shop/d", .legacy = true, .loses = "the way to db"},
	{.network = "bridge", .link = "/db:/shop/d", .legacy = true, .icc = "true"},
	{.network = "bridge",
	 .link = "/db:/shop/d",
	 .legacy = true,
	 .icc = "false",
	 .carried_over = true},
	{.network = "n1", .link = "/db:/shop/d", .legacy = true, .icc = "false"},
};

static const char *commands; /* of each unit */

int __wrap_bus_commands(struct bus *b, const char *unit, const char *property, struct strv *ret,
			struct error *err);

int __wrap_bus_commands(struct bus *b, const char *unit, const char *property, struct strv *ret,
			struct error *err)
{
	strv_split(ret, commands, " ");
	return 0;
}

static void set_up(struct facts *facts, size_t i)
{
	struct listening *l = &facts->docker.listening;
	struct unit_facts *u = facts_add_unit(facts, "docker.service");
	struct container *c = container_list_add(&facts->docker.containers);

	u->started_usec = STARTED;
	strv_add(&l->addresses, "10.0.0.2");
	strv_add(&l->addresses, "fd00::2");
	strv_add(&l->addresses, "10.9.0.0/24");
	l->unknown = xstrdup_null(rows[i].unknown);
	if (rows[i].icc)
		settings_put(&facts->docker.now, "icc", rows[i].icc, SOURCE_API, "");
	c->name = xstrdup("db");
	c->running = true;
	strv_add(&c->networks, "bridge");
	strv_add(&c->networks, "n1");
	strv_add(&c->network_names, "n1 data");
	c = container_list_add(&facts->docker.containers);
	c->name = xstrdup("shop");
	c->running = true;
	c->pid = PROCESS;
	c->started_usec = rows[i].carried_over ? STARTED - 1 : STARTED + 1;
	if (rows[i].port)
		strv_add(&c->ports, rows[i].port);
	if (rows[i].network)
		strv_add(&c->networks, rows[i].network);
	if (rows[i].link)
		strv_add(rows[i].legacy ? &c->links : &c->network_links, rows[i].link);
	containers_known(&facts->docker.containers);
}

static void test_losses(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts facts = {0};
		struct gather g = {.facts = &facts};
		struct container *shop;
		CLEANUP(freep) char *loses = NULL;

		set_up(&facts, i);
		gather_container_losses(&g);
		shop = &facts.docker.containers.seen[1];
		loses = strv_join(&shop->loses, "|");
		if (rows[i].loses ? !strstr(loses, rows[i].loses) : *loses != '\0')
			fail_msg("row %zu: '%s'", i, loses);
		assert_int_equal(shop->absent_ports.count, rows[i].port && rows[i].loses);
		assert_int_equal(facts.docker.containers.seen[0].loses.count, 0);
	}
}

/* Each loss of a network is that of whoever has the same one; what is a container's own is not. */
static void test_shared_network(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts facts = {0};
		struct gather g = {.facts = &facts};
		CLEANUP(freep) char *loses = NULL;
		struct container *sidecar;

		set_up(&facts, i);
		sidecar = container_list_add(&facts.docker.containers);
		sidecar->name = xstrdup("sidecar");
		sidecar->running = true;
		sidecar->network_mode = xstrdup("container:shop");
		gather_container_losses(&g);
		sidecar = &facts.docker.containers.seen[2];
		loses = strv_join(&sidecar->loses, "|");
		if (rows[i].loses ? !strstr(loses, rows[i].loses) ||
					    !strstr(loses, ", with container shop whose network")
				  : *loses != '\0')
			fail_msg("row %zu: '%s'", i, loses);
		assert_string_equal(sidecar->loses_with ? sidecar->loses_with : "-",
				    rows[i].loses ? "shop" : "-");
		assert_int_equal(sidecar->absent_ports.count, 0); /* it starts all the same */
		assert_int_equal(facts.docker.containers.seen[0].loses.count, 0);
	}
}

/* An address that is there now, and goes with what goes down with dockerd. */
static void test_address_goes(void **state)
{
	static const struct {
		const char *port, *down, *commands, *unread;
		const char *loses; /* NULL: nothing */
	} cases[] = {
		{"80/tcp on 10.0.0.2", "vip.service", "/sbin/ip addr add 10.0.0.2/32 dev lo", NULL,
		 "loses port 80/tcp on 10.0.0.2, an address of which vip.service speaks"},
		{"80/tcp on 10.0.0.2", "vip.service", "/sbin/ip addr add 10.0.0.20/32 dev lo", NULL,
		 NULL},
		{"80/tcp on 10.0.0.2", "a.service", "/usr/bin/agent --host 10.0.0.2", NULL, NULL},
		{"80/tcp on fd00::2", "vip.service", "/sbin/ip addr add fd00::2/128 dev lo", NULL,
		 "of which vip.service speaks"},
		{"80/tcp on 10.0.0.2", "a.service", "/opt/up",
		 "what ExecStart= of a.service does to containers is not known: /opt/up",
		 "may lose port 80/tcp on 10.0.0.2, an address that a.service may bring"},
		{"80/tcp on 10.0.0.2", "a.service", "/opt/up",
		 "what ExecStop= of docker.service does to containers is not known: /opt/x", NULL},
		{"80/tcp on 127.0.0.1", "a.service", "/sbin/ip addr add 127.0.0.1/8 dev lo",
		 "what ExecStart= of a.service does to containers is not known: /opt/up", NULL},
		{"80/tcp on 0.0.0.0", "a.service", "/opt/up 0.0.0.0",
		 "what ExecStart= of a.service does to containers is not known: /opt/up", NULL},
		{"80/tcp on 10.0.0.2", NULL, "10.0.0.2", NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts facts = {0};
		struct gather g = {.facts = &facts};
		struct container *shop;
		CLEANUP(freep) char *loses = NULL;

		set_up(&facts, 0);
		shop = &facts.docker.containers.seen[1];
		strv_clear(&shop->ports);
		strv_add(&shop->ports, cases[i].port);
		commands = cases[i].commands;
		if (cases[i].down)
			strv_add(&facts.docker.goes_down, cases[i].down);
		if (cases[i].unread)
			strv_add(&facts.docker.may_end, cases[i].unread);
		gather_container_losses(&g);
		loses = strv_join(&shop->loses, "|");
		if (cases[i].loses ? !strstr(loses, cases[i].loses) : *loses != '\0')
			fail_msg("row %zu: '%s'", i, loses);
		assert_int_equal(shop->absent_ports.count, cases[i].loses != NULL);
	}
}

/* No proxy runs in a test: where dockerd is to have them, all are lost. */
static void test_lost_ports(void **state)
{
	static const struct {
		const char *proxy, *port;
		bool lost, pauses; /* between two runs, when dockerd has no proxy for it */
	} cases[] = {
		{"true", "1/tcp on 0.0.0.0", false, true}, {"true", "1/tcp on 0.0.0.0", true},
		{"true", "1/tcp on 10.0.0.2", true},       {"false", "1/tcp on 0.0.0.0", false},
		{NULL, "1/tcp on 0.0.0.0", false},         {"true", "1/tcp on default", false},
		{"true", "1-9/tcp on 0.0.0.0", false},     {"true", "any/tcp on ::", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts facts = {0};
		struct gather g = {.facts = &facts};
		struct container *c = container_list_add(&facts.docker.containers);

		c->running = true;
		c->pid = cases[i].pauses ? 0 : PROCESS;
		strv_add(&c->ports, cases[i].port);
		containers_known(&facts.docker.containers);
		if (cases[i].proxy)
			settings_put(&facts.docker.now, "userland-proxy", cases[i].proxy,
				     SOURCE_FILE, "");
		gather_container_losses(&g);
		assert_int_equal(c->lost_ports.count, cases[i].lost);
	}
}

/* What does not run has nothing to lose, and of another host's nothing is known. */
static void test_others(void **state)
{
	for (int offline = 0; offline < 2; offline++) {
		CLEANUP(facts_clear) struct facts facts = {.offline = offline};
		struct gather g = {.facts = &facts};
		struct container *shop;

		set_up(&facts, 7);
		shop = &facts.docker.containers.seen[1];
		shop->running = offline;
		gather_container_losses(&g);
		assert_int_equal(shop->loses.count, 0);
	}
}

/* The next dockerd knows the runtimes r2, gone and typed. */
static void test_runtimes(void **state)
{
	static const struct {
		const char *runtime, *loses;
		bool may_not_start;
	} runtimes[] = {
		{.runtime = "runc"},
		{.runtime = ""},
		{.runtime = "io.containerd.runc.v2"},
		{.runtime = "io.containerd.runtime.v1.linux"},
		{.runtime = "io.containerd.kata.v2",
		 .loses = "'containerd-shim-kata-v2', is not there",
		 .may_not_start = true},
		{.runtime = "typed",
		 .loses = "'containerd-shim-x-v1', is not there",
		 .may_not_start = true},
		{.runtime = "/usr/r2"},
		{.runtime = "/usr/r9", .loses = "'/usr/r9', is not there", .may_not_start = true},
		{.runtime = "r2"},
		{.runtime = "r3", .loses = "'r3' is not among those", .may_not_start = true},
		{.runtime = "gone", .loses = "'/usr/gone', is not there", .may_not_start = true},
	};
	struct temp_directory *t = *state;

	assert_int_equal(mkdirat(t->fd, "usr", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "usr/bin", 0755), 0);
	temp_directory_write(t, "usr/r2", "");
	temp_directory_write(t, "usr/bin/runc", "");
	temp_directory_write(t, "usr/bin/containerd-shim-runc-v2", "");
	for (size_t i = 0; i < ARRAY_SIZE(runtimes); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g = {.facts = &f, .root = &t->root};
		struct container *c = container_list_add(&f.docker.containers);
		const char *has;

		settings_put(&f.docker.next, "runtimes",
			     "{\"r2\":{\"path\":\"/usr/r2\"},\"gone\":{\"path\":\"/usr/gone\"},"
			     "\"typed\":{\"runtimeType\":\"io.containerd.x.v1\"}}",
			     SOURCE_FILE, "test");
		c->runtime = xstrdup_null(runtimes[i].runtime);
		c->running = true;
		containers_known(&f.docker.containers);
		gather_container_losses(&g);
		has = c->loses.count ? c->loses.items[0] : NULL;
		if (c->loses.count != !!runtimes[i].loses ||
		    (has && !strstr(has, runtimes[i].loses)) ||
		    !c->no_start == runtimes[i].may_not_start)
			fail_msg("row %zu: %s", i, has ? has : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_losses),       cmocka_unit_test(test_shared_network),
		cmocka_unit_test(test_others),       cmocka_unit_test(test_lost_ports),
		cmocka_unit_test(test_address_goes), TEMP_DIRECTORY_TEST(test_runtimes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
