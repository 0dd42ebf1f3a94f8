#include "modules/unit/init-script.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

#define SCRIPTS "/etc/init.d"
#define SERVICE ".service"

const char *const generator_directories[] = {"/run/systemd/generator.early",
					     "/run/systemd/generator",
					     "/run/systemd/generator.late", NULL};

/* The run levels that are started: of them systemd makes its targets (runlevel(8)). */
static const char *const run_levels[] = {"/etc/rc2.d", "/etc/rc3.d", "/etc/rc4.d", "/etc/rc5.d"};

static int is_there(const struct view *v, const char *path, struct error *err)
{
	CLEANUP(node_clear) struct node node = {0};
	int r = view_node(v, path, &node, err);

	return r < 0 ? r : node.kind != NODE_ABSENT;
}

/* "exim4" of "exim4.service"; NULL: no script is called so. */
static char *script_of(const char *name)
{
	return ends_with(name, SERVICE) && !strchr(name, '@')
		       ? xstrndup(name, strlen(name) - strlen(SERVICE))
		       : NULL;
}

int generated_unit_find(const struct view *v, const char *name, char **ret_path, struct error *err)
{
	CLEANUP(freep) char *script = script_of(name);
	CLEANUP(freep) char *path = script ? xasprintf(SCRIPTS "/%s", script) : NULL;
	int r = path ? is_there(v, path, err) : 0;

	for (size_t i = 0; r == 0 && generator_directories[i]; i++) {
		str_replace(&path, NULL);
		path = xasprintf("%s/%s", generator_directories[i], name);
		r = is_there(v, path, err);
	}
	if (r > 0)
		*ret_path = TAKE_PTR(path);
	return r;
}

/* "S01exim4"; of a directory that is not there there are none. */
static int start_in(const struct view *v, const char *directory, const char *script,
		    char **ret_path, struct error *err)
{
	CLEANUP(strv_clear) struct strv names = {0};
	int r = view_children(v, directory, &names, err);

	if (r == -ENOENT || r == -ENOTDIR) {
		error_clear(err);
		return 0;
	}
	for (size_t i = 0; r >= 0 && i < names.count; i++) {
		const char *name = names.items[i];

		if (name[0] == 'S' && isdigit((unsigned char)name[1]) &&
		    isdigit((unsigned char)name[2]) && strcmp(name + 3, script) == 0) {
			*ret_path = xasprintf("%s/%s", directory, name);
			return 1;
		}
	}
	return r < 0 ? r : 0;
}

int init_script_start(const struct view *v, const char *name, char **ret_path, struct error *err)
{
	CLEANUP(freep) char *script = script_of(name);
	CLEANUP(freep) char *path = script ? xasprintf(SCRIPTS "/%s", script) : NULL;
	int r = path ? is_there(v, path, err) : 0;

	if (r <= 0) /* links that lead nowhere start nothing */
		return r;
	r = 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(run_levels); i++)
		r = start_in(v, run_levels[i], script, ret_path, err);
	return r;
}
