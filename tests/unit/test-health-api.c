/* At the gate the Engine API answers where it did, but for what nobody asks for any more. */

#include "tests/test.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "tests/unit/listener.h"
#include "tests/unit/own-addresses.h"
#include "tests/unit/temp-directory.h"

int __wrap_live_api_open(struct live *l, struct engine_api **ret, struct error *err);
int __wrap_live_wait_until_well(struct live *l,
				int (*ask)(struct live *l, const struct stopped_list *may_stop,
					   struct error *err),
				const struct stopped_list *may_stop, int most_ms,
				struct error *err);

static bool serves;

int __wrap_live_api_open(struct live *l, struct engine_api **ret, struct error *err)
{
	*ret = NULL;
	return serves ? 0 : error_set(err, -ECONNREFUSED, "docker.service is failed");
}

/* Once is enough. */
int __wrap_live_wait_until_well(struct live *l,
				int (*ask)(struct live *l, const struct stopped_list *may_stop,
					   struct error *err),
				const struct stopped_list *may_stop, int most_ms, struct error *err)
{
	return ask(l, may_stop, err);
}

/* What the host is told to have the API listen at afterwards. */
static const char *told;

static int look(void *data, struct facts *ret, struct error *err)
{
	CLEANUP(freep) char *hosts = xasprintf("[\"%s\"]", told);

	settings_put(&ret->docker.next, "hosts", hosts, SOURCE_FILE, NULL);
	strv_add(&ret->docker.tcp_listeners, told);
	return 0;
}

static struct live live_with(const struct facts *f, struct strv *notes,
			     const struct interrupt *interrupt)
{
	struct live l = {.effector = {.notes = notes, .interrupt = interrupt, .look = look},
			 .remembered = true,
			 .docker_ran = true};

	serves = true;
	api_remember(&l, f);
	api_ask_before(&l);
	return l;
}

static void live_end(struct live *l)
{
	api_clear(l);
}

static void open_tcp(struct listener *l, struct facts *f)
{
	CLEANUP(freep) char *entry = NULL;

	assert_true(listener_open(l, AF_INET, false, 0));
	assert_true(listener_serve(l));
	entry = xasprintf("tcp://127.0.0.1:%u", l->port);
	strv_add(&f->docker.tcp_open, entry);
}

static const struct {
	const char *what;
	bool goes, asked; /* the listener; and whether it is still asked for */
	bool back; /* nothing more can be put back */
	bool down; /* dockerd serves nobody */
	int result;
	bool noted;
} rows[] = {
	{"it answers", false, true, false, false, 0},
	{"it is gone", true, true, false, false, -EIO},
	{"it is gone, and so it is asked for", true, false, false, false, 0},
	{"it is gone on the way back", true, true, true, false, 0, true},
	{"dockerd is gone", false, true, false, true, -EIO},
	{"dockerd is gone on the way back", false, true, true, true, 0, true},
};

static void one(size_t i)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(strv_clear) struct strv notes = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *at = NULL, *client = NULL, *entry = NULL;
	struct interrupt interrupt = INTERRUPT_INIT;
	struct listener there;
	struct live l;
	int r;

	strv_add(&f.docker.tcp_open, "tcp://127.0.0.1:1"); /* answered nobody before */
	open_tcp(&there, &f);
	at = xasprintf("127.0.0.1:%u (where 10.0.0.9 had connections)", there.port);
	client = xasprintf("10.0.0.9 at 127.0.0.1 %u", there.port);
	strv_add(&f.docker.tcp_connected, client);
	l = live_with(&f, &notes, rows[i].back ? NULL : &interrupt);
	assert_int_equal(l.api.count, 1);
	entry = xasprintf("tcp://0.0.0.0:%u", there.port);
	told = rows[i].asked ? entry : "tcp://10.0.0.2:1";
	if (rows[i].goes)
		listener_close(&there);
	serves = !rows[i].down;
	r = api_wait(&l, NULL, &err);
	if (r != rows[i].result || (notes.count > 0) != rows[i].noted)
		fail_msg("%s: %d, %zu notes: %s", rows[i].what, r, notes.count, error_text(&err));
	if (rows[i].goes && (r < 0 || rows[i].noted))
		assert_non_null(strstr(r < 0 ? error_text(&err) : notes.items[0], at));
	live_end(&l);
	listener_close(&there);
}

static void test_tcp(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		one(i);
}

static int listen_at(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* Its file is there, and whoever listened is not. */
static void test_file(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(strv_clear) struct strv notes = {0};
	CLEANUP(error_clear) struct error err = {0};
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *path = xasprintf("%s/x.sock", t->path), *entry = NULL;
	struct interrupt interrupt = INTERRUPT_INIT;
	int fd = listen_at(path);
	struct live l;

	strv_add(&f.docker.api_sockets, path);
	strv_add(&f.docker.api_sockets, "@nobody listens there");
	l = live_with(&f, &notes, &interrupt);
	assert_int_equal(l.api.count, 1);
	assert_true(l.api.places[0].grants.socket);
	entry = xasprintf("unix://%s", path);
	told = entry;
	assert_int_equal(api_wait(&l, NULL, &err), 0);
	close(fd);
	assert_int_equal(api_wait(&l, NULL, &err), -EIO);
	assert_non_null(strstr(error_text(&err), path));
	live_end(&l);
}

/* What was not known is said, once. */
static void test_unknown(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(strv_clear) struct strv notes = {0};
	struct interrupt interrupt = INTERRUPT_INIT;
	struct live l;

	f.docker.tcp_unknown = xstrdup("a service of the swarm looks the same");
	l = live_with(&f, &notes, &interrupt);
	l.restarted = true;
	assert_int_equal(api_wait(&l, NULL, NULL), 0);
	assert_int_equal(api_wait(&l, NULL, NULL), 0);
	assert_int_equal(notes.count, 1);
	assert_non_null(strstr(notes.items[0], "looks the same"));
	live_end(&l);
}

/* Whoever listens at all addresses is tried at each of the host's own, which come and go without him. */
static void test_own_addresses(void **state)
{
	static const struct {
		const char *what, *after; /* the host's own address in the end; 127.0.0.2 before */
		bool unknown; /* then */
		bool gone, loopback; /* who listens at all addresses; another at the loopback */
		int result;
		size_t noted;
	} own[] = {
		{"nothing changes", "127.0.0.2", false, false, false, 0, 0},
		{"it goes", NULL, false, true, true, 0, 1},
		{"another host has it now", "127.0.0.3", false, false, false, 0, 1},
		{"it goes, and so does who listened", NULL, false, true, false, -EIO, 1},
		{"it is there yet", "127.0.0.2", false, true, true, -EIO, 0},
		{"it may be there yet", NULL, true, true, true, -EIO, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(strv_clear) struct strv notes = {0};
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(freep) char *entry = NULL;
		struct interrupt interrupt = INTERRUPT_INIT;
		struct listener all, loopback = {.fd = -1};
		struct live l;

		assert_true(listener_open(&all, AF_INET, true, 0));
		assert_true(listener_serve(&all));
		told = entry = xasprintf("tcp://0.0.0.0:%u", all.port);
		strv_add(&f.docker.tcp_open, entry);
		own_address = "127.0.0.2";
		l = live_with(&f, &notes, &interrupt);
		assert_int_equal(l.api.count, 2);
		own_address = own[i].after;
		own_is_unknown = own[i].unknown;
		if (own[i].gone) {
			unsigned port = all.port;

			listener_close(&all);
			assert_true(!own[i].loopback ||
				    listener_open(&loopback, AF_INET, false, port));
			assert_true(!own[i].loopback || listener_serve(&loopback));
		}
		if (api_wait(&l, NULL, &err) != own[i].result || notes.count != own[i].noted)
			fail_msg("%s: %zu notes: %s", own[i].what, notes.count, error_text(&err));
		if (own[i].result < 0)
			assert_non_null(strstr(error_text(&err),
					       own[i].loopback ? "127.0.0.2:" : "127.0.0.1:"));
		own_is_unknown = false;
		own_address = NULL;
		live_end(&l);
		listener_close(&all);
		listener_close(&loopback);
	}
}

/* Nothing could be asked, or not everywhere: that is said, once somebody restarted dockerd. */
static void test_not_asked(void **state)
{
	static const struct {
		bool serves, own_unknown;
		size_t places;
		const char *noted;
	} asked[] = {
		{true, false, 1, NULL},
		{false, false, 0, "docker.service is failed"},
		{true, true, 1, "cannot ask for this host's addresses"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(strv_clear) struct strv notes = {0};
		CLEANUP(freep) char *entry = NULL;
		struct interrupt interrupt = INTERRUPT_INIT;
		struct listener all;
		struct live l = {
			.effector = {.notes = &notes, .interrupt = &interrupt, .look = look},
			.remembered = true,
			.docker_ran = true,
			.restarted = true};

		assert_true(listener_open(&all, AF_INET, true, 0));
		assert_true(listener_serve(&all));
		told = entry = xasprintf("tcp://0.0.0.0:%u", all.port);
		strv_add(&f.docker.tcp_open, entry);
		serves = asked[i].serves;
		own_is_unknown = asked[i].own_unknown;
		api_remember(&l, &f);
		api_ask_before(&l);
		own_is_unknown = false;
		serves = true;
		assert_int_equal(l.api.count, asked[i].places);
		assert_int_equal(api_wait(&l, NULL, NULL), 0);
		assert_int_equal(notes.count, asked[i].noted ? 1 : 0);
		if (asked[i].noted)
			assert_non_null(strstr(notes.items[0], asked[i].noted));
		live_end(&l);
		listener_close(&all);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp),
		cmocka_unit_test_setup_teardown(test_file, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test(test_unknown), cmocka_unit_test(test_own_addresses),
		cmocka_unit_test(test_not_asked)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
