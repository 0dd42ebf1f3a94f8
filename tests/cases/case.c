#include "tests/cases/case.h"
#include "engine/baseline/yaml-parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report/text.h"
#include "engine/base/alloc.h"
#include "engine/baseline/builtin.h"
#include "engine/baseline/fields.h"
#include "engine/baseline/site.h"
#include "engine/plan/planner.h"
#include "engine/plan/preflight.h"
#include "engine/plan/volume-holds.h"
#include "modules/registry.h"
#include "tests/cases/files.h"

static const struct field fields[] = {
	{.key = "about",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct test_case, about),
	 .required = true},
	{.key = "level", .type = FIELD_INT, .offset = offsetof(struct test_case, level), .def = 2},
	{.key = "ack", .type = FIELD_STRING_LIST, .offset = offsetof(struct test_case, ack)},
	{.key = "only", .type = FIELD_STRING_LIST, .offset = offsetof(struct test_case, only)},
	{.key = "skip", .type = FIELD_STRING_LIST, .offset = offsetof(struct test_case, skip)},
	{.key = "observed",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct test_case, observed)},
	{.key = "daemon-stays",
	 .type = FIELD_BOOL,
	 .offset = offsetof(struct test_case, daemon_stays)},
	{0},
};

char *case_file(const struct test_case *c, const char *name)
{
	return xasprintf("%s/%s", c->directory, name);
}

bool case_rewrites(void)
{
	const char *value = getenv("HARDEN_REWRITE_GOLDEN");

	return value && strcmp(value, "1") == 0;
}

static int read_request(struct test_case *c, struct error *err)
{
	CLEANUP(freep) char *file = case_file(c, "case.yaml");
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(tree_clear) struct tree tree = {0};
	int r = read_whole(file, &text, err);

	if (r == 0)
		r = tree_parse(&tree, file, text.data, text.len, err);
	if (r == 0)
		r = fields_load(&(struct fields_job){.tree = &tree,
						     .mapping = &tree.root,
						     .fields = fields,
						     .what = "case",
						     .into = c},
				err);
	return r;
}

static int read_baseline(struct test_case *c, struct error *err)
{
	CLEANUP(freep) char *file = case_file(c, "want.yaml");
	CLEANUP(buf_clear) struct buf text = {0};
	int r = read_whole(file, &text, err);

	if (r == -ENOENT) {
		error_clear(err);
		return builtin_load(&c->baseline, modules_all, NULL, err);
	}
	if (r < 0)
		return r;
	return baseline_parse(&c->baseline, file, text.data, text.len,
			      &(struct baseline_source){.modules = modules_all}, err);
}

/* What a site says of the baseline, where the case has such a file. */
static int read_site(struct test_case *c, struct error *err)
{
	CLEANUP(freep) char *file = case_file(c, "site.yaml");
	CLEANUP(buf_clear) struct buf text = {0};
	int r = read_whole(file, &text, err);

	if (r == -ENOENT) {
		error_clear(err);
		return 0;
	}
	return r < 0 ? r
		     : site_apply(&c->baseline, 1, NULL, c->directory, text.data, text.len, err);
}

static int read_observed(struct test_case *c, struct error *err)
{
	for (size_t i = 0; i < c->observed.count; i++) {
		const char *line = c->observed.items[i];
		size_t n = strcspn(line, " ");
		CLEANUP(freep) char *id = xstrndup(line, n);
		const struct control *control = baseline_find(&c->baseline, id);
		struct volume *one;
		char *end;

		if (!control)
			return error_set(err, -EINVAL, "no control '%s'", id);
		one = volumes_add(&c->volumes, id, volume_threshold(control));
		one->counted = strtoul(line + n, &end, 10);
		one->opt_in = control->apply == APPLY_OPT_IN && control->per_minute > 0;
		if (*end)
			one->partly = xstrdup(end + 1);
		c->volumes.ms = 30000;
	}
	return 0;
}

int case_open(struct test_case *c, const char *directory, struct error *err)
{
	int r;

	*c = (struct test_case){.directory = xstrdup(directory)};
	r = read_request(c, err);
	if (r == 0)
		r = read_baseline(c, err);
	if (r == 0)
		r = read_site(c, err);
	return r == 0 ? read_observed(c, err) : r;
}

void case_close(struct test_case *c)
{
	baseline_clear(&c->baseline);
	free(c->directory);
	free(c->about);
	strv_clear(&c->ack);
	strv_clear(&c->only);
	strv_clear(&c->skip);
	strv_clear(&c->observed);
	volumes_clear(&c->volumes);
}

struct plan_request case_request(const struct test_case *c, const struct baseline **baselines,
				 const struct root *root, const struct facts *facts)
{
	baselines[0] = &c->baseline;
	return (struct plan_request){
		.baselines = baselines,
		.nbaselines = 1,
		.facts = facts,
		.root = root,
		.level = (int)c->level,
		.only = &c->only,
		.skip = &c->skip,
		.ack = &c->ack,
		.observed = c->volumes.ms > 0 ? &c->volumes : NULL,
	};
}

int case_plan(const struct test_case *c, const struct root *root, const struct facts *facts,
	      struct plan *ret, struct error *err)
{
	const struct baseline *baselines[1];
	const struct plan_request request = case_request(c, baselines, root, facts);
	int r = plan_compute(&request, ret, err);

	if (r < 0)
		return r;
	r = plan_preflight(ret, facts, err);
	return r == -EPERM ? 1 : r;
}

void case_report(const struct facts *facts, const struct plan *plan, struct buf *ret)
{
	const struct style style = {.utf8 = true};

	text_plan(ret, &style, facts, plan);
}
