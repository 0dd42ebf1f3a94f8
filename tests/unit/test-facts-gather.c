#include "tests/unit/temp-directory.h"

#include "engine/base/buf.h"
#include "engine/facts/gather.h"
#include "engine/facts/sockets.h"

/* A Debian host's files, as far as facts look at them. */
static void make_host(const struct temp_directory *t)
{
	static const char *const directories[] = {"etc",
						  "etc/default",
						  "etc/docker",
						  "etc/audit",
						  "etc/audit/rules.d",
						  "etc/systemd",
						  "etc/systemd/system",
						  "etc/systemd/system/docker.service.d",
						  "etc/systemd/system/multi-user.target.requires",
						  "etc/systemd/system/sockets.target.wants",
						  "usr",
						  "usr/bin",
						  "usr/sbin",
						  "usr/lib",
						  "usr/lib/systemd",
						  "usr/lib/systemd/system",
						  "usr/lib/systemd/system/docker.service.d",
						  "var",
						  "var/lib",
						  "var/lib/dpkg",
						  "var/lib/dpkg/info",
						  "var/lib/docker"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		assert_int_equal(mkdirat(t->fd, directories[i], 0755), 0);
	temp_directory_write(t, "etc/hostname", "web1\n");
	temp_directory_write(t, "etc/machine-id", "00112233445566778899aabbccddeeff\n");
	temp_directory_write(t, "etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian 12\"\n");
	temp_directory_write(
		t, "usr/lib/systemd/system/docker.service",
		"[Service]\nEnvironment=EXTRA=--debug\nEnvironmentFile=-/etc/default/docker\n"
		"ExecStart=/usr/sbin/dockerd -H fd:// $DOCKER_OPTS $EXTRA\n");
	temp_directory_write(t, "usr/lib/systemd/system/docker.socket",
			     "[Socket]\nListenStream=/run/docker.sock\nListenStream=2375\n"
			     "SocketMode=0660\nSocketGroup=docker\n");
	temp_directory_write(t, "etc/default/docker", "# options\nDOCKER_OPTS=\"--icc=false\"\n");
	temp_directory_write(t, "usr/sbin/dockerd", "");
	temp_directory_write(t, "usr/sbin/runc", "");
	assert_int_equal(symlinkat("../sbin/runc", t->fd, "usr/bin/runc"), 0);
	temp_directory_write(t, "var/lib/dpkg/info/docker.io.list", "/usr/sbin/dockerd\n");
	temp_directory_write(t, "var/lib/dpkg/status",
			     "Package: auditd\nStatus: install ok installed\nVersion: 1:3.0.9-1\n\n"
			     "Package: docker.io\nStatus: install ok installed\nVersion: "
			     "20.10.24+dfsg1-1+deb12u1\n\n"
			     "Package: zlib\nVersion: 1\n");
}

static struct facts gather(const struct temp_directory *t)
{
	struct facts f = {0};

	assert_int_equal(facts_gather(&f, &t->root, NULL, 0, NULL), 0);
	return f;
}

static void assert_paths(const struct facts *f, const char *name, const char *want)
{
	const struct place *p = facts_place(f, name);
	CLEANUP(freep) char *have = NULL;

	assert_non_null(p);
	have = strv_join(&p->paths, " ");
	assert_string_equal(have, want);
	assert_int_equal(p->absent != NULL, !*want);
	assert_null(p->unknown);
}

static void test_offline_host(void **state)
{
	const struct temp_directory *t = *state;
	struct facts f;

	make_host(t);
	f = gather(t);
	assert_true(f.offline);
	assert_non_null(f.no_systemd);
	assert_string_equal(f.hostname, "web1");
	assert_string_equal(f.os, "Debian 12");
	assert_null(f.boot_id);
	assert_int_equal(f.docker.install, DOCKER_DISTRO);
	assert_string_equal(f.docker.version, "20.10.24+dfsg1");
	assert_false(f.docker.running);
	assert_non_null(f.docker.not_measured);
	assert_non_null(f.docker.wide_unread); /* likewise what only dockerd tells of networks */
	assert_int_equal(f.docker.now.count, 0);
	assert_true(f.audit.installed && f.audit.not_measured && f.audit.major == 3);
	facts_clear(&f);
}

/* What was removed and not purged keeps its paragraph and its list. */
static void test_removed_packages(void **state)
{
	static const struct {
		const char *ce, *io; /* states of both */
		enum docker_install install;
		const char *version;
	} rows[] = {
		{"install ok installed", "deinstall ok config-files", DOCKER_CE, "26.1.5"},
		{"deinstall ok config-files", "install ok installed", DOCKER_DISTRO,
		 "20.10.24+dfsg1"},
		{"deinstall ok config-files", "hold ok installed", DOCKER_DISTRO, "20.10.24+dfsg1"},
		{"purge ok not-installed", "install ok triggers-pending", DOCKER_DISTRO,
		 "20.10.24+dfsg1"},
		{"deinstall ok config-files", "deinstall ok config-files", DOCKER_OTHER, NULL},
		{"install reinstreq half-installed", "purge ok not-installed", DOCKER_OTHER, NULL},
	};
	const struct temp_directory *t = *state;

	make_host(t);
	temp_directory_write(t, "var/lib/dpkg/info/docker-ce.list", "/etc/docker\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *status = xasprintf("Package: docker-ce\nStatus: %s\n"
					 "Version: 5:26.1.5-1~debian\n\n"
					 "Package: docker.io\nStatus: %s\nArchitecture: amd64\n"
					 "Version: 20.10.24+dfsg1-1\n",
					 rows[i].ce, rows[i].io);
		struct facts f;

		temp_directory_write(t, "var/lib/dpkg/status", status);
		f = gather(t);
		if (f.docker.install != rows[i].install ||
		    strcmp_null(f.docker.version, rows[i].version) != 0)
			fail_msg("%zu: %s", i, f.docker.version ? f.docker.version : "none");
		facts_clear(&f);
	}
}

static void test_flags_and_their_files(void **state)
{
	static const struct {
		const char *key, *value, *file, *variable;
	} want[] = {
		{"hosts", "[\"fd://\"]", "/usr/lib/systemd/system/docker.service", NULL},
		{"icc", "false", "/etc/default/docker", "DOCKER_OPTS"},
		{"debug", "true", "/usr/lib/systemd/system/docker.service", "EXTRA"},
	};
	struct facts f;

	make_host(*state);
	f = gather(*state);
	assert_int_equal(f.docker.nnext_flags, ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		const struct daemon_flag *flag = &f.docker.next_flags[i];

		assert_string_equal(flag->key, want[i].key);
		assert_string_equal(flag->value, want[i].value);
		assert_string_equal(flag->file, want[i].file);
		assert_int_equal(strcmp_null(flag->variable, want[i].variable), 0);
	}
	facts_clear(&f);
}

/* Names that systemd or dockerd would take, there or not: who could make them counts. */
static void test_names_that_may_come(void **state)
{
	static const struct {
		const char *place, *way;
	} want[] = {
		{"docker.service", "/etc/systemd/system/docker.service"},
		{"docker.service", "/run/systemd/system/docker.service"},
		{"docker.service.dropins", "/etc/systemd/system/docker.service.d/*"},
		{"docker.service.dropins", "/usr/lib/systemd/system/service.d/*"},
		{"docker.service.d", "/run/systemd/system/docker.service.d"},
		{"docker.socket", "/etc/systemd/system/docker.socket"},
		{"docker.socket.dropins", "/etc/systemd/system/socket.d/*"},
		{"env-file", "/etc/default/docker"},
		{"config-file", "/etc/docker/daemon.json"},
		{"registry-certs", "/etc/docker/certs.d"},
		{"containerd-config", "/etc/containerd/config.toml"},
		{"runc", "/usr/local/bin/runc"},
	};
	struct facts f;

	make_host(*state);
	assert_int_equal(
		unlinkat(((const struct temp_directory *)*state)->fd, "etc/default/docker", 0), 0);
	f = gather(*state);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		const struct place *p = facts_place(&f, want[i].place);

		assert_non_null(p);
		if (!strv_contains(&p->ways, want[i].way))
			fail_msg("%s: not %s", want[i].place, want[i].way);
	}
	assert_null(facts_place(&f, "env-file")->unknown);
	facts_clear(&f);
}

/* A flag is traced to a file only where that file has all of it; what is another's value is none. */
static void test_flags_of_several_places(void **state)
{
	static const struct {
		const char *line,
			*want; /* KEY=VALUE@VARIABLE, "-" for the unit's line, "?" for none */
	} rows[] = {
		{"-H fd:// $DOCKER_OPTS", "hosts=[\"fd://\"]@- debug=true@DOCKER_OPTS "
					  "log-level=\"warn\"@DOCKER_OPTS"},
		{"--label $ONE", "labels=[\"-D\"]@?"},
		{"--label $ONE $ONE", "labels=[\"-D\"]@? debug=true@ONE"},
		{"${ONE}", "debug=true@ONE"},
		{"--icc=${VALUE}", "icc=\"warn\"@?"},
		{"-l ${VALUE} -H a", "log-level=\"warn\"@? hosts=[\"a\"]@-"},
		{"-Dl $VALUE -H a", "debug=true@? log-level=\"warn\"@? hosts=[\"a\"]@-"},
		{"-Dl warn -H a", "debug=true@- log-level=\"warn\"@- hosts=[\"a\"]@-"},
		{"${BLANK} -D", "hosts=[\" a\"]@? debug=true@-"},
	};

	make_host(*state);
	temp_directory_write(*state, "etc/default/docker",
			     "DOCKER_OPTS=-Dl warn\nONE=-D\nVALUE=warn\nBLANK=-H a\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *unit = xasprintf("[Service]\nEnvironmentFile=-/etc/default/docker\n"
				       "ExecStart=/usr/sbin/dockerd %s\n",
				       rows[i].line);
		CLEANUP(buf_clear) struct buf have = {0};
		struct facts f;

		temp_directory_write(*state, "usr/lib/systemd/system/docker.service", unit);
		f = gather(*state);
		for (size_t k = 0; k < f.docker.nnext_flags; k++) {
			const struct daemon_flag *flag = &f.docker.next_flags[k];

			buf_printf(&have, "%s%s=%s@%s", k ? " " : "", flag->key, flag->value,
				   flag->variable ? flag->variable
				   : flag->file   ? "-"
						  : "?");
		}
		if (strcmp(buf_str(&have), rows[i].want) != 0)
			fail_msg("'%s': %s", rows[i].line, buf_str(&have));
		facts_clear(&f);
	}
}

static void test_units_and_dropins(void **state)
{
	const struct temp_directory *t = *state;
	const struct unit_facts *u;
	struct facts f;

	make_host(t);
	temp_directory_write(t, "usr/lib/systemd/system/docker.service.d/a.conf",
			     "[Service]\nExecStart=\n");
	temp_directory_write(t, "etc/systemd/system/docker.service.d/a.conf",
			     "[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -D\n");
	temp_directory_write(t, "usr/lib/systemd/system/docker.service.d/0.conf", "[Service]\n");
	temp_directory_write(t, "etc/systemd/system/docker.service.d/readme", "ExecStart=x\n");
	f = gather(t);
	u = facts_unit(&f, "docker.service");
	assert_string_equal(u->exec_start, "/usr/sbin/dockerd -D");
	assert_string_equal(u->exec_start_file, "/etc/systemd/system/docker.service.d/a.conf");
	assert_paths(&f, "docker.service.dropins",
		     "/usr/lib/systemd/system/docker.service.d/0.conf "
		     "/etc/systemd/system/docker.service.d/a.conf");
	u = facts_unit(&f, "docker.socket");
	assert_string_equal(u->listen_mode, "0660");
	assert_string_equal(u->listen_group, "docker");
	assert_false(facts_unit(&f, "containerd.service")->exists);
	facts_clear(&f);
}

static void test_config_file(void **state)
{
	const struct temp_directory *t = *state;
	const struct setting *s;
	struct facts f;

	make_host(t);
	temp_directory_write(
		t, "etc/docker/daemon.json",
		"{\"icc\": true, \"hosts\": [\"tcp://0.0.0.0:2376\"], \"tlskey\": \"/k\","
		"\"userland-proxy\": false}");
	f = gather(t);
	s = settings_find(&f.docker.next, "userland-proxy");
	assert_non_null(s);
	assert_string_equal(s->value, "false");
	assert_int_equal(s->source, SOURCE_FILE);
	assert_true(strv_contains(&f.docker.conflicts, "icc"));
	assert_true(strv_contains(&f.docker.conflicts, "hosts"));
	assert_int_equal(f.docker.conflicts.count, 2);
	assert_true(strv_contains(&f.docker.tcp_listeners, "tcp://0.0.0.0:2376"));
	assert_true(strv_contains(&f.docker.tcp_listeners, "tcp://*:2375"));
	assert_null(f.docker.file_error);
	facts_clear(&f);
}

static void test_bad_config_files(void **state)
{
	static const char *const rows[] = {"{\"icc\": fals}", "[]", "{\"bogus\": 1}"};
	const struct temp_directory *t = *state;

	make_host(t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct facts f;

		temp_directory_write(t, "etc/docker/daemon.json", rows[i]);
		f = gather(t);
		assert_non_null(f.docker.file_error);
		facts_clear(&f);
	}
}

/* dockerd follows any link but one that leads nowhere; harden none that others could have put there. */
static void test_links_to_the_config(void **state)
{
	static const struct {
		const char *target;
		uid_t owner;
		bool error, untrusted;
	} links[] = {
		{"/etc/theirs.json", 0, false, false},
		{"/etc/theirs.json", 1000, true, true},
		{"daemon.json", 0, true, false}, /* to itself */
	};
	const struct temp_directory *t = *state;

	if (geteuid() != 0)
		SKIP_BECAUSE("needs root");
	make_host(t);
	temp_directory_write(t, "etc/theirs.json", "{}");
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		struct facts f;

		unlinkat(t->fd, "etc/docker/daemon.json", 0);
		assert_int_equal(symlinkat(links[i].target, t->fd, "etc/docker/daemon.json"), 0);
		assert_int_equal(fchownat(t->fd, "etc/docker/daemon.json", links[i].owner, 0,
					  AT_SYMLINK_NOFOLLOW),
				 0);
		f = gather(t);
		assert_int_equal(f.docker.file_error != NULL, links[i].error);
		assert_int_equal(f.docker.file_untrusted, links[i].untrusted);
		facts_clear(&f);
	}
}

static void test_explicit_config_file(void **state)
{
	const struct temp_directory *t = *state;
	struct facts f;

	make_host(t);
	temp_directory_write(t, "etc/default/docker",
			     "DOCKER_OPTS=--config-file=/etc/docker/other.json\n");
	f = gather(t);
	assert_true(f.docker.config_explicit);
	assert_string_equal(f.docker.config_file, "/etc/docker/other.json");
	assert_non_null(strstr(f.docker.file_error, "--config-file"));
	facts_clear(&f);
}

static void test_places(void **state)
{
	static const char *const rows[][2] = {
		{"docker.service", "/usr/lib/systemd/system/docker.service"},
		{"docker.service.d", "/etc/systemd/system/docker.service.d "
				     "/usr/lib/systemd/system/docker.service.d"},
		{"docker.socket.dropins", ""},
		{"config-dir", "/etc/docker"},
		{"config-file", ""},
		{"env-file", "/etc/default/docker"},
		{"dockerd", "/usr/sbin/dockerd"},
		{"containerd", ""},
		{"runc", "/usr/sbin/runc"},
		{"containerd-shim", "/usr/bin/containerd-shim"},
		{"containerd-shim-runc-v2", ""},
		{"sysconfig-file", "/etc/sysconfig/docker"},
		{"containerd-socket", ""},
		{"data-root", "/var/lib/docker"},
		{"tlscacert", ""},
		{"registry-certs", ""},
		{"api-socket", ""},
	};
	const struct temp_directory *t = *state;
	struct facts f;

	make_host(*state);
	assert_int_equal(mkdirat(t->fd, "etc/sysconfig", 0755), 0);
	mkdirat(t->fd, "usr/bin", 0755);
	temp_directory_write(t, "usr/bin/containerd-shim", "");
	temp_directory_write(t, "etc/sysconfig/docker", "");
	f = gather(*state);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_paths(&f, rows[i][0], rows[i][1]);
	facts_clear(&f);
}

/* Another unit that does docker.socket's work: by what it is known, and whether it would listen. */
static const struct {
	const char *name, *text; /* of the unit */
	const char *link; /* that has it started; NULL: none */
	const char *docker; /* a drop-in of docker.service; NULL: none */
	bool is_one, listens;
} socket_units[] = {
#define LISTENS "[Socket]\nListenStream=0.0.0.0:2376\nListenStream=/run/extra.sock\n"
#define WANTED(unit) "etc/systemd/system/sockets.target.wants/" unit
	{"docker-tcp.socket", LISTENS "Service=docker.service\n", WANTED("docker-tcp.socket"), NULL,
	 true, true},
	{"docker-tcp.socket", LISTENS "Service=docker.service\n",
	 "etc/systemd/system/multi-user.target.requires/docker-tcp.socket", NULL, true, true},
	{"docker-tcp.socket", LISTENS "Service=docker.service\n", NULL, NULL, true, false},
	{"docker-tcp.socket", LISTENS "Service=docker.service\n", NULL,
	 "[Unit]\nRequires=docker-tcp.socket\n", true, true},
	{"x.socket", LISTENS, NULL, "[Service]\nSockets=docker.socket x.socket\n", true, true},
	{"x.socket", LISTENS "Service=y.service\nService=docker.service\n", WANTED("x.socket"),
	 NULL, true, true},
	{"x.socket", LISTENS "Service=docker.service\nService=x.service\n", WANTED("x.socket"),
	 NULL, false, false},
	{"x.socket", LISTENS, WANTED("x.socket"), NULL, false, false},
	{"moby.socket", LISTENS, WANTED("moby.socket"), NULL, true, true},
	{"tcp@.socket", LISTENS "Service=docker.service\n", WANTED("tcp@2376.socket"), NULL, true,
	 true},
	{"tcp@.socket",
	 "[Socket]\nListenStream=0.0.0.0:%i\nListenStream=/run/extra.sock\n"
	 "Service=docker.service\n",
	 WANTED("tcp@2376.socket"), NULL, true, true},
};

static void make_socket_unit(const struct temp_directory *t, size_t i)
{
	CLEANUP(freep)
	char *path = xasprintf("etc/systemd/system/%s", socket_units[i].name);

	make_host(t);
	temp_directory_write(t, path, socket_units[i].text);
	assert_int_equal(symlinkat("docker.service", t->fd, "usr/lib/systemd/system/moby.service"),
			 0);
	if (socket_units[i].docker)
		temp_directory_write(t, "etc/systemd/system/docker.service.d/s.conf",
				     socket_units[i].docker);
	if (socket_units[i].link) {
		CLEANUP(freep) char *to = xasprintf("../%s", socket_units[i].name);

		temp_directory_write(t, socket_units[i].link, "");
		assert_int_equal(unlinkat(t->fd, socket_units[i].link, 0), 0);
		assert_int_equal(symlinkat(to, t->fd, socket_units[i].link), 0);
	}
}

static void test_socket_unit(size_t i)
{
	CLEANUP(strv_clear) struct strv files = {0};
	struct temp_directory *t;
	struct gather g = {0};
	void *state = NULL;
	CLEANUP(freep)
	char *path = xasprintf("/etc/systemd/system/%s", socket_units[i].name);
	struct facts f;
	bool is_one, listens, named;

	assert_int_equal(temp_directory_setup(&state), 0);
	t = state;
	make_socket_unit(t, i);
	f = gather(t);
	g = (struct gather){.facts = &f, .root = &t->root};
	api_socket_files(&g, &files);
	is_one = strv_contains(&facts_place(&f, "docker.socket")->paths, path);
	listens = strv_contains(&f.docker.tcp_listeners, "tcp://0.0.0.0:2376");
	named = strv_contains(&files, "/run/extra.sock");
	if (is_one != socket_units[i].is_one || listens != socket_units[i].listens ||
	    named != listens || !strv_contains(&f.docker.tcp_listeners, "tcp://*:2375"))
		fail_msg("row %zu, %s: %d %d %d", i, path, is_one, listens, named);
	facts_clear(&f);
	temp_directory_teardown(&state);
}

static void test_socket_units(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(socket_units); i++)
		test_socket_unit(i);
}

static void test_empty_root(void **state)
{
	struct facts f = gather(*state);

	assert_int_equal(f.docker.install, DOCKER_NONE);
	assert_null(f.docker.version);
	assert_false(f.audit.installed);
	assert_int_equal(f.nunits, 3);
	assert_false(f.units[0].exists);
	for (size_t i = 0; i < f.nplaces; i++)
		assert_true(f.places[i].absent || f.places[i].paths.count);
	facts_clear(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_offline_host),
		TEMP_DIRECTORY_TEST(test_removed_packages),
		TEMP_DIRECTORY_TEST(test_flags_and_their_files),
		TEMP_DIRECTORY_TEST(test_flags_of_several_places),
		TEMP_DIRECTORY_TEST(test_names_that_may_come),
		TEMP_DIRECTORY_TEST(test_units_and_dropins),
		TEMP_DIRECTORY_TEST(test_config_file),
		TEMP_DIRECTORY_TEST(test_bad_config_files),
		TEMP_DIRECTORY_TEST(test_links_to_the_config),
		TEMP_DIRECTORY_TEST(test_explicit_config_file),
		TEMP_DIRECTORY_TEST(test_places),
		TEMP_DIRECTORY_TEST(test_empty_root),
		cmocka_unit_test(test_socket_units),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
