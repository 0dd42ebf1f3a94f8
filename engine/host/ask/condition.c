#include "engine/host/ask/condition.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/host/read/root.h"

void unit_conditions_clear(struct unit_conditions *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->items[i].kind);
		free(c->items[i].param);
	}
	free(c->items);
	*c = (struct unit_conditions){0};
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool exists_glob(const char *path)
{
	glob_t found = {0};
	bool any = glob(path, GLOB_NOSORT, NULL, &found) == 0 && found.gl_pathc > 0;

	globfree(&found);
	return any;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

static bool is_writable_system(const char *path)
{
	struct statvfs st;

	return statvfs(path, &st) == 0 && !(st.f_flag & ST_RDONLY);
}

static bool has_entries(const char *path)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool any = false;

	while (dir && !any && (entry = readdir(dir)))
		any = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	if (dir) {
		fd = -1; /* closedir() closes it */
		closedir(dir);
	}
	return any;
}

static bool has_bytes(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

/* What stays as it was as long as the machine is not started anew. */
static bool lasts(const char *kind)
{
	static const char *const lasting[] = {"Architecture",
					      "CPUFeature",
					      "CPUs",
					      "Capability",
					      "ControlGroupController",
					      "Firmware",
					      "FirstBoot",
					      "Group",
					      "KernelCommandLine",
					      "KernelVersion",
					      "Memory",
					      "Security",
					      "User",
					      "Version",
					      "Virtualization"};

	for (size_t i = 0; i < ARRAY_SIZE(lasting); i++)
		if (strcmp(kind, lasting[i]) == 0)
			return true;
	return false;
}

int condition_holds(const struct unit_condition *c)
{
	static const struct {
		const char *kind;
		bool (*holds)(const char *path);
	} kinds[] = {
		{"PathExists", exists},
		{"PathExistsGlob", exists_glob},
		{"PathIsDirectory", is_directory},
		{"PathIsSymbolicLink", is_link},
		{"PathIsReadWrite", is_writable_system},
		{"DirectoryNotEmpty", has_entries},
		{"FileNotEmpty", has_bytes},
		{"FileIsExecutable", is_program},
	};
	const char *kind = skip_prefix(c->kind, "Condition") ?: skip_prefix(c->kind, "Assert");

	kind = kind ?: c->kind;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kind, kinds[i].kind) == 0)
			return kinds[i].holds(c->param) != c->negate;
	return lasts(kind) && c->state != 0 ? c->state > 0 : -1;
}

char *unit_condition_text(const struct unit_condition *c)
{
	return xasprintf("%s=%s%s%s", c->kind, c->trigger ? "|" : "", c->negate ? "!" : "",
			 c->param);
}
