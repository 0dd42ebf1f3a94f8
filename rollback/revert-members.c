#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/subject-key.h"
#include "engine/host/read/observe.h"
#include "rollback/account.h"
#include "rollback/revert-impl.h"

/*
 * A member of a group whose account was deleted meanwhile does not come back: whoever gets that name
 * next would have the group's rights, and nobody has decided that.
 */

static int leave_out(struct reversal *v, struct change *c, const struct edit *e, const char *name,
		     struct error *err)
{
	CLEANUP(edits_clear) struct edits out = {0};

	checks_add(&v->plan->checks, CHECK_WARN, e->control,
		   "%s stays out of the group in '%s': its account is not there any more", name,
		   c->path);
	return image_apply_edit(&c->images[1],
				edits_add(&out, NULL, c->path, e->subject, e->after, e->before),
				err);
}

static void drop_edit(struct edits *edits, size_t i)
{
	edit_clear(&edits->items[i]);
	memmove(&edits->items[i], &edits->items[i + 1],
		(--edits->count - i) * sizeof(*edits->items));
}

int revert_members(struct reversal *v, struct change *c, struct error *err)
{
	int r = 0;

	for (size_t i = c->edits.count; i-- > 0 && r >= 0;) {
		const struct edit *e = &c->edits.items[i];
		CLEANUP(freep) char *group = NULL;
		const char *name = NULL;
		bool comes = e->subject.scheme == SCHEME_MEMBER && e->after &&
			     subject_key_split(e->subject.key, &group, &name);
		enum account is = comes ? account_find(v->root, name) : ACCOUNT_THERE;

		if (is == ACCOUNT_UNKNOWN)
			checks_add(&v->plan->checks, CHECK_WARN, e->control,
				   "%s is in the group in '%s' again; whether there is such an "
				   "account is not known: it is not in /etc/passwd",
				   name, c->path);
		if (is != ACCOUNT_GONE)
			continue;
		r = leave_out(v, c, e, name, err);
		drop_edit(&c->edits, i);
	}
	return r;
}
