#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/facts/parts.h"
#include "engine/format/fstab.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"
#include "engine/model/docker-paths.h"

#define CONTAINERD_STORE "/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db"

/* The mounts that say whether a place below the root of the host is one now. */
struct mounts {
	struct mount_table table;
	char *above; /* what stands before a path of the host there; "": nothing */
	bool known;
};

static void mounts_clear(struct mounts *m)
{
	mount_table_clear(&m->table);
	free(m->above);
}

/* Of an image our own table tells, where the image's root is seen. */
static void mounts_read(const struct gather *g, struct mounts *ret)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *link = xasprintf("/proc/self/fd/%d", g->root->fd), *at = NULL;

	if (!g->facts->offline) {
		ret->known = g->facts->mounts != NULL;
		ret->above = xstrdup("");
		if (ret->known)
			mount_table_parse(&ret->table, g->facts->mounts);
		return;
	}
	ret->known = proc_link(link, &at, NULL) >= 0 &&
		     proc_read("/proc/self/mountinfo", &text, NULL) >= 0;
	ret->above = xstrdup(!at || strcmp(at, "/") == 0 ? "" : at);
	if (ret->known)
		mount_table_parse(&ret->table, buf_str(&text));
}

static bool is_mounted(const struct mounts *m, const char *place)
{
	CLEANUP(freep) char *point = xasprintf("%s%s", m->above, place);

	return mount_at(&m->table, point) != NULL;
}

/* The name without links, also of what is not there; the caller frees it. */
static char *canonical(const struct gather *g, const char *path)
{
	CLEANUP(node_clear) struct node node = {0};
	char *ret = NULL;

	if (observe(g->root, path, 0, &node, &ret, NULL) < 0 || !ret)
		str_replace(&ret, path);
	return ret;
}

static bool is_at_or_above(const char *place, const char *root)
{
	return strcmp(place, "/") != 0 && path_is_within(root, place);
}

static void places_of_fstab(const struct gather *g, const char *root, struct strv *ret)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(fstab_entry_clear) struct fstab_entry entry = {0};
	size_t at = 0;

	if (observe_content(g->root, FSTAB, &text, NULL) < 0)
		return;
	while (fstab_next(&text, &at, &entry)) {
		CLEANUP(freep) char *real = canonical(g, entry.place);

		if (is_at_or_above(real, root))
			strv_add_once(ret, real);
	}
}

static bool has_unit(const struct gather *g, const char *place)
{
	static const char *const directories[] = {
		"/etc/systemd/system",     "/run/systemd/system",
		"/run/systemd/generator",  "/usr/local/lib/systemd/system",
		"/usr/lib/systemd/system", "/lib/systemd/system"};
	CLEANUP(freep) char *unit = mount_unit_name(place);

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", directories[i], unit);
		CLEANUP(node_clear) struct node node = {0};

		if (observe(g->root, path, 0, &node, NULL, NULL) < 0 || node.kind == NODE_ABSENT)
			continue;
		return node.kind == NODE_FILE; /* one that is masked is meant to be nothing */
	}
	return false;
}

static void places_of_units(const struct gather *g, const char *root, struct strv *ret)
{
	CLEANUP(freep) char *place = xstrdup(root);

	for (char *slash; place[0] && strcmp(place, "/") != 0; *slash = '\0') {
		if (has_unit(g, place))
			strv_add_once(ret, place);
		slash = strrchr(place, '/');
	}
}

/* A place at the data root or above that should have a file system of its own, and has none now. */
static char *not_mounted(const struct gather *g, const char *root)
{
	CLEANUP(freep) char *real = canonical(g, root);
	CLEANUP(strv_clear) struct strv places = {0};
	CLEANUP(mounts_clear) struct mounts mounts = {0};

	places_of_fstab(g, real, &places);
	places_of_units(g, real, &places);
	if (places.count == 0)
		return NULL;
	mounts_read(g, &mounts);
	for (size_t i = 0; i < places.count; i++)
		if (!mounts.known)
			return xasprintf("whether '%s' is mounted, which has a file system of its "
					 "own, is not known",
					 places.items[i]);
		else if (!is_mounted(&mounts, places.items[i]))
			return xasprintf("'%s' has a file system of its own (" FSTAB
					 " or a mount unit), which is not mounted now",
					 places.items[i]);
	return NULL;
}

/* Where containerd keeps what it has for dockerd, which goes by its own name for that. */
static bool containerd_knows_dockerd(const struct gather *g)
{
	CLEANUP(buf_clear) struct buf store = {0};
	int r = observe_content(g->root, CONTAINERD_STORE, &store, NULL);

	if (r < 0)
		return r != -ENOENT && r != -ENOTDIR; /* it is there, and cannot be read */
	return store.len > 0 && memmem(store.data, store.len, "moby", strlen("moby"));
}

/* What says that dockerd has run on this host; NULL: nothing does. */
static const char *trace_of_dockerd(const struct gather *g)
{
	const struct unit_facts *u = facts_unit(g->facts, "docker.service");

	if (path_exists(g, "/etc/docker/key.json"))
		return "'/etc/docker/key.json' is there";
	if (!g->facts->offline && u && u->invocation_id && *u->invocation_id)
		return "systemd started docker.service since the boot";
	if (containerd_knows_dockerd(g))
		return "containerd keeps things of dockerd's in '" CONTAINERD_STORE "'";
	return NULL;
}

static char *nothing_there(const struct gather *g, const char *root)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	const char *trace;
	int r = observe_children(g->root, root, &names, NULL);

	if (r >= 0 && names.count == 0)
		return xasprintf(
			"'%s' is empty, as a place is where something is yet to be mounted", root);
	if (r != -ENOENT)
		return NULL;
	if (root_walk_nofollow(g->root, root, &walk, NULL) >= 0 && walk.fd >= 0)
		return xasprintf("'%s' is a link to what is not there", root);
	trace = trace_of_dockerd(g);
	if (trace)
		return xasprintf("'%s' is not there, though dockerd ran here (%s)", root, trace);
	/* whoever chose another place may mount it by hand: no table of mounts tells of that */
	if (strcmp(root, DOCKER_DEFAULT_ROOT) != 0)
		return xasprintf(
			"'%s', which somebody chose as the data root, is not there: what it "
			"is in may not be mounted yet (else make the directory and start "
			"dockerd once)",
			root);
	return NULL;
}

char *data_root_unsure(const struct gather *g, const char *root)
{
	char *why = not_mounted(g, root);

	return why ? why : nothing_there(g, root);
}
