#include "cli/counters.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/format/audit-rule.h"
#include "engine/host/read/sysctl.h"

/*
 * Watches are root's, of whom systemd, dockerd and the root of every container are, too: what is borrowed of them for
 * a while, all counters together, leaves the others most. The kernel's own least value, where it tells none.
 */
#define WATCHES "fs.inotify.max_user_watches"
#define LEAST_WATCHES 8192
#define SHARE 4

void counters_clear(struct counters *c)
{
	for (size_t i = 0; i < c->count; i++) {
		run_count_close(&c->items[i].run);
		write_count_close(&c->items[i].write);
	}
	free(c->items);
	c->items = NULL;
	c->count = 0;
}

/* The first reason is enough. */
static void note(struct counters *c, size_t volume, const char *why)
{
	struct volume *v = &c->volumes->items[volume];

	if (!v->partly)
		v->partly = xstrdup(why);
}

static struct counter *add(struct counters *c, size_t volume)
{
	struct counter *one = array_append(&c->items, &c->count, sizeof(*one));

	*one = (struct counter){.volume = volume, .run = RUN_COUNT_INIT, .write = WRITE_COUNT_INIT};
	return one;
}

static int watches_allowed(void)
{
	CLEANUP(freep) char *value = NULL;
	long all = LEAST_WATCHES;

	if (sysctl_read(WATCHES, &value, NULL) >= 0)
		all = strtol(value, NULL, 10);
	all /= SHARE;
	return all < WRITE_COUNT_DIRECTORIES ? (int)all : WRITE_COUNT_DIRECTORIES;
}

/* A tree may grow while it is counted; a name has one watch, and no more. */
static void allow_watches(const struct counters *c, struct write_count *w)
{
	int left = c->watches;

	for (size_t i = 0; i < c->count; i++)
		if (c->items[i].write.fd >= 0 && &c->items[i].write != w)
			left -= c->items[i].write.directories;
	if (!w->name)
		w->most = left > 0 ? left : 0;
}

static void add_runs(struct counters *c, size_t volume, const char *path)
{
	CLEANUP(error_clear) struct error why = {0};
	struct counter *one = add(c, volume);

	one->is_run = true;
	if (run_count_open(&one->run, c->root, path, &why) < 0)
		note(c, volume, error_text(&why));
}

static void add_writes(struct counters *c, size_t volume, const char *path, bool tree,
		       const struct strv *exclude)
{
	CLEANUP(error_clear) struct error why = {0};
	struct counter *one = add(c, volume);
	int r;

	allow_watches(c, &one->write);
	r = tree ? write_count_tree(&one->write, c->root, path, exclude, &why)
		 : write_count_file(&one->write, c->root, path, &why);
	if (r >= 0)
		return;
	note(c, volume, error_text(&why));
	write_count_close(&one->write); /* what it has watched so far is for others again */
}

/* "-w" is about what is there when it is loaded. */
static bool is_tree(const struct counters *c, const struct audit_rule *rule)
{
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	struct stat st;

	if (!rule->is_any)
		return rule->is_tree;
	return root_look(c->root, rule->path, &w, NULL) >= 0 && w.fd >= 0 &&
	       fstat(w.fd, &st) == 0 && S_ISDIR(st.st_mode);
}

static void add_watch(struct counters *c, size_t volume, const struct audit_rule *rule,
		      const struct strv *exclude)
{
	bool tree = is_tree(c, rule);

	if (rule->perms & (AUDIT_PERM_WRITE_BIT | AUDIT_PERM_ATTR_BIT))
		add_writes(c, volume, rule->path, tree, exclude);
	if (rule->perms & AUDIT_PERM_EXEC_BIT && !tree)
		add_runs(c, volume, rule->path);
	if (rule->perms & AUDIT_PERM_EXEC_BIT && tree)
		note(c, volume, "who runs a program below a directory is not counted");
	if (rule->perms & AUDIT_PERM_READ_BIT)
		note(c, volume, "who reads is not counted");
}

/* What it is about, as one text: the rules for two architectures record an event once. */
static char *key_of(const struct audit_rule *rule)
{
	return xasprintf("%s%s %u", rule->never ? "never " : "", rule->path, rule->perms);
}

static void add_rule(struct counters *c, size_t volume, const char *line,
		     const struct strv *exclude, struct strv *seen)
{
	CLEANUP(audit_rule_clear) struct audit_rule rule = {0};
	CLEANUP(freep) char *key = NULL;
	int r = audit_rule_parse(line, &rule, NULL);

	if (r == 0 || (r > 0 && rule.never))
		return;
	if (r > 0 && rule.connects)
		note(c, volume, "who connects to a socket is not counted");
	else if (r < 0 || !rule.is_watch || rule.narrowed)
		note(c, volume, "it has a rule that is no watch of a path");
	else if (!strv_contains(seen, (key = key_of(&rule))))
		add_watch(c, volume, &rule, exclude);
	if (key)
		strv_add_once(seen, key);
}

static void find_excluded(const struct strv *rules, struct strv *ret)
{
	for (size_t i = 0; i < rules->count; i++) {
		CLEANUP(audit_rule_clear) struct audit_rule rule = {0};

		if (audit_rule_parse(rules->items[i], &rule, NULL) > 0 && rule.never && rule.path)
			strv_add_once(ret, rule.path);
	}
}

void counters_add(struct counters *c, size_t volume, const struct strv *rules)
{
	CLEANUP(strv_clear) struct strv exclude = {0}, seen = {0};

	c->watches = watches_allowed();
	find_excluded(rules, &exclude);
	for (size_t i = 0; i < rules->count; i++)
		add_rule(c, volume, rules->items[i], &exclude, &seen);
}

static int fd_of(const struct counter *one)
{
	return one->is_run ? one->run.fd : one->write.fd;
}

/* One that cannot go on has counted less than there was. */
static void take(struct counters *c, struct counter *one)
{
	CLEANUP(error_clear) struct error why = {0};
	int r;

	if (fd_of(one) < 0)
		return;
	allow_watches(c, &one->write);
	r = one->is_run ? run_count_take(&one->run, &why) : write_count_take(&one->write, &why);
	if (r >= 0)
		return;
	note(c, one->volume, error_text(&why));
	if (r != -EOVERFLOW) /* what still comes is counted all the same */
		close_fd(one->is_run ? &one->run.fd : &one->write.fd);
}

int counters_wait(struct counters *c, const struct interrupt *interrupt, int ms, struct error *err)
{
	CLEANUP(freep) struct pollfd *fds = xcalloc(c->count + 1, sizeof(*fds));
	int r = interrupt_wait(interrupt, 0, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < c->count; i++)
		fds[i] = (struct pollfd){.fd = fd_of(&c->items[i]), .events = POLLIN};
	fds[c->count] = (struct pollfd){.fd = interrupt->fd, .events = POLLIN};
	if (poll(fds, c->count + 1, ms) < 0 && errno != EINTR)
		return error_errno(err, -errno, "cannot wait for what is counted");
	for (size_t i = 0; i < c->count; i++)
		take(c, &c->items[i]);
	return interrupt_wait(interrupt, 0, err);
}

void counters_finish(struct counters *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct counter *one = &c->items[i];

		c->volumes->items[one->volume].counted +=
			one->is_run ? one->run.counted : one->write.counted;
	}
}
