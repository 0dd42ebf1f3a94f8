/* Which settings of the kernel may not be switched off beneath dockerd and its containers. */

#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/model/docker-kernel.h"

enum daemon { NONE, NONE_UNASKED, STOPPED, RUNS, MUTE, UNASKED, ELSEWHERE };

#define FORWARD "net.ipv4.ip_forward"
#define BRIDGE "net.bridge.bridge-nf-call-iptables"

static const struct {
	enum daemon daemon;
	int containers, networks; /* -1: not known */
	const char *key, *value; /* of dockerd's; NULL: the default */
	const char *setting, *to;
	bool needed;
	const char *words; /* in the reason; NULL: any */
} rows[] = {
	{RUNS, 0, 0, NULL, NULL, FORWARD, "0", true, "dockerd runs, and needs it"},
	{RUNS, 0, 0, NULL, NULL, "net/ipv4/ip_forward", "0", true},
	{RUNS, 0, 0, NULL, NULL, "net.ipv4.conf.all.forwarding", "0", true},
	{RUNS, 0, 0, NULL, NULL, "net.ipv6.conf.eth0/1.forwarding", "0", true},
	{RUNS, 0, 0, NULL, NULL, FORWARD, "1", false},
	{RUNS, 0, 0, NULL, NULL, FORWARD, NULL, false},
	{RUNS, 0, 0, NULL, NULL, "kernel.kptr_restrict", "0", false},
	{RUNS, 0, 0, "ip-forward", "false", FORWARD, "0", false},
	{RUNS, 2, 0, "ip-forward", "false", FORWARD, "0", true},
	{RUNS, -1, 0, "ip-forward", "false", FORWARD, "0", true},
	{MUTE, 0, 0, "ip-forward", "false", FORWARD, "0", true,
	 "dockerd runs, and whether it needs it is not known (it does not answer): with"},
	{UNASKED, 0, 0, NULL, NULL, FORWARD, "0", true,
	 "whether dockerd runs is not known (there is no systemd): with"},
	{ELSEWHERE, 0, 0, NULL, NULL, FORWARD, "0", true, "dockerd runs, and"},
	{NONE_UNASKED, -1, -1, NULL, NULL, FORWARD, "0", false},
	{STOPPED, 0, 0, NULL, NULL, FORWARD, "0", false},
	{STOPPED, 1, 0, NULL, NULL, FORWARD, "0", true},
	{STOPPED, -1, 0, NULL, NULL, FORWARD, "0", true},
	{NONE, -1, -1, NULL, NULL, FORWARD, "0", false},
	{RUNS, 1, 0, "icc", "false", BRIDGE, "0", true},
	{RUNS, 1, 0, "icc", "true", BRIDGE, "0", false},
	{RUNS, 1, 0, NULL, NULL, BRIDGE, "0", false},
	{RUNS, 1, 1, "icc", "true", BRIDGE, "0", true},
	{RUNS, 1, -1, "icc", "true", BRIDGE, "0", true},
};

static void fill(struct facts *f, size_t i)
{
	struct docker_facts *d = &f->docker;

	d->install = rows[i].daemon == NONE || rows[i].daemon == NONE_UNASKED ? DOCKER_NONE
									      : DOCKER_DISTRO;
	if (rows[i].daemon == UNASKED || rows[i].daemon == NONE_UNASKED)
		d->not_measured = xstrdup("there is no systemd");
	if (rows[i].daemon == ELSEWHERE)
		d->elsewhere = xstrdup("dockerd runs beside docker.service");
	d->running = rows[i].daemon == RUNS || rows[i].daemon == MUTE;
	if (rows[i].daemon == MUTE)
		d->not_measured = xstrdup("it does not answer");
	for (int n = 0; n < rows[i].containers; n++)
		container_list_add(&d->containers)->running = true;
	if (rows[i].containers >= 0)
		containers_known(&d->containers);
	if (rows[i].networks >= 0)
		count_set(&d->networks, (size_t)rows[i].networks);
	if (rows[i].key)
		settings_put(&d->now, rows[i].key, rows[i].value, SOURCE_FILE, NULL);
}

static void test_needs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(freep) char *need = NULL, *offline = NULL;

		fill(&f, i);
		need = docker_kernel_need(&f, rows[i].setting, rows[i].to);
		if ((need != NULL) != rows[i].needed)
			fail_msg("row %zu: %s", i, need ? need : "not needed");
		if (rows[i].words && !strstr(need, rows[i].words))
			fail_msg("row %zu: %s", i, need);
		f.offline = true;
		offline = docker_kernel_need(&f, rows[i].setting, rows[i].to);
		assert_null(offline);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_needs)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
