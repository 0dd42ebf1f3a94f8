/*
 * A secret in a value of every scheme, of edits and of effects: it is in no plan as text or JSON,
 * and in none that is kept. By its own look everywhere; by its key's name where keys are names.
 */

#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "cli/report/text-changes.h"
#include "engine/base/alloc.h"
#include "engine/format/format.h"
#include "engine/format/secret.h"
#include "engine/plan/plan-json.h"
#include "tests/unit/augeas-leak.h"

#define MARKER "S3CR3T4711"
#define PLAIN "PL41N4711"
#define SPEAKS "http://me:" MARKER "@proxy:3128/"

/* A key that speaks of a secret, for each scheme whose keys may; NULL: they are no names. */
static const char *secret_key(enum scheme scheme)
{
	static const char *const keys[SCHEME_COUNT] = {
		[SCHEME_JSON] = "/log-opts/splunk-token",
		[SCHEME_UNIT] = "Service/SetCredential",
		[SCHEME_KV] = "net.site.password",
		[SCHEME_AUG] = "Shellvars.lns:DB_PASSWORD",
		[SCHEME_DOCKER] = "registry-auth",
		[SCHEME_SYSCTL] = "net.site.password",
	};

	return keys[scheme];
}

static char *text_of(const char *value, enum scheme scheme)
{
	bool json = scheme == SCHEME_JSON || scheme == SCHEME_DOCKER;

	return json ? xasprintf("\"%s\"", value) : xstrdup(value);
}

static void add(struct plan *plan, struct stage *stage, struct subject s, const char *plain)
{
	CLEANUP(freep) char *value = text_of(plain, s.scheme);

	if (subject_is_content(s)) {
		struct change *c = plan_add_change(plan, "/etc/file");

		while (c->nimages < 2) {
			struct image *i = array_append(&c->images, &c->nimages, sizeof(*i));

			i->node.kind = NODE_FILE;
		}
		edits_add(&c->edits, "c", c->path, s, value, NULL)->sensitive = secret_in(s, value);
		edits_add(&c->edits, "c", c->path, s, NULL, value)->sensitive = secret_in(s, value);
	}
	for (int h = HANDLER_NONE + 1; h < HANDLER_COUNT; h++) {
		effects_add(&stage->effects, "e", (enum handler)h, s, value, NULL);
		effects_add(&stage->effects, "e", (enum handler)h, s, NULL, value);
	}
}

/* The plan's texts, one behind the other; then what the journal keeps, and what is shown of that. */
static void tell(const struct plan *plan, struct buf *ret)
{
	static const struct style plain = {.utf8 = true};
	CLEANUP(plan_clear) struct plan kept = {0};
	CLEANUP(buf_clear) struct buf journal = {0};
	CLEANUP(error_clear) struct error err = {0};

	text_changes(ret, &plain, plan);
	assert_int_equal(plan_to_json(plan, true, ret, NULL), 0);
	assert_int_equal(plan_to_json(plan, false, &journal, NULL), 0);
	buf_append(ret, journal.data, journal.len);
	if (plan_from_json(&kept, "journal", &journal, &err) < 0)
		fail_msg("%s", error_text(&err));
	text_changes(ret, &plain, &kept);
	assert_int_equal(plan_to_json(&kept, true, ret, NULL), 0);
}

static void search(struct subject s, const char *value, const char *name)
{
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(buf_clear) struct buf told = {0};
	struct stage *stage = plan_add_stage(&plan);

	add(&plan, stage, s, value);
	tell(&plan, &told);
	if (strstr(buf_str(&told), MARKER))
		fail_msg("%s: the secret is told: %.60s", name,
			 strstr(buf_str(&told), MARKER) - 40);
}

static void test_no_scheme_tells(void **state)
{
	for (int i = SCHEME_NONE + 1; i < SCHEME_COUNT; i++) {
		enum scheme scheme = (enum scheme)i;
		struct subject s = subject_of(scheme, "/x");
		const char *key = secret_key(scheme);

		if (!subject_is_content(s) && scheme < SCHEME_DOCKER)
			continue; /* of a path: numbers, and lists of rights */
		search(s, SPEAKS, scheme_to_string(scheme));
		if (key)
			search(subject_of(scheme, key), MARKER, scheme_to_string(scheme));
	}
}

/* How a scheme is made to complain of a value, or of the file that the value is in. */
struct mistake {
	const char *key; /* of those that are names: one that speaks of a secret */
	const char *text; /* cannot be read; NULL: there is no such text */
	const char *value; /* cannot be written; NULL: there is no such value */
};

#define RULE "-w /etc/docker -p wa"

/* Of each scheme that is about content: a new one has a row, or the test fails and names it. */
static const struct mistake mistakes[SCHEME_COUNT] = {
	[SCHEME_JSON] = {"/log-opts/splunk-token",
			 "{ \"log-opts\": { \"splunk-token\": \"" MARKER "\" x } }", MARKER},
	[SCHEME_UNIT] = {"Service/SetCredential", "[Service]\nSetCredential=" MARKER "\\",
			 MARKER "\\"},
	[SCHEME_KV] = {"net.site.password", NULL, MARKER "\n2"},
	[SCHEME_AUG] = {"Shellvars:DB_PASSWORD", "DB_PASSWORD='" MARKER "\n", MARKER "\n2"},
	[SCHEME_ENTRY] = {"me", NULL, SPEAKS},
	[SCHEME_MEMBER] = {"docker/me", NULL, SPEAKS},
	[SCHEME_RULE] = {RULE, NULL, RULE " -k " SPEAKS},
	[SCHEME_TEXT] = {"all", NULL, NULL},
	[SCHEME_OVERRIDE] = {"/usr/bin/x", NULL, SPEAKS},
	[SCHEME_LIMIT] = {"* hard core", NULL, SPEAKS " x"},
};

static void complains(int r, struct error *err, const char *what, enum scheme scheme)
{
	if (r == -ENOSYS) { /* no augeas here */
		error_clear(err);
		return;
	}
	if (r >= 0)
		fail_msg("%s: %s: it is taken", scheme_to_string(scheme), what);
	if (strstr(error_text(err), MARKER))
		fail_msg("%s: %s: %s", scheme_to_string(scheme), what, error_text(err));
	error_clear(err);
}

static void test_no_mistake_tells(void **state)
{
	for (int i = SCHEME_NONE + 1; i < SCHEME_COUNT; i++) {
		const struct mistake *m = &mistakes[i];
		struct subject s = subject_of((enum scheme)i, m->key);
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(freep) char *value = NULL;

		if (!subject_is_content(s))
			continue;
		if (!m->key)
			fail_msg("mistakes[] has no row for the scheme '%s'",
				 scheme_to_string(s.scheme));
		if (m->value)
			complains(format_set(&text, s, m->value, &err), &err, "set", s.scheme);
		buf_puts(&text, m->text ? m->text : "");
		if (m->text && format_get(&text, s, &value, &err) < 0)
			complains(-EINVAL, &err, "get", s.scheme);
		if (m->text)
			complains(format_set(&text, s, "1", &err), &err, "set in it", s.scheme);
	}
}

/* The search finds what is there, and whose keys are names is what their rows say. */
static void test_what_is_no_secret_is_told(void **state)
{
	for (int i = SCHEME_NONE + 1; i < SCHEME_COUNT; i++) {
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(buf_clear) struct buf told = {0};
		struct subject s = subject_of((enum scheme)i, "/x");
		const struct format *f = format_find(s);

		if (!f)
			f = format_of_effect(s);
		if (f->names_secrets != (secret_key(s.scheme) != NULL))
			fail_msg("%s: keys[] and names_secrets of engine/format/format.c differ",
				 scheme_to_string(s.scheme));
		add(&plan, plan_add_stage(&plan), s, PLAIN);
		tell(&plan, &told);
		assert_non_null(strstr(buf_str(&told), PLAIN));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_scheme_tells),
		cmocka_unit_test(test_no_mistake_tells),
		cmocka_unit_test(test_what_is_no_secret_is_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
