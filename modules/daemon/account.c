#include "modules/daemon/account.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/schemes/json-text.h"
#include "modules/common/account.h"

#define NAME "dockremap"
#define RANGE_FIRST 100000UL
#define RANGE_SIZE 65536UL
#define RANGE_LAST 0xfffffffeUL
#define SYSTEM_ID_LAST 999UL /* login.defs(5): SYS_UID_MAX */
#define SYSTEM_ID_FIRST 100UL

enum {
	PASSWD,
	GROUP,
	SHADOW,
	GSHADOW,
	SUBUID,
	SUBGID,
	FILES,
};

static const char *const paths[FILES] = {
	[PASSWD] = "/etc/passwd",   [GROUP] = "/etc/group",   [SHADOW] = "/etc/shadow",
	[GSHADOW] = "/etc/gshadow", [SUBUID] = "/etc/subuid", [SUBGID] = "/etc/subgid",
};

struct accounts {
	struct strv lines[FILES];
	bool there[FILES];
	struct delta *delta;
};

static void accounts_clear(struct accounts *a)
{
	for (size_t i = 0; i < FILES; i++)
		strv_clear(&a->lines[i]);
}

/* -errno when a file that must be read cannot be. */
static int read_accounts(struct accounts *a, const struct view *v, struct error *err)
{
	for (size_t i = 0; i < FILES; i++) {
		int r = account_lines(v, paths[i], &a->lines[i], err);

		if (r < 0)
			return r;
		a->there[i] = r == 1;
	}
	return 0;
}

static bool id_taken(const struct accounts *a, unsigned long id)
{
	for (size_t file = PASSWD; file <= GROUP; file++) {
		const struct strv *lines = &a->lines[file];

		for (size_t i = 0; i < lines->count; i++) {
			unsigned long other;

			if (account_number(lines->items[i], 2, &other) == 0 && other == id)
				return true;
		}
	}
	return false;
}

/* One number for user and group; 0 when none is free. */
static unsigned long free_id(const struct accounts *a)
{
	for (unsigned long id = SYSTEM_ID_LAST; id >= SYSTEM_ID_FIRST; id--)
		if (!id_taken(a, id))
			return id;
	return 0;
}

/* Moves *start behind the range `first` and `count` if the two overlap. */
static bool step_over(unsigned long *start, unsigned long first, unsigned long count)
{
	if (count == 0 || first >= *start + RANGE_SIZE || *start >= first + count)
		return false;
	*start = first + count;
	return true;
}

static bool step_over_all(const struct accounts *a, unsigned long *start)
{
	bool moved = false;

	for (size_t file = 0; file < FILES; file++) {
		const struct strv *lines = &a->lines[file];
		bool ranges = file == SUBUID || file == SUBGID;

		if (file == SHADOW || file == GSHADOW)
			continue;
		for (size_t i = 0; i < lines->count; i++) {
			unsigned long first, count = 1;

			if (account_number(lines->items[i], ranges ? 1 : 2, &first) == 0 &&
			    (!ranges || account_number(lines->items[i], 2, &count) == 0))
				moved |= step_over(start, first, count);
		}
	}
	return moved;
}

/* The first range that overlaps none, and no account's own number; 0 when there is none. */
static unsigned long free_range(const struct accounts *a)
{
	unsigned long start = RANGE_FIRST;

	while (step_over_all(a, &start))
		;
	return start + RANGE_SIZE - 1 <= RANGE_LAST ? start : 0;
}

/* The line unless one of that name is there, or the file itself is not used on this host. */
static void add_entry(struct accounts *a, size_t file, const char *line)
{
	bool is_range = file == SUBUID || file == SUBGID;

	if (account_line(&a->lines[file], NAME) || (!a->there[file] && !is_range))
		return;
	delta_edit(a->delta, paths[file], subject_of(SCHEME_ENTRY, NAME), line);
}

static const char *nologin(const struct view *v)
{
	static const char *const shells[] = {"/usr/sbin/nologin", "/sbin/nologin"};

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		CLEANUP(node_clear) struct node node = {0};

		if (view_node(v, shells[i], &node, NULL) >= 0 && node.kind == NODE_FILE)
			return shells[i];
	}
	return "/bin/false";
}

static void refuse(struct delta *d, const char *why)
{
	if (!d->refusal)
		d->refusal = xstrdup(why);
}

/* Locked, without aging fields: nothing in the lines depends on the day. */
static void add_account(struct accounts *a, const struct view *v)
{
	const char *user = account_line(&a->lines[PASSWD], NAME);
	const char *group = account_line(&a->lines[GROUP], NAME);
	CLEANUP(freep) char *passwd_line = NULL;
	CLEANUP(freep) char *group_line = NULL;
	unsigned long uid = user || group ? 0 : free_id(a), gid = uid;

	if (group && account_number(group, 2, &gid) == 0 && !user)
		uid = id_taken(a, gid) ? free_id(a) : gid;
	if (user && account_number(user, 3, &gid) < 0)
		gid = 0;
	if ((!user && uid == 0) || (!group && gid == 0)) {
		refuse(a->delta, "no number below 1000 is free for the account " NAME);
		return;
	}
	passwd_line =
		xasprintf(NAME ":x:%lu:%lu:Docker user namespaces:/:%s", uid, gid, nologin(v));
	group_line = xasprintf(NAME ":x:%lu:", gid);
	add_entry(a, PASSWD, passwd_line);
	add_entry(a, GROUP, group_line);
	add_entry(a, SHADOW, NAME ":!*:::::::");
	add_entry(a, GSHADOW, NAME ":!*::");
}

static void add_ranges(struct accounts *a)
{
	unsigned long start = free_range(a);
	CLEANUP(freep) char *line = xasprintf(NAME ":%lu:%lu", start, RANGE_SIZE);

	if (start == 0) {
		refuse(a->delta, "no range of 65536 ids is free in /etc/subuid and /etc/subgid");
		return;
	}
	add_entry(a, SUBUID, line);
	add_entry(a, SUBGID, line);
}

/* All ids that the lines give a name; dockerd and newuidmap take its ranges together. */
static unsigned long range_sum(const struct strv *lines, const char *who)
{
	unsigned long sum = 0, count;

	for (size_t i = 0; i < lines->count; i++)
		if (skip_key(lines->items[i], who, ':') &&
		    account_number(lines->items[i], 2, &count) == 0)
			sum += count;
	return sum;
}

/* With fewer an image's files of the accounts above cannot be made: it is known before it is tried. */
static void check_size(struct accounts *a, size_t file, const char *who)
{
	unsigned long sum = range_sum(&a->lines[file], who);

	if (a->delta->refusal || !account_line(&a->lines[file], who) || sum >= RANGE_SIZE)
		return;
	a->delta->refusal = xasprintf("'%s' has %lu ids in '%s', and %lu are needed", who, sum,
				      paths[file], (unsigned long)RANGE_SIZE);
}

/* userns-remap takes "user", "user:group" and numbers; ranges are looked up by name. */
static void check_ranges(struct accounts *a, const char *name)
{
	CLEANUP(freep) char *user = account_field(name, 0);
	CLEANUP(freep) char *group = account_field(name, 1);

	for (size_t file = SUBUID; file <= SUBGID; file++) {
		const char *who = file == SUBGID && group ? group : user;

		check_size(a, file, who);
		if (account_line(&a->lines[file], who) || a->delta->refusal)
			continue;
		a->delta->refusal = xasprintf("'%s' has no range of ids in '%s'", who, paths[file]);
	}
}

void docker_account(const struct view *v, const char *value, struct delta *delta)
{
	CLEANUP(accounts_clear) struct accounts a = {.delta = delta};
	CLEANUP(freep) char *name = value ? json_value_to_string(value) : NULL;
	CLEANUP(error_clear) struct error why = {0};

	if (!name)
		return;
	if (read_accounts(&a, v, &why) < 0) {
		strv_addf(&delta->warnings, "the account for userns-remap was not looked at: %s",
			  error_text(&why));
		return;
	}
	if (strcmp(name, "default") != 0 && strcmp(name, NAME) != 0) {
		check_ranges(&a, name);
		return;
	}
	check_size(&a, SUBUID, NAME);
	check_size(&a, SUBGID, NAME);
	add_account(&a, v);
	add_ranges(&a);
}
