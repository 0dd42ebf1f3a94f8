#include "rollback/known.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/base/map.h"
#include "rollback/journal.h"

/* Longer than a tick of any clock by which a file system stamps (10 ms at 100 Hz). */
#define YOUNG_NS 50000000LL

struct reading {
	struct known_mark mark;
	struct transaction_summary summary;
	struct reading *before; /* an earlier one, of which something may be lent still */
};

struct known {
	struct map plain, loaded; /* id -> struct reading: without and with contents of images */
};

static void free_readings(void *p)
{
	struct reading *r = p;

	while (r) {
		struct reading *before = r->before;

		transaction_summary_clear(&r->summary);
		free(r);
		r = before;
	}
}

static void free_known(void *p)
{
	struct known *k = p;

	map_clear(&k->plain, free_readings);
	map_clear(&k->loaded, free_readings);
	free(k);
}

static struct map *readings(const struct state *s, bool with_contents)
{
	struct known *k = s->keep->kept;

	if (!k)
		k = xcalloc(1, sizeof(*k));
	*s->keep = (struct state_keep){.kept = k, .free = free_known};
	return with_contents ? &k->loaded : &k->plain;
}

static long long ns_between(const struct timespec *from, const struct timespec *to)
{
	return (to->tv_sec - from->tv_sec) * 1000000000LL + (to->tv_nsec - from->tv_nsec);
}

bool known_look(const struct state *s, const char *id, struct known_mark *ret)
{
	CLEANUP(freep) char *path = xconcat("txn/", id, "/" JOURNAL_FILE, NULL);
	struct timespec now;
	struct stat st;

	if (!s->keep || fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    clock_gettime(CLOCK_REALTIME, &now) < 0)
		return false;
	*ret = (struct known_mark){st.st_dev, st.st_ino, st.st_size, st.st_ctim};
	return ns_between(&st.st_ctim, &now) > YOUNG_NS;
}

static bool same_mark(const struct known_mark *a, const struct known_mark *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static void lend(const struct reading *r, struct transaction_summary *ret)
{
	*ret = r->summary; /* borrows */
	ret->lent = true;
}

bool known_lend(const struct state *s, const char *id, const struct known_mark *mark,
		bool with_contents, struct transaction_summary *ret)
{
	const struct reading *r = map_get(readings(s, with_contents), id);

	if (!r || !same_mark(&r->mark, mark))
		return false;
	lend(r, ret);
	return true;
}

void known_keep(const struct state *s, const struct known_mark *mark, bool with_contents,
		struct transaction_summary *t)
{
	struct map *map = readings(s, with_contents);
	struct reading *r = xcalloc(1, sizeof(*r));

	*r = (struct reading){.mark = *mark, .summary = *t, .before = map_get(map, t->id)};
	map_put(map, t->id, r);
	lend(r, t);
}
