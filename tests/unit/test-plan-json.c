#include "tests/test.h"

#include <jansson.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/format/json-util.h"
#include "engine/plan/plan-json.h"

static void add_absent(struct plan *plan, const char *path)
{
	struct change *c = plan_add_change(plan, path);

	array_append(&c->images, &c->nimages, sizeof(*c->images));
}

/* A saved plan with these paths and controls, its digest right, read back. */
static int read_back(const char *path, const char *path2, const char *control, const char *control2)
{
	CLEANUP(plan_clear) struct plan plan = {0}, again = {0};
	CLEANUP(buf_clear) struct buf text = {0}, rest = {0};
	CLEANUP(json_decrefp) json_t *j = NULL;
	CLEANUP(freep) char *digest = NULL;
	CLEANUP(error_clear) struct error err = {0};
	json_t *list;
	int r;

	plan_add_finding(&plan, "a");
	plan_add_finding(&plan, "b");
	add_absent(&plan, "/1");
	add_absent(&plan, "/2");
	assert_int_equal(plan_to_json(&plan, false, &text, NULL), 0);
	j = json_loadb(text.data, text.len, 0, NULL);
	list = json_object_get(j, "changes");
	json_put(json_array_get(list, 0), "path", json_string(path));
	json_put(json_array_get(list, 1), "path", json_string(path2));
	list = json_object_get(j, "findings");
	json_put(json_array_get(list, 0), "control", json_string(control));
	json_put(json_array_get(list, 1), "control", json_string(control2));
	json_object_del(j, "digest");
	json_dump_to(j, JSON_COMPACT | JSON_SORT_KEYS, &rest);
	digest = digest_new(rest.data, rest.len);
	json_put(j, "digest", json_string(digest));
	buf_clear(&text);
	json_dump_to(j, JSON_COMPACT, &text);
	r = plan_from_json(&again, "saved", &text, &err);
	assert_int_equal(err.text != NULL, r < 0);
	return r;
}

static void test_names(void **state)
{
	static const struct {
		const char *path, *path2, *control, *control2;
		int want;
	} rows[] = {
		{"/1", "/2", "a", "b", 0},           {"/", "/etc/a..b", "a", "b", 0},
		{"/.a", "/..a", "a", "b", 0},        {"/1", "/1", "a", "b", -EINVAL},
		{"/1", "/2", "a", "a", -EINVAL},     {"1", "/2", "a", "b", -EINVAL},
		{"", "/2", "a", "b", -EINVAL},       {"/1/", "/2", "a", "b", -EINVAL},
		{"//1", "/2", "a", "b", -EINVAL},    {"/a/../1", "/2", "a", "b", -EINVAL},
		{"/a/./1", "/2", "a", "b", -EINVAL}, {"/..", "/2", "a", "b", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (read_back(rows[i].path, rows[i].path2, rows[i].control, rows[i].control2) !=
		    rows[i].want)
			fail_msg("%s, %s, %s, %s", rows[i].path, rows[i].path2, rows[i].control,
				 rows[i].control2);
}

/* That a file has other names is known of the host as it is, also by who reads the plan later. */
static void test_links(void **state)
{
	static const nlink_t rows[][2] = {{1, 1}, {0, 1}, {2, 2}, {7, 7}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(plan_clear) struct plan plan = {0}, again = {0};
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(error_clear) struct error err = {0};

		plan_add_stage(&plan);
		add_absent(&plan, "/1");
		array_append(&plan.changes[0].images, &plan.changes[0].nimages,
			     sizeof(*plan.changes[0].images));
		for (size_t k = 0; k < 2; k++) {
			plan.changes[0].images[k].node.kind = NODE_FILE;
			plan.changes[0].images[k].node.nlink = rows[i][0];
		}
		assert_int_equal(plan_to_json(&plan, false, &text, NULL), 0);
		if (plan_from_json(&again, "saved", &text, &err) < 0)
			fail_msg("%s", error_text(&err));
		assert_int_equal(again.changes[0].images[0].node.nlink, rows[i][1]);
		assert_int_equal(again.changes[0].images[1].node.nlink, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_links),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
