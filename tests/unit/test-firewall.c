#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define API "name=api sources=192.0.2.0/24,fd00::/8 ports=@api"
#define FILE_PATH "/etc/harden/firewall-api.nft"
#define UNIT_PATH "/etc/systemd/system/harden-firewall-api.service"
#define BASE                                                                                       \
	"type filter hook prerouting priority -150; policy accept;\n"                              \
	"ct state established,related accept\n"                                                    \
	"iifname \"lo\" accept\n"                                                                  \
	"fib daddr type != local accept\n"
#define CHAIN                                                                                      \
	BASE "ip saddr 192.0.2.0/24 accept\nip6 saddr fd00::/8 accept\n"                           \
	     "tcp dport 2375 drop\ntcp dport 2376 drop"

static void build(struct fake_view *f)
{
	fake_view_init(f);
	fake_file(f, "/usr/sbin/nft", 0755, "x");
	strv_add(&f->facts.docker.tcp_listeners, "tcp://0.0.0.0:2376");
}

static void test_limits_the_api(void **state)
{
	DESIRED(desired, &module_firewall, API);
	struct fake_view f;
	struct delta d = {0}, again = {0};

	build(&f);
	fake_diff(&f, &module_firewall, desired, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_null(d.refusal);
	assert_int_equal(d.holds.count, 0);
	assert_string_equal(find_effect(&d, "chain:api")->after, CHAIN);
	assert_null(find_effect(&d, "chain:api")->before);
	assert_non_null(strstr(find_edit(&d, FILE_PATH, "text:all")->after,
			       "add rule inet harden api tcp dport 2376 drop"));
	assert_non_null(strstr(find_edit(&d, UNIT_PATH, "text:all")->after,
			       "ExecStart=/usr/sbin/nft -f " FILE_PATH "\n"));
	assert_edit(&d, "/etc/systemd/system/sysinit.target.wants/harden-firewall-api.service",
		    "link", UNIT_PATH);
	assert_string_equal(find_effect(&d, "state:harden-firewall-api.service")->after, "active");
	fake_converges(&f, &module_firewall, desired, &d, &again);
	assert_verdict(&again, VERDICT_PASS);
	delta_clear(&d);
	delta_clear(&again);
	fake_view_clear(&f);
}

static const struct {
	const char *listener, *swarm, *published, *want, *drops;
} ports_rows[] = {
	{NULL, "inactive", NULL, "@api", NULL},
	{"tcp://127.0.0.1:2375", "inactive", NULL, "@api", NULL},
	{"tcp://[::1]:2375", "inactive", NULL, "@api", NULL},
	{"tcp://localhost:2375/", "inactive", NULL, "@api", NULL},
	{"tcp://:2375", "inactive", NULL, "@api", NULL}, /* which is 127.0.0.1 */
	{"tcp://localhost.example.org:2375", "inactive", NULL, "@api",
	 "tcp dport 2375 drop\ntcp dport 2376 drop"},
	{"tcp://u:9@192.0.2.1:2323/", "inactive", NULL, "@api",
	 "ip daddr 192.0.2.1 tcp dport 2323 drop\ntcp dport 2375 drop\ntcp dport 2376 drop"},
	{"tcp://[fd00:0::1]:2323", "inactive", NULL, "@api",
	 "ip6 daddr fd00::1 tcp dport 2323 drop\ntcp dport 2375 drop\ntcp dport 2376 drop"},
	{"tcp://192.0.2.1:2376", "inactive", NULL, "@api",
	 "tcp dport 2375 drop\ntcp dport 2376 drop"},
	{"tcp://*:2323", "inactive", NULL, "@api",
	 "tcp dport 2323 drop\ntcp dport 2375 drop\ntcp dport 2376 drop"},
	{"tcp://[::]:2376", "inactive", NULL, "@api", "tcp dport 2375 drop\ntcp dport 2376 drop"},
	{"tcp://0.0.0.0", "inactive", NULL, "@api", "tcp dport 2375 drop\ntcp dport 2376 drop"},
	{NULL, "active", NULL, "@api",
	 "tcp dport 2377 drop\nudp dport 4789 drop\ntcp dport 7946 drop\nudp dport 7946 "
	 "drop"},
	{NULL, "inactive", "8080/tcp on 0.0.0.0", "@published", "tcp dport 8080 drop"},
	/* on one address: what the host itself has at that port of another is let alone */
	{NULL, "inactive", "53/tcp on 10.9.9.1", "@published",
	 "ip daddr 10.9.9.1 tcp dport 53 drop"},
	{NULL, "inactive", "53-54/udp on 10.9.9.1", "@published",
	 "ip daddr 10.9.9.1 udp dport 53 drop\nip daddr 10.9.9.1 udp dport 54 drop"},
	{NULL, "inactive", "53/tcp on fd09:0::1", "@published",
	 "ip6 daddr fd09::1 tcp dport 53 drop"},
	{NULL, "inactive", "53/tcp on ::ffff:10.9.9.1", "@published",
	 "ip daddr 10.9.9.1 tcp dport 53 drop"},
	{NULL, "inactive", "22/tcp on 10.9.9.1", "@published", NULL},
	{NULL, "inactive", "53/tcp on ::1", "@published", NULL},
	{NULL, "inactive", "53/tcp on 127.0.0.2", "@published", NULL},
	{NULL, "inactive", "53/tcp on localhost", "@published", NULL},
	/* all addresses, or nobody tells which */
	{NULL, "inactive", "53/tcp on 0:0:0:0:0:0:0:0", "@published", "tcp dport 53 drop"},
	{NULL, "inactive", "53/tcp on default", "@published", "tcp dport 53 drop"},
	{NULL, "inactive", "53/tcp on fe80::1%eth0", "@published", "tcp dport 53 drop"},
	{NULL, "inactive", "53/tcp on 10.9.9.0/24", "@published", "tcp dport 53 drop"},
	/* one that is closed everywhere is not closed for an address as well */
	{NULL, "inactive", "53/tcp on 10.9.9.1", "@published,53/tcp", "tcp dport 53 drop"},
	{NULL, "inactive", "53/tcp on 10.9.9.1", "@published,5/tcp,53/udp",
	 "tcp dport 5 drop\nip daddr 10.9.9.1 tcp dport 53 drop\nudp dport 53 drop"},
	{NULL, "inactive", "80-82/udp on ::", "@published",
	 "udp dport 80 drop\nudp dport 81 drop\nudp dport 82 drop"},
	{NULL, "inactive", "8080/tcp on 127.0.0.1", "@published", NULL},
	{NULL, "inactive", "22/tcp on 0.0.0.0", "@published", NULL}, /* never ssh's */
	{NULL, "inactive", NULL, "@published", NULL},
	{NULL, "inactive", NULL, "9000/tcp,53/udp", "udp dport 53 drop\ntcp dport 9000 drop"},
};

/* Which ports those are, by what this host has. */
static void test_ports(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(ports_rows); i++) {
		CLEANUP(freep)
		char *want = xasprintf("name=api sources=192.0.2.7 ports=%s", ports_rows[i].want);
		CLEANUP(freep)
		char *text = xasprintf(BASE "ip saddr 192.0.2.7 accept\n%s", ports_rows[i].drops);
		DESIRED(desired, &module_firewall, want);
		struct fake_view f;
		struct delta d = {0};

		print_message("# row %zu\n", i);
		build(&f);
		strv_clear(&f.facts.docker.tcp_listeners);
		if (ports_rows[i].listener)
			strv_add(&f.facts.docker.tcp_listeners, ports_rows[i].listener);
		str_replace(&f.facts.docker.swarm, ports_rows[i].swarm);
		if (ports_rows[i].published) {
			struct container *c = container_list_add(&f.facts.docker.containers);

			c->running = true;
			strv_add(&c->ports, ports_rows[i].published);
		}
		fake_diff(&f, &module_firewall, desired, &d);
		assert_verdict(&d, ports_rows[i].drops ? VERDICT_FAIL : VERDICT_NOT_APPLICABLE);
		if (ports_rows[i].drops)
			assert_string_equal(find_effect(&d, "chain:api")->after, text);
		delta_clear(&d);
		fake_view_clear(&f);
	}
}

/* A port that dockerd chooses at the next start is none that is left open, and none that is closed. */
static void test_not_chosen_yet(void **state)
{
	static const struct {
		const char *port;
		int pid;
		bool running;
		enum verdict verdict;
	} rows[] = {
		{"any/tcp on default", 0, true, VERDICT_NOT_MEASURED},
		{"any/udp on 10.9.9.1", 0, true, VERDICT_NOT_MEASURED},
		{"any/tcp on default", 7, true, VERDICT_NOT_APPLICABLE},
		{"any/tcp on default", 0, false, VERDICT_NOT_APPLICABLE},
		{"8080/tcp on default", 0, true, VERDICT_FAIL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		DESIRED(desired, &module_firewall, "name=api sources=192.0.2.7 ports=@published");
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		struct container *c;

		build(&f);
		c = container_list_add(&f.facts.docker.containers);
		c->running = rows[i].running;
		c->pid = rows[i].pid;
		strv_add(&c->ports, rows[i].port);
		fake_diff(&f, &module_firewall, desired, &d);
		if (d.verdict != rows[i].verdict)
			fail_msg("row %zu: %s", i, d.reason ? d.reason : "");
	}
}

/* "Nobody can reach it" is said only where all listeners are known. */
static void test_unknown_listeners(void **state)
{
	static const struct {
		const char *listener, *unknown, *unread, *elsewhere;
		enum verdict verdict;
	} rows[] = {
		{NULL, NULL, NULL, NULL, VERDICT_NOT_APPLICABLE},
		{NULL, "nobody tells", NULL, NULL, VERDICT_NOT_MEASURED},
		{NULL, NULL, "nobody may look", NULL, VERDICT_NOT_MEASURED},
		{NULL, NULL, NULL, "another one", VERDICT_NOT_MEASURED},
		{"tcp://127.0.0.1:2375", "nobody tells", NULL, NULL, VERDICT_NOT_MEASURED},
		{" tcp://0.0.0.0:2375", NULL, NULL, NULL, VERDICT_FAIL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		DESIRED(desired, &module_firewall, "name=api sources=192.0.2.7 ports=@api");
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		struct docker_facts *docker = &f.facts.docker;

		build(&f);
		strv_clear(&docker->tcp_listeners);
		str_replace(&docker->swarm, "inactive");
		docker->running = true;
		if (rows[i].listener)
			strv_add(&docker->tcp_listeners, rows[i].listener);
		docker->tcp_unknown = xstrdup_null(rows[i].unknown);
		docker->sockets_unread = xstrdup_null(rows[i].unread);
		docker->elsewhere = xstrdup_null(rows[i].elsewhere);
		fake_diff(&f, &module_firewall, desired, &d);
		if (d.verdict != rows[i].verdict)
			fail_msg("row %zu: %s: %s", i, verdict_to_string(d.verdict), d.reason);
	}
}

/* What somebody passes on from there is the API's port as well. */
static void test_passed_on(void **state)
{
	DESIRED(desired, &module_firewall, "name=api sources=192.0.2.7 ports=@api");
	CLEANUP(fake_view_clear) struct fake_view f;
	CLEANUP(delta_clear) struct delta d = {0}, other = {0};
	struct docker_facts *docker = &f.facts.docker;

	build(&f);
	strv_clear(&docker->tcp_listeners);
	str_replace(&docker->swarm, "inactive");
	strv_add(&docker->api_passed_on, "socat (pid 7)");
	fake_diff(&f, &module_firewall, desired, &other);
	assert_verdict(&other, VERDICT_NOT_MEASURED);
	strv_clear(&docker->api_passed_on);
	strv_add(&docker->tcp_passed_on, "tcp://*:2380 by x.socket");
	fake_diff(&f, &module_firewall, desired, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_non_null(strstr(find_effect(&d, "chain:api")->after, "tcp dport 2380 drop"));
}

/* What is open is named, by whose it is; a chain that is as wanted leaves nothing to name. */
static void test_names_what_is_open(void **state)
{
	static const char before[] = BASE "ip saddr 192.0.2.7 accept\ntcp dport 8080 drop";
	static const char at_one[] =
		BASE "ip saddr 192.0.2.7 accept\n"
		     "ip daddr 10.9.9.1 tcp dport 8081 drop\ntcp dport 8080 drop";
	static const struct {
		const char *chain; /* NULL: not in the kernel */
		const char *later, *words, *not_words;
	} rows[] = {
		{NULL, "8081/tcp on ::",
		 "8080/tcp of container web on 0.0.0.0 and 8081/tcp of container later on ::",
		 "has no rule"},
		{before, "8081/tcp on ::", "8081/tcp of container later on :: is not limited",
		 "8080"},
		/* what closes another address, or a part, closes not this one */
		{at_one, "8081/tcp on 10.9.9.2",
		 "8081/tcp of container later on 10.9.9.2 is not limited", "8080"},
		{at_one, "8081/tcp on 10.9.9.10",
		 "8081/tcp of container later on 10.9.9.10 is not limited", "8080"},
		{at_one, "8081/tcp on 0.0.0.0",
		 "8081/tcp of container later on 0.0.0.0 is not limited", "8080"},
		{at_one, "8081/udp on 10.9.9.1",
		 "8081/udp of container later on 10.9.9.1 is not limited", "8080"},
		/* nothing is open, though it is not all as wanted */
		{before, "8080/tcp on 10.9.9.1", "there is no '/etc/harden/firewall-ingress.nft'",
		 "limited"},
		{BASE "ip saddr 192.0.2.7 accept\ntcp dport 8080 drop\ntcp dport 8081 drop",
		 "8081/tcp on 10.9.9.1", "the chain ingress has other rules", "limited"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		DESIRED(desired, &module_firewall,
			"name=ingress sources=192.0.2.7 ports=@published");
		const char *const published[][2] = {{"web", "8080/tcp on 0.0.0.0"},
						    {"later", rows[i].later}};
		struct fake_view f;
		struct delta d = {0};

		build(&f);
		for (size_t k = 0; k < ARRAY_SIZE(published); k++) {
			struct container *c = container_list_add(&f.facts.docker.containers);

			c->name = xstrdup(published[k][0]);
			c->running = true;
			strv_add(&c->ports, published[k][1]);
		}
		if (rows[i].chain)
			firewall_add(&f.facts.firewall, "ingress")->text = xstrdup(rows[i].chain);
		fake_diff(&f, &module_firewall, desired, &d);
		assert_verdict(&d, VERDICT_FAIL);
		if (!strstr(d.reason, rows[i].words) || strstr(d.reason, rows[i].not_words))
			fail_msg("row %zu: %s", i, d.reason);
		delta_clear(&d);
		fake_view_clear(&f);
	}
}

/* A container's own address, where the engine itself lets the world through to it; the swarm's ports. */
static void test_past_the_ports(void **state)
{
#define HEAD                                                                                       \
	"type filter hook prerouting priority -150; policy accept;\n"                              \
	"ct state established,related accept\n"                                                    \
	"iifname \"lo\" accept\n"
#define SOURCE "ip saddr 192.0.2.7 accept\n"
#define DIRECT                                                                                     \
	"iifname != \"docker0\" ip daddr 172.17.0.0/16 fib daddr type != local drop\n"             \
	"iifname != \"br-1\" ip6 daddr fd00:1::/64 fib daddr type != local drop\n"
	static const char through[] =
		HEAD SOURCE DIRECT "fib daddr type != local accept\ntcp dport 8080 drop";
	static const char alone[] = BASE SOURCE "tcp dport 8080 drop";
	static const struct {
		const char *version, *ports, *unknown, *want; /* NULL: not measured */
	} rows[] = {
		{"20.10.24", "@published", NULL, through},
		{"26.1.5", "@published", NULL, through},
		{NULL, "@published", NULL, through},
		{"28.0.0", "@published", NULL, alone},
		{"26.1.5", "8080/tcp", NULL, alone},
		{"26.1.5", "@published", "no manager", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *want = xasprintf("name=api sources=192.0.2.7 ports=%s", rows[i].ports);
		DESIRED(desired, &module_firewall, want);
		struct fake_view f;
		struct delta d = {0};

		print_message("# row %zu\n", i);
		build(&f);
		str_replace(&f.facts.docker.version, rows[i].version);
		strv_add(&f.facts.firewall.bridges, "docker0 172.17.0.0/16");
		strv_add(&f.facts.firewall.bridges, "br-1 fd00:1::/64");
		strv_add(&f.facts.firewall.ingress, "8080/tcp");
		str_replace(&f.facts.firewall.published_unknown, rows[i].unknown);
		fake_diff(&f, &module_firewall, desired, &d);
		assert_verdict(&d, rows[i].want ? VERDICT_FAIL : VERDICT_NOT_MEASURED);
		if (rows[i].want)
			assert_string_equal(find_effect(&d, "chain:api")->after, rows[i].want);
		delta_clear(&d);
		fake_view_clear(&f);
	}
}

/* Whoever is connected and would not come in again holds the control back by name. */
static void test_lock_out(void **state)
{
	static const struct {
		const char *peer;
		size_t holds;
	} rows[] = {
		{"2376 198.51.100.9 on 10.0.0.1", 1},
		{"2376 192.0.2.9 on 10.0.0.1", 0},
		{"22 198.51.100.9 on 10.0.0.1", 0},
		{"2376 127.0.0.1 on 127.0.0.1", 0},
		{"2376 ::1 on ::1", 0},
		{"2376 ::ffff:192.0.2.9 on ::ffff:10.0.0.1", 0},
		{"2375 2001:db8::9 on fd00::1", 1},
		{"2376 fd00::9 on fd00::1", 0},
		/* 53 is published on 10.9.9.1: at another address it stays as it is */
		{"53 198.51.100.9 on 10.9.9.1", 1},
		{"53 198.51.100.9 on ::ffff:10.9.9.1", 1},
		{"53 198.51.100.9 on 10.50.0.1", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		DESIRED(desired, &module_firewall, API ",@published");
		struct container *c;
		struct fake_view f;
		struct delta d = {0};

		print_message("# %s\n", rows[i].peer);
		build(&f);
		c = container_list_add(&f.facts.docker.containers);
		c->running = true;
		strv_add(&c->ports, "53/tcp on 10.9.9.1");
		strv_add(&f.facts.firewall.peers, rows[i].peer);
		fake_diff(&f, &module_firewall, desired, &d);
		assert_int_equal(d.holds.count, rows[i].holds);
		if (rows[i].holds)
			assert_non_null(strstr(d.holds.items[0], "has a connection to port"));
		delta_clear(&d);
		fake_view_clear(&f);
	}
}

static void assert_refused(struct fake_view *f, const char *part)
{
	DESIRED(desired, &module_firewall, API);
	struct delta d = {0};

	fake_diff(f, &module_firewall, desired, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_non_null(d.refusal);
	assert_non_null(strstr(d.refusal, part));
	assert_int_equal(d.edits.count, 0);
	assert_int_equal(d.effects.count, 0);
	delta_clear(&d);
	fake_view_clear(f);
}

static void test_refusals(void **state)
{
	struct firewall_chain *chain;
	struct fake_view f;

	build(&f);
	f.facts.firewall.manager = xstrdup("firewalld");
	assert_refused(&f, "firewalld keeps this host's packet filter");
	build(&f);
	chain = firewall_add(&f.facts.firewall, "api");
	chain->text = xstrdup("x");
	chain->foreign = true;
	assert_refused(&f, "rules that harden did not write");
	build(&f);
	fake_node(&f, "/usr/sbin/nft", NODE_ABSENT, 0);
	assert_refused(&f, "package nftables");
}

static void test_not_measured(void **state)
{
	DESIRED(desired, &module_firewall, API);
	struct fake_view f;
	struct delta d = {0};

	build(&f);
	f.facts.firewall.not_measured = xstrdup("nftables refuses");
	fake_diff(&f, &module_firewall, desired, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
	assert_int_equal(d.edits.count, 0);
	strv_clear(&f.facts.docker.tcp_listeners);
	str_replace(&f.facts.docker.not_measured, "the daemon does not answer");
	fake_diff(&f, &module_firewall, desired, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
	delta_clear(&d);
	fake_view_clear(&f);
}

/* Rules that somebody flushed, and rules for other ports: the file is right, the kernel is not. */
static void test_not_in_force(void **state)
{
	DESIRED(desired, &module_firewall, API);
	struct fake_view f;
	struct delta d = {0};

	build(&f);
	fake_diff(&f, &module_firewall, desired, &d);
	fake_apply(&f, &d);
	fake_value(&f, "chain:api", BASE "tcp dport 2375 drop");
	fake_diff(&f, &module_firewall, desired, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_int_equal(d.edits.count, 0);
	assert_int_equal(d.effects.count, 1);
	assert_string_equal(d.effects.items[0].before, BASE "tcp dport 2375 drop");
	delta_clear(&d);
	fake_view_clear(&f);
}

static void test_what_is_no_wish(void **state)
{
	static const char *const bad[] = {
		"name=Api ports=@api sources=192.0.2.7",
		"name=a-b ports=@api sources=192.0.2.7",
		"name=api ports=@all sources=192.0.2.7",
		"name=api ports=0/tcp sources=192.0.2.7",
		"name=api ports=22/tcp sources=192.0.2.7",
		"name=api ports=70000/tcp sources=192.0.2.7",
		"name=api ports=80/icmp sources=192.0.2.7",
		"name=api ports=@api sources=everybody",
		"name=api ports=@api sources=0.0.0.0/0",
		"name=api ports=@api sources=::/0",
		"name=api ports=@api",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		DESIRED(desired, &module_firewall, bad[i]);

		print_message("# %s\n", bad[i]);
		assert_int_equal(module_firewall.check(desired, NULL), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits_the_api),     cmocka_unit_test(test_ports),
		cmocka_unit_test(test_not_chosen_yet),     cmocka_unit_test(test_unknown_listeners),
		cmocka_unit_test(test_names_what_is_open), cmocka_unit_test(test_passed_on),
		cmocka_unit_test(test_lock_out),           cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_not_measured),       cmocka_unit_test(test_not_in_force),
		cmocka_unit_test(test_what_is_no_wish),    cmocka_unit_test(test_past_the_ports),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
