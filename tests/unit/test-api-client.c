/* Whose connections to the API a dockerd with other settings would not take. */

#include "tests/test.h"

#include <string.h>

#include "cli/again.h"
#include "engine/base/alloc.h"
#include "engine/format/api-client.h"

#define NOW "[\"fd://\",\"tcp://0.0.0.0:2375\"]"
#define V4 "10.0.0.9 at 10.0.0.2 2375"
#define V6 "fd00::9 at fd00::2 2375"
#define OTHER "10.0.0.7 at 10.0.0.2 2376"
#define LOCAL "127.0.0.1 at 127.0.0.1 2375"

static const struct {
	const char *clients, *now, *then; /* `then` NULL: hosts stay as they are */
	bool verifies;
	const char *out;
} rows[] = {
	{V4, NOW, NULL, false, ""},
	{V4, NOW, NOW, false, ""},
	{V4, NOW, "[\"fd://\",\"tcp://10.0.0.2:2375\"]", false, ""},
	{V4, NOW, "[\"fd://\",\"tcp://10.0.0.3:2375\"]", false, "10.0.0.9"},
	{V4, NOW, "[\"fd://\",\"tcp://10.0.0.2:2376\"]", false, "10.0.0.9"},
	{V4, NOW, "[\"fd://\"]", false, "10.0.0.9"},
	{V4, NOW, "", false, "10.0.0.9"}, /* no hosts at all */
	{V4, NOW, "[\"tcp://gate.example:2375\"]", false, "10.0.0.9"}, /* not looked up */
	{V4, NOW, "[\"tcp://:2375\"]", false, "10.0.0.9"}, /* dockerd takes that for the loopback */
	{V6, NOW, "[\"tcp://[::]:2375\"]", false, ""},
	{V6, NOW, "[\"tcp://[fd00::2]:2375\"]", false, ""},
	{V6, NOW, "[\"tcp://[fd00::3]:2375\"]", false, "fd00::9"},
	{LOCAL, NOW, "[\"tcp://localhost:2375\"]", false, ""},
	{LOCAL, NOW, "[\"tcp://10.0.0.2:2375\"]", false, "127.0.0.1"},
	/* a port of docker.socket's stays as long as it is taken over */
	{OTHER, NOW, "[\"fd://\"]", false, ""},
	{OTHER, NOW, "[\"unix:///run/docker.sock\"]", false, "10.0.0.7"},
	{V4 "|" V4 "|" OTHER, NOW, "[\"fd://\"]", false, "10.0.0.9 (2)"},
	{OTHER "|" V4 "|" V4, NOW, NULL, true, "10.0.0.7, 10.0.0.9 (2)"},
	{"", NOW, "[]", true, ""},
	{"of another shape", NOW, "[]", false, ""},
};

static void test_shut_out(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct api_move move = {.moves = rows[i].then != NULL,
					.hosts = rows[i].then,
					.hosts_now = rows[i].now,
					.verifies = rows[i].verifies};
		CLEANUP(strv_clear) struct strv clients = {0}, out = {0};
		CLEANUP(freep) char *text = NULL;

		if (*rows[i].clients)
			strv_split(&clients, rows[i].clients, "|");
		api_clients_shut_out(&clients, &move, &out);
		text = api_clients_text(&out);
		if (strcmp(text, rows[i].out) != 0)
			fail_msg("row %zu: '%s', not '%s'", i, text, rows[i].out);
	}
}

/* On the way up a guard has asked about those who come in at a listener that is known. */
static void test_asked_elsewhere(void **state)
{
	static const struct {
		const char *clients, *asked; /* NULL: none is known */
		bool verifies;
		const char *out;
	} cases[] = {
		{V4, NULL, false, "10.0.0.9"},
		{V4, NULL, true, "10.0.0.9"},
		{V4, "tcp://0.0.0.0:2375", false, ""},
		{V4, "tcp://*:2375", false, ""},
		{V6, "tcp://[::]:2375", false, ""},
		{V4, "tcp://0.0.0.0:2376", false, "10.0.0.9"},
		{V4 "|" OTHER, "tcp://10.0.0.2:2376", false, "10.0.0.9"},
		{V4 "|" OTHER, "tcp://10.0.0.2:2376", true, ""}, /* all of them were named */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strv_clear) struct strv clients = {0}, out = {0}, asked = {0};
		CLEANUP(freep) char *text = NULL;
		struct api_move move = {.moves = !cases[i].verifies,
					.hosts = "[]",
					.hosts_now = NOW,
					.verifies = cases[i].verifies,
					.asked = &asked};

		strv_split(&clients, cases[i].clients, "|");
		if (cases[i].asked)
			strv_add(&asked, cases[i].asked);
		api_clients_shut_out(&clients, &move, &out);
		text = api_clients_text(&out);
		if (strcmp(text, cases[i].out) != 0)
			fail_msg("row %zu: '%s', not '%s'", i, text, cases[i].out);
	}
}

#define WOULD " would be refused when made again: "
#define ASKS WOULD "it asks there for TLS or a client certificate, which it did not"
#define LEAVES WOULD "it listens no more where they come in"
#define FROM "open connections to the API over TCP from "

/* What is consented to: when the plan was made, under the lock a second later, and whether the first covers it. */
static const struct {
	const char *was, *now;
	bool verifies, covered;
	const char *says; /* of `now` */
} said[] = {
	{V4, V4, true, true, FROM "10.0.0.9" ASKS},
	{V4 "|" V4 "|" V4, V4 "|" V4, true, true, FROM "10.0.0.9" ASKS},
	{V4, V4 "|" V4 "|" V4, true, true, FROM "10.0.0.9" ASKS},
	{OTHER "|" V4 "|" V4, V4, true, true, FROM "10.0.0.9" ASKS},
	{OTHER "|" V4, V4 "|" OTHER, true, true, FROM "10.0.0.9 and 10.0.0.7" ASKS},
	{OTHER "|" V4 "|" V6, V6 "|" V4 "|" V4, true, true, FROM "fd00::9 and 10.0.0.9" ASKS},
	{V4 "|" V4, V4, false, true, FROM "10.0.0.9" LEAVES},
	{V4, OTHER, true, false, FROM "10.0.0.7" ASKS},
	{V4, OTHER "|" V4, true, false, FROM "10.0.0.7 and 10.0.0.9" ASKS},
	{OTHER "|" V4, OTHER "|" V4 "|" V6, true, false,
	 FROM "10.0.0.7, 10.0.0.9 and fd00::9" ASKS},
};

static char *objection(const char *clients, bool verifies)
{
	struct api_move move = {
		.moves = !verifies, .hosts = "[]", .hosts_now = NOW, .verifies = verifies};
	CLEANUP(strv_clear) struct strv all = {0};

	strv_split(&all, clients, "|");
	return api_clients_objection(&all, &move);
}

static void test_said(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
		CLEANUP(freep) char *was = objection(said[i].was, said[i].verifies);
		CLEANUP(freep) char *now = objection(said[i].now, said[i].verifies);

		assert_string_equal(now, said[i].says);
		if (again_is_no_worse(was, now) != said[i].covered)
			fail_msg("%s -> %s", was, now);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shut_out),
		cmocka_unit_test(test_asked_elsewhere),
		cmocka_unit_test(test_said),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
