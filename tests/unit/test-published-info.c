#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/published-info.h"

typedef int reader(const struct buf *body, struct strv *ret, struct error *err);

static void check(reader *read, const char *text, int code, const char *want)
{
	CLEANUP(buf_clear) struct buf body = {0};
	CLEANUP(strv_clear) struct strv got = {0};
	CLEANUP(freep) char *list = NULL;

	buf_puts(&body, text);
	assert_int_equal(read(&body, &got, NULL), code);
	list = strv_join(&got, "|");
	assert_string_equal(list, want);
}

static void test_bridges(void **state)
{
	check(published_info_read_bridges,
	      "[{\"Id\":\"0123456789abcdef\",\"Driver\":\"bridge\",\"IPAM\":{\"Config\":[{"
	      "\"Subnet\":"
	      "\"172.18.0.0/16\"},{\"Subnet\":\"fd00:1::/64\"}]}},"
	      "{\"Id\":\"aa\",\"Driver\":\"bridge\",\"Options\":{\"com.docker.network.bridge."
	      "name\":"
	      "\"docker0\"},\"IPAM\":{\"Config\":[{\"Subnet\":\"172.17.0.0/16\"}]}},"
	      "{\"Id\":\"bb\",\"Driver\":\"bridge\",\"Options\":{\"com.docker.network.bridge."
	      "name\":"
	      "\"r\",\"com.docker.network.bridge.gateway_mode_ipv4\":\"routed\"},\"IPAM\":{"
	      "\"Config\":"
	      "[{\"Subnet\":\"10.9.0.0/16\"},{\"Subnet\":\"fd00:2::/64\"}]}},"
	      "{\"Id\":\"cc\",\"Driver\":\"host\",\"IPAM\":{\"Config\":null}},"
	      "{\"Id\":\"dd\",\"Driver\":\"overlay\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.0.0.0/"
	      "24\"}]}}]",
	      0,
	      "br-0123456789ab 172.18.0.0/16|br-0123456789ab fd00:1::/64|docker0 172.17.0.0/16|r "
	      "fd00:2::/64");
	check(published_info_read_bridges, "[]", 0, "");
	check(published_info_read_bridges, "{\"message\":\"no\"}", -EINVAL, "");
}

/* An overlay's ports are those of the bridge behind it. */
static void test_addresses(void **state)
{
#define AT(ip) "\"Options\":{\"com.docker.network.bridge.host_binding_ipv4\":\"" ip "\"}"
	check(published_info_read_addresses,
	      "[{\"Name\":\"front\",\"Driver\":\"bridge\"," AT(
		      "127.0.0.1") "},"
				   "{\"Name\":\"back\",\"Driver\":\"bridge\",\"Options\":null},"
				   "{\"Name\":\"over\",\"Driver\":\"overlay\"},{\"Name\":\"lan\","
				   "\"Driver\":"
				   "\"macvlan\"},{\"Name\":\"docker_gwbridge\",\"Driver\":"
				   "\"bridge\"," AT("10.0.0.1") "}]",
	      0, "front 127.0.0.1|back 0.0.0.0|over 10.0.0.1|docker_gwbridge 10.0.0.1");
	check(published_info_read_addresses, "[{\"Name\":\"over\",\"Driver\":\"overlay\"}]", 0,
	      "over 0.0.0.0");
	check(published_info_read_addresses, "{\"message\":\"no\"}", -EINVAL, "");
}

static void test_ingress(void **state)
{
	check(published_info_read_ingress,
	      "[{\"Endpoint\":{\"Ports\":[{\"Protocol\":\"tcp\",\"TargetPort\":80,"
	      "\"PublishedPort\":"
	      "8080,\"PublishMode\":\"ingress\"},{\"Protocol\":\"udp\",\"PublishedPort\":53}]}},"
	      "{\"Endpoint\":{\"Ports\":[{\"Protocol\":\"tcp\",\"PublishedPort\":8080,"
	      "\"PublishMode\":\"ingress\"},{\"Protocol\":\"tcp\",\"PublishedPort\":9000,"
	      "\"PublishMode\":\"host\"}]}},{\"Endpoint\":{}}]",
	      0, "53/udp|8080/tcp");
	check(published_info_read_ingress, "{\"message\":\"not a manager\"}", -EINVAL, "");
}

static void test_local(void **state)
{
	static const struct {
		const char *name;
		bool dockerds;
	} rows[] = {{"bridge", true}, {"host", true},     {"none", true},
		    {"shop", false},  {"bridge2", false}, {"docker_gwbridge", true}};

	check(published_info_read_local,
	      "[{\"Name\":\"shop\",\"Scope\":\"local\"},{\"Name\":\"ingress\",\"Scope\":\"swarm\"},"
	      "{\"Name\":\"host\",\"Scope\":\"local\"},{\"Scope\":\"local\"}]",
	      0, "shop|host");
	check(published_info_read_local, "{\"message\":\"no\"}", -EINVAL, "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool of_a_swarm = strcmp(rows[i].name, "docker_gwbridge") == 0;

		assert_int_equal(network_is_dockerds(rows[i].name), rows[i].dockerds);
		assert_int_equal(network_is_made_at_start(rows[i].name, true), rows[i].dockerds);
		assert_int_equal(network_is_made_at_start(rows[i].name, false),
				 rows[i].dockerds && !of_a_swarm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bridges),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_ingress),
		cmocka_unit_test(test_local),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
