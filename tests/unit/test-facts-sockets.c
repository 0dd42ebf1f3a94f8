#include "tests/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "tests/unit/temp-directory.h"

#define TITLES "Num       RefCount Protocol Flags    Type St Inode Path\n"
#define LINE(flags, inode, path)                                                                   \
	"0000000000000000: 00000002 00000000 " flags " 0001 01 " inode path "\n"

static const char *tcp_table_of_7;
static size_t tcp_reads;

static void test_rows(void **state)
{
	static const struct {
		const char *name, *line, *want;
	} rows[] = {
		{"its own", LINE("00010000", "7", " /srv/d.sock"), "/srv/d.sock"},
		{"with a blank", LINE("00010000", "7", " /srv/a b"), "/srv/a b"},
		{"abstract", LINE("00010000", "8", " @api"), "@api"},
		{"another process's", LINE("00010000", "9", " /srv/d.sock"), ""},
		{"one that begins alike", LINE("00010000", "77", " /srv/d.sock"), ""},
		{"only connected", LINE("00000000", "7", " /srv/d.sock"), ""},
		{"without a name", LINE("00010000", "7", ""), ""},
		{"dockerd's metrics", LINE("00010000", "7", " /var/run/docker/metrics.sock"), ""},
		{"another exec-root's", LINE("00010000", "7", " /run/other/libnetwork/1.sock"), ""},
		{"beside it", LINE("00010000", "7", " /run/other.sock"), "/run/other.sock"},
		{"beside that directory", LINE("00010000", "7", " /run/docker.sock"),
		 "/run/docker.sock"},
		{"nothing of the kind", "x\n\n", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *table = xasprintf(TITLES "%s", rows[i].line);
		CLEANUP(strv_clear) struct strv inodes = {0}, got = {0};
		CLEANUP(freep) char *list = NULL;

		strv_add(&inodes, "7");
		strv_add(&inodes, "8");
		unix_listeners(table, &inodes, "/var/run/other/", &got);
		list = strv_join(&got, ",");
		if (strcmp(list, rows[i].want) != 0)
			fail_msg("%s: '%s'", rows[i].name, list);
	}
}

/* Its ends of connections to its API; not of those to others, nor by others, nor what listens. */
static void test_connections(void **state)
{
	static const char table[] =
		TITLES "0: 00000003 00000000 00000000 0001 03 7 /run/docker.sock\n"
		       "0: 00000003 00000000 00000000 0001 03 8 /run/docker.sock\n"
		       "0: 00000002 00000000 00010000 0001 01 9 /run/docker.sock\n"
		       "0: 00000003 00000000 00000000 0001 03 70 /run/docker.sock\n"
		       "0: 00000003 00000000 00000000 0001 03 10 /run/other.sock\n"
		       "0: 00000002 00000000 00000000 0001 03 9 /run/docker.sock\n"
		       "0: 00000003 00000000 00000000 0001 03 11\n";
	static const char *const own[] = {"7", "8", "9", "10", "11"};
	CLEANUP(strv_clear) struct strv inodes = {0}, paths = {0};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		strv_add(&inodes, own[i]);
	assert_int_equal(unix_connections(table, &inodes, &paths), 0);
	strv_add(&paths, "/run/docker.sock");
	assert_int_equal(unix_connections(table, &inodes, &paths), 2);
	assert_int_equal(unix_connections("", &inodes, &paths), 0);
}

#define TCP(own, peer, state, inode)                                                               \
	"   0: " own " " peer " " state                                                            \
	" 00000000:00000000 02:00000000 00000000     0        0 " inode " 1 0000000000000000 20\n"
#define NOBODY "00000000:0000"
#define V4(digits) "0000000000000000FFFF0000" digits

static const char tcp_of_dockerd[] =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
	"timeout "
	"inode\n" TCP("0109090A:0948", NOBODY, "0A", "7") /* 10.9.9.1:2376 */
	TCP("0109090A:0948", "0209090A:C350", "01", "8")
		TCP("0109090A:0948", "0209090A:C351", "08", "9") /* its input has ended */
	TCP("0109090A:0948", "0309090A:C350", "01", "10")
		TCP("0109090A:0948", "0409090A:C350", "06", "0") /* it has gone */
	TCP("0109090A:0948", "0509090A:C350", "01", "80") /* another process's */
	TCP("0109090A:C350", "0609090A:01BB", "01", "11") /* dockerd pulls an image */
	TCP("0100007F:246B", NOBODY, "0A", "12") TCP("0100007F:246B", "0100007F:C350", "01",
						     "13") TCP("00000000:0949", NOBODY, "0A", "14")
		TCP("0109090A:0949", "0709090A:C350", "01", "15") "  sl  local_address\n" TCP(
			"00000000000000000000000000000000:0947",
			"00000000000000000000000000000000:0000", "0A", "16") /* [::]:2375 */
	TCP(V4("0109090A") ":0947", V4("0809090A") ":C350", "01", "17");

/* Whom the restart cuts off is told with addresses; metrics are not the API, nor is the swarm's port. */
static void test_tcp(void **state)
{
	static const char
		all[] = "the restart of dockerd ends 5 open connections to its API over "
			"TCP, from 10.9.9.2 (2), 10.9.9.3, 10.9.9.7, 10.9.9.8: ",
		four[] = "the restart of dockerd ends 4 open connections to its API over "
			 "TCP, from 10.9.9.2 (2), 10.9.9.3, 10.9.9.8: ",
		unread[] = "which connections to its API over TCP the restart of dockerd ends "
			   "is not known: ";
	static const struct {
		const char *swarm, *table, *hosts[2], *want; /* NULL: nothing */
	} rows[] = {
		{"inactive", tcp_of_dockerd, {"tcp://10.9.9.1:2376", "tcp://[::]:2375"}, all},
		{"inactive", tcp_of_dockerd, {NULL}, all}, /* as it was started, so it listens */
		{"active", tcp_of_dockerd, {"tcp://10.9.9.1:2376", "tcp://[::]:2375"}, four},
		{NULL, tcp_of_dockerd, {"tcp://10.9.9.1:2376", "tcp://[::]:2375"}, four},
		{"active", tcp_of_dockerd, {NULL}, NULL},
		{"inactive", "", {"tcp://10.9.9.1:2376"}, NULL},
		{"inactive", NULL, {"tcp://10.9.9.1:2376"}, unread},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(strv_clear) struct strv inodes = {0};
		struct gather g = {.facts = &f};
		struct strv *told = &f.docker.cut_off;

		tcp_table_of_7 = rows[i].table;
		f.docker.running = true;
		f.docker.swarm = xstrdup_null(rows[i].swarm);
		settings_put(&f.docker.now, "metrics-addr", "\"127.0.0.1:9323\"", SOURCE_FLAG,
			     NULL);
		for (size_t k = 0; k < 2 && rows[i].hosts[k]; k++)
			strv_add(&f.docker.tcp_listeners, rows[i].hosts[k]);
		for (size_t k = 7; k < 20; k++)
			strv_addf(&inodes, "%zu", k);
		gather_api_peers(&g, 7, &inodes);
		buf_clear(&g.tcp);
		if (told->count != (rows[i].want ? 1 : 0) ||
		    (rows[i].want && !starts_with(told->items[0], rows[i].want)))
			fail_msg("row %zu: %s", i, told->count ? told->items[0] : "nothing");
	}
}

/* Each client with its address; of a container with its name. */
static void test_clients_by_name(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(strv_clear) struct strv inodes = {0};
	CLEANUP(freep) char *all = NULL;
	struct gather g = {.facts = &f};
	struct container *c = container_list_add(&f.docker.containers);

	c->name = xstrdup("ci");
	strv_add(&c->addresses, "app 10.9.9.2");
	c = container_list_add(&f.docker.containers);
	c->name = xstrdup("agent");
	strv_add(&c->addresses, "app 10.9.9.33");
	strv_add(&c->addresses, "bridge 10.9.9.3");
	containers_known(&f.docker.containers);
	tcp_table_of_7 = tcp_of_dockerd;
	f.docker.swarm = xstrdup("inactive");
	strv_add(&f.docker.tcp_listeners, "tcp://10.9.9.1:2376");
	strv_add(&f.docker.tcp_listeners, "tcp://[::]:2375");
	for (size_t k = 7; k < 20; k++)
		strv_addf(&inodes, "%zu", k);
	gather_api_peers(&g, 7, &inodes);
	buf_clear(&g.tcp);
	all = strv_join(&f.docker.tcp_clients, ", ");
	assert_true(f.docker.tcp_clients_read);
	assert_true(starts_with(all, "10.9.9.2 (container ci), 10.9.9.3 (container agent), "));
	assert_int_equal(f.docker.cut_off.count, 1);
	assert_non_null(strstr(f.docker.cut_off.items[0], "10.9.9.2 (container ci, 2), "));
	assert_true(str_has_word(all, "10.9.9.8", ".:"));
}

/* What dockerd has open is its API's, unless it is told to be something else: or it is not known. */
static void test_open(void **state)
{
	static const char unknown[] = "?";
	static const struct {
		const char *hosts, *metrics; /* in force; NULL: not set, "?": unknown */
		const char *swarm, *table;
		const char *unlisted, *doubt; /* NULL: none */
	} rows[] = {
		/* 10.9.9.1:2376, 127.0.0.1:9323, 0.0.0.0:2377 and [::]:2375 */
		{"[\"tcp://10.9.9.1:2376\",\" tcp://[::]:2375\"]", "\"127.0.0.1:9323\"", "inactive",
		 tcp_of_dockerd, "tcp://0.0.0.0:2377", NULL},
		{unknown, "\"127.0.0.1:9323\"", "inactive", tcp_of_dockerd,
		 "tcp://10.9.9.1:2376 tcp://0.0.0.0:2377 tcp://[::]:2375", NULL},
		{unknown, unknown, "inactive", tcp_of_dockerd,
		 "tcp://10.9.9.1:2376 tcp://[::]:2375",
		 "dockerd listens on 127.0.0.1:9323, which may be its API or its metrics: file"},
		{NULL, NULL, "inactive", tcp_of_dockerd,
		 "tcp://10.9.9.1:2376 tcp://127.0.0.1:9323 tcp://0.0.0.0:2377 tcp://[::]:2375",
		 NULL},
		{NULL, NULL, "active", tcp_of_dockerd, "tcp://10.9.9.1:2376 tcp://[::]:2375",
		 "dockerd listens on 127.0.0.1:9323, which may be its API or its swarm's"},
		{NULL, NULL, NULL, tcp_of_dockerd, "tcp://10.9.9.1:2376 tcp://[::]:2375",
		 "dockerd listens on 127.0.0.1:9323, which may be its API or its swarm's"},
		{unknown, unknown, "inactive", "", "", NULL},
		{unknown, unknown, "inactive", NULL, "",
		 "at which addresses of TCP dockerd listens is not known: "},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(strv_clear) struct strv inodes = {0};
		CLEANUP(freep) char *unlisted = NULL, *listed = NULL;
		struct gather g = {.facts = &f};
		const char *const values[] = {rows[i].hosts, rows[i].metrics};
		static const char *const keys[] = {"hosts", "metrics-addr"};

		tcp_table_of_7 = rows[i].table;
		f.docker.swarm = xstrdup_null(rows[i].swarm);
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			if (values[k])
				settings_put(&f.docker.now, keys[k],
					     values[k] == unknown ? NULL : values[k],
					     values[k] == unknown ? SOURCE_UNKNOWN : SOURCE_FLAG,
					     "file");
		for (size_t k = 7; k < 20; k++)
			strv_addf(&inodes, "%zu", k);
		gather_api_listening(&g, 7, &inodes);
		buf_clear(&g.tcp);
		unlisted = strv_join(&f.docker.tcp_unlisted, " ");
		listed = strv_join(&f.docker.tcp_listeners, " ");
		if (strcmp(unlisted, rows[i].unlisted) != 0 || strcmp(listed, unlisted) != 0)
			fail_msg("row %zu: %s", i, unlisted);
		if (rows[i].doubt ? !f.docker.tcp_unknown ||
					    !starts_with(f.docker.tcp_unknown, rows[i].doubt)
				  : f.docker.tcp_unknown != NULL)
			fail_msg("row %zu: %s", i,
				 f.docker.tcp_unknown ? f.docker.tcp_unknown : "no doubt");
	}
}

static const char *services; /* NULL: it does not answer */

int __wrap_engine_api_get(struct engine_api *api, const char *path, struct buf *ret,
			  struct error *err);

int __wrap_engine_api_get(struct engine_api *api, const char *path, struct buf *ret,
			  struct error *err)
{
	assert_string_equal(path, "/services");
	if (!services)
		return error_set(err, -ETIMEDOUT, "no answer");
	buf_puts(ret, services);
	return 0;
}

/*
 * Without docker-proxy dockerd holds the published ports itself, one for all addresses of IPv4 as one
 * of IPv6; which the API has, though, stays the API's.
 */
static void test_published(void **state)
{
	static const char one[] = TCP("00000000:1F90", NOBODY, "0A", "7"), /* 0.0.0.0:8080 */
		both[] = TCP("00000000000000000000000000000000:1F90",
			     "00000000000000000000000000000000:0000", "0A", "7"), /* [::]:8080 */
		single[] = TCP("0109090A:1F90", NOBODY, "0A", "7"), /* 10.9.9.1:8080 */
		inner[] = TCP("00000000:0947", NOBODY, "0A", "7"); /* 0.0.0.0:2375 */
	static const char all[] = "tcp://0.0.0.0:8080",
			  unsure[] = "may be its API or a port that a";
	static const char ingress[] = "[{\"Endpoint\":{\"Ports\":[{\"Protocol\":\"tcp\","
				      "\"PublishedPort\":8080,\"PublishMode\":\"ingress\"}]}}]";
	enum { KNOWN, UNTOLD, UNKNOWN };
	static const struct {
		const char *proxy; /* NULL: not set; "?": unknown */
		int list;
		const char *table, *port; /* of a container */
		bool ended;
		const char *swarm, *services, *unlisted, *doubt;
	} rows[] = {
		{"false", KNOWN, one, "8080/tcp on 0.0.0.0", false, NULL, NULL, "", NULL},
		{"false", KNOWN, both, "8080/tcp on 0.0.0.0", false, NULL, NULL, "", NULL},
		{"false", KNOWN, one, "8080/tcp on default", false, NULL, NULL, "", NULL},
		{"false", KNOWN, single, "8080/tcp on 10.9.9.1", false, NULL, NULL, "", NULL},
		{"false", KNOWN, inner, "2375/tcp on 0.0.0.0", false, NULL, NULL, "", NULL},
		{"?", KNOWN, one, "8080/tcp on 0.0.0.0", false, NULL, NULL, "", NULL},
		{"?", KNOWN, inner, "2375/tcp on 0.0.0.0", false, NULL, NULL, "", NULL},
		/* another port, protocol or address, one that has ended, and one with a proxy */
		{"false", KNOWN, one, "808/tcp on 0.0.0.0", false, NULL, NULL, all, NULL},
		{"false", KNOWN, one, "8080/udp on 0.0.0.0", false, NULL, NULL, all, NULL},
		{"false", KNOWN, one, "8080/tcp on 127.0.0.1", false, NULL, NULL, all, NULL},
		{"false", KNOWN, single, "8080/tcp on 127.0.0.1", false, NULL, NULL,
		 "tcp://10.9.9.1:8080", NULL},
		{"false", KNOWN, one, "8080/tcp on 0.0.0.0", true, NULL, NULL, all, NULL},
		{"true", KNOWN, one, "8080/tcp on 0.0.0.0", false, NULL, NULL, all, NULL},
		{NULL, KNOWN, one, "8080/tcp on 0.0.0.0", false, NULL, NULL, all, NULL},
		{"false", UNKNOWN, one, NULL, false, NULL, NULL, "", unsure},
		{"?", UNKNOWN, one, NULL, false, NULL, NULL, "", unsure},
		{"?", UNKNOWN, inner, NULL, false, NULL, NULL, "", unsure},
		{"false", UNTOLD, one, NULL, false, NULL, NULL, "", unsure},
		{"true", UNKNOWN, one, NULL, false, NULL, NULL, all, NULL},
		/* in a swarm */
		{NULL, KNOWN, both, NULL, false, "manager", ingress, "", NULL},
		{NULL, KNOWN, one, NULL, false, "manager", ingress, "", NULL},
		{NULL, KNOWN, single, NULL, false, "manager", ingress, "", "a service"},
		{NULL, KNOWN, both, NULL, false, "manager", "[]", "", "a service"},
		{NULL, KNOWN, both, NULL, false, "manager", NULL, "", "a service"},
		{NULL, KNOWN, both, NULL, false, "worker", ingress, "", "a service"},
		{"false", KNOWN, both, "8080/tcp on 0.0.0.0", false, "worker", NULL, "", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(strv_clear) struct strv inodes = {0};
		CLEANUP(freep) char *unlisted = NULL;
		struct docker_facts *d = &f.docker;
		struct gather g = {.facts = &f, .api = (struct engine_api *)&f};
		bool known = rows[i].proxy && strcmp(rows[i].proxy, "?") != 0;
		struct container *c;

		tcp_table_of_7 = rows[i].table;
		services = rows[i].services;
		d->swarm = xstrdup(rows[i].swarm ? "active" : "inactive");
		d->swarm_manager = strcmp_null(rows[i].swarm, "manager") == 0;
		if (rows[i].proxy)
			settings_put(&d->now, "userland-proxy", known ? rows[i].proxy : NULL,
				     known ? SOURCE_FILE : SOURCE_UNKNOWN, "file");
		if (rows[i].list != UNKNOWN)
			containers_known(&d->containers);
		c = container_list_add(&d->containers);
		c->running = rows[i].port && !rows[i].ended;
		c->pid = 9;
		if (rows[i].port)
			strv_add(&c->ports, rows[i].port);
		if (rows[i].list == UNTOLD)
			c->unread = xstrdup("no answer");
		strv_add(&inodes, "7");
		gather_api_listening(&g, 7, &inodes);
		buf_clear(&g.tcp);
		unlisted = strv_join(&d->tcp_unlisted, " ");
		if (strcmp(unlisted, rows[i].unlisted) != 0)
			fail_msg("row %zu: %s", i, unlisted);
		if (rows[i].doubt ? !d->tcp_unknown || !strstr(d->tcp_unknown, rows[i].doubt)
				  : d->tcp_unknown != NULL)
			fail_msg("row %zu: %s", i, d->tcp_unknown ? d->tcp_unknown : "no doubt");
	}
}

/* For each of its ends the kernel goes through all its slots for connections: one reading is for all who ask. */
static void test_tables_are_read_once(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(strv_clear) struct strv inodes = {0};
	struct gather g = {.facts = &f};

	tcp_table_of_7 = tcp_of_dockerd;
	tcp_reads = 0;
	f.docker.running = true;
	facts_add_unit(&f, "docker.service")->main_pid = 7;
	gather_api_listening(&g, 7, &inodes);
	gather_api_peers(&g, 7, &inodes);
	assert_int_equal(tcp_reads, 1);
	buf_clear(&g.tcp);
}

static const char *const networks_of[] = {"net:[1]", "net:[2]", "net:[2]", "net:[3]", NULL};

int __wrap_proc_link(const char *path, char **ret, struct error *err);
int __wrap_proc_read(const char *path, struct buf *ret, struct error *err);

int __wrap_proc_link(const char *path, char **ret, struct error *err)
{
	size_t i;

	if (strcmp(path, "/proc/7/fd/3") == 0) {
		*ret = xstrdup("socket:[7]");
		return 0;
	}
	assert_int_equal(sscanf(path, "/proc/%zu/ns/net", &i), 1);
	if (!networks_of[i])
		return error_set(err, -ENOENT, "it has ended");
	*ret = xstrdup(networks_of[i]);
	return 0;
}

/* Each network has one connection that is dockerd's, and one of somebody else's by the same path. */
int __wrap_proc_read(const char *path, struct buf *ret, struct error *err)
{
	size_t i;

	if (strcmp(path, "/proc/7/net/tcp6") == 0)
		return error_set(err, -ENOENT, "no IPv6");
	if (strcmp(path, "/proc/7/net/tcp") == 0) {
		tcp_reads++;
		if (!tcp_table_of_7)
			return error_set(err, -EACCES, "not allowed");
		buf_puts(ret, tcp_table_of_7);
		return 0;
	}
	assert_int_equal(sscanf(path, "/proc/%zu/net/unix", &i), 1);
	buf_printf(ret,
		   TITLES "0: 00000003 00000000 00000000 0001 03 7%zu /run/docker.sock\n"
			  "0: 00000003 00000000 00000000 0001 03 80 /run/docker.sock\n",
		   i);
	return 0;
}

/* Those of containers are in the tables of their networks, each of which counts once. */
static void test_networks(void **state)
{
	static const char *const own[] = {"70", "71", "72", "73", "74", "75"};
	struct process items[] = {{.pid = 0}, {.pid = 1}, {.pid = 2}, {.pid = 3}, {.pid = 4}};
	const struct processes all = {items, ARRAY_SIZE(items)};
	CLEANUP(strv_clear) struct strv inodes = {0}, paths = {0}, networks = {0};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		strv_add(&inodes, own[i]);
	strv_add(&paths, "/run/docker.sock");
	strv_add(&networks, "net:[1]"); /* dockerd's */
	assert_int_equal(connections_of_networks(&all, &inodes, &paths, &networks), 2);
	assert_int_equal(networks.count, 3);
	assert_int_equal(connections_of_networks(&all, &inodes, &paths, &networks), 0);
}

/* Of which sockets dockerd has nothing is told where it is not looked at, and it is said where it fails. */
static void test_of_dockerd(void **state)
{
	enum { LOOKS, OFFLINE, STOPPED, UNREAD, NO_PROCESS, GONE };
	static const struct {
		int how;
		const char *unlisted, *unread; /* NULL: nothing */
	} rows[] = {
		{LOOKS, "tcp://0.0.0.0:2377", NULL},
		{OFFLINE, "", NULL},
		{STOPPED, "", NULL},
		{UNREAD, "", "as before"},
		{NO_PROCESS, "", NULL},
		{GONE, "", "which sockets dockerd listens on is not known: "},
	};
	static const char *const directories[] = {"proc", "proc/7", "proc/7/fd"};
	const struct temp_directory *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		assert_int_equal(mkdirat(t->fd, directories[i], 0755), 0);
	temp_directory_write(t, "proc/7/fd/3", "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {.offline = rows[i].how == OFFLINE};
		CLEANUP(freep) char *unlisted = NULL;
		struct docker_facts *d = &f.docker;
		struct gather g = {.facts = &f, .root = &t->root};

		tcp_table_of_7 = TCP("00000000:0949", NOBODY, "0A", "7");
		d->running = rows[i].how != STOPPED;
		d->swarm = xstrdup("inactive");
		d->sockets_unread = rows[i].how == UNREAD ? xstrdup("as before") : NULL;
		if (rows[i].how != NO_PROCESS)
			facts_add_unit(&f, "docker.service")->main_pid =
				rows[i].how == GONE ? 8 : 7;
		gather_api_tcp(&g);
		unlisted = strv_join(&d->tcp_unlisted, " ");
		if (strcmp(unlisted, rows[i].unlisted) != 0 ||
		    !d->sockets_unread != !rows[i].unread ||
		    (rows[i].unread && !starts_with(d->sockets_unread, rows[i].unread)))
			fail_msg("row %zu: %s, %s", i, unlisted, d->sockets_unread);
		buf_clear(&g.tcp);
	}
}

static void assert_files(const struct strv *have, const char *want)
{
	CLEANUP(freep) char *list = strv_join(have, " ");

	assert_string_equal(list, want);
}

/* Each place that says where a socket of the API is, or of containerd, which gives as much. */
static void test_files_of_the_api(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(strv_clear) struct strv api = {0}, containerd = {0};
	struct gather g = {.facts = &f, .root = &t->root};
	struct unit_facts *u = facts_add_unit(&f, "docker.socket");

	temp_directory_write(t, "docker.socket",
			     "[Socket]\nListenStream=/srv/a.sock\nListenStream=%t/%p.sock\n"
			     "ListenStream=@abstract\nListenStream=2375\n");
	str_replace(&u->fragment, "/docker.socket");
	settings_put(&f.docker.now, "hosts", "[\"fd://\",\"unix:///srv/now.sock\"]", SOURCE_FLAG,
		     "t");
	settings_put(&f.docker.next, "hosts", "[\"unix:///srv/next.sock\",\"tcp://:1\"]",
		     SOURCE_FILE, "t");
	strv_add(&f.docker.api_sockets, "/srv/runs.sock");
	strv_add(&f.docker.api_sockets, "@abstract");
	api_socket_files(&g, &api);
	assert_files(&api,
		     "/srv/a.sock /run/docker.sock /srv/now.sock /srv/next.sock /srv/runs.sock");
	settings_put(&f.docker.now, "containerd", "\"/srv/c.sock\"", SOURCE_FLAG, "t");
	settings_put(&f.docker.next, "containerd", "\"unix:///srv/d.sock\"", SOURCE_FILE, "t");
	settings_put(&f.docker.next, "exec-root", "\"/srv/run\"", SOURCE_FILE, "t");
	assert_int_equal(containerd_socket_files(&g, &containerd, NULL), 0);
	assert_files(&containerd,
		     "/run/containerd/containerd.sock /run/containerd/containerd.sock.ttrpc "
		     "/run/docker/containerd/containerd.sock "
		     "/run/docker/containerd/containerd.sock.ttrpc /srv/c.sock /srv/c.sock.ttrpc "
		     "/srv/d.sock /srv/d.sock.ttrpc /srv/run/containerd/containerd.sock "
		     "/srv/run/containerd/containerd.sock.ttrpc");
	facts_add_unit(&f, "containerd.service")->main_pid = 7; /* of which nothing is known */
	assert_true(containerd_socket_files(&g, &containerd, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
					   cmocka_unit_test(test_connections),
					   cmocka_unit_test(test_networks),
					   cmocka_unit_test(test_tcp),
					   cmocka_unit_test(test_clients_by_name),
					   cmocka_unit_test(test_tables_are_read_once),
					   cmocka_unit_test(test_open),
					   cmocka_unit_test(test_published),
					   TEMP_DIRECTORY_TEST(test_of_dockerd),
					   TEMP_DIRECTORY_TEST(test_files_of_the_api)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
