#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/facts/parts.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/daemon-place.h"
#include "engine/format/schemes/json-text.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"

/* A directory entry this much younger than its directory's own time explains why that changed. */
#define SAME_MOMENT_USEC 50000

static uint64_t usec(const struct timespec *ts)
{
	return (uint64_t)ts->tv_sec * 1000000 + (uint64_t)ts->tv_nsec / 1000;
}

/* mtime (and ctime) of what is at path; false when it is not there. */
static bool times_of(const struct gather *g, const char *path, uint64_t *ret_mtime,
		     uint64_t *ret_ctime)
{
	struct walk w = WALK_INIT;
	struct stat st;
	bool ok = root_look(g->root, path, &w, NULL) >= 0 && w.fd >= 0 && fstat(w.fd, &st) == 0;

	if (ok) {
		*ret_mtime = usec(&st.st_mtim);
		*ret_ctime = usec(&st.st_ctim);
	}
	walk_clear(&w);
	return ok;
}

/*
 * Whether an entry of the directory came at the very moment that the directory changed last: then
 * that is what changed it (20.10 makes key.json beside its config file), and no removal since.
 */
static bool explained_by_entry(const struct gather *g, const char *directory, uint64_t moment)
{
	CLEANUP(strv_clear) struct strv children = {0};

	if (observe_children(g->root, directory, &children, NULL) < 0)
		return false;
	for (size_t i = 0; i < children.count; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", directory, children.items[i]);
		uint64_t mtime, ctime;

		if (times_of(g, path, &mtime, &ctime) && mtime <= moment + SAME_MOMENT_USEC &&
		    mtime + SAME_MOMENT_USEC >= moment)
			return true;
	}
	return false;
}

struct moment unit_started(const struct unit_facts *u)
{
	uint64_t since_boot;

	return proc_start_usec(u->main_pid, &since_boot, NULL) < 0
		       ? (struct moment){u->started_usec, 0}
		       : clock_moment(u->started_usec, CLOCK_BOOTTIME, since_boot);
}

const char *file_written_since(const struct gather *g, const char *path,
			       const struct moment *moment)
{
	uint64_t mtime, ctime;

	if (!times_of(g, path, &mtime, &ctime))
		return NULL;
	switch (clock_compare(mtime, moment)) {
	case CLOCK_AFTER:
		return "was written";
	case CLOCK_EITHER:
		return "may have been written (the clock was set meanwhile)";
	case CLOCK_BEFORE:
		break;
	}
	return NULL;
}

/* Both are after it, for all that is known: what is before beyond doubt decides. */
static enum clock_order both(enum clock_order a, enum clock_order b)
{
	if (a == CLOCK_BEFORE || b == CLOCK_BEFORE)
		return CLOCK_BEFORE;
	return a == CLOCK_AFTER && b == CLOCK_AFTER ? CLOCK_AFTER : CLOCK_EITHER;
}

char *config_changed_since(const struct gather *g, const char *path, const struct moment *start)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(freep) char *directory = xstrndup(path, slash ? (size_t)(slash - path) : 0);
	uint64_t mtime = 0, ctime = 0, directory_mtime = 0, directory_ctime;
	bool there = times_of(g, path, &mtime, &ctime);
	enum clock_order written, moved, around = CLOCK_BEFORE;

	if (times_of(g, *directory ? directory : "/", &directory_mtime, &directory_ctime))
		around = clock_compare(directory_mtime, start);
	if (!there && around != CLOCK_BEFORE && !explained_by_entry(g, directory, directory_mtime))
		return xasprintf("'%s' may have been there when the daemon started", path);
	if (!there)
		return NULL;
	/*
	 * A file moved into place keeps its mtime, but then both its ctime and the directory are
	 * younger.
	 */
	written = clock_compare(mtime, start);
	moved = both(clock_compare(ctime, start), around);
	if (written == CLOCK_AFTER || moved == CLOCK_AFTER)
		return xasprintf("'%s' changed after the daemon started", path);
	if (written == CLOCK_BEFORE && moved == CLOCK_BEFORE)
		return NULL;
	return xasprintf("the clock was set since the daemon started, and whether '%s' changed "
			 "since then is not known",
			 path);
}

/*
 * A link that belongs to others, or stands where they could put another, is followed by dockerd and not
 * here: the file may well be one that dockerd takes.
 */
static void not_read(struct docker_facts *d, int code, const struct error *why)
{
	str_replace(&d->file_error, error_text(why));
	d->file_untrusted = code == -ELOOP;
}

static void find_path(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	const struct setting *flag = settings_find(&d->next, "config-file");
	CLEANUP(freep) char *path = flag && flag->value ? json_value_to_string(flag->value) : NULL;
	CLEANUP(error_clear) struct error err = {0};
	struct node node = {0};
	int r;

	d->config_explicit = path != NULL;
	if (!path)
		path = xstrdup(DEFAULT_CONFIG_FILE);
	r = observe(g->root, path, 0, &node, &d->config_file, &err);
	if (r < 0)
		not_read(d, r, &err);
	if (!d->config_file)
		d->config_file = TAKE_PTR(path);
	node_clear(&node);
}

/* Of two objects: what either has; the caller frees it. NULL where one is none. */
static char *join_objects(const char *a, const char *b)
{
	json_t *to = a ? json_loads(a, 0, NULL) : NULL, *from = b ? json_loads(b, 0, NULL) : NULL;
	char *ret = NULL;

	if (json_object_update(to, from) == 0)
		ret = json_dumps(to, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(to);
	json_decref(from);
	return ret;
}

static void take_key(struct docker_facts *d, const char *key, const char *value)
{
	const struct setting *flag = settings_find(&d->next, key);
	bool twice = flag && flag->source == SOURCE_FLAG;
	CLEANUP(freep) char *both = NULL;

	/* Runtimes add up from both places; all else in both stops the daemon from starting. */
	if (twice && strcmp(key, "runtimes") == 0)
		both = join_objects(flag->value, value);
	else if (twice)
		strv_add_once(&d->conflicts, key);
	if (both)
		value = both;
	settings_put(&d->next, key, value, SOURCE_FILE, d->config_file);
}

static void read_file(struct docker_facts *d, const struct buf *text)
{
	CLEANUP(strv_clear) struct strv keys = {0}, values = {0};
	CLEANUP(error_clear) struct error err = {0};

	if (daemon_file_check(text, d->version, NULL, NULL, &err) < 0)
		d->file_error = daemon_reason_with_line(text, error_text(&err));
	if (daemon_file_settings(text, d->version, &keys, &values, NULL) < 0)
		return;
	for (size_t i = 0; i < keys.count; i++)
		take_key(d, keys.items[i], values.items[i]);
}

void gather_config(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r;

	find_path(g);
	if (d->file_error)
		return;
	r = observe_content(g->root, d->config_file, &text, &err);
	if (r >= 0) {
		d->config_digest = digest_new(buf_str(&text), text.len);
		read_file(d, &text);
	} else if (r != -ENOENT)
		not_read(d, r, &err);
	else if (d->config_explicit)
		d->file_error = xasprintf("'%s' is named by --config-file and is not there",
					  d->config_file);
}
