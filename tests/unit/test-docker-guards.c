#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "modules/daemon/guards.h"
#include "tests/unit/docker-view.h"

/* Container n as it is now: the array moves when one is added. */
static struct container *nth(struct fake_view *f, size_t n)
{
	return &f->facts.docker.containers.seen[n];
}

static void guard(struct fake_view *f, const char *key, const char *value, struct delta *ret)
{
	delta_clear(ret);
	docker_guards(&f->view, key, value, ret);
}

static void assert_hold(const struct delta *d, size_t n, const char *text)
{
	assert_true(d->holds.count > n);
	assert_string_equal(d->holds.items[n], text);
}

static void test_icc(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 0);
	add_container(f, "a", "default");
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 0); /* alone it talks to nobody */
	add_container(f, "b", "bridge");
	guard(f, "icc", "false", &d);
	assert_hold(&d, 0, "containers a and b talk over docker0 without a link");
	guard(f, "icc", "true", &d);
	assert_int_equal(d.holds.count, 0);
	strv_add(&nth(f, 0)->links, "/b:/a/db");
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 0); /* the restart starts it anew, with rules */
	fake_file(f, CONFIG, 0644, "{\"live-restore\":true}");
	settings_put(&f->facts.docker.now, "icc", "true", SOURCE_API, "");
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 1); /* a link of now has no rule: a runs on without */
	assert_non_null(strstr(d.holds.items[0], "container a was linked over docker0 while"));
	settings_put(&f->facts.docker.now, "icc", "false", SOURCE_API, "");
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 0);
	add_container(f, "c", "front");
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 0); /* a network of its own */
	strv_add(&nth(f, 2)->networks, "bridge");
	guard(f, "icc", "false", &d);
	assert_hold(&d, 0, "containers a, b and c talk over docker0 without a link");
	nth(f, 2)->running = false;
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 0);
	nth(f, 2)->starts = true; /* with dockerd, which is restarted for icc */
	guard(f, "icc", "false", &d);
	assert_hold(&d, 0, "containers a, b and c talk over docker0 without a link");
	nth(f, 2)->starts = false;
}

/* A link to "web" is none to "web2". */
static void test_icc_link_by_whole_names(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	add_container(f, "web", "bridge");
	add_container(f, "db", "bridge");
	strv_add(&nth(f, 1)->links, "/web2:/db/web");
	settings_put(&f->facts.docker.now, "icc", "false", SOURCE_API, "");
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 1);
	strv_add(&nth(f, 1)->links, "web:alias");
	guard(f, "icc", "false", &d);
	assert_int_equal(d.holds.count, 0);
}

static void test_icc_refusals(void **state)
{
	static const struct {
		const char *config;
		bool refused;
	} rows[] = {
		{"{\"iptables\":false}", true},
		{"{\"iptables\":true}", false},
		{"{\"ipv6\":true,\"ip6tables\":false}", true},
		{"{\"ip6tables\":false}", false},
		{"{}", false},
	};
	struct fake_view *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		fake_file(f, CONFIG, 0644, rows[i].config);
		guard(f, "icc", "false", &d);
		assert_int_equal(d.refusal != NULL, rows[i].refused);
	}
}

/* From the engine on that needs it, or where that is not known. */
static void test_bridge_netfilter(void **state)
{
	static const struct {
		const char *key, *version; /* NULL: not known */
		bool held;
	} rows[] = {
		{"icc", "26.1.5", true},
		{"icc", "28.5.2", true},
		{"icc", NULL, true},
		{"userland-proxy", "26.1.5", false},
		{"userland-proxy", "28.5.2", true},
		{"userland-proxy", NULL, true},
		{"log-level", "28.5.2", false},
	};
	struct fake_view *f = *state;

	f->facts.docker.kernel_modules = xstrdup("br_netfilter is not there");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		str_replace(&f->facts.docker.version, rows[i].version);
		guard(f, rows[i].key, "false", &d);
		assert_null(d.refusal);
		assert_int_equal(d.holds.count, rows[i].held);
		if (rows[i].held)
			assert_non_null(strstr(d.holds.items[0], "br_netfilter is not there"));
	}
}

static void test_userland_proxy(void **state)
{
	static const char own[] = "8080/tcp of container web would not be reached by this host's "
				  "own address from its own network until its next start";
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	add_container(f, "web", "bridge");
	strv_add(&nth(f, 0)->ports, "53/udp on 127.0.0.1");
	guard(f, "userland-proxy", "false", &d);
	assert_int_equal(d.holds.count, 0);
	strv_add(&nth(f, 0)->ports, "8080/tcp on 0.0.0.0");
	guard(f, "userland-proxy", "false", &d);
	assert_int_equal(d.holds.count, 1);
	assert_hold(&d, 0, own);
	strv_add(&nth(f, 0)->ports, "8080/tcp on ::");
	guard(f, "userland-proxy", "false", &d);
	assert_int_equal(d.holds.count, 2);
	assert_hold(&d, 0, "container web publishes 8080/tcp on ::, which needs the proxy");
	assert_hold(&d, 1, own);
	guard(f, "userland-proxy", "true", &d);
	assert_int_equal(d.holds.count, 0);
	nth(f, 0)->running = false;
	guard(f, "userland-proxy", "false", &d);
	assert_int_equal(d.holds.count, 0);
}

static void add_ceiling(struct fake_view *f, uint64_t most, const char *why)
{
	struct limit_ceiling *c = facts_add_ceiling(&f->facts);

	*c = (struct limit_ceiling){xstrdup("nofile"), most, xstrdup(why)};
}

/* Limits that containers cannot be given here: the lowest of what is in the way is told. */
static void test_ulimits(void **state)
{
	static const struct {
		const char *name, *hard, *says; /* NULL: fine */
	} rows[] = {
		{"nofile", "1000", NULL},
		{"nofile", "1001", "nofile of 1001 is above 1000, containerd's"},
		{"nofile", "-1", "nofile without limit is above 1000, containerd's"},
		{"nofile", "-5", "nofile of 18446744073709551611 is above 1000, containerd's"},
		{"core", "-1", NULL},
		{"core", "0", NULL},
	};
	struct fake_view *f = *state;

	add_ceiling(f, 5000, "the kernel's");
	add_ceiling(f, 1000, "containerd's");
	add_container(f, "web", "front");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *value = xasprintf("{\"%s\":{\"Name\":\"%s\",\"Soft\":1,\"Hard\":%s}}",
					rows[i].name, rows[i].name, rows[i].hard);
		CLEANUP(delta_clear) struct delta d = {0};

		guard(f, "default-ulimits", value, &d);
		if (!d.first != !rows[i].says || (d.first && !strstr(d.first, rows[i].says)))
			fail_msg("%s: %s", value, d.first ? d.first : "not held");
		assert_int_equal(d.holds.count, rows[i].says != NULL);
		assert_int_equal(d.warnings.count, 1);
		assert_string_equal(d.warnings.items[0],
				    "sessions and health checks in 1 container that runs take the "
				    "limits at once");
	}
}

static void test_ulimits_unknown(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	f->facts.docker.ceilings_unknown = xstrdup("containerd does not run");
	guard(f, "default-ulimits", "{}", &d);
	assert_int_equal(d.holds.count, 0);
	guard(f, "default-ulimits", "{\"core\":{\"Name\":\"core\",\"Hard\":0,\"Soft\":0}}", &d);
	assert_hold(&d, 0,
		    "whether containers can be given such limits here is not known: containerd "
		    "does not run");
	assert_null(d.first);
	assert_int_equal(d.warnings.count, 0); /* none runs */
}

/* Dockerd's rules or its proxy: where neither forwards, no port is reached, whichever goes last. */
static void test_nobody_forwards(void **state)
{
	static const struct {
		const char *file, *key;
		bool dead;
	} rows[] = {
		{"{\"iptables\":false}", "userland-proxy", true},
		{"{\"iptables\":true}", "userland-proxy", false},
		{"{\"ip6tables\":false}", "userland-proxy", false},
		{"{\"ip-forward\":false}", "userland-proxy", false},
		{"{\"ip-masq\":false}", "userland-proxy", false},
		{"{\"userland-proxy\":false}", "iptables", true},
		{"{\"userland-proxy\":true}", "iptables", false},
		{"{}", "iptables", false},
		{"{\"userland-proxy\":false}", "ip6tables", false}, /* on 127.0.0.1 alone */
	};
	struct fake_view *f = *state;

	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		size_t row = i % ARRAY_SIZE(rows);
		CLEANUP(delta_clear) struct delta d = {0};

		if (i == ARRAY_SIZE(rows))
			strv_add(&add_container(f, "web", "front")->ports, "80/tcp on 127.0.0.1");
		fake_file(f, CONFIG, 0644, rows[row].file);
		guard(f, rows[row].key, "false", &d);
		if (d.holds.count != rows[row].dead)
			fail_msg("%s beside %s: %zu", rows[row].key, rows[row].file, d.holds.count);
		if (rows[row].dead)
			assert_non_null(strstr(d.holds.items[0],
					       i == row ? "none would be reached by anybody"
							: "nobody would reach those of "
							  "container web, this host included"));
		guard(f, rows[row].key, "true", &d);
		assert_int_equal(d.holds.count, 0);
	}
}

/* Rules that are switched on, and nobody to make them. */
static void test_no_iptables(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	guard(f, "iptables", "true", &d);
	assert_null(d.refusal);
	f->facts.docker.no_iptables = xstrdup("there is no 'iptables'");
	guard(f, "iptables", "false", &d);
	assert_null(d.refusal);
	guard(f, "iptables", "true", &d);
	assert_string_equal(d.refusal, "dockerd would not start: there is no 'iptables'");
	guard(f, "iptables", NULL, &d);
	assert_non_null(d.refusal);
}

static void test_ipv6_without_rules(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	strv_add(&add_container(f, "web", "front")->ports, "80/tcp on ::");
	guard(f, "ip6tables", "false", &d);
	assert_int_equal(d.holds.count, 0); /* the proxy forwards */
	fake_file(f, CONFIG, 0644, "{\"userland-proxy\":false}");
	guard(f, "ip6tables", "false", &d);
	assert_hold(&d, 0,
		    "container web publishes 80/tcp on ::, which nothing would forward beside "
		    "userland-proxy=false");
}

/* Who calls a neighbour's port by the host's address, from a network that it does not share. */
static void test_other_networks(void **state)
{
	static const struct {
		const char *mode, *network; /* of the neighbour */
		bool cut;
	} rows[] = {
		{"back", "back", true},  {"front", "front", false},    {"host", "host", false},
		{"none", "none", false}, {"container:abc", "", false}, {"default", "bridge", true},
	};
	struct fake_view *f = *state;

	strv_add(&add_container(f, "web", "front")->networks, "front");
	strv_add(&nth(f, 0)->ports, "80/tcp on 192.0.2.7");
	add_container(f, "app", "x");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		str_replace(&nth(f, 1)->network_mode, rows[i].mode);
		strv_clear(&nth(f, 1)->networks);
		strv_add(&nth(f, 1)->networks, rows[i].network);
		guard(f, "userland-proxy", "false", &d);
		assert_int_equal(d.holds.count, 1 + rows[i].cut);
		if (rows[i].cut)
			assert_hold(&d, 0,
				    "80/tcp of container web would not be reached by this host's "
				    "own address any more from other networks: container app");
	}
}

static void test_no_new_privileges(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	add_container(f, "build-1", "bridge")->uses_setuid = true;
	add_container(f, "web", "bridge");
	guard(f, "no-new-privileges", "true", &d);
	assert_hold(&d, 0,
		    "container build-1 runs setuid programs, which will fail when created anew");
	add_container(f, "build-2", "bridge")->uses_setuid = true;
	guard(f, "no-new-privileges", "true", &d);
	assert_hold(&d, 0,
		    "containers build-1 and build-2 run setuid programs, which will fail when "
		    "created anew");
	guard(f, "no-new-privileges", "false", &d);
	assert_int_equal(d.holds.count, 0);
	strv_add(&nth(f, 1)->setuid_programs, "sudo");
	guard(f, "no-new-privileges", "true", &d);
	assert_hold(
		&d, 0,
		"container web runs without root's rights and has sudo, which would give it none "
		"when created anew");
	strv_add(&nth(f, 1)->capable_programs, "caddy");
	guard(f, "no-new-privileges", "true", &d);
	assert_hold(&d, 0,
		    "container web runs caddy with the capabilities of its file, which it would "
		    "not have when created anew");
	nth(f, 1)->setuid_unread = xstrdup("cannot look at '/proc/7/exe': Permission denied");
	guard(f, "no-new-privileges", "true", &d);
	assert_hold(&d, 0,
		    "whether container web counts on programs that give it rights could not be "
		    "looked at: cannot look at '/proc/7/exe': Permission denied");
	nth(f, 1)->running = false;
	guard(f, "no-new-privileges", "true", &d);
	assert_int_equal(d.holds.count, 1);
}

static void test_userns(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	guard(f, "userns-remap", "\"default\"", &d);
	assert_int_equal(d.holds.count, 0);
	count_set(&f->facts.docker.images, 3);
	count_set(&f->facts.docker.volumes, 1);
	add_container(f, "a", "host");
	add_container(f, "b", "bridge")->privileged = true;
	guard(f, "userns-remap", "\"default\"", &d);
	count_set(&f->facts.docker.networks, 2);
	guard(f, "userns-remap", "\"default\"", &d);
	assert_hold(&d, 0,
		    "3 images, 2 containers, 1 volume and 2 networks would vanish from view");
	assert_hold(&d, 1, "containers a and b would need --userns=host");
	nth(f, 0)->userns_mode = xstrdup("host");
	guard(f, "userns-remap", "\"default\"", &d);
	assert_hold(&d, 1, "container b would need --userns=host");
	guard(f, "userns-remap", "\"root\"", &d);
	assert_int_equal(d.holds.count, 0);
	guard(f, "userns-remap", NULL, &d);
	assert_int_equal(d.holds.count, 0);
}

/* What runs beside the daemon's new data root is lost to it: an acknowledgement does not help. */
static void test_userns_running(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	add_container(f, "a", "bridge");
	guard(f, "userns-remap", "\"default\"", &d);
	assert_string_equal(d.first, "container a runs, and dockerd would not know it any more: "
				     "stop it first");
	assert_hold(&d, 1, d.first);
	add_container(f, "b", "bridge");
	guard(f, "userns-remap", "\"default\"", &d);
	assert_string_equal(d.first, "containers a and b run, and dockerd would not know them any "
				     "more: stop them first");
	guard(f, "userns-remap", "\"\"", &d);
	assert_null(d.first);
	nth(f, 0)->running = nth(f, 1)->running = false;
	guard(f, "userns-remap", "\"default\"", &d);
	assert_null(d.first);
	assert_int_equal(d.holds.count, 1);
}

static void test_userns_unknown(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	containers_unknown(&f->facts.docker.containers, "dockerd does not answer");
	f->facts.docker.running = true;
	guard(f, "userns-remap", "\"default\"", &d);
	assert_non_null(d.first);
	f->facts.docker.running = false; /* its next start is a person's */
	guard(f, "userns-remap", "\"default\"", &d);
	assert_null(d.first);
	assert_true(d.holds.count > 0);
}

static void test_no_user_namespaces(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	f->facts.docker.user_namespaces = xstrdup("user.max_user_namespaces is 0");
	guard(f, "userns-remap", "\"\"", &d);
	assert_null(d.refusal);
	guard(f, "userns-remap", "\"default\"", &d);
	assert_string_equal(d.refusal, "no container would start with userns-remap: "
				       "user.max_user_namespaces is 0");
}

static void test_image_store(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	guard(f, "userns-remap", "\"default\"", &d);
	assert_null(d.refusal);
	fake_file(f, CONFIG, 0644, "{\"features\":{\"containerd-snapshotter\":true}}");
	guard(f, "userns-remap", "\"default\"", &d);
	assert_non_null(d.refusal);
	fake_file(f, CONFIG, 0644, "{}");
	str_replace(&f->facts.docker.driver, "overlayfs"); /* 29's default, which gives way */
	guard(f, "userns-remap", "\"default\"", &d);
	assert_null(d.refusal);
}

/* An API that moves away could not be asked any more, neither whether all is well nor to undo it. */
static void test_hosts(void **state)
{
	static const struct {
		const char *value;
		bool refused;
	} rows[] = {
		{NULL, false},
		{"[]", false},
		{"[\"fd://\"]", false},
		{"[\"unix:///run/x.sock\",\"unix:///var/run/docker.sock\"]", false},
		{"[\"unix:///run/docker.sock\"]", false},
		{"[\"unix://\"]", false},
		{"[\"unix:///run/x.sock\"]", true},
		{"[\"tcp://127.0.0.1:2376\"]", true},
	};
	struct fake_view *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		guard(f, "hosts", rows[i].value, &d);
		if (rows[i].refused != (d.refusal != NULL))
			fail_msg("%s: %s", rows[i].value, d.refusal ? d.refusal : "not refused");
	}
}

/* Options of log-opts that the driver at the next start would not know, or would miss. */
static void test_log_options(void **state)
{
	static const struct {
		const char *file, *key, *value, *refused; /* NULL: not refused */
	} rows[] = {
		{"{}", "log-opts", "{\"max-size\":\"10m\"}", NULL},
		{"{\"log-driver\":\"local\"}", "log-opts", "{\"max-size\":\"10m\"}", NULL},
		{"{\"log-driver\":\"local\"}", "log-opts", "{\"tag\":\"x\"}", "'tag'"},
		{"{\"log-driver\":\"syslog\"}", "log-opts", "{\"max-size\":\"1m\"}", "'max-size'"},
		{"{\"log-driver\":\"syslog\"}", "log-opts", "{\"mode\":\"non-blocking\"}", NULL},
		{"{\"log-driver\":\"gelf\"}", "log-opts", "{}", "needs the option 'gelf-address'"},
		{"{\"log-driver\":\"gelf\"}", "log-opts", "{\"gelf-address\":\"udp://h:1\"}", NULL},
		{"{\"log-driver\":\"acme/plugin\"}", "log-opts", "{\"any\":\"x\"}", NULL},
		{"{\"log-opts\":{\"max-size\":\"1m\"}}", "log-driver", "\"gelf\"", "'max-size'"},
		{"{}", "log-driver", "\"gelf\"", "needs the option 'gelf-address'"},
		{"{\"log-opts\":{\"gelf-address\":\"udp://h:1\"}}", "log-driver", "\"gelf\"", NULL},
		{"{}", "log-driver", "\"journald\"", "'/run/systemd/journal/socket'"},
		{"{\"log-opts\":{\"max-size\":\"1m\"}}", "log-driver", NULL, NULL},
	};
	struct fake_view *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		fake_file(f, CONFIG, 0644, rows[i].file);
		guard(f, rows[i].key, rows[i].value, &d);
		if (!d.refusal != !rows[i].refused ||
		    (d.refusal && !strstr(d.refusal, rows[i].refused)))
			fail_msg("%s with %s = %s: %s", rows[i].file, rows[i].key,
				 rows[i].value ? rows[i].value : "nothing",
				 d.refusal ? d.refusal : "not refused");
	}
}

/*
 * Each guard, of facts that are known to be none, known to be some, and not known: what was not
 * looked at holds, whichever guard it is. One that looks at containers stands in this table.
 */
static const struct {
	const char *key, *value;
	bool counts; /* images and volumes, too */
} guarded[] = {
	{"icc", "false", false},
	{"no-new-privileges", "true", false},
	{"userland-proxy", "false", false},
	{"userns-remap", "\"default\"", true},
};

/* What lies in the host that containers' logs go to, or what all of them run under. */
static void test_log_sockets(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	fake_file(f, CONFIG, 0644, "{\"log-opts\":{\"tag\":\"x\"}}");
	guard(f, "log-driver", "\"syslog\"", &d);
	assert_int_equal(d.holds.count, 1);
	fake_node(f, "/dev/log", NODE_SOCKET, 0666);
	fake_node(f, "/run/systemd/journal/socket", NODE_SOCKET, 0666);
	guard(f, "log-driver", "\"syslog\"", &d);
	assert_int_equal(d.holds.count, 0);
	guard(f, "log-driver", "\"journald\"", &d);
	assert_null(d.refusal);
}

static void test_seccomp_profile(void **state)
{
	static const struct {
		const char *text;
		bool refused;
	} rows[] = {{"{\"defaultAction\":\"SCMP_ACT_ERRNO\"}\n", false},
		    {"{\"defaultAction\":", true},
		    {"[]", true},
		    {"", true}};
	struct fake_view *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		fake_file(f, "/etc/docker/s.json", 0644, rows[i].text);
		guard(f, "seccomp-profile", "\"/etc/docker/s.json\"", &d);
		assert_int_equal(d.refusal != NULL, rows[i].refused);
	}
}

#define FLUENT "{\"log-driver\":\"fluentd\"}"

/*
 * What has to be so on this host for dockerd to start, or for any container: who listens where, and
 * what is there. 127.0.0.1:24224 has a listener, 127.0.0.1:9444 as well, port 5140 is published.
 */
static const struct {
	const char *file, *key, *value, *refused, *held; /* NULL: not */
} conditions[] = {
	{"{}", "metrics-addr", "\"127.0.0.1:9323\"", NULL, NULL},
	{"{}", "metrics-addr", "\"127.0.0.1:9444\"", "another process listens on 127.0.0.1", NULL},
	{"{}", "metrics-addr", "\"0.0.0.0:9444\"", "another process", NULL},
	{"{}", "metrics-addr", "\":9323\"", "no host before the port", NULL},
	{"{}", "metrics-addr", "\"10.7.7.7:9323\"", "no interface of this host", NULL},
	{"{}", "metrics-addr", "\"a.example.org:9323\"", NULL, "is not looked up"},
	{"{}", "metrics-addr", NULL, NULL, NULL},
	{"{}", "hosts", "[\"fd://\",\"tcp://127.0.0.1:9444\"]", "another process", NULL},
	{"{}", "hosts", "[\"fd://\",\"tcp://127.0.0.1:2376\"]", NULL, NULL},
	{"{}", "log-driver", "\"fluentd\"", NULL, NULL},
	{FLUENT, "log-opts", "{\"fluentd-address\":\"127.0.0.1:24225\"}", "nobody listens at",
	 NULL},
	{FLUENT, "log-opts", "{\"fluentd-address\":\"localhost:5140\"}", NULL, NULL},
	{FLUENT, "log-opts", "{\"fluentd-address\":\"logs:24224\"}", NULL, "which is not tried"},
	{FLUENT, "log-opts", "{\"fluentd-address\":\"127.0.0.1:24225\",\"fluentd-async\":\"true\"}",
	 NULL, NULL},
	{FLUENT, "log-opts", "{\"fluentd-address\":\"unix:///run/fl.sock\"}", "no container would",
	 NULL},
	/* as it is already: not what the change does */
	{"{\"log-driver\":\"fluentd\",\"log-opts\":{\"fluentd-address\":\"127.0.0.1:1\"}}",
	 "log-opts", "{\"fluentd-address\":\"127.0.0.1:1\",\"tag\":\"x\"}", NULL, NULL},
	{"{\"log-driver\":\"syslog\"}", "log-opts", "{\"syslog-address\":\"unix:///dev/nolog\"}",
	 "dockerd would not start", NULL},
	{"{\"log-driver\":\"gelf\"}", "log-opts", "{\"gelf-address\":\"tcp://127.0.0.1:12201\"}",
	 "nobody listens", NULL},
	{"{}", "init", "true", "no 'docker-init'", NULL},
	{"{}", "init", "false", NULL, NULL},
	{"{\"init\":true}", "init-path", "\"/opt/no-init\"", "no container would start", NULL},
	{"{}", "init-path", "\"/opt/no-init\"", "no container with --init", NULL},
	{"{}", "seccomp-profile", "\"/etc/docker\"", "is a directory", NULL},
};

static bool is_so(const char *text, const char *wanted)
{
	return !text == !wanted && (!text || strstr(text, wanted));
}

static void test_conditions_of_the_host(void **state)
{
	struct fake_view *f = *state;

	strv_add(&f->facts.docker.listening.ports, "127.0.0.1 24224");
	strv_add(&f->facts.docker.listening.ports, "127.0.0.1 9444");
	f->facts.docker.no_init = xstrdup("there is no 'docker-init'");
	strv_add(&add_container(f, "logs", "front")->ports, "5140/tcp on 127.0.0.1");
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		const char *held;

		fake_file(f, CONFIG, 0644, conditions[i].file);
		guard(f, conditions[i].key, conditions[i].value, &d);
		held = d.holds.count ? d.holds.items[0] : NULL;
		if (!is_so(d.refusal, conditions[i].refused) || !is_so(held, conditions[i].held))
			fail_msg("%s = %s: %s, %s", conditions[i].key,
				 conditions[i].value ? conditions[i].value : "nothing",
				 d.refusal ? d.refusal : "not refused", held ? held : "not held");
	}
}

static void test_known_none(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(guarded); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		guard(*state, guarded[i].key, guarded[i].value, &d);
		assert_int_equal(d.holds.count, 0);
	}
}

static void test_known_some(void **state)
{
	struct fake_view *f = *state;

	for (size_t i = 0; i < 2; i++) {
		struct container *c = add_container(f, i ? "b" : "a", "bridge");

		c->uses_setuid = true;
		strv_add(&c->ports, "80/tcp on ::");
	}
	for (size_t i = 0; i < ARRAY_SIZE(guarded); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		guard(f, guarded[i].key, guarded[i].value, &d);
		assert_true(d.holds.count > 0);
	}
}

static void test_unknown_holds(void **state)
{
	static const char why[] = "containers cannot be seen while dockerd is stopped";
	struct fake_view *f = *state;

	for (size_t seen = 0; seen < 2;
	     seen++) { /* a list without reason, or with what the disk tells */
		if (seen)
			containers_unknown(&f->facts.docker.containers, why);
		else
			container_list_clear(&f->facts.docker.containers);
		if (seen)
			add_container(f, "a", "bridge")->running = false;
		for (size_t i = 0; i < ARRAY_SIZE(guarded); i++) {
			CLEANUP(delta_clear) struct delta d = {0};

			guard(f, guarded[i].key, guarded[i].value, &d);
			assert_true(d.holds.count > 0);
			assert_true(!seen || strv_contains(&d.holds, why));
		}
	}
}

static void test_unknown_swarm_holds(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	guard(f, "live-restore", "true", &d);
	assert_int_equal(d.holds.count, 0);
	str_replace(&f->facts.docker.swarm, NULL);
	guard(f, "live-restore", "false", &d);
	assert_int_equal(d.holds.count, 0);
	guard(f, "live-restore", "true", &d);
	assert_hold(&d, 0,
		    "whether this host is in a swarm is not known, and a member with live-restore "
		    "would not start again");
}

/* A container that dockerd lists and says nothing of. */
static void test_half_an_answer_holds(void **state)
{
	struct fake_view *f = *state;
	struct container *c = container_list_add(&f->facts.docker.containers);

	c->id = xstrdup("0123");
	c->unread = xstrdup("GET /containers/0123/json: dockerd answered 500");
	for (size_t i = 0; i < ARRAY_SIZE(guarded); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		guard(f, guarded[i].key, guarded[i].value, &d);
		assert_hold(&d, 0,
			    "dockerd does not tell of container 0123: GET /containers/0123/json: "
			    "dockerd answered 500");
	}
}

static void test_unknown_counts_hold(void **state)
{
	struct fake_view *f = *state;
	struct count *const counts[] = {&f->facts.docker.images, &f->facts.docker.volumes,
					&f->facts.docker.networks};

	for (size_t k = 0; k < ARRAY_SIZE(counts); k++) {
		count_unknown(counts[k], "no rights");
		for (size_t i = 0; i < ARRAY_SIZE(guarded); i++) {
			CLEANUP(delta_clear) struct delta d = {0};

			guard(f, guarded[i].key, guarded[i].value, &d);
			assert_int_equal(d.holds.count, guarded[i].counts ? 1 : 0);
			assert_true(!guarded[i].counts || strstr(d.holds.items[0], "no rights"));
		}
		count_set(counts[k], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DOCKER_VIEW_TEST(test_icc),
		DOCKER_VIEW_TEST(test_icc_link_by_whole_names),
		DOCKER_VIEW_TEST(test_icc_refusals),
		DOCKER_VIEW_TEST(test_hosts),
		DOCKER_VIEW_TEST(test_bridge_netfilter),
		DOCKER_VIEW_TEST(test_userland_proxy),
		DOCKER_VIEW_TEST(test_other_networks),
		DOCKER_VIEW_TEST(test_ulimits),
		DOCKER_VIEW_TEST(test_ulimits_unknown),
		DOCKER_VIEW_TEST(test_nobody_forwards),
		DOCKER_VIEW_TEST(test_ipv6_without_rules),
		DOCKER_VIEW_TEST(test_no_iptables),
		DOCKER_VIEW_TEST(test_no_new_privileges),
		DOCKER_VIEW_TEST(test_userns),
		DOCKER_VIEW_TEST(test_userns_running),
		DOCKER_VIEW_TEST(test_userns_unknown),
		DOCKER_VIEW_TEST(test_no_user_namespaces),
		DOCKER_VIEW_TEST(test_image_store),
		DOCKER_VIEW_TEST(test_log_options),
		DOCKER_VIEW_TEST(test_log_sockets),
		DOCKER_VIEW_TEST(test_seccomp_profile),
		DOCKER_VIEW_TEST(test_conditions_of_the_host),
		DOCKER_VIEW_TEST(test_known_none),
		DOCKER_VIEW_TEST(test_known_some),
		DOCKER_VIEW_TEST(test_unknown_holds),
		DOCKER_VIEW_TEST(test_unknown_swarm_holds),
		DOCKER_VIEW_TEST(test_half_an_answer_holds),
		DOCKER_VIEW_TEST(test_unknown_counts_hold),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
