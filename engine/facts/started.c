#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/facts/container-disk.h"
#include "engine/facts/parts.h"
#include "engine/format/container-info.h"
#include "engine/format/daemon-info.h"
#include "engine/host/read/observe.h"

/*
 * Containers that do not run and that dockerd starts with itself: those that it lists, and those of
 * another data root, which it would look into where users are remapped, or are no more.
 */

/* `docker stop` is remembered on disk alone. Where it cannot be read, the container may start. */
static bool was_stopped_by_hand(const struct gather *g, const char *data_root,
				const struct container *c)
{
	CLEANUP(freep)
	char *path = xasprintf("%s/containers/%s/config.v2.json", data_root ? data_root : "",
			       c->id ? c->id : "");
	CLEANUP(buf_clear) struct buf text = {0};

	return observe_content(g->root, path, &text, NULL) >= 0 &&
	       container_info_was_stopped_by_hand(&text);
}

static bool starts_with_dockerd(const struct gather *g, const char *data_root,
				const struct container *c)
{
	const char *policy = c->restart_policy ? c->restart_policy : "no";

	return container_info_comes_up(c, strcmp(policy, "unless-stopped") == 0 &&
						  was_stopped_by_hand(g, data_root, c));
}

/*
 * Nobody ended it: its policy had dockerd start it again, and that failed (seen with 20.10.24, whose
 * restart finds the port of a crash loop taken by itself). To try it again is no new doing.
 */
static bool is_tried_again(const struct gather *g, const struct container *c)
{
	return c->start_failed && !was_stopped_by_hand(g, g->facts->docker.data_root, c);
}

static void gather_listed(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;

	for (size_t i = 0; d->containers.known && i < d->containers.nseen; i++) {
		struct container *c = &d->containers.seen[i];

		c->starts = container_told(c) && starts_with_dockerd(g, d->data_root, c);
		if (c->starts)
			strv_addf(is_tried_again(g, c) ? &d->cut_off : &d->starts,
				  "container %s, which does not run now%s, is started by dockerd's "
				  "start (restart policy %s)",
				  container_label(c),
				  is_tried_again(g, c) ? " because dockerd could not start it again"
						       : "",
				  c->restart_policy);
	}
}

static int read_container(const struct gather *g, const char *directory, struct container *ret,
			  struct error *err)
{
	CLEANUP(buf_clear) struct buf config = {0};
	int r = container_read_disk(g->root, directory, &config, ret, err);

	return r < 0 ? r : container_info_read_disk_state(&config, ret, err);
}

/* What cannot be read of one that is there may be started. */
static void look_at_container(struct gather *g, const char *root, const char *id)
{
	struct strv *starts = &g->facts->docker.starts_elsewhere;
	CLEANUP(freep) char *directory = xasprintf("%s/containers/%s", root, id);
	CLEANUP(error_clear) struct error err = {0};
	struct container c = {0};

	if (read_container(g, directory, &c, &err) < 0)
		strv_addf(starts,
			  "whether dockerd's start would start the container in '%s' cannot be "
			  "told: %s",
			  directory, error_text(&err));
	else if (starts_with_dockerd(g, root, &c))
		strv_addf(starts,
			  "container %s of the data root '%s', which dockerd does not see now, is "
			  "started by dockerd's start there (restart policy %s)",
			  container_label(&c), root, c.restart_policy);
	container_clear(&c);
}

static void look_at_root(struct gather *g, const char *root)
{
	CLEANUP(freep) char *directory = xasprintf("%s/containers", root);
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv ids = {0};
	int r = observe_children(g->root, directory, &ids, &err);

	if (r < 0 && r != -ENOENT)
		strv_addf(&g->facts->docker.starts_elsewhere,
			  "which containers of '%s' dockerd's start would start there cannot be "
			  "told: %s",
			  root, error_text(&err));
	for (size_t i = 0; i < ids.count; i++)
		look_at_container(g, root, ids.items[i]);
}

/* With remapped users the data root is DATA-ROOT/UID.GID, and that of now is left alone. */
static void gather_elsewhere(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *above = d->data_root ? path_parent(d->data_root) : NULL;
	const char *base = d->data_root;
	CLEANUP(strv_clear) struct strv children = {0};

	if (!base)
		return;
	d->root_remapped = is_remapped_root(path_name(base));
	if (d->root_remapped)
		look_at_root(g, base = above);
	observe_children(g->root, base, &children, NULL);
	for (size_t i = 0; i < children.count; i++) {
		CLEANUP(freep) char *root = xasprintf("%s/%s", base, children.items[i]);

		if (is_remapped_root(children.items[i]) && strcmp(root, d->data_root) != 0)
			look_at_root(g, root);
	}
}

void gather_started(struct gather *g)
{
	gather_listed(g);
	gather_elsewhere(g);
}
