#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "modules/daemon/guards.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/docker-view.h"
#include "tests/unit/guard-case.h"

#define OPTS "{\"bridge\":{\"com.docker.network.bridge.host_binding_ipv4\":\"127.0.0.1\"}}"

/* Who goes off the net by "ip": what docker0 publishes without an address, running or not. */
static void test_ip(void **state)
{
	static const struct {
		const char *network, *asked, *value, *in_force;
		bool runs, held;
	} rows[] = {
		{"default", "9090/tcp on default", "\"127.0.0.1\"", "\"0.0.0.0\"", true, true},
		{"bridge", "9090/tcp on default", "\"127.0.0.1\"", NULL, true, true},
		{"default", "9090/tcp on default", "\"127.0.0.1\"", NULL, false, true},
		{"default", "any/tcp on default", "\"10.1.1.1\"", NULL, true, true},
		{"default", "9090/tcp on 0.0.0.0", "\"127.0.0.1\"", NULL, true, false}, /* meant */
		{"default", "9090/tcp on 127.0.0.1", "\"127.0.0.1\"", NULL, true, false},
		{"front", "9090/tcp on default", "\"127.0.0.1\"", NULL, true, false},
		{"default", "9090/tcp on default", "\"::\"", NULL, true, false}, /* as before */
		{"default", "9090/tcp on default", NULL, NULL, true, false},
		{"default", "9090/tcp on default", "\"127.0.0.1\"", "\"127.0.0.1\"", true, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		struct container *c;

		fake_view_init(&f);
		c = add_container(&f, "appa", rows[i].network);
		c->running = rows[i].runs;
		strv_add(&c->asked_ports, rows[i].asked);
		containers_known(&f.facts.docker.containers);
		f.facts.docker.bridge_ip = xstrdup_null(rows[i].in_force);
		guard(&f, "ip", rows[i].value, &d);
		if (d.holds.count != rows[i].held ||
		    (rows[i].held && !strstr(d.holds.items[0], "container appa publishes ")))
			fail_msg("row %zu: %zu holds", i, d.holds.count);
	}
}

static void test_ip_of_unknown_containers(void **state)
{
	CLEANUP(fake_view_clear) struct fake_view f;
	CLEANUP(delta_clear) struct delta d = {0};

	fake_view_init(&f);
	containers_unknown(&f.facts.docker.containers, "nobody asked");
	guard(&f, "ip", "\"127.0.0.1\"", &d);
	assert_int_equal(d.holds.count, 1);
}

/* Networks of before keep their own options: what is written for new ones is no pass for them. */
static void test_networks_of_before(void **state)
{
	static const struct {
		const char *wide, *unread, *attached, *asked;
		bool known;
		enum verdict verdict;
		bool no_networks, untold;
	} rows[] = {
		{NULL, NULL, "front", "80/tcp on default", true, VERDICT_PASS},
		{"front", NULL, "front", "80/tcp on default", true, VERDICT_FAIL},
		{"front", NULL, "front", "80/tcp on 127.0.0.1", true, VERDICT_PASS},
		{"front", NULL, "back", "80/tcp on default", true, VERDICT_PASS},
		{"front", NULL, "back", "80/tcp on default", false, VERDICT_FAIL},
		{NULL, "dockerd answers 500", "front", "80/tcp on default", true,
		 VERDICT_NOT_MEASURED},
		{NULL, "it does not run", "front", "80/tcp on default", false,
		 VERDICT_NOT_MEASURED},
		{NULL, "it does not run", "front", "80/tcp on default", false, VERDICT_PASS, true},
		{NULL, "it does not run", NULL, NULL, true, VERDICT_PASS},
		{NULL, "it does not run", "front", "80/tcp on 127.0.0.1", true, VERDICT_PASS},
		{NULL, "it does not run", "bridge", "80/tcp on default", true, VERDICT_PASS},
		{NULL, "it does not run", "bridge", NULL, true, VERDICT_NOT_MEASURED,
		 .untold = true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		DESIRED(want, &module_docker_daemon,
			"key=default-network-opts accept=[\"*\"] value=" OPTS);
		struct docker_facts *docker = &f.facts.docker;
		struct container *c;

		fake_view_init(&f);
		fake_file(&f, CONFIG, 0644, "{\"default-network-opts\":" OPTS "}");
		str_replace(&docker->version, "28.5.2");
		str_replace(&docker->config_file, CONFIG);
		docker->running = true;
		set_now(&f, "default-network-opts", OPTS, SOURCE_WITNESS);
		if (rows[i].attached) {
			c = add_container(&f, "web", rows[i].attached);
			strv_add(&c->networks, rows[i].attached);
			if (rows[i].asked)
				strv_add(&c->asked_ports, rows[i].asked);
			c->unlisted = rows[i].untold;
		}
		count_clear(&docker->networks);
		if (rows[i].no_networks)
			count_set(&docker->networks, 0);
		if (rows[i].known)
			containers_known(&docker->containers);
		else
			containers_unknown(&docker->containers, "nobody asked");
		if (rows[i].wide)
			strv_add(&docker->wide_networks, rows[i].wide);
		docker->wide_unread = xstrdup_null(rows[i].unread);
		fake_diff(&f, &module_docker_daemon, want, &d);
		if (d.verdict != rows[i].verdict)
			fail_msg("row %zu: verdict %d: %s", i, (int)d.verdict,
				 d.reason ? d.reason : "");
		assert_int_equal(d.edits.count + d.effects.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ip),
		cmocka_unit_test(test_ip_of_unknown_containers),
		cmocka_unit_test(test_networks_of_before),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
