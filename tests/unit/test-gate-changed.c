/* What others change of dockerd's next start during a run comes along with no restart of ours. */

#include "tests/test.h"

#include <errno.h>

#include "engine/base/alloc.h"
#include "engine/effect/gate-changed.h"

#define OPTS "/etc/default/docker"
#define JSON "/etc/docker/daemon.json"

struct value {
	const char *key, *value; /* NULL as key: there is none */
	enum setting_source source;
};

/* Of a run that sets icc, and writes daemon.json. */
static const struct {
	const char *what;
	struct value was, is;
	bool writes_flags; /* and the file of the flags */
	const char *refused; /* NULL: nothing of others' came */
	bool waited; /* systemd had not read a file of others', by which the next start has: */
	struct value unread;
} rows[] = {
	{"nothing changed", {"mtu", "1", SOURCE_FILE}, {"mtu", "1", SOURCE_FILE}, false, NULL},
	{"ours", {NULL}, {"icc", "false", SOURCE_FILE}, false, NULL},
	{"ours, taken out", {"icc", "false", SOURCE_FILE}, {NULL}, false, NULL},
	{"a flag came",
	 {NULL},
	 {"hosts", "[\"tcp://:2375\"]", SOURCE_FLAG},
	 false,
	 "hosts (" OPTS ")"},
	{"a flag changed",
	 {"mtu", "1", SOURCE_FLAG},
	 {"mtu", "9", SOURCE_FLAG},
	 false,
	 "mtu (" OPTS ")"},
	{"a flag went",
	 {"hosts", "[]", SOURCE_FLAG},
	 {"icc", "false", SOURCE_FLAG},
	 false,
	 "hosts (was: " OPTS ")"},
	{"all of them, with the unit", {"hosts", "[]", SOURCE_FLAG}, {NULL}, false, NULL},
	{"a flag where ours are", {NULL}, {"mtu", "9", SOURCE_FLAG}, true, NULL},
	{"a key came", {NULL}, {"data-root", "\"/x\"", SOURCE_FILE}, true, "data-root (" JSON ")"},
	{"a key changed",
	 {"mtu", "1", SOURCE_FILE},
	 {"mtu", "9", SOURCE_FILE},
	 false,
	 "mtu (" JSON ")"},
	{"a key went", {"mtu", "1", SOURCE_FILE}, {NULL}, false, "mtu (was: " JSON ")"},
	{"a flag that waited, and was named, came",
	 {NULL},
	 {"mtu", "9", SOURCE_FLAG},
	 false,
	 NULL,
	 true,
	 {"mtu", "9", SOURCE_FLAG}},
	{"... with another value by then",
	 {NULL},
	 {"mtu", "10", SOURCE_FLAG},
	 false,
	 "mtu (" OPTS ")",
	 true,
	 {"mtu", "9", SOURCE_FLAG}},
	{"... which is a key of the file",
	 {NULL},
	 {"mtu", "9", SOURCE_FILE},
	 false,
	 "mtu (" JSON ")",
	 true,
	 {"mtu", "9", SOURCE_FLAG}},
	{"... and is not loaded yet",
	 {NULL},
	 {"icc", "false", SOURCE_FILE},
	 false,
	 NULL,
	 true,
	 {"mtu", "9", SOURCE_FLAG}},
	{"a flag went that such a file took away",
	 {"hosts", "[]", SOURCE_FLAG},
	 {"mtu", "9", SOURCE_FLAG},
	 false,
	 NULL,
	 true,
	 {"mtu", "9", SOURCE_FLAG}},
	{"... that it had left",
	 {"hosts", "[]", SOURCE_FLAG},
	 {"icc", "false", SOURCE_FLAG},
	 false,
	 "hosts (was: " OPTS ")",
	 true,
	 {"hosts", "[]", SOURCE_FLAG}},
};

static void put(struct docker_facts *d, const struct value *v)
{
	const char *place = v->source == SOURCE_FLAG ? OPTS : JSON;

	if (!v->key)
		return;
	settings_put(&d->next, v->key, v->value, v->source,
		     v->source == SOURCE_FLAG ? "flag of the next start" : place);
	if (v->source == SOURCE_FLAG) {
		struct daemon_flag *f =
			array_append(&d->next_flags, &d->nnext_flags, sizeof(*d->next_flags));

		f->key = xstrdup(v->key);
		f->file = xstrdup(place);
	}
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts before = {0}, now = {0};
		CLEANUP(gate_start_clear) struct gate_start then = {0};
		CLEANUP(error_clear) struct error err = {0};
		struct own_start own = {0};
		int r;

		put(&before.docker, &rows[i].was);
		before.docker.units_wait = rows[i].waited;
		if (rows[i].waited)
			settings_put(&before.docker.next_unread, rows[i].unread.key,
				     rows[i].unread.value, SOURCE_FLAG, "");
		gate_remember_start(&before.docker, &then);
		assert_true(then.known);
		put(&now.docker, &rows[i].is);
		strv_add(&own.keys, "icc");
		strv_add(&own.paths, rows[i].writes_flags ? OPTS : JSON);
		r = gate_judge_changed(&then, &own, &now.docker, &err);
		if (r != (rows[i].refused ? -EPERM : 0) ||
		    (rows[i].refused && !strstr(error_text(&err), rows[i].refused)))
			fail_msg("%s: %d '%s'", rows[i].what, r, r < 0 ? error_text(&err) : "");
		strv_clear(&own.keys);
		strv_clear(&own.paths);
	}
}

/* What a wrapper starts it with, or a broken file says, is compared with nothing. */
static void test_not_known(void **state)
{
	(void)state;
	for (int broken = 0; broken < 2; broken++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(gate_start_clear) struct gate_start then = {0};
		struct own_start own = {0};

		put(&f.docker, &(const struct value){"hosts", "[]", SOURCE_FLAG});
		str_replace(broken ? &f.docker.file_error : &f.docker.start_unknown, "a reason");
		assert_int_equal(gate_judge_changed(&then, &own, &f.docker, NULL), 0);
		gate_remember_start(&f.docker, &then);
		assert_false(then.known);
		assert_int_equal(then.next.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_not_known),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
