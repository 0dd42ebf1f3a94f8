#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "tests/unit/temp-folder.h"

#define STARTED 1000000 /* when dockerd did */

/* The host has 10.0.0.2 and fd00::2; db runs on the networks "bridge" and n1, where it is called "data", too. */
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

static void set_up(struct facts *facts, size_t i)
{
	struct listening *l = &facts->docker.listening;
	struct unit_facts *u = facts_add_unit(facts, "docker.service");
	struct container *c = container_list_add(&facts->docker.containers);

	u->started_usec = STARTED;
	strv_add(&l->addresses, "10.0.0.2");
	strv_add(&l->addresses, "fd00::2");
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
	struct temp_folder *t = *state;

	assert_int_equal(mkdirat(t->fd, "usr", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "usr/bin", 0755), 0);
	temp_folder_write(t, "usr/r2", "");
	temp_folder_write(t, "usr/bin/runc", "");
	temp_folder_write(t, "usr/bin/containerd-shim-runc-v2", "");
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
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_others),
		TEMP_FOLDER_TEST(test_runtimes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
