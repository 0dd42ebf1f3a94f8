#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"

#define SYSLOG(address) "syslog", "{\"syslog-address\":\"" address "\"}"

/* The host has 127.0.0.1 and 10.0.0.2; logserver publishes 5514, something else listens on 6514. */
static const struct {
	const char *driver, *options;
	const char *doubt; /* NULL: none */
} rows[] = {
	{"json-file", NULL, NULL},
	{"", NULL, NULL},
	{NULL, NULL, NULL},
	{SYSLOG("tcp://127.0.0.1:5514"), "which container logserver publishes"},
	{SYSLOG("tcp://10.0.0.2:5514"), "which container logserver publishes"},
	{SYSLOG("tcp://127.0.0.1:6514"), NULL},
	{SYSLOG("tcp+tls://localhost:6514"), NULL},
	{SYSLOG("tcp://127.0.0.1:7514"), "where nobody listens now"},
	{SYSLOG("tcp://192.0.2.1:6514"), "of which nobody knows whether it answers then"},
	{SYSLOG("tcp://logs.example:5514"), "of which nobody knows whether it answers then"},
	{SYSLOG("udp://192.0.2.1:514"), NULL},
	{SYSLOG("udp://logs.example:514"), "a name that may not be found then"},
	{SYSLOG("unix:///nowhere/at/all"), "which is not there"},
	{"awslogs", NULL, "of which nobody knows whether it answers then"},
};

static void test_doubts(void **state)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	CLEANUP(root_close) struct root root = {.fd = -1};
	struct gather g = {.facts = &facts, .root = &root};
	struct containers all;
	struct container *c;

	assert_return_code(root_open(&root, "/", NULL), 0);
	strv_add(&facts.docker.listening.addresses, "127.0.0.1");
	strv_add(&facts.docker.listening.addresses, "10.0.0.2");
	strv_add(&facts.docker.listening.ports, "0.0.0.0 5514"); /* docker-proxy */
	strv_add(&facts.docker.listening.ports, "127.0.0.1 6514");
	c = container_list_add(&facts.docker.containers);
	c->name = xstrdup("logserver");
	c->running = true;
	strv_add(&c->ports, "5514/tcp on 0.0.0.0");
	containers_known(&facts.docker.containers);
	assert_true(containers_get(&facts.docker.containers, &all));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(container_clear) struct container shop = {0};
		CLEANUP(freep) char *doubt = NULL;

		shop.log_driver = xstrdup_null(rows[i].driver);
		shop.log_options = xstrdup_null(rows[i].options);
		doubt = log_doubt_of(&g, &all, &shop);
		if (!doubt != !rows[i].doubt || (doubt && !strstr(doubt, rows[i].doubt)))
			fail_msg("row %zu: %s", i, doubt ? doubt : "no doubt");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_doubts)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
