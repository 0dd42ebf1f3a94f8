#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/facts/containers.h"
#include "engine/format/bundle.h"
#include "engine/format/daemon-info.h"
#include "engine/host/read/file-age.h"
#include "engine/host/read/proc.h"

/*
 * What a container was born with and would not get again: with live-restore it outlives upgrades of
 * what started it. Of its shim the kernel knows the file; runc is gone once it has started it, so the
 * time of its file has to tell; the profiles are in the bundle, in which the shim stands.
 *
 * A filter is dockerd's of now where this dockerd started it. Of one that is older it is held against that
 * of a container with the same capabilities which this dockerd did start. AppArmor keeps one policy for
 * each name, for old and new alike, so there the name alone tells.
 */

#define DOCKER "docker.service"
#define DELETED " (deleted)"
#define RUNC_SHIM "containerd-shim-runc-"

struct birth {
	struct container *c;
	pid_t shim; /* 0: none was found */
	struct bundle bundle;
	bool has_bundle;
	bool by_this; /* the dockerd that runs started it */
};

struct births {
	struct birth *items;
	size_t count;
	struct map samples; /* capabilities -> a birth by this dockerd that has its filter */
	const struct unit_facts *dockerd; /* NULL: not known */
	const char *seccomp,
		*apparmor; /* what follows these names in dockerd's options; NULL: off */
};

static void births_clear(struct births *all)
{
	for (size_t i = 0; i < all->count; i++)
		bundle_clear(&all->items[i].bundle);
	free(all->items);
	map_clear(&all->samples, NULL);
}

static void unknown(struct container *c, char *why)
{
	if (c->birth_unread)
		free(why);
	else
		c->birth_unread = why;
}

static bool is_gone(int r)
{
	return r == -ENOENT || r == -ENOTDIR;
}

static struct moment began(const struct container *c)
{
	uint64_t since_boot;

	return proc_start_usec(c->pid, &since_boot, NULL) < 0
		       ? (struct moment){c->started_usec, 0}
		       : clock_moment(c->started_usec, CLOCK_BOOTTIME, since_boot);
}

/* A program that runs against what is installed under its name now. */
static void judge_running(const struct gather *g, struct container *c, const char *exe,
			  const struct file_age *runs)
{
	bool deleted = ends_with(exe, DELETED);
	CLEANUP(freep) char *path = xstrndup(exe, strlen(exe) - (deleted ? strlen(DELETED) : 0));
	CLEANUP(error_clear) struct error err = {0};
	struct file_age now;
	int r = file_age(g->root, path, &now, &err);

	if (is_gone(r))
		strv_addf(&c->outlived, "its shim '%s' is not there any more", path);
	else if (r < 0)
		unknown(c, xasprintf("its shim: %s", error_text(&err)));
	else if (now.dev != runs->dev || now.ino != runs->ino)
		strv_addf(&c->outlived, "its shim '%s' is another program now", path);
}

static void judge_shim(const struct gather *g, const struct birth *b)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *exe = NULL;
	struct file_age runs;

	if (b->shim == 0)
		unknown(b->c, xstrdup("no shim of it was found among the processes"));
	else if (proc_exe(b->shim, &exe, NULL, &err) < 0 ||
		 file_age_of_process(b->shim, &runs, &err) < 0)
		unknown(b->c, xstrdup(error_text(&err)));
	else
		judge_running(g, b->c, exe, &runs);
}

/* Where the shim finds programs. */
static void path_of(pid_t shim, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv variables = {0};

	proc_environment(shim, &variables, NULL);
	for (size_t i = 0; i < variables.count; i++)
		if (starts_with(variables.items[i], "PATH="))
			strv_split(ret, variables.items[i] + strlen("PATH="), ":");
}

/* The program as it is now, by its path or by the shim's PATH. -ENOENT: it is nowhere there. */
static int find_program(const struct gather *g, pid_t shim, const char *name, char **ret,
			struct file_age *ret_age, struct error *err)
{
	CLEANUP(strv_clear) struct strv directories = {0};

	if (strchr(name, '/'))
		strv_add(&directories, "");
	else
		path_of(shim, &directories);
	for (size_t i = 0; i < directories.count; i++) {
		const char *directory = directories.items[i];
		size_t n = strlen(directory);
		char *path;
		int r;

		while (n > 0 && directory[n - 1] == '/')
			n--;
		path = xasprintf("%.*s%s%s", (int)n, directory, strchr(name, '/') ? "" : "/", name);
		str_replace(ret, path);
		free(path);
		r = file_age(g->root, *ret, ret_age, err);
		if (r == 0 || !is_gone(r))
			return r;
	}
	return error_set(err, -ENOENT, "'%s' is not there", name);
}

/* containerd's shim for runc writes it down; others are the runtime themselves, and have no such file. */
static char *runtime_of(pid_t shim)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/cwd/runtime", (int)shim);
	CLEANUP(freep) char *exe = NULL;
	CLEANUP(buf_clear) struct buf text = {0};

	if (proc_exe(shim, &exe, NULL, NULL) < 0 || !starts_with(path_name(exe), RUNC_SHIM))
		return NULL;
	proc_read(path, &text, NULL);
	return text.len ? xstrndup(text.data, strcspn(buf_str(&text), "\n")) : xstrdup("runc");
}

static void judge_file(struct container *c, const char *path, const struct file_age *age)
{
	struct moment then = began(c);

	switch (file_age_since(age, &then)) {
	case CLOCK_AFTER:
		strv_addf(&c->outlived, "'%s', which started it, was replaced since", path);
		break;
	case CLOCK_EITHER:
		unknown(c, xasprintf("whether '%s' is still the file that started it, its times do "
				     "not tell",
				     path));
		break;
	case CLOCK_BEFORE:
		break;
	}
}

static void judge_runtime(const struct gather *g, const struct birth *b)
{
	CLEANUP(freep) char *name = b->shim ? runtime_of(b->shim) : NULL, *path = NULL;
	CLEANUP(error_clear) struct error err = {0};
	struct file_age age;
	int r = name ? find_program(g, b->shim, name, &path, &age, &err) : 0;

	if (name && r == 0)
		judge_file(b->c, path, &age);
	else if (is_gone(r))
		strv_addf(&b->c->outlived, "'%s', which started it, is not there any more", name);
	else if (r < 0)
		unknown(b->c, xasprintf("what started it: %s", error_text(&err)));
}

static void read_bundle(struct birth *b)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/cwd/config.json", (int)b->shim);
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(error_clear) struct error err = {0};

	if (b->shim == 0)
		return; /* judge_shim() says so */
	b->has_bundle =
		proc_read(path, &text, &err) >= 0 && bundle_read(&text, &b->bundle, &err) >= 0;
	if (!b->has_bundle)
		unknown(b->c, xasprintf("its bundle: %s", error_text(&err)));
}

/* Its own option, which a new start would follow as well. */
static bool has_own(const struct container *c, const char *name, const char *dockerds)
{
	if (c->privileged)
		return true;
	for (size_t i = 0; i < c->security.count; i++) {
		const char *value = skip_key(c->security.items[i], name, '=');

		if (value && strcmp(value, dockerds) != 0)
			return true;
	}
	return false;
}

/* The dockerd that runs is a file that was there, as it is, before the container began. */
static bool dockerd_is_older(const struct births *all, const struct container *c)
{
	struct moment then = began(c);
	struct file_age age;

	return file_age_of_process(all->dockerd->main_pid, &age, NULL) == 0 &&
	       file_age_since(&age, &then) == CLOCK_BEFORE;
}

static bool is_builtin(const char *option)
{
	return strcmp(option, ",profile=default") == 0 || strcmp(option, ",profile=builtin") == 0;
}

static void judge_filter(const struct births *all, const struct birth *b)
{
	const struct birth *sample = map_get(&all->samples, b->bundle.caps);

	if (!all->seccomp || strcmp(all->seccomp, ",profile=unconfined") == 0 ||
	    has_own(b->c, "seccomp", "builtin"))
		return; /* a start of today would take it away, or leave it */
	if (!b->bundle.filter)
		strv_add(&b->c->outlived, "it has no seccomp filter, which dockerd gives now");
	else if (sample && strcmp_null(sample->bundle.filter, b->bundle.filter) != 0)
		strv_addf(&b->c->outlived,
			  "its seccomp filter is another than dockerd gave %s, which began later",
			  container_label(sample->c));
	else if (!sample && !(is_builtin(all->seccomp) && dockerd_is_older(all, b->c)))
		unknown(b->c,
			xstrdup("whether its seccomp filter is what dockerd gives now: no "
				"container with the same capabilities began after dockerd, to "
				"hold it against"));
}

static void judge_apparmor(const struct births *all, const struct birth *b)
{
	const char *has = b->bundle.apparmor;

	if (!all->apparmor || has_own(b->c, "apparmor", "docker-default") ||
	    strcmp(has, "docker-default") == 0)
		return;
	strv_addf(&b->c->outlived, "it began with %s%s, and dockerd gives docker-default now",
		  *has ? "AppArmor's profile " : "no profile of AppArmor's", has);
}

static void judge_profiles(const struct births *all, const struct birth *b)
{
	if (!b->has_bundle || b->by_this)
		return;
	if (!all->dockerd) {
		unknown(b->c, xstrdup("when dockerd started, which gives it its profiles"));
		return;
	}
	judge_filter(all, b);
	judge_apparmor(all, b);
}

static void find_shims(const struct gather *g, struct map *ret)
{
	for (size_t i = 0; i < g->processes.count; i++) {
		const struct process *p = &g->processes.items[i];
		CLEANUP(freep) char *id = container_of_shim(g, p);

		if (id)
			map_put(ret, id, (void *)(intptr_t)p->pid);
	}
}

/* What follows ",": "name=seccomp,profile=builtin"; NULL: dockerd has no such thing. */
static const char *option_of(const struct docker_facts *d, const char *name)
{
	for (size_t i = 0; i < d->security_options.count; i++) {
		const char *option = skip_prefix(d->security_options.items[i], "name=");

		if (option && starts_with_word(option, name, ","))
			return skip_prefix(option, name);
	}
	return NULL;
}

/* What this dockerd gave, it gives again: it reads profiles at its start alone. */
static void take_sample(struct births *all, struct birth *b)
{
	if (b->by_this && b->has_bundle && b->bundle.filter &&
	    !has_own(b->c, "seccomp", "builtin") && !map_get(&all->samples, b->bundle.caps))
		map_put(&all->samples, b->bundle.caps, b);
}

static bool is_by_this(const struct births *all, const struct container *c)
{
	uint64_t its, dockerds;

	return all->dockerd && proc_start_ticks(c->pid, &its, NULL) >= 0 &&
	       proc_start_ticks(all->dockerd->main_pid, &dockerds, NULL) >= 0 && its > dockerds;
}

static void gather_births(const struct gather *g, struct births *all)
{
	struct container_list *l = &g->facts->docker.containers;
	struct map shims = {0};

	find_shims(g, &shims);
	for (size_t i = 0; i < l->nseen; i++) {
		struct container *c = &l->seen[i];
		struct birth *b;

		if (!c->id || !container_lives(c))
			continue;
		b = array_append(&all->items, &all->count, sizeof(*b));
		*b = (struct birth){.c = c, .shim = (pid_t)(intptr_t)map_get(&shims, c->id)};
		b->by_this = is_by_this(all, c);
		read_bundle(b);
	}
	map_clear(&shims, NULL);
}

void containers_read_birth(struct container_reader *r)
{
	const struct gather *g = r->g;
	CLEANUP(births_clear) struct births all = {0};
	const struct unit_facts *u = facts_unit(g->facts, DOCKER);

	all.dockerd = u && u->main_pid > 0 ? u : NULL;
	all.seccomp = option_of(&g->facts->docker, "seccomp");
	all.apparmor = option_of(&g->facts->docker, "apparmor");
	gather_births(g, &all);
	for (size_t i = 0; i < all.count; i++)
		take_sample(&all, &all.items[i]);
	for (size_t i = 0; i < all.count; i++) {
		judge_shim(g, &all.items[i]);
		judge_runtime(g, &all.items[i]);
		judge_profiles(&all, &all.items[i]);
		all.items[i].c->birth_read = true;
	}
}
