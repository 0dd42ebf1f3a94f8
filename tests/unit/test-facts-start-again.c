#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"

/* What systemd is played to say. */
static struct played {
	const char *unit, *flag; /* the one that is set */
	const char *load_state; /* of `unit`; NULL: loaded */
	const char *type; /* NULL: notify */
	bool mute; /* nothing can be asked */
} played;

int __wrap_bus_unit_flag(struct bus *b, const char *unit, const char *property, bool *ret,
			 struct error *err);
int __wrap_bus_load_state(struct bus *b, const char *unit, char **ret, struct error *err);
int __wrap_bus_service_text(struct bus *b, const char *unit, const char *property, char **ret,
			    struct error *err);
int __wrap_bus_conditions(struct bus *b, const char *unit, const char *property,
			  struct unit_conditions *ret, struct error *err);
int __wrap_bus_related(struct bus *b, const char *unit, const char *property, struct strv *ret,
		       struct error *err);
void __wrap_gather_start_programs(struct gather *g);

static bool is(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

/* test-facts-start-programs has these. */
void __wrap_gather_start_programs(struct gather *g)
{
}

static int answer(struct error *err)
{
	return played.mute ? error_set(err, -ETIMEDOUT, "no answer") : 0;
}

int __wrap_bus_unit_flag(struct bus *b, const char *unit, const char *property, bool *ret,
			 struct error *err)
{
	*ret = is(played.unit, unit) && is(played.flag, property);
	return answer(err);
}

int __wrap_bus_load_state(struct bus *b, const char *unit, char **ret, struct error *err)
{
	*ret = xstrdup(is(played.unit, unit) && played.load_state ? played.load_state : "loaded");
	return answer(err);
}

int __wrap_bus_service_text(struct bus *b, const char *unit, const char *property, char **ret,
			    struct error *err)
{
	assert_string_equal(property, "Type");
	*ret = xstrdup(played.type ? played.type : "notify");
	return answer(err);
}

int __wrap_bus_conditions(struct bus *b, const char *unit, const char *property,
			  struct unit_conditions *ret, struct error *err)
{
	return answer(err);
}

int __wrap_bus_related(struct bus *b, const char *unit, const char *property, struct strv *ret,
		       struct error *err)
{
	return answer(err);
}

/* dockerd runs, by systemd. */
static void fill(struct gather *g, struct facts *f, const char *version)
{
	struct unit_facts *u = facts_add_unit(f, "docker.service");

	u->exists = true;
	u->active = xstrdup("active");
	f->docker.version = xstrdup_null(version);
	*g = (struct gather){.facts = f, .bus = (struct bus *)1};
}

static void test_restart(void **state)
{
	static const struct {
		struct played played;
		const char *service, *socket; /* words of the reason; NULL: it can be restarted */
	} rows[] = {
		{{.unit = NULL}, NULL, NULL},
		{{"docker.service", "RefuseManualStop"}, "RefuseManualStop=yes", NULL},
		{{"docker.service", "RefuseManualStart"}, "RefuseManualStart=yes", NULL},
		{{"docker.socket", "RefuseManualStop"}, NULL, "RefuseManualStop=yes"},
		{{"docker.socket", "RefuseManualStart"}, NULL, "RefuseManualStart=yes"},
		{{"docker.service", .load_state = "bad-setting"}, "'bad-setting'", NULL},
		{{"docker.service", .load_state = "masked"}, "docker.service is masked", NULL},
		{{"docker.socket", .load_state = "error"}, NULL, "'error'"},
		{{.type = "simple"}, NULL, NULL},
		{{.type = "exec"}, NULL, NULL},
		{{.type = "idle"}, NULL, NULL},
		{{.type = "notify-reload"}, NULL, NULL},
		{{.type = "oneshot"}, "Type=oneshot", NULL},
		{{.type = "forking"}, "Type=forking", NULL},
		{{.type = "dbus"}, "Type=dbus", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct docker_facts *d = &f.docker;
		struct gather g;

		played = rows[i].played;
		fill(&g, &f, "28.5.2");
		gather_start_again(&g);
		assert_int_equal(d->no_restart != NULL, rows[i].service != NULL);
		assert_int_equal(d->no_socket_restart != NULL, rows[i].socket != NULL);
		if (rows[i].service)
			assert_non_null(strstr(d->no_restart, rows[i].service));
		if (rows[i].socket)
			assert_non_null(strstr(d->no_socket_restart, rows[i].socket));
		assert_int_equal(d->restart_brings.count, 0);
	}
}

/* What cannot be asked holds, and is no refusal. */
static void test_mute(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	struct gather g;

	played = (struct played){.mute = true};
	fill(&g, &f, "28.5.2");
	gather_start_again(&g);
	assert_null(f.docker.no_restart);
	assert_int_equal(f.docker.restart_brings.count, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_mute),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
