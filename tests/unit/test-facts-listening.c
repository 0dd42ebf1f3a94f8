#include "tests/test.h"

#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"

static const char tcp[] =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
	"timeout inode\n"
	"   0: 0100007F:24E4 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        "
	"0 11 1\n"
	"   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        "
	"0 12 1\n"
	"   2: 0100007F:0050 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        "
	"0 13 1\n"
	"   3: 0100007F:0947 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        "
	"0 14 1\n"
	"   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A "
	"00000000:00000000 00:00000000 00000000 0 0 15 1\n"
	"   0: 0000000000000000FFFF00000200000A:0051 00000000000000000000000000000000:0000 0A "
	"00000000:00000000 00:00000000 00000000 0 0 16 1\n";

/* What dockerd has itself (inode 14) it will have again; what only speaks is no listener. */
static void test_table(void **state)
{
	CLEANUP(strv_clear) struct strv own = {0}, found = {0};
	CLEANUP(freep) char *text = NULL;

	strv_add(&own, "14");
	tcp_table(tcp, &own, &found);
	text = strv_join(&found, ", ");
	assert_string_equal(text, "127.0.0.1 9444, 0.0.0.0 22, ::1 80, 10.0.0.2 81");
}

static const struct {
	const char *listener, *wanted;
	enum may_listen may;
} listens[] = {
	{"127.0.0.1 9323", "127.0.0.1:9323", LISTEN_TAKEN},
	{"127.0.0.1 9323", "127.0.0.1:9324", LISTEN_FREE},
	{"127.0.0.1 9323", "127.0.0.1:932", LISTEN_FREE},
	{"127.0.0.1 9323", "localhost:9323", LISTEN_TAKEN},
	{"127.0.0.1 9323", "0.0.0.0:9323", LISTEN_TAKEN},
	{"127.0.0.1 9323", "[::]:9323", LISTEN_TAKEN},
	{"127.0.0.1 9323", "[::1]:9323", LISTEN_FREE},
	{"127.0.0.1 9323", "10.0.0.2:9323", LISTEN_FREE},
	{"0.0.0.0 9323", "10.0.0.2:9323", LISTEN_TAKEN},
	{"0.0.0.0 9323", "[::1]:9323", LISTEN_FREE},
	{":: 9323", "[::1]:9323", LISTEN_TAKEN},
	{":: 9323", "127.0.0.1:9323", LISTEN_UNSURE},
	{":: 9323", "[::]:9323", LISTEN_TAKEN},
	{"::1 9323", "0.0.0.0:9323", LISTEN_UNSURE},
	{"::1 9323", "[::1]:9323", LISTEN_TAKEN},
	{"::1 9323", "[0:0::1]:9323", LISTEN_TAKEN}, /* in whatever way it is written */
	{":: 9323", "[0:0:0:0:0:0:0:0]:9323", LISTEN_TAKEN},
	{"127.0.0.1 9323", "[0::0]:9323", LISTEN_TAKEN},
	{"fd00::2 9323", "[FD00:0::2]:9323", LISTEN_TAKEN},
	{"fd00::2 1", "[fd00:0:0::2]:9323", LISTEN_FREE},
	{"fd00::2 1", "[fd00::3]:9323", LISTEN_TAKEN}, /* not this host's */
	{"127.0.0.1 1", "10.7.7.7:9323", LISTEN_TAKEN}, /* not this host's */
	{"127.0.0.1 1", "10.9.0.7:9323", LISTEN_FREE}, /* a route makes it local */
	{"10.9.0.7 9323", "10.9.0.7:9323", LISTEN_TAKEN},
	{"127.0.0.1 1", "10.9.1.7:9323", LISTEN_TAKEN},
	{"127.0.0.1 1", "metrics.example.org:9323", LISTEN_UNSURE},
	{"127.0.0.1 0", "127.0.0.1:0", LISTEN_FREE},
	{"127.0.0.1 9323", "[::ffff:127.0.0.1]:9323", LISTEN_TAKEN},
	{"127.0.0.1 9323", "LOCALHOST:9323", LISTEN_TAKEN},
};

static void test_may_listen(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(listens); i++) {
		CLEANUP(listening_clear) struct listening l = {0};
		CLEANUP(freep) char *why = NULL;

		strv_add(&l.ports, listens[i].listener);
		strv_add(&l.addresses, "10.0.0.2");
		strv_add(&l.addresses, "fd00::2");
		strv_add(&l.addresses, "10.9.0.0/24");
		if (listening_may(&l, listens[i].wanted, &why) != listens[i].may)
			fail_msg("%s beside %s: %s", listens[i].wanted, listens[i].listener,
				 why ? why : "free");
		assert_true((why != NULL) == (listens[i].may != LISTEN_FREE));
	}
}

static const struct {
	const char *listener, *host;
	bool here, answers, loopback;
} reaches[] = {
	{"127.0.0.1 80", "127.0.0.1", true, true, true},
	{"127.0.0.1 80", "localhost", true, true, true},
	{"::1 80", "Localhost.", true, true, true},
	{"127.0.0.1 80", "::ffff:127.0.0.1", true, true, true},
	{"127.0.0.1 80", "0.0.0.0", true, true, false},
	{"127.0.0.1 80", "", true, true, false},
	{"::1 80", "::", true, true, false},
	{":: 80", "127.0.0.1", true, true, true},
	{"0.0.0.0 80", "::1", true, false, true},
	{"127.0.0.1 80", "10.0.0.2", true, false, false},
	{"10.0.0.2 80", "10.0.0.2", true, true, false},
	{"127.0.0.1 80", "localhost.example.org", false, false, false},
	{"127.0.0.1 80", "127.example.org", false, false, false},
};

/* Whom one that connects reaches, and whether it is nobody but this host who can. */
static void test_reaches(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(reaches); i++) {
		CLEANUP(listening_clear) struct listening l = {0};

		strv_add(&l.ports, reaches[i].listener);
		strv_add(&l.addresses, "10.0.0.2");
		if (listening_is_here(&l, reaches[i].host) != reaches[i].here ||
		    listening_answers(&l, reaches[i].host, "80") != reaches[i].answers ||
		    listening_is_loopback(reaches[i].host) != reaches[i].loopback)
			fail_msg("'%s' beside %s", reaches[i].host, reaches[i].listener);
	}
}

/* However it is written; a name and an address of one is not. */
static void test_any(void **state)
{
	static const char *const any[] = {"",
					  "*",
					  "0",
					  "0.0.0.0",
					  "::",
					  "[::]",
					  "[0.0.0.0]",
					  "0::0",
					  "0:0:0:0:0:0:0:0",
					  "0x0",
					  "::%eth0",
					  "[::%eth0]",
					  "::ffff:0.0.0.0"};
	static const char *const one[] = {"127.0.0.1", "::1",    "[::1]", "10.0.0.9",
					  "0.0.0.1",   "fe80::", "host",  "default"};

	for (size_t i = 0; i < ARRAY_SIZE(any); i++)
		if (!listening_is_any(any[i]))
			fail_msg("'%s' is one", any[i]);
	for (size_t i = 0; i < ARRAY_SIZE(one); i++)
		if (listening_is_any(one[i]))
			fail_msg("'%s' is any", one[i]);
}

/* What was not looked at is never free. */
static void test_unknown(void **state)
{
	CLEANUP(listening_clear) struct listening l = {.unknown = xstrdup("hidden")};
	CLEANUP(freep) char *why = NULL;

	assert_int_equal(listening_may(&l, "127.0.0.1:9323", &why), LISTEN_UNSURE);
	assert_string_equal(why, "who listens on port 9323 is not known: hidden");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),   cmocka_unit_test(test_may_listen),
		cmocka_unit_test(test_reaches), cmocka_unit_test(test_any),
		cmocka_unit_test(test_unknown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
