#include "engine/plan/watches.h"

#include <string.h>
#include <sys/inotify.h>
#include <sys/sysmacros.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/host/read/real-path.h"

/* A new file in the place of another is seen by who watches either; of a directory on the way to it
 * systemd minds only whether it moves itself. */
#define OF_FILE                                                                                    \
	(IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE |        \
	 IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF)
#define IN_DIRECTORY (OF_FILE & ~(unsigned)(IN_DELETE_SELF | IN_MOVE_SELF))

bool watch_sees(const struct file_watch *w, const struct stat *st, bool in_it, bool touched)
{
	unsigned mask = touched ? IN_ATTRIB : in_it ? IN_DIRECTORY : OF_FILE;

	/* the kernel's own way to write a device */
	return w->inode == st->st_ino && w->mask & mask &&
	       w->device == ((uint64_t)major(st->st_dev) << 20 | minor(st->st_dev));
}

static bool sees(const struct file_watcher *w, const struct stat *st, bool in_it, bool touched)
{
	for (size_t i = 0; i < w->count; i++)
		if (watch_sees(&w->items[i], st, in_it, touched))
			return true;
	return false;
}

static void add_who(const struct facts *f, const char *path, const struct stat *st, bool in_it,
		    bool touched, struct strv *ret)
{
	const struct docker_facts *d = &f->docker;

	for (size_t i = 0; i < d->nwatchers; i++)
		if (sees(&d->watchers[i], st, in_it, touched))
			strv_addf(ret, "%s watches '%s', and %s", d->watchers[i].who, path,
				  d->watchers[i].then);
}

/* A path is looked at by itself, or by the directory that it is in. */
static bool looks_at(const struct watched_path *w, const char *path)
{
	const char *rest = path_behind(path, w->path);

	return rest && (!*rest || !strchr(rest + 1, '/'));
}

/* The paths that systemd watches may have links in them, and so may this one (/var/run). */
static void add_path_units(const struct docker_facts *d, const char *path, struct strv *ret)
{
	CLEANUP(freep) char *real = d->nwatched > 0 ? real_path_of_any(path) : NULL;

	for (size_t i = 0; i < d->nwatched; i++)
		if (looks_at(&d->watched[i], path) || looks_at(&d->watched[i], real))
			strv_add_once(ret, d->watched[i].brings);
}

static bool look_at(const char *path, struct stat *ret)
{
	CLEANUP(freep) char *canonical = NULL;

	return real_path(path, &canonical, ret, NULL) >= 0;
}

/* What is watched is told only of a host that runs, whose paths are this process's. */
void watchers_of(const struct facts *f, const char *path, bool touched, struct strv *ret)
{
	CLEANUP(freep) char *directory = xstrdup(path);
	struct stat st;
	bool there = false;

	add_path_units(&f->docker, path, ret);
	if (f->docker.nwatchers == 0)
		return;
	if (look_at(path, &st))
		add_who(f, path, &st, false, touched, ret);
	while (!there && path_up(directory)) /* of a missing directory: where it would be made */
		there = look_at(directory, &st);
	if (there)
		add_who(f, directory, &st, true, touched, ret);
}
