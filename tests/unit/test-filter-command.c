#include "engine/format/filter-command.h"

#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

static void test_commands(void **state)
{
	static const struct {
		const char *command, *program;
	} rows[] = {
		{"/usr/sbin/nft flush ruleset", "nft"},
		{"/usr/sbin/nft -f /etc/nftables.conf", "nft"},
		{"-/usr/sbin/nft --file /etc/x", "nft"},
		{"+/usr/sbin/nft delete table ip nat", "nft"},
		{"/usr/sbin/nft add rule inet own input accept", NULL},
		{"/usr/sbin/nft list ruleset", NULL},
		{"/usr/sbin/firewalld --nofork --nopid", "firewalld"},
		{"/usr/lib/ufw/ufw-init start quiet", "ufw-init"},
		{"/usr/sbin/netfilter-persistent stop", "netfilter-persistent"},
		{"/usr/libexec/iptables/iptables.init start", "iptables.init"},
		{"/usr/sbin/iptables-restore /etc/rules", "iptables-restore"},
		{"/usr/sbin/iptables -t nat -F", "iptables"},
		{"iptables --flush FORWARD", "iptables"},
		{"/usr/sbin/ip6tables -P FORWARD DROP", "ip6tables"},
		{"/usr/sbin/iptables -I INPUT -p tcp --dport 22 -j ACCEPT", NULL},
		{"/usr/sbin/iptables -D INPUT -p tcp --dport 22 -j ACCEPT", NULL},
		{"/bin/sh -c 'modprobe x; iptables -F; true'", "iptables"},
		{"/bin/sh -c \"(nft flush ruleset)\"", "nft"},
		{"/usr/sbin/cupsd -l", NULL},
		{"/opt/not-nft flush", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp_null(filter_flusher(rows[i].command), rows[i].program) != 0)
			fail_msg("%s", rows[i].command);
}

static void test_units(void **state)
{
	static const struct {
		const char *text, *program;
	} rows[] = {
		{"[Service]\nExecStart=/bin/true\nExecStop=/usr/sbin/nft flush ruleset\n", "nft"},
		{"[Service]\nExecStart=/bin/true\nExecReload=/usr/sbin/nft -f /x\n", "nft"},
		{"[Service]\nExecStopPost=-/usr/sbin/iptables \\\n  -F\n", "iptables"},
		{"[Unit]\nExecStop=/usr/sbin/nft flush ruleset\n", NULL},
		{"[Service]\n#ExecStop=/usr/sbin/nft flush ruleset\nExecStart=/bin/nft list\n",
		 NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		buf_puts(&text, rows[i].text);
		if (strcmp_null(filter_flusher_of_unit(&text), rows[i].program) != 0)
			fail_msg("%s", rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_units),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
