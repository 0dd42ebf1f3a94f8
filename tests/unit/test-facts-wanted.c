/* Which units the start of dockerd starts beside it: of any type, and what those start in turn. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"

struct row {
	/* "UNIT PROPERTY NAME", separated by commas; NAME "?": it cannot be asked */
	const char *relations;
	const char *up, *missing, *unasked; /* units; all others could be started, and do not run */
	const char *told; /* what is told, each behind the other; NULL: nothing */
};

static const struct row *played;

int __wrap_bus_related(struct bus *b, const char *unit, const char *property, struct strv *ret,
		       struct error *err);
int __wrap_bus_is_loaded(struct bus *b, const char *unit, bool *ret, struct error *err);
int __wrap_bus_active_state(struct bus *b, const char *unit, char **ret, struct error *err);

static bool has(const char *list, const char *word)
{
	CLEANUP(strv_clear) struct strv words = {0};

	strv_split(&words, list ? list : "", " ");
	return strv_contains(&words, word);
}

int __wrap_bus_related(struct bus *b, const char *unit, const char *property, struct strv *ret,
		       struct error *err)
{
	CLEANUP(strv_clear) struct strv all = {0};
	CLEANUP(freep) char *begin = xasprintf("%s %s ", unit, property);

	strv_split(&all, played->relations, ",");
	for (size_t i = 0; i < all.count; i++) {
		const char *name = skip_prefix(all.items[i], begin);

		if (name && strcmp(name, "?") == 0)
			return error_set(err, -ETIMEDOUT, "no answer");
		if (name)
			strv_add(ret, name);
	}
	return 0;
}

int __wrap_bus_is_loaded(struct bus *b, const char *unit, bool *ret, struct error *err)
{
	*ret = !has(played->missing, unit);
	return 0;
}

int __wrap_bus_active_state(struct bus *b, const char *unit, char **ret, struct error *err)
{
	if (has(played->unasked, unit))
		return error_set(err, -ETIMEDOUT, "no answer");
	*ret = xstrdup(has(played->up, unit) ? "active" : "inactive");
	return 0;
}

#define D "docker.service"
#define STARTS(unit, why)                                                                          \
	"the start of dockerd starts " unit ", too, which does not run now (" why ")\n"
#define MAY_START(unit, why)                                                                       \
	"the start of dockerd may start " unit ", too, which does not run now (" why ")\n"

static const struct row rows[] = {
	{D " Wants job.service", .told = STARTS("job.service", "Wants= of " D)},
	{D " Wants job.service", .up = "job.service"},
	{D " Wants job.service", .missing = "job.service"},
	{D " Upholds job.service", .told = STARTS("job.service", "Upholds= of " D)},
	{D " Requires job.service", .told = STARTS("job.service", "Requires= of " D)},
	{D " BindsTo job.service", .told = STARTS("job.service", "BindsTo= of " D)},
	/* of whatever type, with what it is there to start */
	{D " Wants n.timer,n.timer Triggers n.service",
	 .told = STARTS("n.timer", "Wants= of " D) MAY_START("n.service", "Triggers= of n.timer")},
	{D " Wants n.timer,n.timer Triggers n.service", .up = "n.service",
	 .told = STARTS("n.timer", "Wants= of " D)},
	{D " Wants n.path,n.path Triggers n.service", .up = "n.path"},
	{D " Wants n.path", .told = STARTS("n.path", "Wants= of " D)},
	{D " Wants n.socket", .told = STARTS("n.socket", "Wants= of " D)},
	{D " Wants srv.mount", .told = STARTS("srv.mount", "Wants= of " D)},
	/* a target only for what it wants, and only while it is not there */
	{D " Wants s.target,s.target Wants a.service",
	 .told = STARTS("a.service", "Wants= of s.target")},
	{D " Wants s.target,s.target Requires a.service,a.service Wants b.service",
	 .told = STARTS("a.service", "Requires= of s.target")
		 STARTS("b.service", "Wants= of a.service")},
	{D " Wants s.target,s.target Wants a.service", .up = "s.target"},
	{D " Wants s.target"},
	/* each once, also in a circle */
	{D
	 " Wants a.service,a.service Wants b.service,b.service Wants a.service,b.service Wants " D,
	 .told = STARTS("a.service", "Wants= of " D) STARTS("b.service", "Wants= of a.service")},
	{D " Wants b.service," D " Wants a.service",
	 .told = STARTS("a.service", "Wants= of " D) STARTS("b.service", "Wants= of " D)},
	/* what nobody knows may be */
	{D " Wants ?", .told = "what the start of dockerd starts, too, by Wants= of " D
			       " could not be asked: "
			       "no answer\n"},
	{D " Wants a.timer", .unasked = "a.timer",
	 .told = "the start of dockerd may start a.timer, too (Wants= of " D "): whether it runs "
		 "now could not be asked: no answer\n"},
};

static void test_wanted(void **state)
{
	static char bus; /* nothing looks into it */

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(buf_clear) struct buf told = {0};
		struct gather g = {.facts = &f, .bus = (struct bus *)&bus};

		played = &rows[i];
		gather_wanted(&g);
		for (size_t k = 0; k < f.docker.restart_brings.count; k++)
			buf_printf(&told, "%s\n", f.docker.restart_brings.items[k]);
		if (strcmp(buf_str(&told), rows[i].told ? rows[i].told : "") != 0)
			fail_msg("row %zu: %s", i, buf_str(&told));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wanted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
