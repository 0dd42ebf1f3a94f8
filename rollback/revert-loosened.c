#include "engine/base/alloc.h"
#include "engine/plan/image.h"
#include "rollback/loosened.h"
#include "rollback/revert-impl.h"

static void name_one(struct reversal *v, const struct change *c, const struct undoing *more,
		     struct subject subject)
{
	const struct transaction_summary *of = NULL;
	const struct edit *e = loosened_newest(&v->history, c->path, subject, more, &of);
	CLEANUP(freep) char *now = NULL, *then = NULL, *name = subject_print(subject);
	CLEANUP(freep) char *shown = NULL, *wanted = NULL;

	if (!e || image_value(&c->images[0], subject, &now, NULL) < 0 ||
	    image_value(&c->images[1], subject, &then, NULL) < 0 ||
	    !loosened(subject, then, e->after) || !loosened(subject, then, now))
		return;
	shown = shown_value(subject, false, then);
	wanted = shown_value(subject, false, e->after);
	checks_add(&v->plan->checks, CHECK_WARN, e->control,
		   "%s of '%s' becomes %s, which is looser than the %s that %s of transaction %s "
		   "made it, and that one stays in force: undo it as well, or apply it again",
		   name, c->path, shown, wanted, e->control ? e->control : "a part", of->id);
}

void revert_loosened(struct reversal *v, const struct change *planned, const struct strv *controls)
{
	static const enum scheme rights[] = {SCHEME_MODE, SCHEME_ACL, SCHEME_DEFAULT_ACL};
	const struct undoing more = {v->undoing.of, controls};

	for (size_t i = 0; i < ARRAY_SIZE(rights) && planned->nimages == 2; i++)
		name_one(v, planned, &more, subject_path(rights[i]));
}
