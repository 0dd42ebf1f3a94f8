#include "modules/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

/*
 * Other daemons of Docker's kind on this host: with another config file, rootless, a snap's. All
 * that is measured and changed is of one daemon, and what was not looked at does not pass.
 */

struct daemons_desired {
	char *program;
	struct strv allow;
};

/* By its unit: one that runs is among the others. True: it cannot start with the file as it is. */
static bool take_reader(const struct config_reader *r, const char *config, struct strv *lines)
{
	CLEANUP(freep) char *clashes = strv_join(&r->clashes, ", ");

	if (r->clashes.count > 0)
		strv_addf(lines,
			  "another dockerd (%s) does not start with '%s', which it reads, too: "
			  "there and among its flags: %s",
			  r->text, config, clashes);
	else if (!r->runs)
		strv_addf(lines, "another dockerd reads '%s', too (%s): not looked at", config,
			  r->text);
	return r->clashes.count > 0;
}

static int daemons_diff(const void *desired, const struct view *now, struct delta *ret,
			struct error *err)
{
	const struct daemons_desired *want = desired;
	const struct facts *f = now->facts;
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(freep) char *all = NULL;
	bool broken = false;

	if (f->docker.elsewhere)
		strv_add(&lines, f->docker.elsewhere);
	for (size_t i = 0; i < f->docker.others.count; i++)
		if (!strv_matches(&want->allow, f->docker.others.items[i], 0))
			strv_addf(&lines, "another dockerd runs (%s): not looked at",
				  f->docker.others.items[i]);
	for (size_t i = 0; i < f->docker.nreaders; i++)
		if (!strv_matches(&want->allow, f->docker.readers[i].text, 0))
			broken |= take_reader(&f->docker.readers[i], f->docker.config_file, &lines);
	all = strv_join(&lines, "; ");
	if (f->offline)
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "nothing runs in an image");
	else if (lines.count > 0)
		delta_raise(ret, broken ? VERDICT_FAIL : VERDICT_NOT_MEASURED, "%s", all);
	else
		delta_raise(ret, VERDICT_PASS, "no other dockerd runs");
	if (broken && !f->offline)
		str_replace(&ret->fix, "keep each of them in one place, or give that dockerd a "
				       "config file of its own (--config-file)");
	return 0;
}

static int daemons_check(const void *desired, struct error *err)
{
	const struct daemons_desired *want = desired;

	if (strcmp(want->program, "dockerd") != 0)
		return error_set(err, -EINVAL,
				 "'%s' is not a program that is looked for: dockerd is",
				 want->program);
	return 0;
}

static const struct field fields[] = {
	{.key = "program",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct daemons_desired, program),
	 .required = true,
	 .help = "what is looked for: dockerd"},
	{.key = "allow",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct daemons_desired, allow),
	 .help = "those that the site looks at itself, by globs of what is told of them: "
		 "'*unit docker-ci.service*'"},
	{0},
};

const struct module module_other_daemons = {
	.name = "other-daemons",
	.summary = "no dockerd runs that is not looked at",
	.desired_size = sizeof(struct daemons_desired),
	.fields = fields,
	.check = daemons_check,
	.diff = daemons_diff,
};
