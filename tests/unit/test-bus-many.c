/* Properties that are asked together, of a systemd that runs in a thread of this test. */

#include "tests/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/host/ask/bus-impl.h"

#define UNITS ((size_t)500)
#define AT_ONCE ((size_t)64) /* as bus-many.c has it */

/* Answers nobody until as many questions are there as may be at once, and then the last asked first. */
struct systemd {
	sd_bus *bus;
	sd_bus_message *asked[AT_ONCE];
	size_t waiting;
	size_t left; /* questions that are to come */
	size_t ends_after; /* answers; 0: it does not end */
};

/* In the thread no test can fail. */
static void must(bool so)
{
	if (!so)
		abort();
}

static const char *unit_of(sd_bus_message *m)
{
	const char *unit =
		skip_prefix(sd_bus_message_get_path(m), "/org/freedesktop/systemd1/unit/");

	must(unit != NULL);
	return unit ? unit : "";
}

/* A unit is required by one that is called after it; "needed_..." has no answer but an error. */
static void answer(sd_bus_message *m)
{
	const char *interface, *property, *unit = unit_of(m);
	CLEANUP(freep) char *by = xasprintf("by-%s", unit);

	must(sd_bus_message_read(m, "ss", &interface, &property) > 0 &&
	     strcmp(interface, "org.freedesktop.systemd1.Unit") == 0);
	if (starts_with(unit, "needed"))
		sd_bus_reply_method_errorf(m, "org.freedesktop.DBus.Error.UnknownObject",
					   "there is none");
	else if (strcmp(property, "RequiredBy") == 0)
		sd_bus_reply_method_return(m, "v", "as", 2, by, property);
	else if (strcmp(property, "BoundBy") == 0)
		sd_bus_reply_method_return(m, "v", "as", 1, property);
	else
		sd_bus_reply_method_errorf(m, "org.freedesktop.DBus.Error.UnknownProperty",
					   "not before systemd 249");
}

static int on_question(sd_bus_message *m, void *data, sd_bus_error *ret_error)
{
	struct systemd *s = data;

	if (!sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Properties", "Get"))
		return 0;
	must(s->waiting < AT_ONCE);
	s->asked[s->waiting++] = sd_bus_message_ref(m);
	s->left--;
	if (s->waiting < AT_ONCE && s->left > 0)
		return 1;
	/* it closes by itself, or by whoever asked */
	while (s->waiting > 0 && sd_bus_is_open(s->bus)) {
		if (s->ends_after > 0 && --s->ends_after == 0) {
			sd_bus_close(s->bus);
			break;
		}
		answer(s->asked[--s->waiting]);
		sd_bus_message_unref(s->asked[s->waiting]);
	}
	return 1;
}

static void *serve(void *data)
{
	struct systemd *s = data;
	int r = 0;

	while (r >= 0 && sd_bus_is_open(s->bus)) {
		r = sd_bus_process(s->bus, NULL);
		if (r == 0)
			r = sd_bus_wait(s->bus, UINT64_MAX);
	}
	while (s->waiting > 0)
		sd_bus_message_unref(s->asked[--s->waiting]);
	sd_bus_flush_close_unref(s->bus);
	return NULL;
}

/* Both ends of a connection. */
static void connect_both(struct systemd *s, struct bus *client, pthread_t *thread)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_true(sd_bus_new(&s->bus) >= 0 && sd_bus_set_fd(s->bus, fds[0], fds[0]) >= 0);
	assert_true(sd_bus_set_server(s->bus, 1,
				      SD_ID128_MAKE(01, 23, 45, 67, 89, ab, cd, ef, 01, 23, 45, 67,
						    89, ab, cd, ef)) >= 0);
	assert_true(sd_bus_add_filter(s->bus, NULL, on_question, s) >= 0);
	assert_true(sd_bus_start(s->bus) >= 0);
	assert_int_equal(pthread_create(thread, NULL, serve, s), 0);
	assert_true(sd_bus_new(&client->sd) >= 0 && sd_bus_set_fd(client->sd, fds[1], fds[1]) >= 0);
	assert_true(sd_bus_start(client->sd) >= 0);
}

static const char *const properties[] = {"RequiredBy", "BoundBy", "PropagatesStopTo", NULL};

/* How asking of so many units ends; *ret has as many lists. */
static int ask(const char *name, size_t n, struct systemd *s, struct strv *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv units = {0};
	struct bus client = {0};
	pthread_t thread;
	int r;

	for (size_t i = 0; i < n; i++)
		strv_addf(&units, "%s%zu", i + 1 == n ? name : "unit", i);
	s->left = 3 * n;
	connect_both(s, &client, &thread);
	r = bus_relations_many(&client, &units, properties, ret, err);
	sd_bus_flush_close_unref(client.sd);
	pthread_join(thread, NULL);
	return r;
}

/* Each gets its own answers, in the order of the properties, however they come. */
static void test_many(void **state)
{
	struct strv answers[UNITS] = {0};
	struct systemd s = {0};

	assert_int_equal(ask("unit", UNITS, &s, answers, NULL), 0);
	for (size_t i = 0; i < UNITS; i++) {
		CLEANUP(freep) char *want = xasprintf("by-unit%zu RequiredBy BoundBy", i);
		CLEANUP(freep) char *have = strv_join(&answers[i], " ");

		assert_string_equal(have, want);
		strv_clear(&answers[i]);
	}
}

/* A unit of which systemd knows nothing is not one that nothing depends on. */
static void test_unknown_object(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	struct strv answers[100] = {0};
	struct systemd s = {0};

	assert_true(ask("needed", ARRAY_SIZE(answers), &s, answers, &err) < 0);
	assert_string_equal(error_text(&err), "cannot read PropagatesStopTo of 'needed99' from "
					      "systemd: there is none");
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		strv_clear(&answers[i]);
}

/* It ends within its answers: nothing is taken for told, and nothing is called that is gone. */
static void test_it_ends(void **state)
{
	static const size_t ends[] = {1, 2, 64, 65, 200};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct strv answers[100] = {0};
		struct systemd s = {.ends_after = ends[i]};

		assert_true(ask("unit", ARRAY_SIZE(answers), &s, answers, NULL) < 0);
		for (size_t k = 0; k < ARRAY_SIZE(answers); k++)
			strv_clear(&answers[k]);
	}
}

static void test_none(void **state)
{
	struct bus client = {0};

	assert_int_equal(bus_ask_many(&client, NULL, 0, bus_read_strings, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_unknown_object),
		cmocka_unit_test(test_it_ends),
		cmocka_unit_test(test_none),
	};

	alarm(60); /* who asks one by one waits for ever */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
