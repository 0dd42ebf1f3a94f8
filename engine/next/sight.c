#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/secret.h"
#include "engine/next/parts.h"

/* Whether the next dockerd looks for containers, images and volumes where those of now are. */

/* "3 containers, 2 images and 1 volume", as far as each is known. */
static char *what_there_is(const struct docker_facts *d)
{
	CLEANUP(strv_clear) struct strv parts = {0};
	struct containers containers;
	size_t n;

	if (containers_get(&d->containers, &containers) && containers.count)
		strv_addf(&parts, "%zu container%s", containers.count,
			  containers.count == 1 ? "" : "s");
	if (count_get(&d->images, &n) && n)
		strv_addf(&parts, "%zu image%s", n, n == 1 ? "" : "s");
	if (count_get(&d->volumes, &n) && n)
		strv_addf(&parts, "%zu volume%s", n, n == 1 ? "" : "s");
	return parts.count ? strv_join(&parts, ", ")
			   : xstrdup("what containers, images and volumes there are");
}

static const char *value_of(const struct settings *s, const char *key, const char *def)
{
	const struct setting *one = settings_find(s, key);

	return one && one->value ? one->value : def;
}

/* Where the running dockerd does not tell, nobody knows whether it moves. */
static bool is_told(const struct docker_facts *d, const char *key)
{
	const struct setting *now = settings_find(&d->now, key);

	return d->running && !d->not_measured && !(now && now->source == SOURCE_UNKNOWN);
}

/*
 * A boot ends what runs, so that only what lies on the disk can go out of sight: not by where sockets are, unless
 * images are containerd's.
 */
static bool is_on_disk(const struct docker_facts *d, const char *key)
{
	return strcmp(key, "exec-root") != 0 &&
	       (d->image_store ||
		(strcmp(key, "containerd") != 0 && strcmp(key, "containerd-namespace") != 0));
}

static void look_at_key(struct next *n, const struct daemon_key *k)
{
	const struct docker_facts *d = n->docker;
	const char *now = value_of(&d->now, k->key, k->def);
	const char *next = value_of(&d->next, k->key, k->def);
	CLEANUP(freep) char *what = NULL, *place = NULL, *is = NULL, *will = NULL;
	size_t line;

	if (!is_told(d, k->key) || !is_on_disk(d, k->key) ||
	    !daemon_key_moves(k->key, now, next, d->image_store) || !next ||
	    (now && json_value_same(now, next)))
		return;
	if (strcmp(k->key, "storage-driver") == 0 && !now)
		return; /* look_at_driver() knows which it took by itself */
	what = what_there_is(d);
	place = next_place_of_key(n->view, k->key, &line);
	is = secret_show(k->key, now ? now : "its default");
	will = secret_show(k->key, next);
	foresight_add(n->ret, NEXT_SIGHT, FORESIGHT_FAIL, place, line,
		      "%s would be out of sight: %s is %s now, and %s at the next start", what,
		      k->key, is, will);
}

/* The driver by which containers and images are kept, which a file may have changed since. */
static void look_at_driver(struct next *n)
{
	const struct docker_facts *d = n->docker;
	CLEANUP(freep) char *next = next_text(d, "storage-driver"), *what = NULL, *place = NULL;
	size_t line;

	if (!next || !*next || !d->driver || strcmp(next, d->driver) == 0 || d->image_store)
		return;
	what = what_there_is(d);
	place = next_place_of_key(n->view, "storage-driver", &line);
	foresight_add(n->ret, NEXT_SIGHT, FORESIGHT_FAIL, place, line,
		      "%s would be out of sight: they are kept by the storage driver '%s', and "
		      "the next start takes '%s'",
		      what, d->driver, next);
}

/* Of a dockerd that does not tell: the drivers that have left their records in the data root. */
static void look_at_records(struct next *n)
{
	CLEANUP(freep) char *root = next_data_root(n->docker), *images = path_join(root, "image");
	CLEANUP(freep)
	char *next = next_text(n->docker, "storage-driver"), *all = NULL, *place = NULL;
	CLEANUP(strv_clear) struct strv drivers = {0};
	size_t line;

	if (n->docker->driver || !next || !*next ||
	    view_children(n->view, images, &drivers, NULL) < 0 || drivers.count == 0 ||
	    strv_contains(&drivers, next))
		return;
	all = strv_join(&drivers, ", ");
	place = next_place_of_key(n->view, "storage-driver", &line);
	foresight_add(n->ret, NEXT_SIGHT, FORESIGHT_FAIL, place, line,
		      "'%s' has records of the storage driver %s, and the next start takes '%s': "
		      "what is kept by the former would be out of sight",
		      images, all, next);
}

void next_sight(struct next *n)
{
	const struct docker_facts *d = n->docker;
	const struct daemon_key *k;

	for (size_t i = 0; (k = daemon_key_at(i)); i++)
		look_at_key(n, k);
	look_at_driver(n);
	look_at_records(n);
	if (!d->running || d->not_measured)
		foresight_add(n->ret, NEXT_SIGHT, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "what the running dockerd has in sight is not known: %s",
			      d->not_measured ? d->not_measured : "none runs");
	foresight_pass(n->ret, NEXT_SIGHT,
		       "the next start looks where containers, images and volumes are");
}
