#include "engine/plan/rights.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/base/strv.h"
#include "engine/host/read/acl-text.h"

#define GROUP_ENTRY "group:"
#define MASK_ENTRY "mask:"
#define OTHER_ENTRY "other:"
#define OWNER_ENTRY "user:"
#define SPECIAL 07000

struct entry {
	char *name; /* "user:", "user:1000", "mask:": all before the last colon */
	unsigned bits;
};

struct rights {
	struct entry *items;
	size_t count;
};

static void rights_clear(struct rights *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->items[i].name);
	free(r->items);
	*r = (struct rights){0};
}

static struct entry *find(const struct rights *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->items[i].name, name) == 0)
			return &r->items[i];
	return NULL;
}

static void add(struct rights *r, const char *name, size_t n, unsigned bits)
{
	struct entry *e = array_append(&r->items, &r->count, sizeof(*e));

	e->name = xstrndup(name, n);
	e->bits = bits;
}

static void from_text(struct rights *r, const char *text)
{
	CLEANUP(strv_clear) struct strv entries = {0};

	strv_split(&entries, text, ",");
	for (size_t i = 0; i < entries.count; i++) {
		const char *bits = strrchr(entries.items[i], ':');
		unsigned value = 0;

		if (!bits)
			continue;
		for (const char *c = bits + 1; *c; c++)
			value |= *c == 'r' ? 4U : *c == 'w' ? 2U : *c == 'x' ? 1U : 0U;
		add(r, entries.items[i], (size_t)(bits - entries.items[i]), value);
	}
}

static void from_mode(struct rights *r, mode_t mode)
{
	add(r, OWNER_ENTRY, strlen(OWNER_ENTRY), mode >> 6 & 7);
	add(r, GROUP_ENTRY, strlen(GROUP_ENTRY), mode >> 3 & 7);
	add(r, OTHER_ENTRY, strlen(OTHER_ENTRY), mode & 7);
}

static void from_node(struct rights *r, const struct node *n)
{
	if (n->acl)
		from_text(r, n->acl);
	else
		from_mode(r, n->mode);
}

/* Canonical, NULL where there is no entry; false where libacl does not take the result. */
static bool to_text(const struct rights *r, bool access, char **ret)
{
	CLEANUP(strv_clear) struct strv entries = {0};
	CLEANUP(freep) char *joined = NULL;

	for (size_t i = 0; i < r->count; i++)
		strv_addf(&entries, "%s:%c%c%c", r->items[i].name, r->items[i].bits & 4 ? 'r' : '-',
			  r->items[i].bits & 2 ? 'w' : '-', r->items[i].bits & 1 ? 'x' : '-');
	joined = strv_join(&entries, ",");
	return r->count == 0 || acl_text_canonical(joined, access, ret, NULL) >= 0;
}

/* As in `otherwise` where libacl does not take the result. */
static void to_node(const struct rights *r, struct node *n, const struct node *otherwise)
{
	const struct entry *owner = find(r, OWNER_ENTRY), *other = find(r, OTHER_ENTRY);
	const struct entry *class = find(r, MASK_ENTRY);
	CLEANUP(freep) char *text = NULL;
	bool taken = to_text(r, true, &text);

	if (!class)
		class = find(r, GROUP_ENTRY);
	if (!taken || !owner || !class || !other) {
		n->mode = (n->mode & SPECIAL) | (otherwise->mode & 0777);
		text = xstrdup_null(otherwise->acl);
	} else {
		n->mode = (n->mode & SPECIAL) | owner->bits << 6 | class->bits << 3 | other->bits;
	}
	str_replace(&n->acl, text);
}

/* All that the mask limits. */
static unsigned class_bits(const struct rights *r)
{
	unsigned bits = 0;

	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->items[i].name, OWNER_ENTRY) != 0 &&
		    strcmp(r->items[i].name, OTHER_ENTRY) != 0 &&
		    strcmp(r->items[i].name, MASK_ENTRY) != 0)
			bits |= r->items[i].bits;
	return bits;
}

static unsigned step_bits(unsigned before, unsigned after, unsigned now)
{
	return (now & ~(before & ~after)) | (after & ~before);
}

static void drop(struct rights *r, const char *name)
{
	for (size_t i = r->count; i-- > 0;) {
		if (strcmp(r->items[i].name, name) != 0)
			continue;
		free(r->items[i].name);
		r->items[i] = r->items[--r->count];
	}
}

/* One entry of the step: it came, went, or has other bits. */
static void follow_entry(const struct rights *base, const struct rights *other, struct rights *ours,
			 const char *name)
{
	const struct entry *before = find(base, name), *after = find(other, name);
	struct entry *now = find(ours, name);

	if (before && !after)
		drop(ours, name);
	else if (before && after && now)
		now->bits = step_bits(before->bits, after->bits, now->bits);
	else if (!before && after && now)
		now->bits &= after->bits;
	else if (!before && after)
		add(ours, name, strlen(name), after->bits);
}

/* A mask that only says what its entries add up to, as setfacl(1) makes it, does so again. */
static void follow(const struct rights *base, const struct rights *other, struct rights *ours)
{
	const struct entry *mask = find(other, MASK_ENTRY);
	bool sum = mask && !find(base, MASK_ENTRY) && !find(ours, MASK_ENTRY) &&
		   mask->bits == class_bits(other);

	for (size_t i = 0; i < base->count; i++)
		follow_entry(base, other, ours, base->items[i].name);
	for (size_t i = 0; i < other->count; i++)
		if (!find(base, other->items[i].name))
			follow_entry(base, other, ours, other->items[i].name);
	if (sum)
		find(ours, MASK_ENTRY)->bits = class_bits(ours);
}

static unsigned mask_of(const struct rights *r, const char *name)
{
	const struct entry *mask = find(r, MASK_ENTRY);
	bool masked = strcmp(name, OWNER_ENTRY) != 0 && strcmp(name, OTHER_ENTRY) != 0;

	return mask && masked ? mask->bits : 7;
}

/* What the entry grants. */
static unsigned granted(const struct rights *r, const char *name)
{
	const struct entry *e = find(r, name);

	return e ? e->bits & mask_of(r, name) : 0;
}

/* What others did, and what they met. */
struct foreign {
	const struct rights *base, *other, *ours;
	bool moved_owner, moved_group; /* the entry is for somebody else now */
	bool runs_as; /* it got set-user-id or set-group-id: who may write it, may be its owner */
};

static bool is_tightened(const struct foreign *f, const char *name)
{
	const struct entry *before = find(f->base, name), *after = find(f->other, name);

	if (f->runs_as || (f->moved_owner && strcmp(name, OWNER_ENTRY) == 0) ||
	    (f->moved_group && strcmp(name, GROUP_ENTRY) == 0))
		return true;
	return before && ((after && before->bits & ~after->bits) ||
			  granted(f->base, name) & ~granted(f->other, name));
}

/* What it may grant: what it does now, and what we took, where nobody has narrowed it since. */
static unsigned limit_of(const struct foreign *f, const char *name)
{
	unsigned back = granted(f->ours, name) & ~granted(f->base, name);

	return granted(f->other, name) | (is_tightened(f, name) ? 0 : back);
}

/*
 * An entry that others narrowed stays as they have it: who closed what was left open does not mean
 * a right that was closed before. By what an entry grants, since a mask hides bits, and a mask that
 * opens again may show some that nobody ever had. True: something of ours did not come back for it.
 */
static bool limit(const struct foreign *f, struct rights *result)
{
	const struct entry *now = find(f->other, MASK_ENTRY), *was = find(f->base, MASK_ENTRY);
	struct entry *mask = find(result, MASK_ENTRY);
	bool withheld = false;

	if (mask && now && was && was->bits & ~now->bits) {
		withheld = mask->bits & ~now->bits;
		mask->bits &= now->bits;
	}
	for (size_t i = 0; i < result->count; i++) {
		struct entry *e = &result->items[i];
		unsigned shown = mask_of(result, e->name), most;

		if (e == mask)
			continue;
		most = limit_of(f, e->name);
		withheld |= is_tightened(f, e->name) && e->bits & shown & ~most;
		e->bits &= most | ~shown;
	}
	return withheld;
}

/* A mask of others opens for the group, and shows nothing more of what they gave somebody by name. */
static void open_mask(const struct rights *ours, struct rights *result)
{
	const struct entry *group = find(ours, GROUP_ENTRY);
	struct entry *mask = find(ours, MASK_ENTRY) ? NULL : find(result, MASK_ENTRY);

	for (size_t i = 0; mask && group && i < result->count; i++)
		if (!find(ours, result->items[i].name))
			result->items[i].bits &= mask->bits;
	if (mask && group)
		mask->bits |= group->bits;
}

/* As if nobody had narrowed what they did: what we found is there again. */
static void give_back(const struct rights *ours, struct rights *result)
{
	for (size_t i = 0; i < result->count; i++) {
		const struct entry *e = find(ours, result->items[i].name);

		if (e)
			result->items[i].bits |= e->bits;
	}
	open_mask(ours, result);
}

static void rights_copy(struct rights *ret, const struct rights *from)
{
	for (size_t i = 0; i < from->count; i++)
		add(ret, from->items[i].name, strlen(from->items[i].name), from->items[i].bits);
}

static bool follow_foreign(struct foreign *f, struct rights *now, bool ours_first)
{
	CLEANUP(rights_clear) struct rights ours = {0};
	bool withheld;

	rights_copy(&ours, now);
	f->ours = &ours;
	follow(f->base, f->other, now);
	withheld = limit(f, now);
	if (withheld && ours_first)
		give_back(&ours, now);
	return withheld;
}

static void follow_default(const char *base, const char *other, struct node *ours)
{
	CLEANUP(rights_clear) struct rights from = {0}, to = {0}, now = {0};
	CLEANUP(freep) char *text = NULL;

	if (strcmp_null(base, other) == 0)
		return;
	from_text(&from, base ? base : "");
	from_text(&to, other ? other : "");
	from_text(&now, ours->default_acl ? ours->default_acl : "");
	follow(&from, &to, &now);
	if (to_text(&now, false, &text))
		str_replace(&ours->default_acl, text);
}

static bool follow_foreign_default(const char *base, const char *other, struct node *ours,
				   bool ours_first)
{
	CLEANUP(rights_clear) struct rights from = {0}, to = {0}, now = {0};
	struct foreign f = {.base = &from, .other = &to};
	CLEANUP(freep) char *text = NULL;
	bool withheld;

	if (strcmp_null(base, other) == 0)
		return false;
	from_text(&from, base ? base : "");
	from_text(&to, other ? other : "");
	from_text(&now, ours->default_acl ? ours->default_acl : "");
	withheld = follow_foreign(&f, &now, ours_first);
	str_replace(&ours->default_acl, to_text(&now, false, &text) ? text : other);
	return withheld;
}

/* Of directories set-group-id says but whose new files are. */
static unsigned gained_identity(const struct node *base, const struct node *other)
{
	return other->kind == NODE_DIR ? 0 : other->mode & ~base->mode & (S_ISUID | S_ISGID);
}

bool rights_follow(const struct node *base, const struct node *other, struct node *ours,
		   bool ours_first)
{
	CLEANUP(rights_clear) struct rights from = {0}, to = {0}, now = {0};
	struct foreign f = {.base = &from,
			    .other = &to,
			    .moved_owner = base->uid != other->uid,
			    .moved_group = base->gid != other->gid,
			    .runs_as = gained_identity(base, other)};
	unsigned special = step_bits(base->mode, other->mode, ours->mode) & SPECIAL;
	bool withheld;

	from_node(&from, base);
	from_node(&to, other);
	from_node(&now, ours);
	withheld = follow_foreign(&f, &now, ours_first);
	if (withheld && ours_first)
		special &= ~gained_identity(base, other);
	to_node(&now, ours, other);
	ours->mode = (ours->mode & 0777) | special;
	return follow_foreign_default(base->default_acl, other->default_acl, ours, ours_first) ||
	       withheld;
}

static mode_t parse_mode(const char *text)
{
	return text ? (mode_t)strtoul(text, NULL, 8) & 07777 : 0;
}

/* Of a path with an access list the mode's group is the mask. */
static void follow_mode(mode_t before, mode_t after, struct node *ours)
{
	CLEANUP(rights_clear) struct rights now = {0};
	const char *const names[] = {OWNER_ENTRY, GROUP_ENTRY, MASK_ENTRY, OTHER_ENTRY};
	static const unsigned shift[] = {6, 3, 3, 0};

	from_node(&now, ours);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct entry *e = find(&now, names[i]);

		if (e)
			e->bits = step_bits(before >> shift[i] & 7, after >> shift[i] & 7, e->bits);
	}
	to_node(&now, ours, ours);
	ours->mode = (ours->mode & 0777) | (step_bits(before, after, ours->mode) & SPECIAL);
}

void rights_edit(const struct edit *edit, struct node *ours)
{
	CLEANUP(rights_clear) struct rights from = {0}, to = {0}, now = {0};

	if (edit->subject.scheme == SCHEME_MODE) {
		follow_mode(edit->before ? parse_mode(edit->before) : 07777,
			    parse_mode(edit->after), ours);
		return;
	}
	if (edit->subject.scheme == SCHEME_DEFAULT_ACL) {
		follow_default(edit->before, edit->after, ours);
		return;
	}
	from_text(&from, edit->before ? edit->before : "");
	from_text(&to, edit->after ? edit->after : "");
	from_node(&now, ours);
	follow(&from, &to, &now);
	to_node(&now, ours, ours);
}

char *rights_mode(const char *before, const char *after, const char *now)
{
	return xasprintf("%04o", step_bits(parse_mode(before), parse_mode(after), parse_mode(now)));
}
