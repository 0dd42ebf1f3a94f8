#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/schemes/json-text.h"
#include "modules/common/account.h"
#include "modules/common/node-access.h"
#include "modules/daemon/guards.h"
#include "modules/daemon/value.h"

/*
 * What of the host's files a container could not use any more that is made anew with users mapped (userns-remap): its
 * root is an id of the range then, and what root may beyond the mode counts for files of mapped ids alone. Seen with
 * 20.10.24 (runc 1.1.5) and 26.1.5 (1.1.15): what the source of a bind mount itself allows decides. The directories
 * above it do not, since runc opens it before it maps; one before 1.1 opened it afterwards, and then no container
 * started whose root may not pass them.
 */

#define ACCOUNT "dockremap"
#define OPENS_BEFORE "1.1"
#define NOBODY 0xfffffffeU /* an id that owns nothing, and is in no list */

/* One range of ids of the host: those of the containers, from 0 on. */
struct range {
	unsigned long first, count; /* 0: not known */
};

struct mapping {
	struct range users, groups;
};

/* As whom one container would look at the host. */
struct mapped_user {
	const struct mapping *mapping;
	unsigned long inside; /* its user's number there */
	bool known; /* that is known, and the range */
	uid_t uid; /* of the host */
	gid_t gid;
};

/* The account may come with the same plan: then its range is among the edits. */
static const char *planned_line(const struct delta *d, const char *file)
{
	for (size_t i = 0; i < d->edits.count; i++) {
		const struct edit *e = &d->edits.items[i];

		if (strcmp(e->path, file) == 0 && e->subject.scheme == SCHEME_ENTRY)
			return e->after;
	}
	return NULL;
}

/* Of an account with several ranges which of them is taken first is not told: then it is not known. */
static struct range range_of(const struct view *v, const struct delta *d, const char *file,
			     const char *name)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	const char *line = planned_line(d, file);
	struct range ret = {0};
	size_t found = 0;

	if (line)
		strv_add(&lines, line);
	else if (account_lines(v, file, &lines, NULL) < 0)
		return ret;
	for (size_t i = 0; i < lines.count; i++) {
		if (!skip_key(lines.items[i], name, ':'))
			continue;
		found++;
		if (account_number(lines.items[i], 1, &ret.first) < 0 ||
		    account_number(lines.items[i], 2, &ret.count) < 0)
			ret.count = 0;
	}
	return found == 1 ? ret : (struct range){0};
}

static void read_mapping(const struct view *v, const struct delta *d, const char *value,
			 struct mapping *ret)
{
	CLEANUP(freep) char *text = json_value_to_string(value);
	CLEANUP(freep) char *user = text ? account_field(text, 0) : NULL;
	CLEANUP(freep) char *group = text ? account_field(text, 1) : NULL;

	if (!user)
		return;
	if (strcmp(user, "default") == 0)
		str_replace(&user, ACCOUNT);
	ret->users = range_of(v, d, "/etc/subuid", user);
	ret->groups = range_of(v, d, "/etc/subgid", group ? group : user);
}

static bool in_range(const struct range *r, unsigned long id)
{
	return id >= r->first && id - r->first < r->count;
}

/* "1000", "1000:100"; nothing is root. False: a name, of which the image alone has the number. */
static bool number_inside(const char *user, size_t field, unsigned long *ret)
{
	CLEANUP(freep) char *part = user ? account_field(user, field) : NULL;

	*ret = 0;
	if (!part || !*part)
		return field == 0;
	return strcmp(part, "root") == 0 || account_number(user, field, ret) == 0;
}

/* Of one that runs the kernel knows; of one that does not, what it was asked for with. */
static void find_user(const struct mapping *mapping, const struct container *c,
		      struct mapped_user *ret)
{
	unsigned long gid = 0;

	*ret = (struct mapped_user){.mapping = mapping, .uid = NOBODY, .gid = NOBODY};
	if (c->inside_uid >= 0) {
		ret->inside = (unsigned long)c->inside_uid;
		ret->known = true;
	} else {
		ret->known = number_inside(c->user, 0, &ret->inside);
	}
	ret->known &= ret->inside < mapping->users.count;
	if (!ret->known)
		return;
	ret->uid = (uid_t)(mapping->users.first + ret->inside);
	if ((ret->inside == 0 || number_inside(c->user, 1, &gid)) && gid < mapping->groups.count)
		ret->gid = (gid_t)(mapping->groups.first + gid);
}

/* The root of the container has its powers over what belongs to mapped ids. */
static unsigned access_of(const struct mapped_user *u, const struct node *n)
{
	const struct mapping *m = u->mapping;

	if (u->known && u->inside == 0 && in_range(&m->users, n->uid) &&
	    in_range(&m->groups, n->gid))
		return ACCESS_READ | ACCESS_WRITE | ACCESS_PASS;
	return node_access(n, u->uid, u->gid);
}

/* "id 100000 (its user 0)"; the caller frees it. */
static char *who(const struct mapped_user *u)
{
	return u->known ? xasprintf("id %u (its user %lu)", u->uid, u->inside)
			: xstrdup("an id that is not known before");
}

/* A socket is connected to by who may write it. */
static unsigned lack_of(const struct mapped_user *u, const struct container_mount *m,
			const struct node *n)
{
	unsigned want = ACCESS_READ | (m->writable ? ACCESS_WRITE : 0U) |
			(n->kind == NODE_DIR ? ACCESS_PASS : 0U);

	if (n->kind == NODE_SOCKET)
		want = ACCESS_WRITE;
	return want & ~access_of(u, n);
}

static void hold_source(const struct container *c, const struct mapped_user *u,
			const struct container_mount *m, const struct node *n, struct delta *d)
{
	CLEANUP(freep) char *as = who(u);
	unsigned lack = lack_of(u, m, n);
	bool reads = lack & (ACCESS_READ | ACCESS_PASS), writes = lack & ACCESS_WRITE;

	if (lack == 0)
		return;
	strv_addf(&d->holds,
		  "container %s, made anew, %s not %s '%s' (at '%s'): it is looked at as %s, and "
		  "belongs to %u:%u with mode %04o%s%s",
		  container_label(c), u->known ? "could" : "may",
		  reads && writes ? "read or write"
		  : reads         ? "read"
				  : "write",
		  m->source, m->target, as, n->uid, n->gid, (unsigned)n->mode,
		  n->acl ? " and access list " : "", n->acl ? n->acl : "");
}

/* What of the host's runc is known: whether it opens the sources before users are mapped. */
static bool opens_before(const struct docker_facts *docker, const struct container *c)
{
	if (c->runtime && *c->runtime && strcmp(c->runtime, "runc") != 0 &&
	    strcmp(c->runtime, "io.containerd.runc.v2") != 0)
		return false;
	for (size_t i = 0; i < docker->ncomponents; i++)
		if (strcmp(docker->components[i].name, "runc") == 0)
			return engine_version_compare(docker->components[i].version,
						      OPENS_BEFORE) >= 0;
	return false;
}

/* Its root opens them, whoever it runs as thereafter. */
static void hold_way(const struct view *v, const struct container *c, const struct mapping *mapping,
		     const struct container_mount *m, const char *real, struct delta *d)
{
	const struct container as_root = {.inside_uid = 0};
	CLEANUP(freep) char *path = xstrdup(real), *as = NULL;
	struct mapped_user u;

	find_user(mapping, &as_root, &u);
	as = who(&u);
	while (path_up(path)) {
		CLEANUP(node_clear) struct node node = {0};

		if (view_node(v, path, &node, NULL) < 0 || node.kind != NODE_DIR ||
		    access_of(&u, &node) & ACCESS_PASS)
			continue;
		strv_addf(&d->holds,
			  "container %s, made anew, may not start with '%s' mounted: %s may not "
			  "pass '%s' (mode %04o), as a runc before " OPENS_BEFORE " needs it to",
			  container_label(c), m->source, as, path, (unsigned)node.mode);
	}
}

static void guard_mount(const struct view *v, const struct container *c,
			const struct mapping *mapping, const struct container_mount *m,
			struct delta *d)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(freep) char *real = NULL;
	struct mapped_user u;
	int r = view_resolve(v, m->source, &real, &err);

	if (r >= 0)
		r = view_node(v, m->source, &node, &err);
	if (r >= 0 && node.kind == NODE_UNKNOWN)
		r = error_errno_at(&err, node.error, m->source, "cannot look at '%s'", m->source);
	if (r < 0) {
		strv_addf(&d->holds,
			  "whether container %s, made anew, could read '%s' (at '%s') is not "
			  "known: %s",
			  container_label(c), m->source, m->target, error_text(&err));
		return;
	}
	if (node.kind == NODE_ABSENT)
		return;
	find_user(mapping, c, &u);
	hold_source(c, &u, m, &node, d);
	if (!opens_before(&v->facts->docker, c))
		hold_way(v, c, mapping, m, real, d);
}

/* Directories of the host; a volume that dockerd keeps itself is another one then, and empty. */
static bool is_of_host(const struct docker_facts *docker, const struct container_mount *m)
{
	CLEANUP(freep)
	char *volumes = docker->data_root ? xasprintf("%s/volumes", docker->data_root) : NULL;

	if (!m->source || m->source[0] != '/')
		return false;
	if (strcmp_null(m->type, "bind") == 0)
		return true;
	return strcmp_null(m->type, "volume") == 0 && volumes &&
	       !path_is_within(m->source, volumes);
}

void docker_guards_mapped(const struct view *v, const char *value, struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;
	struct mapping mapping = {0};
	struct containers all;

	/* who could not look at them has said so: guards-userns.c */
	if (!daemon_userns_on(value) || !containers_get(&docker->containers, &all))
		return;
	read_mapping(v, d, value, &mapping);
	for (size_t i = 0; i < all.count; i++) {
		const struct container *c = &all.items[i];

		if (strcmp_null(c->userns_mode, "host") == 0)
			continue;
		for (size_t k = 0; k < c->nmounts; k++)
			if (is_of_host(docker, &c->mounts[k]))
				guard_mount(v, c, &mapping, &c->mounts[k], d);
	}
}
