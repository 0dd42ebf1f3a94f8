#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
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
		{"1/tcp on ::", "1/tcp on ::", "", ""}, /* userland-proxy is off */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_lost),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
