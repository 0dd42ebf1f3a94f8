#include "modules/common/node-access.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/macros.h"
#include "engine/base/strv.h"

/* One entry of an access list: "user:1000:rwx". */
struct entry {
	bool user, group, mask; /* else it is that of others */
	bool named;
	unsigned id;
	unsigned rights;
};

static unsigned rights_of(const char *text)
{
	return (strchr(text, 'r') ? ACCESS_READ : 0U) | (strchr(text, 'w') ? ACCESS_WRITE : 0U) |
	       (strchr(text, 'x') ? ACCESS_PASS : 0U);
}

static bool parse(const char *text, struct entry *ret)
{
	const char *first = strchr(text, ':'), *second = first ? strchr(first + 1, ':') : NULL;

	if (!second)
		return false;
	*ret = (struct entry){.user = *text == 'u',
			      .group = *text == 'g',
			      .mask = *text == 'm',
			      .named = second > first + 1,
			      .rights = rights_of(second + 1)};
	return !ret->named || sscanf(first + 1, "%u", &ret->id) == 1;
}

/* What an access list says, in the kernel's order: the owner, a named user, the groups, others. */
struct answer {
	bool user_found, group_found;
	unsigned user, group, others, mask;
};

static void take(struct answer *a, const struct entry *e, const struct node *n, uid_t uid,
		 gid_t gid)
{
	if (e->mask) {
		a->mask = e->rights;
	} else if (e->user && e->named && e->id == uid) {
		a->user_found = true;
		a->user = e->rights;
	} else if (e->group && (e->named ? e->id : n->gid) == gid) {
		a->group_found = true;
		a->group |= e->rights;
	} else if (!e->user && !e->group) {
		a->others = e->rights;
	}
}

static unsigned by_list(const struct node *n, uid_t uid, gid_t gid)
{
	CLEANUP(strv_clear) struct strv entries = {0};
	struct answer a = {.mask = ACCESS_READ | ACCESS_WRITE | ACCESS_PASS};
	struct entry e;

	strv_split(&entries, n->acl, ",");
	for (size_t i = 0; i < entries.count; i++) {
		if (!parse(entries.items[i], &e))
			return 0;
		if (e.user && !e.named && n->uid == uid)
			return e.rights;
		take(&a, &e, n, uid, gid);
	}
	if (a.user_found)
		return a.user & a.mask;
	return a.group_found ? a.group & a.mask : a.others;
}

unsigned node_access(const struct node *n, uid_t uid, gid_t gid)
{
	if (n->acl)
		return by_list(n, uid, gid);
	if (n->uid == uid)
		return n->mode >> 6 & 7;
	return n->gid == gid ? n->mode >> 3 & 7 : n->mode & 7;
}
