#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/swarm-info.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

static const char state_file[] =
	"{\"LocalAddr\":\"10.0.0.1\",\"ListenAddr\":\"0.0.0.0:2377\",\"DataPathAddr\":\"\"}";
static const char info[] = "{\"Swarm\":{\"LocalNodeState\":\"active\",\"ControlAvailable\":true}}";
static const char swarm[] = "{\"Spec\":{\"CAConfig\":{\"NodeCertExpiry\":7776000000000000},"
			    "\"EncryptionConfig\":{\"AutoLockManagers\":true}}}";
static const char nodes[] = "[{\"Description\":{\"Hostname\":\"a\"},\"ManagerStatus\":{"
			    "\"Reachability\":\"reachable\"}},"
			    "{\"Description\":{\"Hostname\":\"b\"}},"
			    "{\"Description\":{\"Hostname\":\"c\"},\"ManagerStatus\":{"
			    "\"Reachability\":\"unreachable\"}}]";
static const char networks[] =
	"[{\"Name\":\"bridge\",\"Driver\":\"bridge\"},"
	"{\"Name\":\"ingress\",\"Driver\":\"overlay\",\"Ingress\":true,\"Options\":{}},"
	"{\"Name\":\"plain\",\"Driver\":\"overlay\",\"Options\":null},"
	"{\"Name\":\"safe\",\"Driver\":\"overlay\",\"Options\":{\"encrypted\":\"\"}}]";

static int read_text(int (*read)(const struct buf *, struct swarm *, struct error *),
		     const char *text, struct swarm *ret)
{
	CLEANUP(buf_clear) struct buf body = {0};

	buf_puts(&body, text);
	return read(&body, ret, NULL);
}

static void test_read(void **state)
{
	CLEANUP(swarm_clear) struct swarm s = {0};

	assert_int_equal(read_text(swarm_info_read_state, state_file, &s), 0);
	assert_int_equal(read_text(swarm_info_read_role, info, &s), 0);
	assert_int_equal(read_text(swarm_info_read, swarm, &s), 0);
	assert_int_equal(read_text(swarm_info_read_nodes, nodes, &s), 0);
	assert_int_equal(read_text(swarm_info_read_networks, networks, &s), 0);
	assert_string_equal(s.listen_address, "0.0.0.0:2377");
	assert_true(s.manager);
	assert_true(s.autolock);
	assert_int_equal(s.certificate_hours, 2160);
	assert_int_equal(s.nmanagers, 2);
	assert_string_equal(s.managers[1].name, "c");
	assert_int_equal(s.nnetworks, 3);
	assert_true(s.networks[0].ingress);
	assert_false(s.networks[1].encrypted);
	assert_true(s.networks[2].encrypted);
	assert_int_equal(read_text(swarm_info_read_nodes, "{\"message\":\"x\"}", &s), -EINVAL);
	assert_int_equal(read_text(swarm_info_read_state, "", &s), -EINVAL);
}

/* The swarm as `state` has it; each character of `facts` is something that is so. */
static const struct row {
	const char *want, *state, *facts;
	enum verdict verdict;
} rows[] = {
	{"aspect=off", "inactive", "", VERDICT_PASS},
	{"aspect=off", "active", "m", VERDICT_FAIL},
	{"aspect=off", "pending", "", VERDICT_FAIL},
	{"aspect=off", "locked", "", VERDICT_FAIL},
	{"aspect=off needed=true", "active", "m", VERDICT_NOT_APPLICABLE},
	{"aspect=off", NULL, "", VERDICT_NOT_MEASURED},
	{"aspect=off", "active", "x", VERDICT_FAIL},
	{"aspect=member", "inactive", "", VERDICT_NOT_APPLICABLE},
	{"aspect=member", "active", "", VERDICT_MANUAL},
	{"aspect=member", "locked", "x", VERDICT_MANUAL},
	{"aspect=managers max=7", "inactive", "", VERDICT_NOT_APPLICABLE},
	{"aspect=managers max=7", "active", "m1", VERDICT_PASS},
	{"aspect=managers max=7", "active", "m2", VERDICT_FAIL},
	{"aspect=managers max=7", "active", "m3", VERDICT_PASS},
	{"aspect=managers max=7", "active", "m3u", VERDICT_FAIL},
	{"aspect=managers max=2", "active", "m3", VERDICT_FAIL},
	{"aspect=managers max=7", "active", "", VERDICT_NOT_APPLICABLE},
	{"aspect=managers max=7", "active", "x", VERDICT_NOT_MEASURED},
	{"aspect=managers max=7", "locked", "", VERDICT_NOT_MEASURED},
	{"aspect=address", "inactive", "", VERDICT_NOT_APPLICABLE},
	{"aspect=address", "active", "w", VERDICT_FAIL},
	{"aspect=address", "active", "6", VERDICT_FAIL},
	{"aspect=address", "locked", "w", VERDICT_FAIL},
	{"aspect=address", "active", "l", VERDICT_PASS},
	{"aspect=address", "active", "lx", VERDICT_PASS},
	{"aspect=address", "active", "", VERDICT_NOT_MEASURED},
	{"aspect=address", "active", "z", VERDICT_NOT_MEASURED},
	{"aspect=address", "active", "zx", VERDICT_NOT_MEASURED},
	{"aspect=networks", "active", "m", VERDICT_NOT_APPLICABLE},
	{"aspect=networks", "active", "mi", VERDICT_FAIL},
	{"aspect=networks allow=ingress", "active", "mi", VERDICT_PASS},
	{"aspect=networks allow=ingress", "active", "mie", VERDICT_PASS},
	{"aspect=networks allow=ingress", "active", "miep", VERDICT_FAIL},
	{"aspect=networks allow=ingress", "active", "mieo", VERDICT_FAIL},
	{"aspect=networks", "active", "me", VERDICT_PASS},
	{"aspect=networks", "active", "?", VERDICT_NOT_MEASURED},
	{"aspect=autolock", "active", "m", VERDICT_FAIL},
	{"aspect=autolock", "active", "ma", VERDICT_PASS},
	{"aspect=autolock", "locked", "", VERDICT_PASS},
	{"aspect=autolock", "active", "", VERDICT_NOT_APPLICABLE},
	{"aspect=autolock", "error", "m", VERDICT_NOT_MEASURED},
	{"aspect=certificates max=2160", "active", "mc", VERDICT_PASS},
	{"aspect=certificates max=48", "active", "mc", VERDICT_FAIL},
	{"aspect=certificates max=48", "active", "m", VERDICT_NOT_MEASURED},
};

static void add_network(struct swarm *s, const char *name, bool encrypted)
{
	struct overlay_network *n = swarm_add_network(s);

	n->name = xstrdup(name);
	n->encrypted = encrypted;
}

static void set(struct facts *f, char c)
{
	struct swarm *s = &f->swarm;

	if (c == 'm')
		s->manager = true;
	else if (c == 'a')
		s->autolock = true;
	else if (c == 'c')
		s->certificate_hours = 2160;
	else if (c == 'z')
		s->listen_address = xstrdup("");
	else if (c == 'w' || c == '6' || c == 'l')
		s->listen_address = xstrdup(c == 'w'   ? "0.0.0.0:2377"
					    : c == '6' ? "[::]:2377"
						       : "10.0.0.1:2377");
	else if (c == 'i' || c == 'e' || c == 'p')
		add_network(s, c == 'i' ? "ingress" : c == 'e' ? "safe" : "plain", c == 'e');
	else if (c == 'o')
		str_replace(&f->docker.version, "20.10.23");
	else if (c == 'x')
		f->docker.not_measured = xstrdup("docker.service is not running");
	else if (c == '?')
		s->networks_unknown = xstrdup("GET /networks: dockerd answered 500");
	else if (c == 'u')
		str_replace(&s->managers[0].reachability, "unreachable");
	for (int i = 0; c >= '1' && c <= '3' && i < c - '0'; i++)
		swarm_add_manager(s)->reachability = xstrdup("reachable");
	for (size_t i = 0; i < s->nmanagers; i++)
		str_replace(&s->managers[i].name, "node");
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_swarm, rows[i].want);

		fake_view_init(&f);
		f.facts.parts = ~0U;
		f.facts.docker.install = DOCKER_CE;
		str_replace(&f.facts.docker.swarm, rows[i].state);
		str_replace(&f.facts.docker.version, "20.10.24+dfsg1");
		for (const char *c = rows[i].facts; *c; c++)
			set(&f.facts, *c);
		fake_diff(&f, &module_swarm, want, &d);
		if (d.verdict != rows[i].verdict)
			fail_msg("%s, %s %s: %s (%s)", rows[i].want, rows[i].state, rows[i].facts,
				 verdict_to_string(d.verdict), d.reason);
		assert_int_equal(d.reason != NULL, d.verdict != VERDICT_MANUAL);
		assert_int_equal(d.fix != NULL, d.verdict == VERDICT_FAIL);
	}
}

/* What listens is what the node's role has listen. */
static void test_address_by_role(void **state)
{
	static const struct {
		const char *state, *facts, *reason;
	} hosts[] = {
		{"active", "mw", "the swarm listens on every address (0.0.0.0:2377)"},
		{"active", "w",
		 "the swarm listens on every address (0.0.0.0, 7946 tcp and udp: a worker, whose "
		 "2377 comes with its promotion)"},
		{"active", "l",
		 "the swarm listens on 10.0.0.1, 7946 tcp and udp: a worker, whose 2377 comes with "
		 "its promotion"},
		{"active", "wx", "the swarm listens on every address (0.0.0.0:2377)"},
		{"locked", "w", "the swarm listens on every address (0.0.0.0:2377)"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_swarm, "aspect=address");

		fake_view_init(&f);
		f.facts.parts = ~0U;
		f.facts.docker.install = DOCKER_CE;
		str_replace(&f.facts.docker.swarm, hosts[i].state);
		for (const char *c = hosts[i].facts; *c; c++)
			set(&f.facts, *c);
		fake_diff(&f, &module_swarm, want, &d);
		assert_string_equal(d.reason, hosts[i].reason);
	}
}

static void test_check(void **state)
{
	static const struct {
		const char *want;
		int result;
	} cases[] = {
		{"aspect=off", 0},
		{"aspect=off needed=true", 0},
		{"aspect=autolock needed=true", -EINVAL},
		{"aspect=managers", -EINVAL},
		{"aspect=managers max=0", -EINVAL},
		{"aspect=managers max=3", 0},
		{"aspect=autolock max=3", -EINVAL},
		{"aspect=autolock allow=x", -EINVAL},
		{"aspect=networks allow=x", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(error_clear) struct error err = {0};
		DESIRED(want, &module_swarm, cases[i].want);

		assert_int_equal(module_swarm.check(want, &err), cases[i].result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_address_by_role),
		cmocka_unit_test(test_check),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
