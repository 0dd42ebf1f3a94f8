#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/baseline/baseline.h"

struct wanted {
	struct strv path;
	char *owner;
	long mode;
};

static int check(const void *desired, struct error *err)
{
	const struct wanted *w = desired;

	if (!w->owner && w->mode < 0)
		return error_set(err, -EINVAL, "neither owner nor mode");
	return 0;
}

static const struct field file_fields[] = {
	{"path", FIELD_STRING_LIST, offsetof(struct wanted, path), .required = true},
	{"owner", FIELD_STRING, offsetof(struct wanted, owner)},
	{"mode", FIELD_MODE, offsetof(struct wanted, mode)},
	{NULL},
};

static const struct module file = {
	.name = "file",
	.desired_size = sizeof(struct wanted),
	.fields = file_fields,
	.check = check,
};

struct number {
	long number;
};

static const struct field number_fields[] = {
	{"number", FIELD_INT, offsetof(struct number, number)},
	{NULL},
};

static const struct module number = {
	.name = "number", .desired_size = sizeof(struct number), .fields = number_fields};

static const struct module *const modules[] = {&file, &number, NULL};
static const struct baseline_source source = {.modules = modules};

static int parse(struct baseline *b, const char *yaml, struct error *err)
{
	return baseline_parse(b, "x.yaml", yaml, strlen(yaml), &source, err);
}

#define HEAD "baseline: b\nversion: 1.0\ntitle: t\ncontrols:\n"
#define FILE_RESOURCE "    resources: [file: {path: /x, owner: root}]\n"

static const char good[] = HEAD "  - id: file.one\n"
				"    title: One\n"
				"    severity: low\n"
				"    level: 2\n"
				"    aliases: [2.1@dosec, 2.2@cis-1.6.0, A-L1@article]\n"
				"    description: d\n"
				"    rationale: ra\n"
				"    audit: a\n"
				"    result: re\n"
				"    remediation: rm\n"
				"    impact: i\n"
				"    default: de\n"
				"    references: rf\n"
				"    resources:\n"
				"      - file: { path: [/a, /b], mode: \"0644\" }\n"
				"      - number: { number: 3 }\n"
				"  - id: file.two-2.x\n"
				"    title: Two\n"
				"    severity: low\n"
				"    class: check\n"
				"    apply: opt-in\n"
				"    hold: it breaks\n"
				"    aliases: 2.1@cis-1.6.0\n" FILE_RESOURCE "  - id: by.hand\n"
				"    title: Three\n"
				"    severity: low\n"
				"    class: manual\n"
				"    audit: look\n";

static void parse_good(struct baseline *b)
{
	CLEANUP(error_clear) struct error err = {0};

	if (parse(b, good, &err) < 0)
		fail_msg("%s", error_text(&err));
}

static void test_good(void **state)
{
	CLEANUP(baseline_clear) struct baseline b = {0};
	const struct control *c;

	parse_good(&b);
	assert_string_equal(b.name, "b");
	assert_string_equal(b.version, "1.0");
	assert_string_equal(b.title, "t");
	assert_int_equal(b.ncontrols, 3);
	c = &b.controls[0];
	assert_string_equal(c->id, "file.one");
	assert_int_equal(c->level, 2);
	assert_int_equal(c->class, CLASS_REMEDIATE);
	assert_int_equal(c->apply, APPLY_AUTO);
	assert_null(c->hold);
	assert_int_equal(c->aliases.count, 3);
	assert_string_equal(c->facets.description, "d");
	assert_string_equal(c->facets.rationale, "ra");
	assert_string_equal(c->facets.audit, "a");
	assert_string_equal(c->facets.result, "re");
	assert_string_equal(c->facets.remediation, "rm");
	assert_string_equal(c->facets.impact, "i");
	assert_string_equal(c->facets.default_value, "de");
	assert_string_equal(c->facets.references, "rf");
	c = &b.controls[1];
	assert_int_equal(c->level, 1);
	assert_int_equal(c->class, CLASS_CHECK);
	assert_int_equal(c->apply, APPLY_OPT_IN);
	assert_string_equal(c->hold, "it breaks");
	c = &b.controls[2];
	assert_int_equal(c->class, CLASS_MANUAL);
	assert_int_equal(c->nresources, 0);
}

static void test_resources(void **state)
{
	CLEANUP(baseline_clear) struct baseline b = {0};
	const struct resource *r;

	parse_good(&b);
	assert_int_equal(b.controls[0].nresources, 2);
	r = b.controls[0].resources;
	assert_ptr_equal(r[0].module, &file);
	assert_string_equal(r[0].address, "file[/a,/b]");
	assert_int_equal(((const struct wanted *)r[0].desired)->mode, 0644);
	assert_string_equal(r[0].position.file, "x.yaml");
	assert_int_equal(r[0].position.line, 19);
	assert_int_equal(r[0].position.column, 9);
	assert_string_equal(r[1].address, "number[3]");
	r = b.controls[1].resources;
	assert_string_equal(r[0].address, "file[/x]");
	assert_int_equal(((const struct wanted *)r[0].desired)->mode, -1);
	assert_int_equal(b.controls[1].position.line, 21);
	assert_int_equal(b.controls[1].position.column, 5);
}

static void test_find(void **state)
{
	static const struct {
		const char *name, *id;
	} cases[] = {
		{"file.one", "file.one"},
		{"2.1@dosec", "file.one"},
		{"2.1@cis-1.6.0", "file.two-2.x"},
		{"2.2", "file.one"},
		{"A-L1", "file.one"},
		{"by.hand", "by.hand"},
		{"2.1", NULL}, /* two controls have it, by different maps */
		{"2", NULL},
		{"2.2@cis", NULL},
		{"file", NULL},
		{"", NULL},
	};
	CLEANUP(baseline_clear) struct baseline b = {0};

	parse_good(&b);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct control *c = baseline_find(&b, cases[i].name);

		if (cases[i].id) {
			assert_non_null(c);
			assert_string_equal(c->id, cases[i].id);
		} else {
			assert_null(c);
		}
	}
}

static const struct {
	const char *yaml, *message;
} refused[] = {
	{"", "1:1: document is empty"},
	{"- a\n", "1:1: baseline must be a mapping of keys, not a list"},
	{"text\n", "1:1: baseline must be a mapping of keys, not 'text'"},
	{"baseline: b\n", "1:1: missing key 'version' in baseline"},
	{"baseline: b\nversion: 1\ntitle: t\n", "1:1: missing key 'controls' in baseline"},
	{"baseline: b\ncontrol: []\n",
	 "2:1: unknown key 'control' in baseline; did you mean 'controls'?"},
	{"baseline: b\nbaseline: c\n", "2:1: repeated key 'baseline'; it is first in line 1"},
	{"baseline: true\n", "1:11: 'baseline' must be text; put 'true' in quotes if it is text"},
	{"baseline: b\nversion: 1\ntitle: t\ncontrols: {}\n",
	 "4:11: 'controls' must be a list of at least one control"},
	{"baseline: b\nversion: 1\ntitle: t\ncontrols: []\n",
	 "4:11: 'controls' must be a list of at least one control"},
	{"baseline: b\nversion: 1\ntitle: t\ncontrols:\n",
	 "4:10: 'controls' must be a list of at least one control"},
	{HEAD "  - x\n", "5:5: control must be a mapping of keys, not 'x'"},
	{HEAD "  - title: t\n", "5:5: missing key 'id' in control"},
	{HEAD "  - id: a.b\n", "5:5: missing key 'title' in control"},
	{HEAD "  - id: a.b\n    title: t\n", "5:5: missing key 'resources' in control"},
	{HEAD "  - id: a.b\n    levle: 2\n",
	 "6:5: unknown key 'levle' in control; did you mean 'level'?"},
	{HEAD "  - id: a.b\n    title: t\n    title: u\n",
	 "7:5: repeated key 'title'; it is first in line 6"},
	{HEAD "  - id: a.b\n    severity: urgent\n",
	 "6:15: 'severity' cannot be 'urgent' (critical, high, medium or low)"},
	{HEAD "  - id: a.b\n    level: 3\n", "6:12: 'level' cannot be '3' (1 or 2)"},
	{HEAD "  - id: a.b\n    level: [1]\n", "6:12: 'level' must be one word, not a list"},
	{HEAD "  - id: a.b\n    class: fix\n",
	 "6:12: 'class' cannot be 'fix' (remediate, check or manual)"},
	{HEAD "  - id: a.b\n    apply: no\n", "6:12: 'apply' cannot be 'no' (auto or opt-in)"},
	{HEAD "  - id: a.b\n    title: [t]\n", "6:12: 'title' must be text, not a list"},
	{HEAD "  - id: a.b\n    title: ' '\n    severity: low\n", "6:12: 'title' is empty"},
	{HEAD "  - id: a.b\n    title: t\n    description: {a: b}\n",
	 "7:18: 'description' must be text, not a mapping"},
	{HEAD "  - id: a\n    title: t\n",
	 "5:9: 'a' is not a control id (lower-case words with dots between, such as daemon.icc)"},
	{HEAD "  - title: t\n    id: a..b\n", "6:9: 'a..b' is not a control id (lower-case words "
					      "with dots between, such as daemon.icc)"},
	{HEAD "  - id: A.b\n    title: t\n",
	 "5:9: 'A.b' is not a control id (lower-case words with dots between, such as daemon.icc)"},
	{HEAD "  - id: a.b.\n    title: t\n", "5:9: 'a.b.' is not a control id (lower-case words "
					      "with dots between, such as daemon.icc)"},
	{HEAD "  - id: a.b\n    title: t\n    aliases: [1.1@x, 2.1]\n",
	 "7:22: '2.1' is not an alias (NUMBER@MAP, such as 2.1@dosec)"},
	{HEAD "  - id: a.b\n    title: t\n    aliases: 2.1@\n",
	 "7:14: '2.1@' is not an alias (NUMBER@MAP, such as 2.1@dosec)"},
	{HEAD "  - id: a.b\n    title: t\n    aliases: ['@x']\n",
	 "7:15: '@x' is not an alias (NUMBER@MAP, such as 2.1@dosec)"},
	{HEAD "  - id: a.b\n    title: t\n    aliases: [2.1@x@y]\n",
	 "7:15: '2.1@x@y' is not an alias (NUMBER@MAP, such as 2.1@dosec)"},
	{HEAD "  - id: a.b\n    title: t\n    severity: low\n    apply: opt-in\n",
	 "5:5: 'apply: opt-in' needs 'hold', which says what would break"},
	{HEAD "  - id: a.b\n    title: t\n    severity: low\n    apply: opt-in\n    hold: ''\n",
	 "9:11: 'apply: opt-in' needs 'hold', which says what would break"},
	{HEAD "  - id: a.b\n    title: t\n    severity: low\n    hold: x\n",
	 "8:11: 'hold' needs 'apply: opt-in'"},
	{HEAD "  - id: a.b\n    title: t\n    severity: low\n    class: manual\n",
	 "5:5: 'class: manual' needs 'audit', which says what a person does"},
	{HEAD "  - id: a.b\n    title: t\n    severity: low\n    class: check\n",
	 "5:5: missing key 'resources' in control"},
	{HEAD "  - id: a.b\n    title: t\n    severity: low\n    resources: []\n",
	 "8:16: 'resources' must be a list of at least one resource"},
	{HEAD "  - id: a.b\n    title: t\n    severity: low\n    resources: {file: {path: /x}}\n",
	 "8:16: 'resources' must be a list of at least one resource"},
	{HEAD "  - id: a.b\n    title: t\n    severity: low\n    resources: [file]\n",
	 "8:17: a resource must be one kind with its settings: 'file: {...}'"},
	{HEAD "  - id: a.b\n    title: t\n    severity: low\n    resources:\n      - {}\n",
	 "9:9: a resource must be one kind with its settings: 'file: {...}'"},
	{HEAD
	 "  - id: a.b\n    title: t\n    severity: low\n    resources:\n      - file: {path: /x}\n"
	 "        number: {}\n",
	 "9:9: a resource must be one kind with its settings: 'file: {...}'"},
	{HEAD
	 "  - id: a.b\n    title: t\n    severity: low\n    resources:\n      - fiel: {path: /x}\n",
	 "9:9: unknown resource kind 'fiel'; did you mean 'file'?"},
	{HEAD
	 "  - id: a.b\n    title: t\n    severity: low\n    resources:\n      - firewall: {}\n",
	 "9:9: unknown resource kind 'firewall'"},
	{HEAD "  - id: a.b\n    title: t\n    severity: low\n    resources:\n      - file: /x\n",
	 "9:15: file must be a mapping of keys, not '/x'"},
	{HEAD "  - id: a.b\n    title: t\n    severity: low\n    resources:\n      - file: {owner: "
	      "root}\n",
	 "9:15: missing key 'path' in file"},
	{HEAD "  - id: a.b\n    title: t\n    severity: low\n    resources:\n      - file: {path: "
	      "/x, ower: root}\n",
	 "9:26: unknown key 'ower' in file; did you mean 'owner'?"},
	{HEAD "  - id: a.b\n    title: t\n    severity: low\n    resources:\n      - file: {path: "
	      "/x, mode: 644}\n",
	 "9:32: 'mode' must be four octal digits such as \"0644\", not '644'"},
	{HEAD
	 "  - id: a.b\n    title: t\n    severity: low\n    resources:\n      - file: {path: /x}\n",
	 "9:9: file[/x]: neither owner nor mode"},
	{HEAD "  - id: a.b\n    title: t\n    severity: low\n" FILE_RESOURCE
	      "  - id: a.b\n    title: u\n    severity: low\n" FILE_RESOURCE,
	 "9:9: repeated id 'a.b'; it is first in line 5"},
	{HEAD
	 "  - id: a.b\n    title: t\n    severity: low\n    aliases: 1@x\n" FILE_RESOURCE
	 "  - id: a.c\n    title: u\n    severity: low\n    aliases: [2@x, 1@x]\n" FILE_RESOURCE,
	 "13:20: repeated alias '1@x'; it is first in line 8"},
	{HEAD
	 "  - id: a.b\n    title: t\n    severity: low\n    aliases: [1@x, 1@x]\n" FILE_RESOURCE,
	 "8:20: repeated alias '1@x'; it is first in line 8"},
	{HEAD "  - &c\n    id: a.b\n    title: t\n    severity: low\n" FILE_RESOURCE "  - *c\n",
	 "6:9: repeated id 'a.b'; it is first in line 6"},
	{HEAD "  - id: a.b\n\ttitle: t\n", "6:1: a tab; use spaces (in double quotes: \\t)"},
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		CLEANUP(error_clear) struct error err = {0};
		const struct baseline zeroed = {0};
		struct baseline b;

		assert_true(parse(&b, refused[i].yaml, &err) < 0);
		assert_memory_equal(error_text(&err), "x.yaml:", 7);
		assert_string_equal(error_text(&err) + 7, refused[i].message);
		assert_memory_equal(&b, &zeroed, sizeof(b));
	}
}

/* Anchors may save repeating oneself. */
static void test_anchors(void **state)
{
	CLEANUP(baseline_clear) struct baseline b = {0};
	CLEANUP(error_clear) struct error err = {0};
	const char *yaml = HEAD "  - id: a.b\n    title: &t one\n    severity: low\n    "
				"references: &r |\n      long\n"
				"    resources: &res [file: {path: /x, owner: root}]\n"
				"  - id: a.c\n    title: *t\n    severity: low\n    references: "
				"*r\n    resources: *res\n";

	if (parse(&b, yaml, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_string_equal(b.controls[1].title, "one");
	assert_string_equal(b.controls[1].facets.references, "long\n");
	assert_string_equal(b.controls[1].resources[0].address, "file[/x]");
	assert_int_equal(b.controls[1].resources[0].position.line, 10);
}

static void test_every_prefix_is_survived(void **state)
{
	for (size_t n = 0; n < sizeof(good) - 1; n++) {
		CLEANUP(baseline_clear) struct baseline b = {0};
		CLEANUP(error_clear) struct error err = {0};
		/* a copy of exactly this size, for the address sanitizer */
		CLEANUP(freep) char *bytes = malloc(n ? n : 1);

		memcpy(bytes, good, n);
		if (baseline_parse(&b, "x.yaml", bytes, n, &source, &err) < 0)
			assert_memory_equal(error_text(&err), "x.yaml:", 7);
		else
			assert_true(b.ncontrols > 0);
	}
}

/* The square of it would not end before the test is broken off. */
static void test_many_resources(void **state)
{
	CLEANUP(baseline_clear) struct baseline b = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf yaml = {0};
	const size_t n = 100000;

	buf_puts(&yaml, HEAD "  - id: a.b\n    title: t\n    severity: low\n    resources:\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(&yaml, "      - file: { path: /srv/d%zu/f%zu, mode: \"0644\" }\n",
			   i / 100, i);
	if (parse(&b, yaml.data, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_int_equal(b.controls[0].nresources, n);
	assert_string_equal(b.controls[0].resources[n - 1].address, "file[/srv/d999/f99999]");
}

static void test_many_controls(void **state)
{
	CLEANUP(baseline_clear) struct baseline b = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf yaml = {0};

	buf_puts(&yaml, HEAD);
	for (int i = 0; i < 50000; i++)
		buf_printf(&yaml,
			   "  - id: a.c%d\n    title: t\n    severity: low\n    aliases: "
			   "%d@x\n" FILE_RESOURCE,
			   i, i);
	if (parse(&b, yaml.data, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_int_equal(b.ncontrols, 50000);
	assert_string_equal(baseline_find(&b, "49999")->id, "a.c49999");
}

static int parse_part(struct baseline *b, const char *name, const char *yaml, struct error *err)
{
	return baseline_parse_part(b, name, yaml, strlen(yaml), &source, err);
}

#define PARTS "baseline: b\nversion: '1'\ntitle: t\nparts: [one, two]\n"
#define CONTROL(id) "controls:\n  - id: " id "\n    title: t\n    severity: low\n" FILE_RESOURCE

static void test_parts(void **state)
{
	CLEANUP(baseline_clear) struct baseline b = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *path = NULL;

	assert_int_equal(parse(&b, PARTS, &err), 0);
	path = baseline_part_file(&b, 1);
	assert_string_equal(path, "b/two.yaml");
	assert_int_equal(parse_part(&b, "b/one.yaml", "part-of: b\n" CONTROL("a.b"), &err), 0);
	assert_int_equal(parse_part(&b, "b/two.yaml", "part-of: b\n" CONTROL("a.c"), &err), 0);
	assert_int_equal(b.ncontrols, 2);
	assert_string_equal(b.controls[1].position.file, "b/two.yaml");
	assert_string_equal(baseline_find(&b, "a.b")->position.file, "b/one.yaml");
}

static void test_wrong_parts(void **state)
{
	static const struct {
		const char *second, *message;
	} cases[] = {
		{"part-of: c\n" CONTROL("a.c"), "2.yaml:1:10: this is a part of 'c', not of 'b'"},
		{CONTROL("a.c"), "2.yaml:1:1: missing key 'part-of' in baseline"},
		{"part-of: b\n", "2.yaml:1:1: missing key 'controls' in baseline"},
		{"part-of: b\nversion: '1'\n" CONTROL("a.c"), "2.yaml:2:1: unknown key 'version'"},
		{"part-of: b\n" CONTROL("a.b"),
		 "2.yaml:3:9: repeated id 'a.b'; it is first in '1.yaml', line 3"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(baseline_clear) struct baseline b = {0};
		CLEANUP(error_clear) struct error err = {0};

		assert_int_equal(parse(&b, PARTS, &err), 0);
		assert_int_equal(parse_part(&b, "1.yaml", "part-of: b\n" CONTROL("a.b"), &err), 0);
		assert_int_equal(parse_part(&b, "2.yaml", cases[i].second, &err), -EINVAL);
		if (!starts_with(error_text(&err), cases[i].message))
			fail_msg("'%s' is not '%s'", error_text(&err), cases[i].message);
		assert_null(b.controls); /* nothing is left of it */
	}
}

static void test_size_limit(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *bytes = malloc(BASELINE_MAX_BYTES + 1);
	struct baseline b;

	memset(bytes, '#', BASELINE_MAX_BYTES + 1);
	assert_int_equal(baseline_parse(&b, "x.yaml", bytes, BASELINE_MAX_BYTES + 1, &source, &err),
			 -EFBIG);
	assert_string_equal(error_text(&err), "x.yaml:1:1: file is larger than 10 MB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_resources),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_anchors),
		cmocka_unit_test(test_every_prefix_is_survived),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_wrong_parts),
		cmocka_unit_test(test_many_resources),
		cmocka_unit_test(test_many_controls),
		cmocka_unit_test(test_size_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
