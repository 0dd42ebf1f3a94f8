#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/format/containerd-config.h"
#include "engine/host/read/observe.h"

/*
 * containerd runs as root what its config files name, and does what the files say that they import, and
 * these, in turn: whoever writes one of them, or can put another in its place, is root.
 */

#define CONFIG "/etc/containerd/config.toml"
#define MOST_FILES 256 /* links may lead in a circle, by names that get longer and longer */

/* The word behind "--config" or "-c", or what "--config=" has; NULL: it is none. The last one counts. */
static const char *config_in(const struct words *w)
{
	const char *ret = NULL;

	for (size_t i = 1; i < w->count; i++) {
		const char *word = w->items[i].text;
		size_t dashes = strspn(word, "-"), n = strcspn(word, "=");
		CLEANUP(freep) char *name = xstrndup(word + dashes, n > dashes ? n - dashes : 0);

		if (dashes == 0 || dashes > 2 ||
		    (strcmp(name, "config") != 0 && strcmp(name, "c") != 0))
			continue;
		if (word[n])
			ret = word + n + 1;
		else if (i + 1 < w->count)
			ret = w->items[++i].text;
	}
	return ret;
}

/* Which file containerd.service's reads; NULL, and the place is not known: nobody can tell. The caller frees it. */
static char *config_of_unit(struct gather *g, struct place *p)
{
	const struct unit_facts *u = facts_unit(g->facts, "containerd.service");
	CLEANUP(environment_clear) struct environment env = {0};
	CLEANUP(words_clear) struct words words = {0};
	const char *path;

	if (!u || !u->exec_start)
		return xstrdup(CONFIG);
	environment_read(g, u, &env);
	words_expand(u->exec_start, &env, &words);
	path = config_in(&words);
	if (!path)
		return xstrdup(CONFIG);
	if (path[0] == '/' && !strpbrk(path, "$%"))
		return path_from("/", path);
	p->unknown = xasprintf("which config file containerd reads is not known: '%s'", path);
	return NULL;
}

/* What is named and is a file is judged as one; of anything else, the way to it and what is in it. */
static void add_named(const struct gather *g, struct place *p, const char *path)
{
	CLEANUP(node_clear) struct node node = {0};

	if (observe(g->root, path, 0, &node, NULL, NULL) < 0 || node.kind == NODE_FILE ||
	    node.kind == NODE_UNKNOWN)
		place_add_path(g, p, path);
	else
		strv_add_once(&p->ways, path);
	if (node.kind == NODE_DIR) {
		CLEANUP(freep) char *inside = path_join(path, "*");

		strv_add_once(&p->ways, inside);
	}
}

/* As containerd finds it: from the file's directory, and a pattern is one where it has a "*". */
static void add_import(const struct gather *g, struct place *p, const char *file,
		       const char *import, struct strv *files)
{
	CLEANUP(freep) char *directory = path_parent(file), *path = path_from(directory, import);
	CLEANUP(strv_clear) struct strv found = {0};

	if (!strchr(path, '*')) {
		strv_add_once(files, path);
		return;
	}
	strv_add_once(&p->ways, path);
	observe_glob(g->root, path, &found);
	for (size_t i = 0; i < found.count; i++)
		strv_add_once(files, found.items[i]);
}

static void read_config(const struct gather *g, struct place *p, struct place *named,
			const char *file, struct strv *files)
{
	CLEANUP(containerd_config_clear) struct containerd_config config = {0};
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	int r = observe_content(g->root, file, &text, &why);

	if (r == -ENOENT)
		return;
	if (r >= 0)
		r = containerd_config_read(buf_str(&text), &config, &why);
	if (r < 0 && !named->unknown)
		named->unknown =
			xasprintf("what '%s' names is not known: %s", file, error_text(&why));
	for (size_t i = 0; i < config.imports.count; i++)
		add_import(g, p, file, config.imports.items[i], files);
	for (size_t i = 0; i < config.paths.count; i++) {
		CLEANUP(freep) char *path = path_from("/", config.paths.items[i]);

		add_named(g, named, path);
	}
}

/* Both places are made before either is held: the next one may move the first. */
void gather_containerd_config(struct gather *g)
{
	struct place files = {0}, named = {0}, *p;
	CLEANUP(freep) char *first = config_of_unit(g, &files);
	CLEANUP(strv_clear) struct strv all = {0};

	if (first)
		strv_add(&all, first);
	for (size_t i = 0; i < all.count && i < MOST_FILES; i++) {
		place_add_path(g, &files, all.items[i]);
		read_config(g, &files, &named, all.items[i], &all);
	}
	if (all.count > MOST_FILES)
		str_replace(&files.unknown, "containerd's config imports more files than are read");
	if (files.unknown && !named.unknown)
		named.unknown = xstrdup(files.unknown);
	p = facts_add_place(g->facts, "containerd-config");
	files.name = p->name;
	*p = files;
	place_finish(p, "containerd has no config file");
	p = facts_add_place(g->facts, "containerd-named");
	named.name = p->name;
	*p = named;
	place_finish(p, "containerd's config names no file");
}
