#include "engine/effect/api-place.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/api-client.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/url-host.h"

#define UNIX "unix://"
#define SYSTEMDS_MODE "0666" /* of systemd.socket(5), where nothing says another */
#define DOCKERDS_MODE 0660
#define DOCKERDS_GROUP "docker"

void api_place_clear(struct api_place *p)
{
	free(p->at);
	free(p->end);
	free(p->own);
	free(p->clients);
	*p = (struct api_place){0};
}

bool api_path_is(const char *a, const char *b)
{
	return strcmp(path_without_var(a), path_without_var(b)) == 0;
}

/* The socket unit that listens there; NULL: none does. */
static const struct unit_facts *unit_at(const struct facts *f, const char *path)
{
	for (size_t i = 0; i < f->nunits; i++) {
		const struct unit_facts *u = &f->units[i];

		for (size_t k = 0; unit_opens_api(u) && k < u->listens.count; k++)
			if (api_path_is(u->listens.items[k], path))
				return u;
	}
	return NULL;
}

/* Without any hosts dockerd listens at its own socket. */
static bool hosts_have(const struct settings *s, const char *path)
{
	const struct setting *hosts = settings_find(s, "hosts");
	CLEANUP(strv_clear) struct strv entries = {0};

	url_hosts_read(hosts ? hosts->value : NULL, &entries);
	for (size_t i = 0; i < entries.count; i++)
		if (starts_with(entries.items[i], UNIX) &&
		    api_path_is(skip_prefix(entries.items[i], UNIX), path))
			return true;
	return entries.count == 0 && api_path_is(path, "/run/docker.sock");
}

/* What stays open from a start of which no setting tells any more is asked for by nobody. */
static bool is_asked_tcp(const struct docker_facts *d, const char *end)
{
	CLEANUP(strv_clear) struct strv told = {0};

	for (size_t i = 0; i < d->tcp_listeners.count; i++)
		if (!strv_contains(&d->tcp_unlisted, d->tcp_listeners.items[i]))
			strv_add(&told, d->tcp_listeners.items[i]);
	return api_hosts_cover(&told, end);
}

bool api_place_is_asked(const struct facts *f, const struct api_place *p)
{
	if (p->end)
		return is_asked_tcp(&f->docker, p->end);
	return hosts_have(&f->docker.next, p->at) || unit_at(f, p->at);
}

static bool group_writes(const struct node *n)
{
	const char *entry = n->acl ? strstr(n->acl, "group::") : NULL;

	if (!(n->mode & S_IWGRP))
		return false; /* with a list that is its mask */
	return !n->acl ||
	       (entry && entry[strlen("group::")] && entry[strlen("group::") + 1] == 'w');
}

struct api_grants api_grants_of(const struct node *n)
{
	if (n->kind != NODE_SOCKET)
		return (struct api_grants){0};
	return (struct api_grants){true, n->mode & S_IWOTH, group_writes(n), n->gid};
}

static struct api_grants by_mode(mode_t mode, gid_t gid)
{
	return (struct api_grants){true, mode & S_IWOTH, mode & S_IWGRP, gid};
}

struct api_grants api_grants_asked(const struct facts *f, const char *path,
				   gid_t (*number)(const char *group))
{
	const struct unit_facts *u = unit_at(f, path);
	const struct setting *s = settings_find(&f->docker.next, "group");
	CLEANUP(freep) char *group = NULL;
	const char *mode;

	if (!u) {
		group = s && s->value ? json_value_to_string(s->value) : NULL;
		return by_mode(DOCKERDS_MODE, number(group && *group ? group : DOCKERDS_GROUP));
	}
	mode = u->listen_mode && *u->listen_mode ? u->listen_mode : SYSTEMDS_MODE;
	return by_mode((mode_t)strtoul(mode, NULL, 8),
		       u->listen_group && *u->listen_group ? number(u->listen_group) : 0);
}

static bool lets_in(const struct api_grants *g, gid_t gid)
{
	return g->everyone || (g->group && g->gid == gid);
}

char *api_grants_lost(const struct api_grants *before, const struct api_grants *now,
		      const struct api_grants *asked)
{
	if (!before->socket || !now->socket)
		return NULL;
	if (before->everyone && asked->everyone && !now->everyone)
		return xstrdup("every account");
	if (before->group && before->gid != 0 && lets_in(asked, before->gid) &&
	    !lets_in(now, before->gid))
		return xasprintf("the group %u", (unsigned)before->gid);
	return NULL;
}
