#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/secret.h"
#include "engine/plan/image.h"
#include "engine/plan/plan-json.h"
#include "engine/plan/plan-reveal.h"
#include "tests/subject-text.h"

#define PW "MARKER"
#define OLD "{\"http-proxy\":\"http://me:" PW "1@old\"}"
#define NEW "{\"http-proxy\":\"http://me:" PW "2@new\"}"

static void add_image(struct change *c, const char *content)
{
	struct image *image = array_append(&c->images, &c->nimages, sizeof(*image));

	image->node.kind = NODE_FILE;
	image_set_content(image, content, strlen(content));
}

/* One key of the daemon that holds a secret before and after, in force and written. */
static void make_plan(struct plan *p)
{
	struct change *c = plan_add_change(p, "/etc/docker/daemon.json");
	struct finding *f = plan_add_finding(p, "site.proxy");
	struct stage *s;

	plan_add_stage(p);
	s = &p->stages[0];
	s->up = s->down = HANDLER_BIT(HANDLER_DOCKER_RESTART);
	effects_add(&s->effects, "site.proxy", HANDLER_DOCKER_RESTART, subj("docker:proxies"), OLD,
		    NEW);
	edits_add(&c->edits, "site.proxy", c->path, subj("json:/proxies"), OLD, NEW)->sensitive =
		true;
	add_image(c, "{ \"proxies\": " OLD " }");
	add_image(c, "{ \"proxies\": {\n  \"http-proxy\": \"http://me:" PW "2@new\" } }");
	str_replace(&f->title, "A proxy");
	str_replace(&f->reason, "proxies will be " OLD);
	strv_add(&f->warnings, "the proxy me:" PW "@old is gone");
}

/* As a journal has it: the plan's text, and the contents beside it. */
static void read_back(const struct plan *from, struct plan *ret, bool with_contents)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(error_clear) struct error err = {0};

	assert_int_equal(plan_to_json(from, false, &text, NULL), 0);
	assert_null(strstr(buf_str(&text), PW));
	if (plan_from_json(ret, "a plan", &text, &err) < 0)
		fail_msg("%s", error_text(&err));
	for (size_t i = 0; with_contents && i < ret->changes[0].nimages; i++)
		image_copy(&ret->changes[0].images[i], &from->changes[0].images[i]);
}

static void test_found_again(void **state)
{
	CLEANUP(plan_clear) struct plan was = {0}, is = {0};
	const struct edit *e;
	const struct effect *f;

	make_plan(&was);
	read_back(&was, &is, true);
	plan_reveal(&is);
	e = &is.changes[0].edits.items[0];
	f = &is.stages[0].effects.items[0];
	assert_true(image_value_same(e->subject, e->before, OLD));
	assert_true(image_value_same(e->subject, e->after, NEW));
	assert_true(image_value_same(e->subject, f->before, OLD));
	assert_true(image_value_same(e->subject, f->after, NEW));
	assert_true(e->sensitive);
}

/* What was in force need not stand in a file; then nobody takes the digest for a value. */
static void test_not_there(void **state)
{
	CLEANUP(plan_clear) struct plan was = {0}, is = {0}, bare = {0};

	make_plan(&was);
	str_replace(&was.stages[0].effects.items[0].before, "\"me:" PW "3@elsewhere\"");
	read_back(&was, &is, true);
	plan_reveal(&is);
	assert_true(secret_is_digest(is.stages[0].effects.items[0].before));
	assert_false(secret_is_digest(is.stages[0].effects.items[0].after));
	read_back(&was, &bare, false);
	plan_reveal(&bare);
	assert_true(secret_is_digest(bare.changes[0].edits.items[0].after));
}

static void test_reports(void **state)
{
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(buf_clear) struct buf text = {0};

	make_plan(&plan);
	assert_int_equal(plan_to_json(&plan, true, &text, NULL), 0);
	assert_null(strstr(buf_str(&text), PW));
	assert_null(strstr(buf_str(&text), "sha256:")); /* a short password is soon guessed */
	assert_non_null(strstr(buf_str(&text), "(hidden, sha256 "));
	assert_non_null(strstr(buf_str(&text), "http://(hidden)@old"));
}

static void test_wants_secret(void **state)
{
	CLEANUP(plan_clear) struct plan plan = {0};
	struct edit *e;

	make_plan(&plan);
	e = &plan.changes[0].edits.items[0];
	assert_ptr_equal(plan_wants_secret(&plan), e);
	str_replace(&e->after, NULL);
	assert_null(plan_wants_secret(&plan));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found_again),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_wants_secret),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
