#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/text-lines.h"
#include "engine/next/parts.h"
#include "modules/common/conf-names.h"
#include "modules/common/sysctl-boot.h"

/*
 * What dockerd needs of the kernel and has now, and the next boot would keep from it. `blacklist` alone does
 * not: it hides a module from devices, not from who asks for it by name, as dockerd and containerd do
 * (modprobe.d(5)). `install` does, with whatever command that loads nothing.
 */

enum module_state { MODULE_NOT_LOADED, MODULE_LOADED, MODULE_BUILT_IN, MODULE_NEVER };

/* Of /proc/modules, where the names have underscores. */
static bool has_line(const char *text, const char *name)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (starts_with_word(line, name, " "))
			return true;
	}
	return false;
}

static bool is_built_in(const struct view *v, const char *name)
{
	CLEANUP(freep)
	char *path = xasprintf("/lib/modules/%s/modules.builtin",
			       v->facts->kernel ? v->facts->kernel : "");
	CLEANUP(freep) char *file = xasprintf("/%s.ko", name);
	CLEANUP(buf_clear) struct buf text = {0};

	return view_content(v, path, &text, NULL) >= 0 && strstr(buf_str(&text), file);
}

static enum module_state state_of(const struct view *v, const char *name)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (is_built_in(v, name))
		return MODULE_BUILT_IN;
	if (view_content(v, "/proc/modules", &text, NULL) < 0)
		return MODULE_NEVER; /* a kernel without modules */
	return has_line(buf_str(&text), name) ? MODULE_LOADED : MODULE_NOT_LOADED;
}

struct forbidden {
	char *file, *command;
	size_t line;
};

static void forbidden_clear(struct forbidden *f)
{
	free(f->file);
	free(f->command);
}

/* "install overlay /bin/false", with - and _ for the same in the name; NULL: the line is another. */
static const char *install_command(const char *line, const char *name)
{
	const char *rest = skip_prefix(line, "install"), *p;

	if (!rest || !strchr(" \t", *rest))
		return NULL;
	rest += strspn(rest, " \t");
	for (p = rest; *p && !strchr(" \t", *p) && *name; p++, name++)
		if (*p != *name && !(*p == '-' && *name == '_'))
			return NULL;
	return !*name && strchr(" \t", *p) && *p ? p + strspn(p, " \t") : NULL;
}

/* What loads it all the same: "modprobe --ignore-install overlay && ...". */
static bool loads_it(const char *command)
{
	return strstr(command, "ignore-install") || strstr(command, "modprobe -i") ||
	       strstr(command, "insmod");
}

static void look_in_file(const struct view *v, const char *file, const char *name,
			 struct forbidden *ret)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct text_line line;
	size_t at = 0, number = 0;

	if (view_content(v, file, &text, NULL) < 0)
		return;
	while (text_line_next(&text, &at, &line)) {
		CLEANUP(freep) char *one = text_line_copy(&text, &line);
		const char *command = install_command(one, name);

		number++;
		if (!command || loads_it(command))
			continue;
		str_replace(&ret->file, file);
		str_replace(&ret->command, command);
		ret->line = number;
	}
}

/* Files by their names, of one name the first directory's (modprobe.d(5)). /run is gone with the boot. */
static void modprobe_files(const struct view *v, struct strv *ret)
{
	static const char *const directories[] = {"/etc/modprobe.d", "/usr/local/lib/modprobe.d",
						  "/usr/lib/modprobe.d", "/lib/modprobe.d"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		CLEANUP(strv_clear) struct strv names = {0}, paths = {0};

		if (view_children(v, directories[i], &names, NULL) < 0)
			continue;
		path_add_matching(&paths, directories[i], &names, "*.conf");
		for (size_t k = 0; k < paths.count; k++)
			if (!has_path_name(ret, path_name(paths.items[k])))
				strv_add(ret, paths.items[k]);
	}
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_path_names);
}

/* "module_blacklist=overlay,x" of the kernel's command line: nothing loads it, asked by name or not. */
static bool refused_by_kernel(const struct view *v, const char *name)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(strv_clear) struct strv words = {0};

	if (view_content(v, "/proc/cmdline", &text, NULL) < 0)
		return false;
	strv_split(&words, buf_str(&text), " \n");
	for (size_t i = 0; i < words.count; i++) {
		const char *list = skip_prefix(words.items[i], "module_blacklist=");
		CLEANUP(strv_clear) struct strv names = {0};

		if (list)
			strv_split(&names, list, ",");
		if (strv_contains(&names, name))
			return true;
	}
	return false;
}

static void look_at_module(struct next *n, const struct strv *files, const char *name,
			   const char *needed)
{
	enum module_state state = state_of(n->view, name);
	CLEANUP(forbidden_clear) struct forbidden f = {0};

	for (size_t i = 0; i < files->count; i++)
		look_in_file(n->view, files->items[i], name, &f);
	if (state == MODULE_LOADED && refused_by_kernel(n->view, name))
		foresight_add(n->ret, NEXT_KERNEL, FORESIGHT_FAIL, "/proc/cmdline", 0,
			      "the kernel is told to refuse '%s', %s", name, needed);
	if (!f.file || state == MODULE_BUILT_IN)
		return;
	if (state == MODULE_NEVER)
		foresight_add(n->ret, NEXT_KERNEL, FORESIGHT_NOT_MEASURED, f.file, f.line,
			      "'install %s %s' keeps '%s' from being loaded, %s; this kernel "
			      "loads no modules at all, and whether the next boot's has it built "
			      "in is not known",
			      name, f.command, name, needed);
	else if (state == MODULE_LOADED)
		foresight_add(n->ret, NEXT_KERNEL, FORESIGHT_FAIL, f.file, f.line,
			      "'%s' is loaded now, and 'install %s %s' keeps it from being loaded "
			      "again, %s",
			      name, name, f.command, needed);
	else
		foresight_add(n->ret, NEXT_KERNEL, FORESIGHT_FAIL, f.file, f.line,
			      "'install %s %s' keeps '%s' from being loaded, %s", name, f.command,
			      name, needed);
}

/* By which driver containers are kept: where none is named, what it has now, or the engine's first choice. */
static bool needs_overlay(const struct next *n)
{
	CLEANUP(freep) char *next = next_text(n->docker, "storage-driver");
	const char *driver = next && *next ? next : n->docker->driver;

	return !driver || starts_with(driver, "overlay");
}

static void look_at_setting(struct next *n, const char *key, const char *value, const char *then)
{
	CLEANUP(sysctl_boot_clear) struct sysctl_boot boot = {0};
	CLEANUP(error_clear) struct error err = {0};

	if (sysctl_boot_read(&boot, n->view, key, &err) < 0)
		foresight_add(n->ret, NEXT_KERNEL, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "what the next boot makes of %s is not known: %s", key,
			      error_text(&err));
	else if (strcmp_null(boot.value, value) == 0)
		foresight_add(n->ret, NEXT_KERNEL, FORESIGHT_FAIL, boot.file,
			      next_line_with(n->view, boot.file, key), "it sets %s to %s: %s", key,
			      value, then);
}

void next_kernel(struct next *n)
{
	CLEANUP(strv_clear) struct strv files = {0};
	CLEANUP(freep) char *remap = next_text(n->docker, "userns-remap");
	bool rules = !next_is(n->docker, "iptables", "false");

	modprobe_files(n->view, &files);
	if (needs_overlay(n))
		look_at_module(n, &files, "overlay",
			       "without which dockerd finds no storage driver for what it keeps");
	look_at_module(n, &files, "bridge", "without which dockerd makes no network");
	if (rules && (next_is(n->docker, "icc", "false") ||
		      state_of(n->view, "br_netfilter") == MODULE_LOADED))
		look_at_module(n, &files, "br_netfilter",
			       next_is(n->docker, "icc", "false")
				       ? "without which dockerd does not start with icc=false"
				       : "without which traffic between containers passes no rule");
	look_at_setting(n, "kernel.modules_disabled", "1",
			"nothing that dockerd needs could be loaded after that");
	if (remap && *remap)
		look_at_setting(n, "user.max_user_namespaces", "0",
				"with userns-remap no container could start");
	foresight_pass(n->ret, NEXT_KERNEL, "modules and settings that dockerd needs come back");
}
