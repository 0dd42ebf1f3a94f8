#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

/* What is told of a daemon with these settings; files of TLS that nothing uses do not help. */
static const struct row {
	const char *hosts, *tls, *tlsverify; /* in force */
	const char *next; /* hosts of the next start */
	enum verdict verdict;
	const char *says;
} rows[] = {
	{"[\"fd://\"]", NULL, NULL, NULL, VERDICT_NOT_APPLICABLE, "does not listen"},
	{"[\"fd://\", \"tcp://0.0.0.0:2375\"]", NULL, NULL, NULL, VERDICT_FAIL,
	 "the API listens on 0.0.0.0:2375 without TLS: whoever reaches it is root here"},
	{"[\"tcp://0.0.0.0:2376\"]", "true", NULL, NULL, VERDICT_FAIL,
	 "the API listens on 0.0.0.0:2376 with TLS that asks nobody for a certificate: whoever"},
	{"[\"tcp://0.0.0.0:2376\"]", "true", "false", NULL, VERDICT_FAIL, "whoever reaches it"},
	{"[\"tcp://0.0.0.0:2376\"]", NULL, "true", NULL, VERDICT_PASS, "show a certificate"},
	{"[\"tcp://127.0.0.1:2375\"]", NULL, NULL, NULL, VERDICT_FAIL, "every account and program"},
	{"[\"tcp://localhost.example.org:2375\"]", NULL, NULL, NULL, VERDICT_FAIL,
	 "whoever reaches it is root here"},
	{"[\"tcp://127.example.org:2375\"]", NULL, NULL, NULL, VERDICT_FAIL,
	 "whoever reaches it is root here"},
	{"[\"tcp://localhost:2375/\"]", NULL, NULL, NULL, VERDICT_FAIL,
	 "every account and program"},
	{"[\"tcp://[0:0::1]:2375\"]", NULL, NULL, NULL, VERDICT_FAIL, "every account and program"},
	{"[\"tcp://u:p@0.0.0.0\"]", NULL, NULL, NULL, VERDICT_FAIL,
	 "the API listens on 0.0.0.0:2375 without TLS: whoever reaches it is root here"},
	{"[\"0.0.0.0:2375\"]", NULL, NULL, NULL, VERDICT_FAIL, /* dockerd takes it for TCP */
	 "the API listens on 0.0.0.0:2375 without TLS: whoever reaches it is root here"},
	{"[\" tcp://0.0.0.0:2375\"]", NULL, NULL, NULL, VERDICT_FAIL, /* dockerd trims */
	 "the API listens on 0.0.0.0:2375 without TLS: whoever reaches it is root here"},
	{"[\" unix://@x\"]", NULL, NULL, NULL, VERDICT_FAIL, "abstract socket '@x'"},
	{"[\"tcp://\"]", NULL, NULL, NULL, VERDICT_FAIL, "listens on 127.0.0.1:2375 without"},
	{"[\"fd://\"]", NULL, NULL, "[\"tcp://:2375\"]", VERDICT_FAIL,
	 "the API listens on 127.0.0.1:2375 without TLS at the next start: every account"},
};

static void put(struct settings *s, const char *key, const char *value)
{
	if (value)
		settings_put(s, key, value, SOURCE_FLAG, "flag");
}

static void fill(struct fake_view *f, const struct row *row)
{
	struct docker_facts *d = &f->facts.docker;

	d->install = DOCKER_CE;
	d->running = true;
	put(&d->now, "hosts", row->hosts);
	put(&d->now, "tls", row->tls);
	put(&d->now, "tlsverify", row->tlsverify);
	put(&d->next, "hosts", row->next ? row->next : row->hosts);
	put(&d->next, "tls", row->tls);
	put(&d->next, "tlsverify", row->tlsverify);
	settings_put(&d->next, "tlscacert", "\"/etc/docker/tls/ca.pem\"", SOURCE_FILE, "file");
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_api_listener, "aspect=verified");

		fake_view_init(&f);
		fill(&f, &rows[i]);
		fake_diff(&f, &module_api_listener, want, &d);
		if (d.verdict != rows[i].verdict || !strstr(d.reason, rows[i].says))
			fail_msg("%zu: %s: %s", i, verdict_to_string(d.verdict), d.reason);
		assert_int_equal(d.edits.count, 0);
	}
}

/* An abstract name is open to all; one that is listened on without anybody's word of it counts, too. */
static void test_abstract_sockets(void **state)
{
	static const struct {
		const char *really, *next, *unread;
		enum verdict verdict;
		const char *says;
	} cases[] = {
		{"/run/docker.sock", "[\"fd://\"]", NULL, VERDICT_NOT_APPLICABLE,
		 "does not listen"},
		{"@api", "[\"fd://\"]", NULL, VERDICT_FAIL,
		 "the API listens on the abstract socket '@api', which has no mode: every account"},
		{"/run/docker.sock", "[\"unix://@x\"]", NULL, VERDICT_FAIL,
		 "socket '@x' at the next start"},
		{NULL, "[\"fd://\"]", "nobody may look", VERDICT_NOT_MEASURED, "nobody may look"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_api_listener, "aspect=verified");

		fake_view_init(&f);
		fill(&f, &rows[0]);
		put(&f.facts.docker.next, "hosts", cases[i].next);
		if (cases[i].really)
			strv_add(&f.facts.docker.api_sockets, cases[i].really);
		f.facts.docker.sockets_unread = xstrdup_null(cases[i].unread);
		fake_diff(&f, &module_api_listener, want, &d);
		if (d.verdict != cases[i].verdict || !strstr(d.reason, cases[i].says))
			fail_msg("%zu: %s: %s", i, verdict_to_string(d.verdict), d.reason);
	}
}

/* What docker.socket listens on is dockerd's, too. */
static void test_socket_unit(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_api_listener, "aspect=verified");

	fake_view_init(&f);
	fill(&f, &rows[0]);
	strv_add(&f.facts.docker.tcp_listeners, "tcp://*:2375");
	fake_diff(&f, &module_api_listener, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_non_null(strstr(d.reason, "*:2375 without TLS: whoever reaches it"));
}

/* What socket units open beside TCP: a mode that lets everybody in, and names that have none. */
static void test_units_of_sockets(void **state)
{
	static const struct {
		const char *unit, *listens, *mode, *active;
		bool pulled_in;
		enum verdict verdict;
		const char *says;
	} cases[] = {
		{"docker-x.socket", "/run/x.sock", "0666", "inactive", true, VERDICT_FAIL,
		 "docker-x.socket opens the API at '/run/x.sock' with mode 0666 at the next boot"},
		{"docker-x.socket", "/run/x.sock", NULL, "active", true, VERDICT_FAIL,
		 "'/run/x.sock' with mode 0666: every"},
		{"docker-x.socket", "/run/x.sock", "0660", "active", true, VERDICT_NOT_APPLICABLE,
		 ""},
		{"docker-x.socket", "/run/x.sock", "0666", "inactive", false,
		 VERDICT_NOT_APPLICABLE, ""},
		{"docker-x.socket", "@x", "0600", "active", true, VERDICT_FAIL,
		 "socket '@x', which"},
		{"docker.socket", "@x", "0660", "inactive", false, VERDICT_FAIL,
		 "'@x' at the next boot"},
		{"docker.socket", "/run/docker.sock", "0666", "active", false,
		 VERDICT_NOT_APPLICABLE, ""}, /* socket.mode has it */
		{"containerd.service", "/run/x.sock", "0666", "active", false,
		 VERDICT_NOT_APPLICABLE, ""},
	};
	DESIRED(want, &module_api_listener, "aspect=verified");

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		struct unit_facts *u;

		fake_view_init(&f);
		f.facts.docker.install = DOCKER_CE;
		u = facts_add_unit(&f.facts, cases[i].unit);
		u->activates = strcmp(cases[i].unit, "docker-x.socket") == 0;
		u->pulled_in = cases[i].pulled_in;
		u->listen_mode = xstrdup_null(cases[i].mode);
		u->active = xstrdup(cases[i].active);
		strv_add(&u->listens, cases[i].listens);
		fake_diff(&f, &module_api_listener, want, &d);
		if (d.verdict != cases[i].verdict || !strstr(d.reason, cases[i].says))
			fail_msg("case %zu: %s: %s", i, verdict_to_string(d.verdict), d.reason);
	}
}

/*
 * The file was changed after the start, so that the settings of the start are unknown: what dockerd has
 * open counts, and what cannot be told is never "it does not listen".
 */
static void test_unknown_hosts(void **state)
{
	static const struct {
		const char *open, *next, *verify, *unknown, *unread;
		enum verdict verdict, addresses;
		const char *says;
	} cases[] = {
		{"tcp://0.0.0.0:2375", "[\"fd://\"]", "false", NULL, NULL, VERDICT_FAIL,
		 VERDICT_FAIL, "the API listens on 0.0.0.0:2375 without TLS: whoever"},
		{"tcp://[::]:2375", NULL, "false", NULL, NULL, VERDICT_FAIL, VERDICT_FAIL,
		 "the API listens on [::]:2375 without TLS: whoever"},
		{"tcp://10.9.9.1:2375", "[\"fd://\"]", "false", NULL, NULL, VERDICT_FAIL,
		 VERDICT_PASS, "10.9.9.1:2375 without TLS: whoever"},
		{"tcp://0.0.0.0:2376", "[\"fd://\"]", "true", NULL, NULL, VERDICT_PASS,
		 VERDICT_FAIL, "show a certificate"},
		{"tcp://0.0.0.0:2376", "[\"fd://\"]", NULL, NULL, NULL, VERDICT_NOT_MEASURED,
		 VERDICT_FAIL, "whether tlsverify is in force for 0.0.0.0:2376 is not known"},
		/* the same entry has a certificate from the next start on, and not now */
		{"tcp://0.0.0.0:2376", "[\"tcp://0.0.0.0:2376\"]", NULL, NULL, NULL,
		 VERDICT_NOT_MEASURED, VERDICT_FAIL, "whether tlsverify is in force"},
		{NULL, "[\"fd://\"]", NULL, "nobody tells", NULL, VERDICT_NOT_MEASURED,
		 VERDICT_NOT_MEASURED, "nobody tells"},
		{NULL, "[\"fd://\"]", NULL, NULL, "nobody may look", VERDICT_NOT_MEASURED,
		 VERDICT_NOT_MEASURED, "nobody may look"},
		{NULL, "[\"fd://\"]", NULL, NULL, NULL, VERDICT_NOT_APPLICABLE, VERDICT_PASS,
		 "does not listen"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(delta_clear) struct delta d = {0}, e = {0}, w = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		struct docker_facts *docker = &f.facts.docker;
		DESIRED(want, &module_api_listener, "aspect=verified");
		DESIRED(addresses, &module_api_listener, "aspect=addresses");
		DESIRED(when, &module_docker_daemon, "key=tlsverify value=true when=tcp-listener");

		fake_view_init(&f);
		docker->install = DOCKER_CE;
		docker->running = true;
		settings_put(&docker->now, "hosts", NULL, SOURCE_UNKNOWN, "file");
		settings_put(&docker->now, "tlsverify", cases[i].verify,
			     cases[i].verify ? SOURCE_FLAG : SOURCE_UNKNOWN, "file");
		put(&docker->next, "hosts", cases[i].next);
		put(&docker->next, "tlsverify", "true");
		if (cases[i].open) {
			strv_add(&docker->tcp_listeners, cases[i].open);
			strv_add(&docker->tcp_unlisted, cases[i].open);
		}
		docker->tcp_unknown = xstrdup_null(cases[i].unknown);
		docker->sockets_unread = xstrdup_null(cases[i].unread);
		fake_diff(&f, &module_api_listener, want, &d);
		if (d.verdict != cases[i].verdict || !strstr(d.reason, cases[i].says))
			fail_msg("%zu: %s: %s", i, verdict_to_string(d.verdict), d.reason);
		fake_diff(&f, &module_api_listener, addresses, &e);
		if (e.verdict != cases[i].addresses)
			fail_msg("%zu: addresses: %s: %s", i, verdict_to_string(e.verdict),
				 e.reason);
		assert_int_equal(e.fix != NULL, e.verdict == VERDICT_FAIL);
		fake_diff(&f, &module_docker_daemon, when, &w);
		if (!cases[i].open)
			assert_verdict(&w, d.verdict);
	}
}

/* A dockerd that is not docker.service's is one that runs. */
static void test_elsewhere(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_api_listener, "aspect=verified");

	fake_view_init(&f);
	f.facts.docker.install = DOCKER_CE;
	f.facts.docker.elsewhere = xstrdup("dockerd runs beside docker.service");
	put(&f.facts.docker.next, "hosts", "[\"fd://\"]");
	fake_diff(&f, &module_api_listener, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
}

/* The file was changed after the start: nobody knows what was in it then. */
static void test_unknown(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_api_listener, "aspect=verified");

	fake_view_init(&f);
	fill(&f, &rows[4]);
	settings_put(&f.facts.docker.now, "tlsverify", NULL, SOURCE_UNKNOWN, "file");
	fake_diff(&f, &module_api_listener, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
}

/* What somebody passes on is as open as the socket that it goes to, whatever dockerd listens on itself. */
static void test_passed_on(void **state)
{
	static const struct {
		const char *aspect, *tcp, *other;
		enum verdict verdict;
		const char *says;
	} cases[] = {
		{"aspect=verified", "tcp://*:2375 by x.socket", NULL, VERDICT_FAIL,
		 "x.socket passes on to the API, without TLS, what comes to port 2375 of *: "
		 "whoever "
		 "reaches it is root here"},
		{"aspect=verified", "tcp://127.0.0.1:2375 by x.socket", NULL, VERDICT_FAIL,
		 "every account and program of this host that reaches it is root here"},
		{"aspect=verified", NULL, "socat (pid 7)", VERDICT_NOT_MEASURED,
		 "socat (pid 7) passes on to the API, or may"},
		{"aspect=verified", NULL, NULL, VERDICT_NOT_APPLICABLE, "does not listen"},
		{"aspect=addresses", "tcp://*:2375 by x.socket", NULL, VERDICT_FAIL,
		 "port 2375 of every address"},
		{"aspect=addresses", "tcp://10.0.0.9:2375 by x.socket", NULL, VERDICT_PASS,
		 "nothing beside"},
		{"aspect=addresses", NULL, "socat (pid 7)", VERDICT_NOT_MEASURED, "socat (pid 7)"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_api_listener, cases[i].aspect);

		fake_view_init(&f);
		fill(&f, &rows[0]);
		if (cases[i].tcp)
			strv_add(&f.facts.docker.tcp_passed_on, cases[i].tcp);
		if (cases[i].other)
			strv_add(&f.facts.docker.api_passed_on, cases[i].other);
		fake_diff(&f, &module_api_listener, want, &d);
		if (d.verdict != cases[i].verdict || !strstr(d.reason, cases[i].says))
			fail_msg("%zu: %s: %s", i, verdict_to_string(d.verdict), d.reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_passed_on),
		cmocka_unit_test(test_abstract_sockets),
		cmocka_unit_test(test_socket_unit),
		cmocka_unit_test(test_units_of_sockets),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_unknown_hosts),
		cmocka_unit_test(test_elsewhere),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
