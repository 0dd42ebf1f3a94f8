#include "rollback/loosened.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/strv.h"

static unsigned bits_of(const char *entry, size_t *ret_name)
{
	const char *bits = strrchr(entry, ':');
	unsigned value = 0;

	*ret_name = bits ? (size_t)(bits - entry) : strlen(entry);
	for (; bits && *bits; bits++)
		value |= *bits == 'r' ? 4U : *bits == 'w' ? 2U : *bits == 'x' ? 1U : 0U;
	return value;
}

static unsigned allowed(const struct strv *entries, const char *name, size_t n)
{
	for (size_t i = 0; i < entries->count; i++) {
		size_t length;
		unsigned bits = bits_of(entries->items[i], &length);

		if (length == n && strncmp(entries->items[i], name, n) == 0)
			return bits;
	}
	return 0;
}

static bool list_loosened(const char *has, const char *wanted)
{
	CLEANUP(strv_clear) struct strv now = {0}, then = {0};

	if (!has || !wanted)
		return has != NULL;
	strv_split(&now, has, ",");
	strv_split(&then, wanted, ",");
	for (size_t i = 0; i < now.count; i++) {
		size_t n;
		unsigned bits = bits_of(now.items[i], &n);

		if (bits & ~allowed(&then, now.items[i], n))
			return true;
	}
	return false;
}

bool loosened(struct subject subject, const char *has, const char *wanted)
{
	if (subject.scheme == SCHEME_ACL || subject.scheme == SCHEME_DEFAULT_ACL)
		return list_loosened(has, wanted);
	return subject.scheme == SCHEME_MODE && has && wanted &&
	       (strtoul(has, NULL, 8) & ~strtoul(wanted, NULL, 8)) != 0;
}

const struct edit *loosened_newest(const struct history *h, const char *path,
				   struct subject subject, const struct undoing *more,
				   const struct transaction_summary **ret_of)
{
	for (size_t i = h->count; i-- > 0;) {
		const struct transaction_summary *t = &h->items[i];
		const struct change *c =
			transaction_is_in_force(t) ? plan_find_change(&t->plan, path) : NULL;

		for (size_t k = c ? c->edits.count : 0; k-- > 0;) {
			const struct edit *e = &c->edits.items[k];

			if (!subject_equal(e->subject, subject) ||
			    !history_stands(h, h->count, t, e->control, more))
				continue;
			*ret_of = t;
			return e;
		}
	}
	return NULL;
}
