#include "rollback/userns-account.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/format.h"
#include "engine/host/read/observe.h"
#include "rollback/in-force.h"

bool userns_is_on(const char *value)
{
	return value && strcmp(value, "\"\"") != 0 && strcmp(value, "null") != 0;
}

static bool is_account_file(const char *path)
{
	static const char *const paths[] = {"/etc/passwd",  "/etc/group",  "/etc/shadow",
					    "/etc/gshadow", "/etc/subuid", "/etc/subgid"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (strcmp(path, paths[i]) == 0)
			return true;
	return false;
}

bool userns_takes_entry(const struct change *c, bool down)
{
	for (size_t i = 0; is_account_file(c->path) && i < c->edits.count; i++) {
		const struct edit *e = &c->edits.items[i];

		if (e->subject.scheme == SCHEME_ENTRY && !(down ? e->before : e->after))
			return true;
	}
	return false;
}

static bool is_about_userns(const struct change *c)
{
	for (size_t i = 0; i < c->edits.count; i++)
		if (subject_equal(c->edits.items[i].subject, subject_of(SCHEME_JSON, "/" USERNS)))
			return true;
	return false;
}

/* By what is on disk: a file that others changed stays as they have it. */
static char *named_in(const struct root *root, const char *path)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *value = NULL;
	int r = observe_content(root, path, &text, &err);

	if (r == -ENOENT)
		return NULL;
	if (r >= 0)
		r = format_get(&text, subject_of(SCHEME_JSON, "/" USERNS), &value, &err);
	if (r < 0)
		return xasprintf("whether '%s' names it is not known: %s", path, error_text(&err));
	return userns_is_on(value) ? xasprintf("'%s' names it", path) : NULL;
}

static char *needed_by_dockerd(const struct facts *now)
{
	const struct setting *next = settings_find(&now->docker.next, USERNS);
	const char *value = NULL;

	if (next && userns_is_on(next->value))
		return xasprintf("the next start of dockerd has it (%s)",
				 next->where ? next->where : USERNS);
	if (now->offline || docker_is_stopped(now))
		return NULL;
	if (!daemon_value_in_force(&now->docker, USERNS, &value))
		return xstrdup("whether dockerd has its ids in use is not known");
	return userns_is_on(value) ? xstrdup("dockerd has its ids in use") : NULL;
}

char *userns_need(const struct root *root, const struct plan *plan, const struct facts *now)
{
	char *why = NULL;

	for (size_t i = 0; i < plan->nchanges && !why; i++)
		if (is_about_userns(&plan->changes[i]))
			why = named_in(root, plan->changes[i].path);
	return why || !now ? why : needed_by_dockerd(now);
}
