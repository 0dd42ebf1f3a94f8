#include "tests/test.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "engine/base/alloc.h"
#include "engine/host/ask/peers.h"
#include "tests/unit/temp-directory.h"

static void assert_peers(const struct strv *peers, const char *wanted)
{
	CLEANUP(freep) char *all = strv_join(peers, ", ");

	assert_string_equal(all, wanted);
}

#define HEAD "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"

/* 2376 is listened on; a connection out, one half closed and one to a port nobody has are no peers. */
static void test_sockets(void **state)
{
	CLEANUP(strv_clear) struct strv peers = {0};

	peers_of_sockets(HEAD
			 "   0: 00000000:0948 00000000:0000 0A 00000000:00000000 00:00000000\n"
			 "   1: 0A000001:0948 070200C0:C350 01 00000000:00000000 00:00000000\n"
			 "   2: 0A000001:0948 070200C0:C351 01 00000000:00000000 00:00000000\n"
			 "   3: 0A000001:0948 080200C0:C350 06 00000000:00000000 00:00000000\n"
			 "   4: 0A000001:C350 090200C0:01BB 01 00000000:00000000 00:00000000\n",
			 &peers);
	assert_peers(&peers, "2376 192.0.2.7 on 1.0.0.10");
}

static void test_sockets_of_ipv6(void **state)
{
	CLEANUP(strv_clear) struct strv peers = {0};

	peers_of_sockets(HEAD
			 "   0: 00000000000000000000000000000000:0948 "
			 "00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000\n"
			 "   1: 0000000000000000FFFF00000A000001:0948 "
			 "0000000000000000FFFF0000070200C0:C350 01 00000000:00000000 00:00000000\n"
			 "   2: B80D0120000000000000000001000000:0948 "
			 "B80D0120000000000000000002000000:C350 01 00000000:00000000 00:00000000\n",
			 &peers);
	assert_peers(&peers, "2376 ::ffff:192.0.2.7 on ::ffff:1.0.0.10, "
			     "2376 2001:db8::2 on 2001:db8::1");
}

static void test_damaged_lines(void **state)
{
	CLEANUP(strv_clear) struct strv peers = {0};

	peers_of_sockets("", &peers);
	peers_of_sockets("\n\n  1: zz\n 2: 00:1 00:2 01\n", &peers);
	peers_of_sockets("   0: 00000000:FFFFF 00000000:0000 0A\n", &peers);
	assert_int_equal(peers.count, 0);
}

/* Into a container: the tracking knows the address that was asked for, and who asked. */
static void test_tracking(void **state)
{
	CLEANUP(strv_clear) struct strv peers = {0}, own = {0};

	strv_add(&own, "10.0.0.1");
	strv_add(&own, "2001:db8::1");
	strv_add(&own, "10.9.0.0/24");
	peers_of_tracking(
		"ipv4     2 tcp      6 431999 ESTABLISHED src=192.0.2.7 dst=10.0.0.1 sport=50000 "
		"dport=8080 src=172.17.0.2 dst=192.0.2.7 sport=80 dport=50000 [ASSURED] use=1\n"
		"ipv4     2 tcp      6 100 TIME_WAIT src=192.0.2.8 dst=10.0.0.1 sport=1 dport=8080 "
		"src=172.17.0.2 dst=192.0.2.8 sport=80 dport=1 use=1\n"
		"ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.1 dst=192.0.2.9 sport=2 "
		"dport=443 src=192.0.2.9 dst=10.0.0.1 sport=443 dport=2 use=1\n"
		"ipv4     2 tcp      6 99 ESTABLISHED src=192.0.2.8 dst=10.9.0.7 sport=3 "
		"dport=443 src=192.0.2.8 dst=10.9.0.7 sport=443 dport=3 use=1\n"
		"ipv4     2 udp      17 20 src=192.0.2.7 dst=10.0.0.1 sport=5 dport=53 use=1\n"
		"ipv6     10 tcp      6 99 ESTABLISHED src=2001:0db8:0000:0000:0000:0000:0000:0002 "
		"dst=2001:0db8:0000:0000:0000:0000:0000:0001 sport=9 dport=8080 src=a dst=b\n",
		&own, &peers);
	assert_peers(&peers, "8080 192.0.2.7 on 10.0.0.1, 443 192.0.2.8 on 10.9.0.7, "
			     "8080 2001:db8::2 on 2001:db8::1");
}

static void test_own_addresses(void **state)
{
	CLEANUP(strv_clear) struct strv own = {0};

	addresses_of_routes("Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.0.0.0\n"
			    "        /24 link UNICAST\n     |-- 10.0.0.1\n        /32 host LOCAL\n"
			    "     |-- 10.0.0.255\n        /32 link BROADCAST\n"
			    "     |-- 127.0.0.1\n        /32 host LOCAL\n"
			    "Id 100:\n  |-- 0.0.0.0\n     /0 host LOCAL\n"
			    "Local:\n     |-- 10.9.0.0\n        /24 host LOCAL\n"
			    "        /24 link BROADCAST\n",
			    &own);
	assert_peers(&own, "10.0.0.1, 127.0.0.1, 10.9.0.0/24");
}

/* Its own two connections, not what it listens at, nor those to another path. */
static void test_own_connections(void **state)
{
	struct temp_directory *t = *state;
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	CLEANUP(strv_clear) struct strv paths = {0}, others = {0};
	int server = socket(AF_UNIX, SOCK_STREAM, 0), fds[2];

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", t->path);
	strv_add(&paths, at.sun_path);
	strv_add(&others, "/run/docker.sock");
	assert_int_equal(bind(server, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(server, 2), 0);
	assert_int_equal(own_connections_to(&paths), 0);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_int_equal(connect(fds[i], (struct sockaddr *)&at, sizeof(at)), 0);
	}
	assert_int_equal(own_connections_to(&paths), 2);
	assert_int_equal(own_connections_to(&others), 0);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	close(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_sockets_of_ipv6),
		cmocka_unit_test(test_damaged_lines),
		cmocka_unit_test(test_tracking),
		cmocka_unit_test(test_own_addresses),
		cmocka_unit_test_setup_teardown(test_own_connections, temp_directory_setup,
						temp_directory_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
