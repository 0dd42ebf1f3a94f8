/* Who talks over docker0, by the tables of each container's own network and by what the kernel tracks. */

#include "tests/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/facts/containers.h"

#define SOCKET(own, peer, state)                                                                   \
	"   0: " own " " peer " " state " 00000000:00000000 00:00000000 0 0\n"
#define NOBODY "00000000:0000"
/* 172.17.0.2 to .4, the gateway, and fd00::2 */
#define A4 "020011AC"
#define B4 "030011AC"
#define C4 "040011AC"
#define GATEWAY "010011AC"
#define B6 "000000FD000000000000000002000000"

/* By process: a is 11, b 12, c 13. */
static struct {
	const char *tcp, *tcp6, *udp, *tracking; /* NULL: cannot be read */
} played[3];
static int failure;

int __wrap_proc_read_within(const char *path, size_t most, struct buf *ret, struct error *err);

int __wrap_proc_read_within(const char *path, size_t most, struct buf *ret, struct error *err)
{
	const char *text = NULL;
	char name[16] = "";
	int pid = 0;

	if (strcmp(path, "/proc/net/nf_conntrack") == 0)
		text = played[0].tracking;
	else if (sscanf(path, "/proc/%d/net/%15s", &pid, name) == 2 && pid > 10 && pid < 14)
		text = strcmp(name, "tcp") == 0    ? played[pid - 11].tcp
		       : strcmp(name, "tcp6") == 0 ? played[pid - 11].tcp6
		       : strcmp(name, "udp") == 0  ? played[pid - 11].udp
						   : NULL;
	if (!text)
		return error_set(err, failure, "cannot read '%s'", path);
	if (strlen(text) > most)
		return error_set(err, -EFBIG, "cannot read '%s'", path);
	buf_puts(ret, text);
	return 0;
}

static const struct {
	const char *what;
	const char *tcp[3], *tcp6[3], *udp[3], *tracking;
	const char *talks[3]; /* NULL: with nobody */
} rows[] = {
	{"nobody", {"", "", ""}, {""}, {"", "", ""}},
	{"a has a connection",
	 {SOCKET(A4 ":C350", B4 ":1538", "01"), "", ""},
	 .udp = {"", "", ""},
	 .talks = {"b on 5432/tcp"}},
	{"b alone tells of it, where it listens",
	 {"", SOCKET("00000000:1538", NOBODY, "0A") SOCKET(B4 ":1538", A4 ":C350", "06"), ""},
	 .udp = {"", "", ""},
	 .talks = {"b on 5432/tcp"}},
	{"both tell",
	 {SOCKET(A4 ":C350", B4 ":1538", "01"),
	  SOCKET(B4 ":1538", A4 ":C350", "01") SOCKET("00000000:1538", NOBODY, "0A"), ""},
	 .udp = {"", "", ""},
	 .talks = {"b on 5432/tcp"}},
	{"it has just ended",
	 {SOCKET(A4 ":C350", B4 ":1538", "06"), "", ""},
	 .udp = {"", "", ""},
	 .talks = {"b on 5432/tcp"}},
	{"several, in their order",
	 {SOCKET(A4 ":C350", C4 ":0050", "01") SOCKET(A4 ":C351", B4 ":1538", "01")
		  SOCKET(A4 ":C352", B4 ":1538", "01"),
	  "", SOCKET(C4 ":C350", A4 ":0050", "01")},
	 .udp = {"", "", ""},
	 .talks = {"b on 5432/tcp, c on 80/tcp", NULL, "a on 80/tcp"}},
	{"by IPv6",
	 {"", "", ""},
	 {SOCKET("0000000000000000FFFF0000" A4 ":C350", B6 ":1538", "01")},
	 {"", "", ""},
	 .talks = {"b on 5432/tcp"}},
	{"by IPv4 in IPv6",
	 {"", "", ""},
	 {SOCKET("0000000000000000FFFF0000" A4 ":C350", "0000000000000000FFFF0000" B4 ":1538",
		 "01")},
	 {"", "", ""},
	 .talks = {"b on 5432/tcp"}},
	{"datagrams",
	 {"", "", ""},
	 .udp = {SOCKET(A4 ":C350", B4 ":0035", "01"), "", ""},
	 .talks = {"b on 53/udp"}},
	{"who only listens",
	 {SOCKET("00000000:0050", NOBODY, "0A"), "", ""},
	 .udp = {SOCKET("00000000:0035", NOBODY, "07"), "", ""}},
	{"with the host", {SOCKET(A4 ":C350", GATEWAY ":0050", "01"), "", ""}, .udp = {"", "", ""}},
	{"with itself", {SOCKET(A4 ":C350", A4 ":0050", "01"), "", ""}, .udp = {"", "", ""}},
	{"damaged", {"x\n 1: zz:00 " B4 ":1538 01\n\n", "", ""}, .udp = {"", "", ""}},
	{"tracked",
	 {"", "", ""},
	 .udp = {"", "", ""},
	 .tracking = "ipv4     2 tcp      6 86 TIME_WAIT src=172.17.0.2 dst=172.17.0.3 sport=1 "
		     "dport=5432 src=172.17.0.3 dst=172.17.0.2 sport=5432 dport=1 use=1\n"
		     "ipv4     2 udp      17 20 src=172.17.0.4 dst=172.17.0.2 sport=1 dport=53 "
		     "[UNREPLIED] src=172.17.0.2 dst=172.17.0.4 sport=53 dport=1 use=1\n"
		     "ipv4     2 tcp      6 9 ESTABLISHED src=172.17.0.2 dst=192.0.2.1 sport=1 "
		     "dport=443 src=192.0.2.1 dst=10.0.0.1 sport=443 dport=1 use=1\n",
	 .talks = {"b on 5432/tcp"}},
};

static void add(struct facts *f, size_t i, const char *network)
{
	static const char *const names[] = {"a", "b", "c"};
	struct container *c = container_list_add(&f->docker.containers);

	c->name = xstrdup(names[i]);
	c->running = true;
	c->pid = (pid_t)(11 + i);
	strv_addf(&c->addresses, "%s 172.17.0.%zu", network, 2 + i);
	if (i == 1)
		strv_addf(&c->addresses, "%s fd00::2", network);
}

static void read_them(struct facts *f, const char *network)
{
	struct gather g = {.facts = f};
	struct container_reader r = {.g = &g};

	for (size_t i = 0; i < 3; i++)
		add(f, i, network);
	containers_known(&f->docker.containers);
	containers_read_talks(&r);
}

static void test_rows(void **state)
{
	failure = -ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};

		for (size_t k = 0; k < 3; k++) {
			played[k].tcp = rows[i].tcp[k];
			played[k].tcp6 = rows[i].tcp6[k];
			played[k].udp = rows[i].udp[k];
			played[k].tracking = rows[i].tracking;
		}
		read_them(&f, "bridge");
		assert_true(f.docker.talks_read);
		assert_null(f.docker.talks_unread);
		for (size_t k = 0; k < 3; k++) {
			CLEANUP(freep)
			char *all = strv_join(&f.docker.containers.seen[k].talks, ", ");

			if (strcmp(all, rows[i].talks[k] ? rows[i].talks[k] : "") != 0)
				fail_msg("%s: %s of %zu", rows[i].what, all, k);
		}
	}
}

/* What cannot be read is not nothing; what is nobody's business is not looked at. */
static void test_unread(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0}, elsewhere = {0}, parted = {0};

	memset(played, 0, sizeof(played));
	failure = -EACCES;
	read_them(&f, "bridge");
	assert_true(f.docker.talks_read);
	assert_string_equal(f.docker.talks_unread,
			    "of container a: cannot read '/proc/11/net/tcp'");
	read_them(&elsewhere, "app");
	assert_false(elsewhere.docker.talks_read);
	parted.docker.bridge_icc = xstrdup("false");
	read_them(&parted, "bridge");
	assert_false(parted.docker.talks_read);
}

/* One socket a port, from what a itself says; the caller frees it. */
static char *sockets_to(const char *peer, size_t n)
{
	struct buf text = {0};

	for (size_t i = 0; i < n; i++)
		buf_printf(&text, SOCKET(A4 ":C350", "%s:%04zX", "01"), peer, i + 1);
	return buf_take(&text);
}

static void play(const char *a)
{
	for (size_t k = 0; k < 3; k++)
		played[k] = (typeof(played[k])){.tcp = "", .udp = ""};
	played[0].tcp = a;
	failure = -ENOENT;
}

/* How much one has to say is for the container to decide, and not how much is told of it. */
static void test_more_than_is_listed(void **state)
{
	static const struct {
		size_t sockets, talks;
		const char *last;
	} counts[] = {
		{16, 16, "b on 9/tcp"},
		{17, 17, "others, not listed"},
		{5000, 17, "others, not listed"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(freep) char *text = sockets_to(B4, counts[i].sockets);
		const struct strv *talks;

		play(text);
		read_them(&f, "bridge");
		talks = &f.docker.containers.seen[0].talks;
		assert_null(f.docker.talks_unread);
		assert_int_equal(talks->count, counts[i].talks);
		assert_string_equal(talks->items[talks->count - 1], counts[i].last);
		assert_string_equal(talks->items[0], "b on 1/tcp");
	}
}

/* Of a table that is longer than anybody reads nothing is told, but that; of the others, what they say. */
static void test_too_long(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(freep) char *text = sockets_to(B4, 60000);

	play(text);
	played[2].tcp = SOCKET(C4 ":C350", A4 ":0050", "01");
	read_them(&f, "bridge");
	assert_string_equal(f.docker.talks_unread,
			    "of container a: too many sockets to look at each");
	assert_int_equal(f.docker.containers.seen[0].talks.count, 0);
	assert_string_equal(f.docker.containers.seen[2].talks.items[0], "a on 80/tcp");
}

/* What looks through all that stands behind each line takes minutes for these. */
static void test_long_tracking(void **state)
{
	static const char line[] = "ipv4 2 tcp 6 9 ESTABLISHED src=172.17.0.2 dst=172.17.0.3 "
				   "sport=1 dport=%zu src=172.17.0.3 dst=172.17.0.2\n";
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	clock_t began = clock();

	play("");
	for (size_t i = 0; i < 200000; i++)
		buf_printf(&text, line, i % 60000);
	played[0].tracking = buf_str(&text);
	read_them(&f, "bridge");
	assert_int_equal(f.docker.containers.seen[0].talks.count, 17);
	assert_true((clock() - began) / CLOCKS_PER_SEC < 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_more_than_is_listed),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_long_tracking),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
