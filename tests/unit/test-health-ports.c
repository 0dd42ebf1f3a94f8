#include "tests/test.h"

#include <errno.h>
#include <linux/in.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/format/nft-dump.h"
#include "engine/host/ask/nft-rules.h"
#include "engine/host/read/proxies.h"

static void test_proxy(void **state)
{
	static const struct {
		const char *line, *port; /* NULL: it is no proxy */
	} rows[] = {
		{"/usr/sbin/docker-proxy -proto tcp -host-ip 10.0.0.9 -host-port 8080 "
		 "-container-ip "
		 "172.17.0.2 -container-port 80",
		 "8080/tcp on 10.0.0.9"},
		{"/usr/bin/docker-proxy -proto udp -host-ip :: -host-port 53 -container-ip fd00::2 "
		 "-container-port 53 -use-listen-fd",
		 "53/udp on ::"},
		{"/usr/bin/docker-proxy -proto udp -host-ip ::", NULL},
		{"/opt/proxy -proto tcp -host-ip 10.0.0.9 -host-port 8080", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv args = {0};
		CLEANUP(freep) char *port = NULL;

		strv_split(&args, rows[i].line, " ");
		port = proxy_port(&args);
		if (strcmp_null(port, rows[i].port) != 0)
			fail_msg("row %zu: %s", i, port ? port : "no proxy");
	}
}

/* Ports of one container, proxies before and after, split at |. */
static void test_lost(void **state)
{
	static const struct {
		const char *ports, *before, *after, *lost;
	} rows[] = {
		{"1/tcp on ::|2/tcp on ::", "1/tcp on ::|2/tcp on ::", "2/tcp on ::",
		 "1/tcp on ::"},
		{"1/tcp on ::", "1/tcp on ::|2/tcp on ::", "1/tcp on ::", ""}, /* another's */
		{"1/tcp on ::", "2/tcp on ::", "2/tcp on ::", ""}, /* it had none */
		{"1/tcp on ::", "1/tcp on ::", "",
		 "1/tcp on ::"}, /* whether that is meant is asked before */
		{"1/tcp on 10.0.0.9", "1/tcp on 10.0.0.9", "1/tcp on 10.0.0.8",
		 "1/tcp on 10.0.0.9"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv ports = {0}, before = {0}, after = {0}, lost = {0};
		CLEANUP(freep) char *text = NULL;

		strv_split(&ports, rows[i].ports, "|");
		strv_split(&before, rows[i].before, "|");
		if (*rows[i].after)
			strv_split(&after, rows[i].after, "|");
		ports_lost(&ports, &before, &after, &lost);
		text = strv_join(&lost, "|");
		assert_string_equal(text, rows[i].lost);
	}
}

static const char *proxies_now; /* NULL: they cannot be listed */

int __wrap_proxies_list(struct strv *ret, struct error *err);
int __wrap_proxies_list(struct strv *ret, struct error *err)
{
	if (proxies_now && *proxies_now)
		strv_split(ret, proxies_now, "|");
	return proxies_now ? 0 : -EACCES;
}

static const char
	*rules_now; /* ports to which a rule of IPv4 leads, by |; NULL: they cannot be read */
static bool jump_now; /* whether PREROUTING leads to them */

int __wrap_nft_chain_dump(unsigned family, const char *table, const char *chain, struct buf *ret,
			  struct error *err);
int __wrap_nft_dump_read(const void *data, size_t n, struct nft_rules *ret, struct error *err);

int __wrap_nft_chain_dump(unsigned family, const char *table, const char *chain, struct buf *ret,
			  struct error *err)
{
	assert_string_equal(table, "nat");
	if (!rules_now)
		return -EPERM;
	if (strcmp(chain, "PREROUTING") == 0)
		buf_puts(ret, jump_now ? "jump" : "");
	else if (family == NFPROTO_IPV4)
		buf_puts(ret, rules_now);
	return 0;
}

static struct nft_rule *rule_add(struct nft_rules *rules)
{
	return array_append(&rules->items, &rules->count, sizeof(struct nft_rule));
}

int __wrap_nft_dump_read(const void *data, size_t n, struct nft_rules *ret, struct error *err)
{
	CLEANUP(freep) char *text = xstrndup(n ? data : "", n);
	CLEANUP(strv_clear) struct strv ports = {0};

	if (strcmp(text, "jump") == 0) {
		rule_add(ret)->to = xstrdup("DOCKER");
		return 0;
	}
	strv_split(&ports, text, "|");
	for (size_t i = 0; i < ports.count; i++) {
		struct nft_rule *rule = rule_add(ret);
		const char *address = strstr(ports.items[i], " on ") + 4;

		rule->target = xstrdup("DNAT");
		rule->sent_to = xstrdup("172.17.0.2");
		rule->protocol = IPPROTO_TCP;
		rule->port = (unsigned)strtoul(ports.items[i], NULL, 10);
		if (strcmp(address, "0.0.0.0") != 0)
			rule->destination = xstrdup(address);
	}
	return 0;
}

/* Without docker-proxy the rules are what tells. */
static void test_kept_by_rules(void **state)
{
	static const struct {
		const char *ports, *before, *now;
		bool no_jump, kept;
	} rows[] = {
		{"1/tcp on 10.0.0.9", "1/tcp on 10.0.0.9", "1/tcp on 10.0.0.9", .kept = true},
		{"1/tcp on 0.0.0.0", "1/tcp on 0.0.0.0", "1/tcp on 0.0.0.0", .kept = true},
		/* by IPv6 nothing led to it before, either */
		{"1/tcp on 0.0.0.0|1/tcp on ::", "1/tcp on 0.0.0.0", "1/tcp on 0.0.0.0",
		 .kept = true},
		{"1/tcp on 10.0.0.9", "1/tcp on 10.0.0.9", ""},
		{"1/tcp on 10.0.0.9", "1/tcp on 10.0.0.9", "1/tcp on 10.0.0.8"},
		{"1/tcp on 10.0.0.9", "1/tcp on 10.0.0.9", "1/tcp on 0.0.0.0"},
		{"1/tcp on 10.0.0.9|2/tcp on 10.0.0.9", "1/tcp on 10.0.0.9|2/tcp on 10.0.0.9",
		 "1/tcp on 10.0.0.9"},
		{"1/tcp on 10.0.0.9", "1/tcp on 10.0.0.9", NULL},
		{"1/tcp on 10.0.0.9", NULL, "1/tcp on 10.0.0.9"},
		{"1/tcp on 10.0.0.9", "", "1/tcp on 10.0.0.9"},
		{"1/tcp on 10.0.0.9", "1/tcp on 10.0.0.9", "1/tcp on 10.0.0.9", .no_jump = true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct watched w = {0};
		struct live l = {.containers = &w, .ncontainers = 1};

		strv_split(&w.ports, rows[i].ports, "|");
		proxies_now = "";
		rules_now = rows[i].before;
		jump_now = true;
		ports_remember(&l);
		rules_now = rows[i].now;
		jump_now = !rows[i].no_jump;
		if (ports_are_kept(&l, &w) != rows[i].kept)
			fail_msg("row %zu", i);
		strv_clear(&w.ports);
		strv_clear(&l.led);
	}
}

/* Nothing is said to be cut off that is as it was, also where the plan's doubt had gone by then. */
static void test_told(void **state)
{
	static const struct {
		const char *absent, *loses, *now; /* by the look before the act */
		bool told;
	} rows[] = {
		{"may lose port 1", "may lose port 1", "1/tcp on 10.0.0.9", false},
		{"", "", "1/tcp on 10.0.0.9", false},
		{"may lose port 1", "may lose port 1", "", true},
		{"", "", "", true},
		{"may lose port 1", "may lose port 1|loses its log", "1/tcp on 10.0.0.9", true},
		{"", "loses its log", "1/tcp on 10.0.0.9", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(strv_clear) struct strv notes = {0};
		CLEANUP(stopped_clear) struct stopped_list announced = {0};
		struct container *c = container_list_add(&f.docker.containers);
		struct live l = {.effector = {.notes = &notes}};

		f.docker.containers.known = true;
		c->id = xstrdup("4711");
		c->name = xstrdup("w1");
		c->running = true;
		c->pid = getpid();
		strv_add(&c->ports, "1/tcp on 10.0.0.9");
		strv_split(&c->absent_ports, rows[i].absent, "|");
		strv_split(&c->loses, rows[i].loses, "|");
		stopped_add(&announced, "w1", COMES_BACK_CUT_OFF, "it may lose port 1");
		watched_remember(&l, &f);
		assert_int_equal(l.ncontainers, 1);
		jump_now = true;
		proxies_now = "";
		rules_now = "1/tcp on 10.0.0.9";
		ports_remember(&l);
		windows_begin(&l.windows, 1, true);
		rules_now = rows[i].now;
		watched_tell_cut_off(&l, &announced);
		if (notes.count != rows[i].told)
			fail_msg("row %zu: %s", i, notes.count ? notes.items[0] : "nothing");
		watched_clear(&l);
		strv_clear(&l.led);
		free(l.windows.items);
	}
}

/* What is on the host now is played. */
static struct facts played;

static int look(void *data, struct facts *ret, struct error *err)
{
	const struct setting *s = settings_find(&played.docker.now, "iptables");

	strv_copy(&ret->docker.lost_networks, &played.docker.lost_networks);
	if (s)
		settings_put(&ret->docker.now, "iptables", s->value, s->source, "x");
	return 0;
}

/* Rules that are gone are harm, but by a unit of which the plan said so; what is not known is told. */
static void test_rules_are_watched(void **state)
{
	static const struct {
		const char *what, *now;
		const char *flusher; /* a unit that the plan stopped */
		const char *named; /* the container that the plan said would be cut off */
		const char *iptables; /* dockerd's setting now */
		int r;
		const char *note; /* a part of it */
		bool ended, no_window;
	} rows[] = {
		{"as they were", "1/tcp on 10.0.0.9"},
		{"gone", "", .r = -EIO},
		{"another's", "1/tcp on 10.0.0.8", .r = -EIO},
		{"gone, and its process, too", "", .ended = true},
		{"gone before anything was done", "", .no_window = true},
		{"gone by a unit", "", "nftables.service", .note = "by nftables.service, as was"},
		{"a unit left them", "1/tcp on 10.0.0.9", "nftables.service"},
		{"named", "", .named = "w1"},
		{"dockerd makes none now", "", .iptables = "false"},
		{"dockerd makes them", "", .iptables = "true", .r = -EIO},
		{"not to be read", NULL, .note = "could not be asked"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(stopped_clear) struct stopped_list named = {0};
		CLEANUP(strv_clear) struct strv notes = {0};
		CLEANUP(error_clear) struct error err = {0};
		struct live l = {.effector = {.notes = &notes, .look = look}};
		CLEANUP(facts_clear) struct facts f = {0};
		struct container *c = container_list_add(&f.docker.containers);
		int r;

		f.docker.containers.known = true;
		c->id = xstrdup("4711");
		c->name = xstrdup("w1");
		c->running = true;
		c->pid = getpid();
		strv_add(&c->ports, "1/tcp on 10.0.0.9");
		watched_remember(&l, &f);
		if (rows[i].named)
			stopped_add(&named, rows[i].named, COMES_BACK_CUT_OFF, "x");
		if (rows[i].flusher)
			strv_add(&l.flushers, rows[i].flusher);
		if (rows[i].iptables)
			settings_put(&played.docker.now, "iptables", rows[i].iptables, SOURCE_FILE,
				     "x");
		jump_now = true;
		proxies_now = "";
		rules_now = "1/tcp on 10.0.0.9";
		ports_remember(&l);
		if (!rows[i].no_window)
			windows_begin(&l.windows, 1, true);
		rules_now = rows[i].now;
		if (rows[i].ended)
			l.containers[0].start_ticks = 1;
		r = ports_wait(&l, &named, &err);
		if (r != rows[i].r || notes.count != (rows[i].note != NULL) ||
		    (rows[i].note && !strstr(notes.items[0], rows[i].note)))
			fail_msg("%s: %d %s", rows[i].what, r, notes.count ? notes.items[0] : "");
		if (r < 0)
			assert_non_null(
				strstr(error_text(&err), "container 'w1' runs on, but no rule"));
		settings_clear(&played.docker.now);
		watched_clear(&l);
		strv_clear(&l.led);
		strv_clear(&l.flushers);
		free(l.windows.items);
	}
}

static void test_leads(void **state)
{
	const struct {
		struct nft_rule rule;
		const char *port;
		bool leads;
	} rows[] = {
#define DNAT(...)                                                                                  \
	{.target = (char[]){"DNAT"}, .sent_to = (char[]){"172.17.0.2"}, .port = 80, __VA_ARGS__}
#define AT                                                                                         \
	.destination = (char[])                                                                    \
	{                                                                                          \
		"10.0.0.9"                                                                         \
	}
		{DNAT(.protocol = IPPROTO_TCP, AT), "80/tcp on 10.0.0.9", true},
		{DNAT(.protocol = IPPROTO_TCP, AT), "80/udp on 10.0.0.9", false},
		{DNAT(.protocol = IPPROTO_UDP, AT), "80/udp on 10.0.0.9", true},
		{DNAT(.protocol = IPPROTO_SCTP, AT), "80/sctp on 10.0.0.9", true},
		{DNAT(.protocol = IPPROTO_TCP, AT), "81/tcp on 10.0.0.9", false},
		{DNAT(.protocol = IPPROTO_TCP, AT), "80/tcp on 0.0.0.0", false},
		{DNAT(.protocol = IPPROTO_TCP), "80/tcp on 0.0.0.0", true},
		{DNAT(.protocol = IPPROTO_TCP), "80/tcp on ::", true},
		{DNAT(.protocol = IPPROTO_TCP), "any/tcp on default", false},
		{DNAT(.protocol = IPPROTO_TCP, .in = {(char[]){"docker0"}, true}),
		 "80/tcp on 0.0.0.0", true},
		{DNAT(.protocol = IPPROTO_TCP, .in = {(char[]){"eth0"}, false}),
		 "80/tcp on 0.0.0.0", false},
		{DNAT(.protocol = IPPROTO_TCP, .asks_more = true), "80/tcp on 0.0.0.0", false},
		{DNAT(.protocol = IPPROTO_TCP, .by_subnet = true), "80/tcp on 0.0.0.0", false},
		{{.target = (char[]){"MASQUERADE"}, .port = 80, .protocol = IPPROTO_TCP},
		 "80/tcp on 0.0.0.0",
		 false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rule_leads(&rows[i].rule, rows[i].port) != rows[i].leads)
			fail_msg("row %zu", i);
}

/* Only what was looked at is said to be there still. */
static void test_kept(void **state)
{
	static const struct {
		const char *ports, *before, *now;
		bool kept;
	} rows[] = {
		{"1/tcp on ::|2/tcp on ::", "1/tcp on ::|2/tcp on ::", "2/tcp on ::|1/tcp on ::",
		 true},
		{"1/tcp on ::|2/tcp on ::", "1/tcp on ::|2/tcp on ::", "2/tcp on ::", false},
		{"1/tcp on ::", "2/tcp on ::", "2/tcp on ::", false}, /* it had none */
		{"1/tcp on ::", "1/tcp on ::", "", false},
		{"1/tcp on ::", "1/tcp on ::", NULL, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct watched w = {0};
		struct live l = {0};

		strv_split(&w.ports, rows[i].ports, "|");
		strv_split(&l.proxied, rows[i].before, "|");
		proxies_now = rows[i].now;
		rules_now = "";
		assert_int_equal(ports_are_kept(&l, &w), rows[i].kept);
		strv_clear(&w.ports);
		strv_clear(&l.proxied);
	}
}

/* None at all: what dockerd was told. */
static void test_meant(void **state)
{
	static const struct {
		const char *value;
		enum setting_source source;
		int meant;
	} rows[] = {
		{"true", SOURCE_DEFAULT, 1}, {"true", SOURCE_FILE, 1},
		{"false", SOURCE_FILE, 0},   {"false", SOURCE_FLAG, 0},
		{"true", SOURCE_WITNESS, 1}, {NULL, SOURCE_UNKNOWN, -1},
	};

	for (size_t i = 0; i <= ARRAY_SIZE(rows); i++) {
		CLEANUP(settings_clear) struct settings now = {0};
		bool set = i < ARRAY_SIZE(rows);

		if (set)
			settings_put(&now, "userland-proxy", rows[i].value, rows[i].source, "x");
		assert_int_equal(proxies_are_meant(&now), set ? rows[i].meant : 1);
	}
}

/* In a network that dockerd has lost it would not start again. */
static void test_advice(void **state)
{
	static const struct {
		const char *lost, *says;
	} rows[] = {
		{NULL, "once x is there, 'docker restart w1'"},
		{"other: could not create", "once x is there, 'docker restart w1'"},
		{"plain: could not create it",
		 "(plain: could not create it): fix that and restart"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct watched w = {.id = (char[]){"4711"}, .name = (char[]){"w1"}};
		struct live l = {.effector = {.look = look}};
		CLEANUP(freep) char *text = NULL;

		strv_add(&l.attached, "bridge 4711");
		strv_add(&l.attached, "plain 4711");
		strv_add(&l.attached, "other 42");
		if (rows[i].lost)
			strv_add(&played.docker.lost_networks, rows[i].lost);
		text = restart_advice(&l, &w, "x is there");
		if (!strstr(text, rows[i].says))
			fail_msg("row %zu: %s", i, text);
		strv_clear(&l.attached);
		facts_clear(&played);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_kept_by_rules),
		cmocka_unit_test(test_rules_are_watched),
		cmocka_unit_test(test_leads),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_meant),
		cmocka_unit_test(test_advice),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
