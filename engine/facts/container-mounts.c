#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/facts/containers.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/real-path.h"

#define PLACES_NAMED 4 /* of those in one mount */

/* One mount with where it really comes from. */
struct looked {
	struct container_mount *mount;
	struct mount_spot spot; /* path NULL: not known */
	struct stat st; /* of the source; st_mode 0: not looked at */
};

static void looked_clear(struct looked *l)
{
	mount_spot_clear(&l->spot);
}

/* A volume of the engine's own keeping, as opposed to one that binds a directory. */
static bool is_kept_volume(const struct container_reader *r, const struct looked *l)
{
	return strcmp(l->mount->type, "volume") == 0 &&
	       (!l->spot.path || mount_below(&l->spot, &r->volumes_spot));
}

/* The kernel's word: the mount at its target. A link on the way to it keeps it from being found. */
static bool look_inside(const struct container_reader *r, const struct mount_table *own,
			struct looked *l)
{
	const struct mount_entry *e = own ? mount_at(own, l->mount->target) : NULL;
	char *source;

	if (!e)
		return false;
	if (e->shared)
		str_replace(&l->mount->propagation, "shared");
	l->spot = (struct mount_spot){e->major, e->minor, xstrdup(e->root)};
	source = mount_path_to(&r->host, &l->spot);
	if (source && !is_kept_volume(r, l))
		str_replace(&l->mount->source, source);
	free(source);
	return true;
}

/* By its configuration: the directory that was named, or that the volume stands for. */
static void look_outside(const struct container_reader *r, struct looked *l)
{
	struct container_mount *m = l->mount;
	CLEANUP(freep) char *real = NULL;

	if (m->volume && map_get(&r->volumes, m->volume))
		str_replace(&m->source, map_get(&r->volumes, m->volume));
	if (!m->source || m->source[0] != '/')
		return;
	if (real_path(m->source, &real, NULL, NULL) == 0)
		str_replace(&m->source, real);
	mount_find(&r->host, m->source, &l->spot);
}

static void look_at_source(struct looked *l)
{
	CLEANUP(freep) char *real = NULL;

	if (!l->mount->source || real_path(l->mount->source, &real, &l->st, NULL) < 0)
		return;
	l->mount->others_write = S_ISDIR(l->st.st_mode) && (l->st.st_mode & S_IWOTH);
}

/* Whether the place is in the mount; ret_whole: it is the mount. */
static bool hands_in(const struct looked *l, const struct host_place *p, bool *ret_whole)
{
	for (size_t i = 0; i < p->nspots; i++)
		if (mount_same(&l->spot, &p->spots[i])) {
			*ret_whole = i == 0;
			return true;
		}
	*ret_whole = p->ino && S_ISSOCK(l->st.st_mode) && p->dev == l->st.st_dev &&
		     p->ino == l->st.st_ino;
	return *ret_whole;
}

/* Whether the mount is below the place; everything is below "/", which says nothing. */
static bool is_inside(const struct looked *l, const struct host_place *p)
{
	if (strcmp(p->path, "/") == 0 || p->nspots == 0)
		return false;
	return mount_below(&l->spot, &p->spots[0]) ||
	       (l->mount->source && path_is_below(l->mount->source, p->path));
}

/* The place that the mount is, or the deepest it is in; NULL: neither. */
static const struct host_place *home_of(const struct container_reader *r, const struct looked *l,
					enum host_place_kind kind)
{
	const struct host_place *home = NULL;
	bool whole;

	for (size_t i = 0; i < r->nplaces; i++) {
		const struct host_place *p = &r->places[i];

		if (p->kind != kind)
			continue;
		if (hands_in(l, p, &whole) && whole)
			return p;
		if (is_inside(l, p) && (!home || strlen(p->path) > strlen(home->path)))
			home = p;
	}
	return home;
}

/* Where the mount is or is in such a place that one is named, else those that it contains. */
static void find_places(const struct container_reader *r, const struct looked *l,
			enum host_place_kind kind, struct strv *ret)
{
	const struct host_place *home = home_of(r, l, kind);
	bool whole;

	if (home) {
		strv_add(ret, home->path);
		return;
	}
	for (size_t i = 0; i < r->nplaces && ret->count < PLACES_NAMED; i++)
		if (r->places[i].kind == kind && hands_in(l, &r->places[i], &whole))
			strv_add(ret, r->places[i].path);
}

static bool has_entries(const struct container_reader *r, const char *directory)
{
	CLEANUP(strv_clear) struct strv names = {0};

	return observe_children(r->g->root, directory, &names, NULL) == 0 && names.count > 0;
}

static void read_mount(const struct container_reader *r, struct container_mount *m,
		       const struct mount_table *own)
{
	CLEANUP(looked_clear) struct looked l = {.mount = m};

	if (strcmp(m->type, "tmpfs") == 0)
		return;
	if (!look_inside(r, own, &l))
		look_outside(r, &l);
	if (is_kept_volume(r, &l)) {
		m->has_data = m->anonymous && m->source && has_entries(r, m->source);
		return;
	}
	look_at_source(&l);
	find_places(r, &l, PLACE_SENSITIVE, &m->places);
	find_places(r, &l, PLACE_SOCKET, &m->sockets);
	find_places(r, &l, PLACE_LOG, &m->logs);
}

void container_read_mounts(struct container_reader *r, struct container *c,
			   const struct mount_table *own)
{
	for (size_t i = 0; i < c->nmounts; i++)
		read_mount(r, &c->mounts[i], own);
}
