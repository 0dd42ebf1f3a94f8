#include "engine/plan/socket-access.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/api-socket.h"

#define DROPINS "/docker.socket.d/"

/* Besides root, whom nothing keeps out. */
struct callers {
	bool everyone;
	struct strv users, groups;
};

static void callers_clear(struct callers *c)
{
	strv_clear(&c->users);
	strv_clear(&c->groups);
}

/* The n-th field of a line of passwd or group; the caller frees it. */
static char *field(const char *line, int n)
{
	for (; n > 0 && line; n--) {
		line = strchr(line, ':');
		line = line ? line + 1 : NULL;
	}
	return line ? xstrndup(line, strcspn(line, ":")) : NULL;
}

static void lines_of(const struct view *v, const char *path, struct strv *ret)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (view_content_if_any(v, path, &text, NULL) > 0)
		strv_split(ret, buf_str(&text), "\n");
}

static bool field_is(const char *line, int n, const char *value)
{
	CLEANUP(freep) char *is = field(line, n);

	return strcmp_null(is, value) == 0;
}

/* The first field of the line whose third is that number, or "user 77"; the caller frees it. */
static char *name_of(const struct strv *lines, const char *kind, const char *id)
{
	for (size_t i = 0; i < lines->count; i++)
		if (field_is(lines->items[i], 2, id))
			return field(lines->items[i], 0);
	return xasprintf("%s %s", kind, id);
}

static void add_user(const struct view *v, const char *id, struct callers *ret)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(freep) char *name = NULL;

	if (strcmp(id, "0") == 0)
		return;
	lines_of(v, "/etc/passwd", &lines);
	name = name_of(&lines, "user", id);
	strv_add_once(&ret->users, name);
}

static void add_listed(const struct strv *groups, const char *id, struct callers *ret)
{
	for (size_t i = 0; i < groups->count; i++) {
		CLEANUP(freep) char *list = NULL;
		CLEANUP(strv_clear) struct strv names = {0};

		if (!field_is(groups->items[i], 2, id))
			continue;
		list = field(groups->items[i], 3);
		strv_split(&names, list ? list : "", ",");
		for (size_t k = 0; k < names.count; k++)
			if (*names.items[k])
				strv_add_once(&ret->users, names.items[k]);
	}
}

/* With its members; other directories than these files may name more, so the group stands for itself. */
static void add_group(const struct view *v, const char *id, struct callers *ret)
{
	CLEANUP(strv_clear) struct strv groups = {0}, accounts = {0};
	CLEANUP(freep) char *name = NULL;

	lines_of(v, "/etc/group", &groups);
	lines_of(v, "/etc/passwd", &accounts);
	name = name_of(&groups, "with number", id);
	strv_add_once(&ret->groups, name);
	add_listed(&groups, id, ret);
	for (size_t i = 0; i < accounts.count; i++)
		if (field_is(accounts.items[i], 3, id) && !field_is(accounts.items[i], 2, "0")) {
			CLEANUP(freep) char *user = field(accounts.items[i], 0);

			strv_add_once(&ret->users, user);
		}
}

/* Connecting takes the right to write. "group:60:rw-" */
static bool writes(const char *entry)
{
	size_t n = strlen(entry);

	return n > 3 && entry[n - 2] == 'w';
}

static void add_entry(const struct view *v, const struct node *n, const char *entry,
		      struct callers *ret)
{
	bool group = starts_with(entry, "group:");
	CLEANUP(freep) char *id = field(entry, 1);
	CLEANUP(freep) char *own = xasprintf("%u", n->gid);

	if (!writes(entry) || !id)
		return;
	if (group)
		add_group(v, *id ? id : own, ret);
	else if (starts_with(entry, "user:") && *id)
		add_user(v, id, ret);
}

static void callers_of(const struct view *v, const struct node *n, struct callers *ret)
{
	CLEANUP(strv_clear) struct strv entries = {0};
	CLEANUP(freep) char *uid = xasprintf("%u", n->uid), *gid = xasprintf("%u", n->gid);

	if (n->kind != NODE_SOCKET)
		return;
	ret->everyone = n->mode & S_IWOTH;
	if (n->mode & S_IWUSR)
		add_user(v, uid, ret);
	if (n->acl)
		strv_split(&entries, n->acl, ",");
	else if (n->mode & S_IWGRP)
		add_group(v, gid, ret);
	/* with a list the group's bits of the mode are its mask */
	for (size_t i = 0; (n->mode & S_IWGRP) && i < entries.count; i++)
		add_entry(v, n, entries.items[i], ret);
}

static void apply_attribute(struct node *n, const struct edit *e)
{
	const bool acl = e->subject.scheme == SCHEME_ACL;

	if (e->subject.scheme == SCHEME_OWNER && e->after)
		n->uid = (uid_t)strtoul(e->after, NULL, 10);
	else if (e->subject.scheme == SCHEME_GROUP && e->after)
		n->gid = (gid_t)strtoul(e->after, NULL, 10);
	else if (e->subject.scheme == SCHEME_MODE && e->after)
		n->mode = (mode_t)strtoul(e->after, NULL, 8);
	else if (acl)
		str_replace(&n->acl, e->after);
	if (acl && e->after) {
		const char *mask = strstr(e->after, "mask::"), *other = strstr(e->after, "other::");

		if (mask && strlen(mask) > 7)
			n->mode = (n->mode & ~(mode_t)S_IWGRP) | (mask[7] == 'w' ? S_IWGRP : 0);
		if (other && strlen(other) > 8)
			n->mode = (n->mode & ~(mode_t)S_IWOTH) | (other[8] == 'w' ? S_IWOTH : 0);
	}
}

/* A number, or one that the host's files give the name; false: there is no such account. */
static bool number_of(const struct view *v, const char *file, const char *name, unsigned *ret)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(freep) char *number = NULL;

	lines_of(v, file, &lines);
	for (size_t i = 0; i < lines.count && !number; i++)
		if (field_is(lines.items[i], 0, name))
			number = field(lines.items[i], 2);
	if (!number && strspn(name, "0123456789") == strlen(name))
		number = xstrdup(name);
	if (number)
		*ret = (unsigned)strtoul(number, NULL, 10);
	return number != NULL;
}

/* What is done, by a control or by a whole way back, and what is found of it. */
struct deeds {
	const struct edit *const *edits; /* in their order: the last one on a subject decides */
	size_t count;
	unsigned handlers;
	bool unsure; /* what the socket will be told rests on files that nobody looked at */
	struct strv *ret; /* the lines */
};

/* What is set of the unit that makes the socket; NULL: nothing, or what its other files say, which is not known. */
static const char *planned_setting(struct deeds *d, const char *key)
{
	CLEANUP(freep) char *name = xasprintf("Socket/%s", key);
	const struct subject subject = subject_of(SCHEME_UNIT, name);

	for (size_t i = d->count; i-- > 0;)
		if (strstr(d->edits[i]->path, DROPINS) &&
		    subject_equal(d->edits[i]->subject, subject)) {
			d->unsure |= !d->edits[i]->after;
			return d->edits[i]->after;
		}
	return NULL;
}

/* As whoever listens makes it: without a list, with the mode and the group that it is told. */
static void make_anew(const struct view *v, struct deeds *d, struct node *n)
{
	bool by_systemd = d->handlers & HANDLER_BIT(HANDLER_DOCKER_SOCKET);
	const struct unit_facts *u = facts_unit(v->facts, "docker.socket");
	const char *mode = planned_setting(d, "SocketMode"),
		   *user = planned_setting(d, "SocketUser");
	CLEANUP(freep) char *named = api_socket_group(v->facts);
	const char *group = planned_setting(d, "SocketGroup");

	if (!mode)
		mode = !by_systemd ? "0660" : u && u->listen_mode ? u->listen_mode : "0666";
	if (!group)
		group = named ? named : by_systemd ? "root" : "docker";
	n->mode = (mode_t)strtoul(mode, NULL, 8);
	str_replace(&n->acl, NULL);
	if (!number_of(v, "/etc/group", group, &n->gid))
		n->gid = 0;
	if (user)
		number_of(v, "/etc/passwd", user, &n->uid);
	else if (!by_systemd)
		n->uid = 0;
}

static void without(const struct strv *a, const struct strv *b, const char *prefix,
		    struct strv *ret)
{
	for (size_t i = 0; i < a->count; i++)
		if (!strv_contains(b, a->items[i]))
			strv_addf(ret, "%s%s", prefix, a->items[i]);
}

static void warn(const char *path, const struct callers *now, const struct callers *then,
		 const struct deeds *d)
{
	CLEANUP(strv_clear) struct strv lost = {0}, stay = {0};
	CLEANUP(freep) char *list = NULL;
	const char *will = d->unsure ? "may not" : "will not";

	if (then->everyone)
		return;
	without(&now->users, &then->users, "", &lost);
	without(&now->groups, &then->groups, "group ", &lost);
	list = strv_join(&lost, ", ");
	if (lost.count > 0 && !now->everyone)
		strv_addf(d->ret, "%s can use the API by '%s' and %s any more", list, path, will);
	if (!now->everyone)
		return;
	strv_add(&stay, "root");
	strv_add_all(&stay, &then->users);
	without(&then->groups, &stay, "group ", &stay);
	free(TAKE_PTR(list));
	list = strv_join(&stay, ", ");
	strv_addf(d->ret,
		  "every account of this host can use the API by '%s' and %s any more, but for %s",
		  path, will, list);
}

static void look(const struct view *v, const char *path, struct deeds *d)
{
	CLEANUP(callers_clear) struct callers now = {0}, then = {0};
	CLEANUP(node_clear) struct node node = {0};
	bool touched = false;

	if (view_node(v, path, &node, NULL) < 0 || node.kind != NODE_SOCKET)
		return;
	callers_of(v, &node, &now);
	d->unsure = false;
	if (api_socket_is_made_anew(v->facts, d->handlers)) {
		make_anew(v, d, &node);
		touched = true;
	}
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->edits[i]->path, path) == 0) {
			apply_attribute(&node, d->edits[i]);
			touched = true;
		}
	if (!touched)
		return;
	callers_of(v, &node, &then);
	warn(path, &now, &then, d);
}

/* Each socket once, by whichever of its names. */
static void look_all(const struct view *v, struct deeds *d)
{
	CLEANUP(strv_clear) struct strv paths = {0}, seen = {0};

	if (!d->handlers && !d->count)
		return; /* most controls touch nothing */
	api_socket_paths(v->facts, &paths);
	for (size_t i = 0; i < paths.count; i++) {
		CLEANUP(freep) char *canonical = NULL;

		if (view_resolve(v, paths.items[i], &canonical, NULL) < 0 ||
		    strv_contains(&seen, canonical))
			continue;
		strv_add(&seen, canonical);
		look(v, canonical, d);
	}
}

static void add_edits(const struct edits *from, const struct edit ***edits, size_t *count)
{
	for (size_t i = 0; i < from->count; i++)
		*(const struct edit **)array_append(edits, count, sizeof(**edits)) =
			&from->items[i];
}

void warn_lost_access(const struct view *v, struct delta *d)
{
	const struct edit **edits = NULL;
	struct deeds deeds = {.ret = &d->warnings};

	add_edits(&d->edits, &edits, &deeds.count);
	for (size_t i = 0; i < d->effects.count; i++)
		deeds.handlers |= HANDLER_BIT(d->effects.items[i].handler);
	deeds.edits = edits;
	look_all(v, &deeds);
	free(edits);
}

void plan_lost_access(const struct view *v, const struct plan *plan, struct strv *ret)
{
	const struct edit **edits = NULL;
	struct deeds deeds = {.handlers = plan_handlers(plan), .ret = ret};

	for (size_t i = 0; i < plan->nchanges; i++)
		add_edits(&plan->changes[i].edits, &edits, &deeds.count);
	deeds.edits = edits;
	look_all(v, &deeds);
	free(edits);
}
