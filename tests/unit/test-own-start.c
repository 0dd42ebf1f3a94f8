/* What of dockerd's next start is a run's own: of a file that comes back as it was recorded all that it says. */

#include "tests/test.h"

#include "engine/base/alloc.h"
#include "rollback/own-start.h"

#define CONFIG "/etc/docker/daemon.json"

static const struct row {
	const char *what;
	const char *path;
	const char *images[3]; /* NULL: it is not there; "?": its content is not known */
	bool borrows;
	const char *keys; /* in the order of the alphabet */
} rows[] = {
	{"a file that was gone comes back",
	 CONFIG,
	 {NULL, NULL, "{\"icc\": false, \"mtu\": 9}"},
	 false,
	 "icc mtu"},
	{"it goes", CONFIG, {"{\"mtu\": 9}", "{\"mtu\": 9}", NULL}, false, "mtu"},
	{"a value is another, and one stays",
	 CONFIG,
	 {"{\"mtu\": 9, \"icc\": true}", "{\"mtu\": 9, \"icc\": true}",
	  "{\"mtu\": 8, \"icc\": true}"},
	 false,
	 "mtu"},
	{"what is there between counts",
	 CONFIG,
	 {"{\"mtu\": 9}", "{\"mtu\": 9, \"icc\": true}", "{\"mtu\": 9}"},
	 false,
	 "icc"},
	{"what is borrowed", CONFIG, {"{}", "{}", "{}"}, true, "live-restore"},
	{"a file of somebody else's", "/etc/other.json", {NULL, NULL, "{\"mtu\": 9}"}, false, ""},
	{"what it says is not known", CONFIG, {"?", "?", "{\"mtu\": 9}"}, false, ""},
};

static void put(struct image *image, const char *text)
{
	image->node.kind = text ? NODE_FILE : NODE_ABSENT;
	image->has_content = text && *text != '?';
	if (image->has_content)
		buf_puts(&image->content, text);
}

static void test_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts facts = {0};
		CLEANUP(plan_clear) struct plan plan = {.borrows = rows[i].borrows};
		CLEANUP(own_start_clear) struct own_start own = {0};
		CLEANUP(freep) char *keys = NULL;
		struct change *c = plan_add_change(&plan, rows[i].path);

		facts.docker.config_file = xstrdup(CONFIG);
		c->images = xcalloc(ARRAY_SIZE(rows[i].images), sizeof(*c->images));
		c->nimages = ARRAY_SIZE(rows[i].images);
		for (size_t k = 0; k < c->nimages; k++)
			put(&c->images[k], rows[i].images[k]);
		own_start_find(&plan, &facts, &own);
		strv_sort(&own.keys);
		keys = strv_join(&own.keys, " ");
		if (strcmp(keys, rows[i].keys) != 0)
			fail_msg("%s: '%s'", rows[i].what, keys);
		assert_string_equal(own.paths.items[0], rows[i].path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
