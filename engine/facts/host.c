#include <string.h>
#include <sys/utsname.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/containers.h"
#include "engine/facts/parts.h"
#include "engine/host/read/observe.h"

/* The text of a small file with white space at its ends taken off, or NULL; the caller frees it. */
static char *small_file(const struct gather *g, const char *path)
{
	CLEANUP(buf_clear) struct buf text = {0};
	const char *s;
	size_t n;

	if (observe_content(g->root, path, &text, NULL) < 0)
		return NULL;
	s = buf_str(&text);
	s += strspn(s, " \t\n");
	n = strlen(s);
	while (n && strchr(" \t\n", s[n - 1]))
		n--;
	return xstrndup(s, n);
}

bool path_exists(const struct gather *g, const char *path)
{
	struct walk w = WALK_INIT;
	bool exists = root_look(g->root, path, &w, NULL) >= 0 && w.fd >= 0;

	walk_clear(&w);
	return exists;
}

/* PRETTY_NAME of os-release(5), quotes taken off. */
static char *pretty_name(const char *text)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *value;
		size_t n;

		line += *line == '\n';
		value = skip_prefix(line, "PRETTY_NAME=");
		if (!value)
			continue;
		n = strcspn(value, "\n");
		if (n >= 2 && (*value == '"' || *value == '\'') && value[n - 1] == *value)
			return xstrndup(value + 1, n - 2);
		return xstrndup(value, n);
	}
	return NULL;
}

void gather_host(struct gather *g)
{
	struct facts *f = g->facts;
	CLEANUP(freep) char *release = small_file(g, "/etc/os-release");
	CLEANUP(buf_clear) struct buf mounts = {0};
	struct utsname names;

	f->machine_id = small_file(g, "/etc/machine-id");
	f->os = release ? pretty_name(release) : NULL;
	if (f->offline) {
		f->hostname = small_file(g, "/etc/hostname");
		return;
	}
	f->boot_id = small_file(g, "/proc/sys/kernel/random/boot_id");
	if (process_file(1, "mountinfo", &mounts, NULL))
		f->mounts = buf_take(&mounts);
	if (uname(&names) == 0) {
		f->hostname = xstrdup(names.nodename);
		f->kernel = xstrdup(names.release);
	}
}
