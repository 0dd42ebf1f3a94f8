#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "tests/unit/temp-directory.h"

/* What a node of a swarm would find of its addresses at dockerd's start. */

#define STATE(listen, local, data)                                                                 \
	"{\"LocalAddr\":\"" local "\",\"RemoteAddr\":\"\",\"ListenAddr\":\"" listen                \
	"\",\"AdvertiseAddr\":\"203.0.113.9:2377\",\"DataPathAddr\":\"" data "\"}"
#define STATE_FILE "data/swarm/docker-state.json"
#define ABSENT "an address that this host does not have now"

/* The host has 10.0.0.2, fd00::2 and the interface eth1. */
static const struct row {
	const char *file; /* NULL: there is none */
	const char *wants; /* NULL: nothing speaks against a restart */
	const char *swarm; /* NULL: "active" */
	const char *unknown; /* which addresses the host has */
	const char *down, *commands, *unread; /* a unit that goes down with dockerd */
	bool stopped, offline;
} rows[] = {
	{STATE("0.0.0.0:2377", "10.0.0.2", "")},
	{STATE("[::]:2377", "fd00::2", "")},
	{STATE("10.0.0.2:2377", "10.0.0.2", "10.0.0.2")},
	{STATE("[fd00:0::2]:2377", "fd00::2", "")},
	{STATE("[fd00::2%eth1]:2377", "fd00::2%eth1", "")},
	{STATE("127.0.0.1:2377", "127.0.0.1", "")},
	{STATE("eth1:2377", "10.0.0.2", "eth1")},
	{STATE("0.0.0.0:2377", "", "")}, /* of a node that joined: it finds one at each start */
	{STATE("10.7.7.1:2377", "10.7.7.1", "10.7.7.1"), "listens on 10.7.7.1, " ABSENT},
	{STATE("0.0.0.0:2377", "10.7.7.1", "")}, /* measured: it is not missed */
	{STATE("0.0.0.0:2377", "10.0.0.2", "10.7.7.1")},
	{STATE("[fd00::3]:2377", "fd00::3", ""), "listens on fd00::3, " ABSENT},
	{STATE("eth2:2377", "10.0.0.2", ""), "listens on eth2, " ABSENT},
	{STATE("10.0.0.2:2377", "10.0.0.2", ""), "is not known", .unknown = "hidden"},
	{STATE("0.0.0.0:2377", "", ""), .unknown = "hidden"},
	{STATE("10.0.0.2:2377", "10.0.0.2", ""), "of which vip.service speaks",
	 .down = "vip.service", .commands = "/sbin/ip addr add 10.0.0.2/32 dev lo"},
	{STATE("10.0.0.2:2377", "10.0.0.2", ""), .down = "vip.service",
	 .commands = "/sbin/ip addr add 10.0.0.20/32 dev lo"},
	{STATE("10.0.0.2:2377", "10.0.0.2", ""), "that a.service may bring", .down = "a.service",
	 .commands = "/opt/up",
	 .unread = "what ExecStart= of a.service does to containers is not known: /opt/up"},
	{"{", "is not known"},
	{NULL, "there is no file /data/swarm/docker-state.json"},
	{NULL, .swarm = "inactive"},
	{STATE("10.7.7.1:2377", "10.7.7.1", ""), "listens on 10.7.7.1", .swarm = "pending"},
	{STATE("10.7.7.1:2377", "10.7.7.1", ""), "listens on 10.7.7.1", .swarm = "locked"},
	{STATE("10.7.7.1:2377", "10.7.7.1", ""), .swarm = "error"}, /* a restart fixes it at best */
	{STATE("10.7.7.1:2377", "10.7.7.1", ""), .stopped = true},
	{STATE("10.7.7.1:2377", "10.7.7.1", ""), .offline = true},
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

static void fill(struct facts *f, const struct row *row)
{
	struct docker_facts *d = &f->docker;

	f->offline = row->offline;
	d->running = !row->stopped;
	d->data_root = xstrdup("/data");
	d->swarm = xstrdup(row->swarm ? row->swarm : "active");
	d->listening.unknown = xstrdup_null(row->unknown);
	strv_add(&d->listening.addresses, "10.0.0.2");
	strv_add(&d->listening.addresses, "fd00::2");
	commands = row->commands;
	if (row->down)
		strv_add(&d->goes_down, row->down);
	if (row->unread)
		strv_add(&d->may_end, row->unread);
}

static void make_directories(const struct temp_directory *t)
{
	static const char *const directories[] = {
		"data", "data/swarm", "sys", "sys/class", "sys/class/net", "sys/class/net/eth1"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		assert_int_equal(mkdirat(t->fd, directories[i], 0755), 0);
}

static void test_addresses(void **state)
{
	struct temp_directory *t = *state;

	make_directories(t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g = {.facts = &f, .root = &t->root};
		CLEANUP(freep) char *told = NULL;

		if (row->file)
			temp_directory_write(t, STATE_FILE, row->file);
		else
			unlinkat(t->fd, STATE_FILE, 0);
		fill(&f, row);
		gather_swarm_address(&g);
		told = strv_join(&f.docker.swarm_absent, "|");
		if (row->wants ? !strstr(told, row->wants) : *told != '\0')
			fail_msg("row %zu: '%s'", i, told);
		assert_int_equal(f.docker.swarm_absent.count, row->wants != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_addresses),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
