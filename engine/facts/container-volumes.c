#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/json-util.h"
#include "engine/format/mount-table.h"
#include "engine/host/read/observe.h"

/*
 * Volumes that dockerd mounts itself (docker volume create -o type=nfs ...). 20.10.24 unmounts each at
 * its start and counts its users from none: containers that run keep the mount of their own, the host
 * sees the bare directory below it, and of a file system in memory the next one gets another. 26.1.5
 * and 28.5.2 leave them; of those between nobody has measured it. A mount that somebody made by hand
 * over a plain volume stays with all.
 */

#define KEEPS_MOUNTS "26.1"

/* What is read once, for all containers. */
struct volumes {
	const struct root *root;
	char *at; /* the directory of all, canonical: the kernel tells mounts so */
	struct mount_table host;
	bool known; /* whether the host's mounts are */
};

static void volumes_clear(struct volumes *v)
{
	free(v->at);
	mount_table_clear(&v->host);
}

static void volumes_read(const struct gather *g, struct volumes *ret)
{
	const struct docker_facts *d = &g->facts->docker;
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(freep)
	char *path = d->data_root ? xasprintf("%s/volumes", d->data_root) : NULL, *real = NULL;

	ret->root = g->root;
	if (path && observe(g->root, path, 0, &node, &real, NULL) >= 0)
		ret->at = real ? TAKE_PTR(real) : TAKE_PTR(path);
	ret->known = ret->at && g->facts->mounts;
	if (ret->known)
		mount_table_parse(&ret->host, g->facts->mounts);
}

int volume_mount_type(const struct root *root, const char *directory, char **ret_type)
{
	CLEANUP(freep) char *path = xasprintf("%s/opts.json", directory);
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(json_decrefp) json_t *options = NULL;
	int r = observe_content(root, path, &text, NULL);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	options = json_loadb(buf_str(&text), text.len, 0, NULL);
	if (!json_is_object(options))
		return -EINVAL;
	*ret_type = xstrdup(json_text_of(options, "MountType"));
	return **ret_type || *json_text_of(options, "MountDevice");
}

/* A new mount of these has nothing in it. */
static bool is_memory(const char *type)
{
	return strcmp(type, "tmpfs") == 0 || strcmp(type, "ramfs") == 0;
}

static void tell(struct container *c, const char *volume, const char *at, const char *type)
{
	CLEANUP(freep)
	char *text = xasprintf("%s the mount of its volume '%s' on the host, where '%s' is a bare "
			       "directory then, to backups as well%s",
			       type ? "loses" : "may lose", volume, at,
			       type && is_memory(type)
				       ? ", and who starts with the volume gets an empty one"
				       : "");

	strv_add_once(&c->loses, text);
	if (type && is_memory(type))
		strv_add_once(&c->empty_volumes, volume);
}

static void find_mount(const struct volumes *v, struct container *c, const char *volume)
{
	CLEANUP(freep)
	char *directory = xasprintf("%s/%s", v->at ? v->at : "volumes", volume),
	     *at = xasprintf("%s/_data", directory), *type = NULL;
	int r;

	/* taken by an earlier start already */
	if (v->known && !mount_at(&v->host, at))
		return;
	r = v->at ? volume_mount_type(v->root, directory, &type) : -ENOENT;
	if (r != 0)
		tell(c, volume, at, r > 0 ? type : NULL);
}

void gather_container_volumes(struct gather *g)
{
	const struct docker_facts *d = &g->facts->docker;
	CLEANUP(volumes_clear) struct volumes v = {0};
	struct containers all;

	if (!containers_get(&d->containers, &all) ||
	    (d->version && engine_version_compare(d->version, KEEPS_MOUNTS) >= 0))
		return;
	volumes_read(g, &v);
	for (size_t i = 0; i < all.count; i++) {
		struct container *c = &g->facts->docker.containers.seen[i];

		for (size_t k = 0; c->running && k < c->nmounts; k++)
			if (c->mounts[k].volume && strcmp_null(c->mounts[k].type, "volume") == 0)
				find_mount(&v, c, c->mounts[k].volume);
	}
}
