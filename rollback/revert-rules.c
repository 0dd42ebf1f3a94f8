#include <errno.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/audit-rule.h"
#include "engine/host/read/observe.h"
#include "rollback/revert-impl.h"

/*
 * Audit rules on the way back. What another rule file than the one that goes back has by now is loaded by
 * the next boot, and stays loaded until then: nobody is to be unwatched between. Where the apply wrote no
 * line for it, that file had it before, and the kernel had it not: so it is again.
 */

#define RULES_DIR "/etc/audit/rules.d"

/* As the rollback leaves the file; 0: it is not there. */
static int content_after(const struct reversal *v, const char *path, struct buf *ret)
{
	const struct change *c = plan_find_change(v->plan, path);
	int r;

	if (c && c->nimages > 0) {
		buf_append(ret, c->images[c->nimages - 1].content.data,
			   c->images[c->nimages - 1].content.len);
		return 1;
	}
	r = observe_content(v->root, path, ret, NULL);
	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

static bool has_rule(const struct buf *text, const char *rule)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	strv_split(&lines, buf_str(text), "\n");
	return audit_rules_archs(&lines, rule) != 0;
}

/* Why a file keeps the rule loaded: it has it, or cannot be read; NULL: it does not. The caller frees it. */
static char *wanted_by(const struct reversal *v, const char *path, const char *rule)
{
	CLEANUP(buf_clear) struct buf text = {0};
	int r = content_after(v, path, &text);

	if (r < 0)
		return xasprintf("whether '%s' has it is not known: %s", path, error_reason(r));
	return r > 0 && has_rule(&text, rule) ? xasprintf("'%s' has it", path) : NULL;
}

static char *wanted_by_any(const struct reversal *v, const char *rule)
{
	CLEANUP(strv_clear) struct strv names = {0};
	char *why = NULL;
	int r = observe_children(v->root, RULES_DIR, &names, NULL);

	if (r < 0 && r != -ENOENT)
		return xasprintf("'" RULES_DIR "' cannot be read: %s", error_reason(r));
	for (size_t i = 0; i < names.count && !why; i++) {
		CLEANUP(freep) char *path = path_join(RULES_DIR, names.items[i]);

		if (ends_with(names.items[i], ".rules"))
			why = wanted_by(v, path, rule);
	}
	return why;
}

static void look(struct reversal *v, const struct effect *e)
{
	const struct recorded r = find_recorded(v, e->subject);
	CLEANUP(freep) char *why = NULL;

	if (e->handler != HANDLER_AUDIT_RULES || !e->nbrings || r.last_toggled != e ||
	    revert_target(v, &r))
		return;
	why = wanted_by_any(v, e->subject.key);
	if (!why)
		return;
	checks_add(&v->plan->checks, CHECK_WARN, e->control, "the audit rule '%s' stays loaded: %s",
		   e->subject.key, why);
	strv_add(&v->stays, e->subject.key);
}

void revert_rules(struct reversal *v)
{
	const struct plan *was = &v->root_transaction->plan;

	for (size_t k = 0; k < was->nstages && !v->facts->offline; k++)
		for (size_t i = 0; i < was->stages[k].effects.count; i++)
			look(v, &was->stages[k].effects.items[i]);
}
