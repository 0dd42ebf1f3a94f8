#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "modules/daemon/guards.h"
#include "tests/unit/docker-view.h"
#include "tests/unit/guard-case.h"

#define CAN_TALK(who, seen)                                                                        \
	"containers " who " can talk over docker0 without a link (seen now: " seen ")"

static void test_icc(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 0);
	add_container(f, "a", "default");
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 0); /* alone it talks to nobody */
	add_container(f, "b", "bridge");
	guard(f, "icc", "false", &d);
	assert_hold(&d, 0, CAN_TALK("a and b", "not measured"));
	guard(f, "icc", "true", &d);
	assert_int_equal(d.holds.count, 0);
	strv_add(&nth(f, 0)->links, "/b:/a/db");
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 0); /* the restart starts it anew, with rules */
	fake_file(f, CONFIG, 0644, "{\"live-restore\":true}");
	settings_put(&f->facts.docker.now, "icc", "true", SOURCE_API, "");
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 1); /* a link of now has no rule: a runs on without */
	assert_non_null(strstr(d.holds.items[0], "container a was linked over docker0 while"));
	settings_put(&f->facts.docker.now, "icc", "false", SOURCE_API, "");
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 0);
	strv_clear(&nth(f, 0)->links);
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 0); /* it is in force: they cannot talk */
	settings_put(&f->facts.docker.now, "icc", "false", SOURCE_UNKNOWN, "");
	guard(f, "icc", "false", &d);
	assert_hold(&d, 0, CAN_TALK("a and b", "not measured"));
	settings_put(&f->facts.docker.now, "icc", "true", SOURCE_API, "");
	fake_file(f, CONFIG, 0644, "{}");
	strv_add(&nth(f, 0)->links, "/b:/a/db");
	add_container(f, "c", "front");
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 0); /* a network of its own */
	strv_add(&nth(f, 2)->networks, "bridge");
	guard(f, "icc", "false", &d);
	assert_hold(&d, 0, CAN_TALK("a, b and c", "not measured"));
	nth(f, 2)->running = false;
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 0);
	nth(f, 2)->starts = true; /* with dockerd, which is restarted for icc */
	guard(f, "icc", "false", &d);
	assert_hold(&d, 0, CAN_TALK("a, b and c", "not measured"));
	nth(f, 2)->starts = false;
}

/* Who is connected is told beside who can be: each pair, but those with a link. */
static void test_icc_seen(void **state)
{
	static const struct {
		bool read;
		const char *unread, *talks[3], *seen;
	} rows[] = {
		{false, NULL, {NULL}, "not measured"},
		{true, NULL, {NULL}, "nobody connected"},
		{true, NULL, {"b on 5432/tcp"}, "a with b on 5432/tcp"},
		{true,
		 NULL,
		 {"b on 5432/tcp", "a on 80/tcp"},
		 "a with b on 5432/tcp and b with a on 80/tcp"},
		{true, NULL, {"c on 80/tcp", NULL, "a on 81/tcp"}, "nobody connected"}, /* linked */
		{true,
		 "of container b: no",
		 {"b on 80/tcp"},
		 "a with b on 80/tcp; not measured of container b: no"},
		{true,
		 "of container b: no",
		 {NULL},
		 "nobody connected; not measured of container b: no"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(freep)
		char *want = xasprintf(CAN_TALK("a, b and c", "%s"), rows[i].seen);
		struct fake_view f;

		fake_view_init(&f);
		add_container(&f, "a", "bridge");
		add_container(&f, "b", "bridge");
		add_container(&f, "c", "bridge");
		strv_add(&nth(&f, 0)->links, "/c:/a/c");
		for (size_t k = 0; k < 3; k++)
			if (rows[i].talks[k])
				strv_add(&nth(&f, k)->talks, rows[i].talks[k]);
		f.facts.docker.talks_read = rows[i].read;
		f.facts.docker.talks_unread = xstrdup_null(rows[i].unread);
		guard(&f, "icc", "false", &d);
		assert_hold(&d, 0, want);
		fake_view_clear(&f);
	}
}

/* A link to "web" is none to "web2". */
static void test_icc_link_by_whole_names(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	add_container(f, "web", "bridge");
	add_container(f, "db", "bridge");
	strv_add(&nth(f, 1)->links, "/web2:/db/web");
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 1);
	strv_add(&nth(f, 1)->links, "web:alias");
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 0);
}

static void test_icc_refusals(void **state)
{
	static const struct {
		const char *config;
		bool refused;
	} rows[] = {
		{"{\"iptables\":false}", true},
		{"{\"iptables\":true}", false},
		{"{\"ipv6\":true,\"ip6tables\":false}", true},
		{"{\"ip6tables\":false}", false},
		{"{}", false},
	};
	struct fake_view *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		fake_file(f, CONFIG, 0644, rows[i].config);
		guard(f, "icc", "false", &d);
		assert_int_equal(d.refusal != NULL, rows[i].refused);
	}
}

/* From the engine on that needs it, or where that is not known. */
static void test_bridge_netfilter(void **state)
{
	static const struct {
		const char *key, *version; /* NULL: not known */
		bool held;
	} rows[] = {
		{"icc", "26.1.5", true},
		{"icc", "28.5.2", true},
		{"icc", NULL, true},
		{"userland-proxy", "26.1.5", false},
		{"userland-proxy", "28.5.2", true},
		{"userland-proxy", NULL, true},
		{"log-level", "28.5.2", false},
	};
	struct fake_view *f = *state;

	f->facts.docker.kernel_modules = xstrdup("br_netfilter is not there");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		str_replace(&f->facts.docker.version, rows[i].version);
		guard(f, rows[i].key, "false", &d);
		assert_null(d.refusal);
		assert_int_equal(d.holds.count, rows[i].held);
		if (rows[i].held)
			assert_non_null(strstr(d.holds.items[0], "br_netfilter is not there"));
	}
}

static void test_userland_proxy(void **state)
{
	static const char own[] =
		"8080/tcp of container web would not be reached by this host's "
		"own address from its own network until its next start (seen now: "
		"10.0.0.9 and fd00::9)";
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	static const char *const addresses[] = {"127.0.0.0/8", "127.0.0.1", "fd00::9",
						"fe80::1",     "10.0.0.9",  "::1"};

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		strv_add(&f->facts.docker.listening.addresses, addresses[i]);
	add_container(f, "web", "bridge");
	strv_add(&nth(f, 0)->ports, "53/udp on 127.0.0.1");
	guard(f, "userland-proxy", "false", &d);
	assert_int_equal(d.holds.count, 0);
	strv_add(&nth(f, 0)->ports, "8080/tcp on 0.0.0.0");
	guard(f, "userland-proxy", "false", &d);
	assert_int_equal(d.holds.count, 1);
	assert_hold(&d, 0, own);
	strv_add(&nth(f, 0)->ports, "8080/tcp on ::");
	guard(f, "userland-proxy", "false", &d);
	assert_int_equal(d.holds.count, 2);
	assert_hold(&d, 0, "container web publishes 8080/tcp on ::, which needs the proxy");
	assert_hold(&d, 1, own);
	guard(f, "userland-proxy", "true", &d);
	assert_int_equal(d.holds.count, 0);
	nth(f, 0)->running = false;
	guard(f, "userland-proxy", "false", &d);
	assert_int_equal(d.holds.count, 0);
}

/* Who has the network of another talks where that one does, and reaches what it reaches. */
static void test_neighbours(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	add_container(f, "web", "bridge");
	add_container(f, "sidecar", "container:web");
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 0); /* within one network of their own */
	add_container(f, "db", "bridge");
	guard(f, "icc", "false", &d);
	assert_hold(&d, 0,
		    "containers web, sidecar and db can talk over docker0 without a link (seen "
		    "now: not measured)");
	str_replace(&nth(f, 2)->network_mode, "shop");
	strv_add(&nth(f, 2)->networks, "shop");
	strv_add(&nth(f, 2)->ports, "8080/tcp on 0.0.0.0");
	guard(f, "userland-proxy", "false", &d);
	assert_non_null(
		strstr(d.holds.items[0], "from other networks: containers web and sidecar"));
	str_replace(&nth(f, 1)->network_mode, "container:db"); /* it is in db's */
	guard(f, "userland-proxy", "false", &d);
	assert_non_null(strstr(d.holds.items[0], "from other networks: container web"));
}

/* What goes by rules needs no proxy, but from this host's own ::1. */
static void test_ipv6_with_rules(void **state)
{
	static const char proxied[] = "which needs the proxy";
	static const char own[] = "which this host itself would not reach at ::1 any more";
	static const struct {
		const char *port, *version, *file;
		bool has_ipv6;
		const char *says; /* NULL: nothing of IPv6 */
	} rows[] = {
		{"80/tcp on ::", "26.1.5", "{}", true, proxied},
		{"80/tcp on ::", "26.1.5", "{\"ip6tables\":true}", true, own},
		{"80/tcp on ::", "26.1.5", "{\"ip6tables\":true}", false, proxied},
		{"80/tcp on ::", "28.5.2", "{}", true, own},
		{"80/tcp on ::", "28.5.2", "{\"ip6tables\":false}", true, proxied},
		{"80/tcp on ::", NULL, "{}", true, proxied},
		{"80/tcp on fd00::9", "28.5.2", "{}", true, NULL},
		{"80/tcp on fd00::9", "28.5.2", "{}", false, proxied},
		{"80/tcp on ::1", "28.5.2", "{}", true, proxied},
		{"80/tcp on 0.0.0.0", "28.5.2", "{}", true, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(freep) char *all = NULL;
		struct container *c;
		struct fake_view f;

		fake_view_init(&f);
		fake_dir(&f, "/etc/docker", 0755);
		fake_file(&f, CONFIG, 0644, rows[i].file);
		str_replace(&f.facts.docker.version, rows[i].version);
		c = add_container(&f, "web", "bridge");
		c->has_ipv6 = rows[i].has_ipv6;
		strv_add(&c->ports, rows[i].port);
		guard(&f, "userland-proxy", "false", &d);
		all = strv_join(&d.holds, "; ");
		if (rows[i].says ? !strstr(all, rows[i].says)
				 : strstr(all, proxied) || strstr(all, own))
			fail_msg("row %zu: %s", i, all);
		fake_view_clear(&f);
	}
}

/* Dockerd's rules or its proxy: where neither forwards, no port is reached, whichever goes last. */
static void test_nobody_forwards(void **state)
{
	static const struct {
		const char *file, *key;
		bool dead;
	} rows[] = {
		{"{\"iptables\":false}", "userland-proxy", true},
		{"{\"iptables\":true}", "userland-proxy", false},
		{"{\"ip6tables\":false}", "userland-proxy", false},
		{"{\"ip-forward\":false}", "userland-proxy", false},
		{"{\"ip-masq\":false}", "userland-proxy", false},
		{"{\"userland-proxy\":false}", "iptables", true},
		{"{\"userland-proxy\":true}", "iptables", false},
		{"{}", "iptables", false},
		{"{\"userland-proxy\":false}", "ip6tables", false}, /* on 127.0.0.1 alone */
	};
	struct fake_view *f = *state;

	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		size_t row = i % ARRAY_SIZE(rows);
		CLEANUP(delta_clear) struct delta d = {0};

		if (i == ARRAY_SIZE(rows))
			strv_add(&add_container(f, "web", "front")->ports, "80/tcp on 127.0.0.1");
		fake_file(f, CONFIG, 0644, rows[row].file);
		guard(f, rows[row].key, "false", &d);
		if (d.holds.count != rows[row].dead)
			fail_msg("%s beside %s: %zu", rows[row].key, rows[row].file, d.holds.count);
		if (rows[row].dead)
			assert_non_null(strstr(d.holds.items[0],
					       i == row ? "none would be reached by anybody"
							: "nobody would reach those of "
							  "container web, this host included"));
		guard(f, rows[row].key, "true", &d);
		assert_int_equal(d.holds.count, 0);
	}
}

/* Rules that are switched on, and nobody to make them. */
static void test_no_iptables(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	guard(f, "iptables", "true", &d);
	assert_null(d.refusal);
	f->facts.docker.no_iptables = xstrdup("there is no 'iptables'");
	guard(f, "iptables", "false", &d);
	assert_null(d.refusal);
	guard(f, "iptables", "true", &d);
	assert_string_equal(d.refusal, "dockerd would not start: there is no 'iptables'");
	guard(f, "iptables", NULL, &d);
	assert_non_null(d.refusal);
}

static void test_ipv6_without_rules(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	strv_add(&add_container(f, "web", "front")->ports, "80/tcp on ::");
	guard(f, "ip6tables", "false", &d);
	assert_int_equal(d.holds.count, 0); /* the proxy forwards */
	fake_file(f, CONFIG, 0644, "{\"userland-proxy\":false}");
	guard(f, "ip6tables", "false", &d);
	assert_hold(&d, 0,
		    "container web publishes 80/tcp on ::, which nothing would forward beside "
		    "userland-proxy=false");
}

/* Who calls a neighbour's port by the host's address, from a network that it does not share. */
static void test_other_networks(void **state)
{
	static const struct {
		const char *mode, *network; /* of the neighbour */
		bool cut;
	} rows[] = {
		{"back", "back", true},  {"front", "front", false},    {"host", "host", false},
		{"none", "none", false}, {"container:abc", "", false}, {"default", "bridge", true},
	};
	struct fake_view *f = *state;

	strv_add(&add_container(f, "web", "front")->networks, "front");
	strv_add(&nth(f, 0)->ports, "80/tcp on 192.0.2.7");
	add_container(f, "app", "x");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		str_replace(&nth(f, 1)->network_mode, rows[i].mode);
		strv_clear(&nth(f, 1)->networks);
		strv_add(&nth(f, 1)->networks, rows[i].network);
		guard(f, "userland-proxy", "false", &d);
		assert_int_equal(d.holds.count, 1 + rows[i].cut);
		if (rows[i].cut)
			assert_hold(&d, 0,
				    "80/tcp of container web would not be reached by this host's "
				    "own address any more from other networks: container app (seen "
				    "now: "
				    "its addresses are not measured)");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DOCKER_VIEW_TEST(test_icc),
		cmocka_unit_test(test_icc_seen),
		DOCKER_VIEW_TEST(test_icc_link_by_whole_names),
		DOCKER_VIEW_TEST(test_icc_refusals),
		DOCKER_VIEW_TEST(test_bridge_netfilter),
		DOCKER_VIEW_TEST(test_userland_proxy),
		DOCKER_VIEW_TEST(test_other_networks),
		DOCKER_VIEW_TEST(test_neighbours),
		cmocka_unit_test(test_ipv6_with_rules),
		DOCKER_VIEW_TEST(test_nobody_forwards),
		DOCKER_VIEW_TEST(test_ipv6_without_rules),
		DOCKER_VIEW_TEST(test_no_iptables),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
