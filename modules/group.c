#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/api-socket.h"
#include "modules/common/account.h"
#include "modules/common/tally.h"
#include "modules/registry.h"

/*
 * Who is in a group, by its number: a login is given each group whose line lists it, whichever of
 * several lines that is. Members that nobody named are taken out; accounts whose primary group it
 * is are only named, since their files would lose their group.
 */

struct group_desired {
	char *group;
	bool api_socket;
	struct strv allowed;
};

/* A line of the group file that is about the group asked for. */
struct group_line {
	const char *line;
	char *name;
	bool again; /* there is one of that name before it, which an edit would change instead */
};

struct job {
	const struct group_desired *want;
	const struct view *view;
	struct delta *delta;
	struct tally tally;
	struct strv lines; /* of the group file */
	struct strv names; /* that are asked for */
	gid_t *gids;
	size_t ngids;
	struct group_line *found;
	size_t nfound;
	struct strv users; /* lines of the passwd file */
	struct strv told; /* "GROUP:MEMBER", each once, in however many lines it stands */
	struct strv fixes;
};

static void job_clear(struct job *job)
{
	for (size_t i = 0; i < job->nfound; i++)
		free(job->found[i].name);
	free(job->found);
	free(job->gids);
	tally_clear(&job->tally);
	strv_clear(&job->lines);
	strv_clear(&job->names);
	strv_clear(&job->users);
	strv_clear(&job->told);
	strv_clear(&job->fixes);
}

static bool has_gid(const struct job *job, gid_t gid)
{
	for (size_t i = 0; i < job->ngids; i++)
		if (job->gids[i] == gid)
			return true;
	return false;
}

static void add_gid(struct job *job, gid_t gid)
{
	if (!has_gid(job, gid))
		*(gid_t *)array_append(&job->gids, &job->ngids, sizeof(gid_t)) = gid;
}

/* The numbers of that name: of each line that has it, or the number that the name is. */
static int add_named(struct job *job, const char *name, struct error *err)
{
	bool there = false;
	gid_t gid;
	int r = 0;

	strv_add(&job->names, name);
	for (size_t i = 0; i < job->lines.count; i++) {
		unsigned long number;

		if (!skip_key(job->lines.items[i], name, ':'))
			continue;
		there = true;
		if (account_number(job->lines.items[i], 2, &number) == 0)
			add_gid(job, (gid_t)number);
	}
	if (!there && name[strspn(name, "0123456789")] == '\0')
		r = account_gid(job->view, name, &gid, err);
	if (r > 0)
		add_gid(job, gid);
	return r < 0 ? r : 0;
}

/*
 * The group that the API's socket is given at the next start, and the one that it has now, which
 * whoever started dockerd may have named and taken back. Root's own gives nobody anything new.
 */
static int add_socket(struct job *job, struct error *err)
{
	CLEANUP(freep) char *given = api_socket_group(job->view->facts);
	CLEANUP(strv_clear) struct strv paths = {0};
	int r = given ? add_named(job, given, err) : 0;

	api_socket_paths(job->view->facts, &paths);
	for (size_t i = 0; r == 0 && i < paths.count; i++) {
		CLEANUP(node_clear) struct node node = {0};

		r = view_node(job->view, paths.items[i], &node, err);
		if (r == 0 && node.kind == NODE_UNKNOWN)
			r = error_set(err, node.error, "cannot look at '%s': %s", paths.items[i],
				      strerror(-node.error));
		if (r == 0 && node.kind == NODE_SOCKET && node.gid != 0)
			add_gid(job, node.gid);
	}
	return r < 0 ? r : 0;
}

static bool has_name(const struct job *job, const char *name)
{
	for (size_t i = 0; i < job->nfound; i++)
		if (strcmp(job->found[i].name, name) == 0)
			return true;
	return false;
}

static void find_lines(struct job *job)
{
	for (size_t i = 0; i < job->lines.count; i++) {
		const char *line = job->lines.items[i];
		CLEANUP(freep) char *name = account_field(line, 0);
		struct group_line *found;
		unsigned long gid;
		bool again;

		if (!strchr(line, ':') ||
		    (!strv_contains(&job->names, name) &&
		     (account_number(line, 2, &gid) < 0 || !has_gid(job, (gid_t)gid))))
			continue;
		again = has_name(job, name);
		found = array_append(&job->found, &job->nfound, sizeof(*found));
		*found = (struct group_line){line, TAKE_PTR(name), again};
	}
}

/* Accounts whose primary group has that number; root gains nothing by its own. */
static void primary_of(const struct job *job, gid_t gid, struct strv *ret)
{
	for (size_t i = 0; i < job->users.count; i++) {
		const char *line = job->users.items[i];
		unsigned long group, uid;

		if (account_number(line, 3, &group) == 0 && group == gid &&
		    (gid != 0 || account_number(line, 2, &uid) < 0 || uid != 0))
			strv_add_owned(ret, account_field(line, 0));
	}
}

/* 1: the group is there; 0: not; negative: the files cannot be read. */
static int read_group(struct job *job, struct error *err)
{
	int r = account_lines(job->view, "/etc/group", &job->lines, err);

	if (r >= 0)
		r = add_named(job, job->want->group, err);
	if (r >= 0 && job->want->api_socket)
		r = add_socket(job, err);
	if (r < 0)
		return r;
	find_lines(job);
	if (job->nfound + job->ngids == 0)
		return 0;
	r = account_lines(job->view, "/etc/passwd", &job->users, err);
	return r < 0 ? r : 1;
}

/* An edit finds the first line of that name: what another one says is left to a person. */
static void take_out(struct job *job, const char *path, const char *group, bool again,
		     const struct strv *out)
{
	if (out->count == 0)
		return;
	if (again || !*group) {
		if (!job->delta->refusal)
			job->delta->refusal = xasprintf(
				"'%s' has more lines than one of group '%s'", path, group);
		return;
	}
	for (size_t i = 0; i < out->count; i++) {
		CLEANUP(freep) char *key = xasprintf("%s/%s", group, out->items[i]);

		delta_edit(job->delta, path, subject_of(SCHEME_MEMBER, key), NULL);
	}
}

/* Of these the ones that were not told of that group before, as a list for people; NULL: none. */
static char *untold(struct job *job, const char *group, const struct strv *members,
		    size_t *ret_count)
{
	CLEANUP(strv_clear) struct strv fresh = {0};

	for (size_t i = 0; i < members->count; i++) {
		CLEANUP(freep) char *key = xasprintf("%s:%s", group, members->items[i]);

		if (!strv_contains(&job->told, key))
			strv_add(&fresh, members->items[i]);
		strv_add_once(&job->told, key);
	}
	*ret_count = fresh.count;
	return fresh.count ? names_join(&fresh) : NULL;
}

static void judge_line(struct job *job, const struct group_line *g)
{
	CLEANUP(strv_clear) struct strv members = {0}, out = {0};
	CLEANUP(freep) char *list = NULL;
	size_t n;

	account_members(g->line, 3, &members);
	account_strangers(&members, &job->want->allowed, &out);
	list = untold(job, g->name, &out, &n);
	if (list) {
		tally_note(&job->tally, VERDICT_FAIL, "%s %s in group %s%s", list,
			   n == 1 ? "is" : "are", g->name,
			   strcmp(g->name, job->want->group) ? ", as good by its number" : "");
		strv_addf(&job->delta->warnings, "sessions of %s keep group %s until they end",
			  list, g->name);
	}
	take_out(job, "/etc/group", g->name, g->again, &out);
}

/* Tools take it for the truth as well. Who is told by the group file is nobody else here. */
static void judge_shadow_members(struct job *job, const char *line, const char *group, bool again)
{
	CLEANUP(strv_clear) struct strv members = {0}, out = {0};
	CLEANUP(freep) char *list = NULL;
	size_t n;

	account_members(line, 3, &members);
	account_strangers(&members, &job->want->allowed, &out);
	list = untold(job, group, &out, &n);
	if (list)
		tally_note(&job->tally, VERDICT_FAIL, "%s %s in group %s by /etc/gshadow", list,
			   n == 1 ? "is" : "are", group);
	take_out(job, "/etc/gshadow", group, again, &out);
}

/* An administrator may add whom he likes, himself too, at any time: gpasswd(1). */
static void judge_administrators(struct job *job, const char *line, const char *group)
{
	CLEANUP(strv_clear) struct strv all = {0}, out = {0};
	CLEANUP(freep) char *list = NULL;

	account_members(line, 2, &all);
	account_strangers(&all, &job->want->allowed, &out);
	if (out.count == 0)
		return;
	list = names_join(&out);
	tally_note(&job->tally, VERDICT_FAIL, "%s may add members to group %s by /etc/gshadow",
		   list, group);
	strv_addf(&job->fixes, "take %s out of the administrators of %s: gpasswd -A", list, group);
}

static void judge_shadow(struct job *job)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(strv_clear) struct strv lines = {0}, seen = {0};

	if (account_lines(job->view, "/etc/gshadow", &lines, &why) < 0) {
		tally_note(&job->tally, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		return;
	}
	for (size_t i = 0; i < lines.count; i++) {
		CLEANUP(freep) char *name = account_field(lines.items[i], 0);

		if (!has_name(job, name))
			continue;
		judge_shadow_members(job, lines.items[i], name, strv_contains(&seen, name));
		judge_administrators(job, lines.items[i], name);
		strv_add_once(&seen, name);
	}
}

/* How people call it: by the name asked for, where that is one of its names. */
static char *name_of(const struct job *job, gid_t gid)
{
	const struct group_line *best = NULL;
	unsigned long number;

	for (size_t i = 0; i < job->nfound; i++) {
		const struct group_line *g = &job->found[i];

		if (account_number(g->line, 2, &number) == 0 && number == gid &&
		    (!best || strcmp(g->name, job->want->group) == 0))
			best = g;
	}
	return best ? xstrdup(best->name) : xasprintf("group %lu", (unsigned long)gid);
}

static void judge_primary(struct job *job, gid_t gid)
{
	CLEANUP(strv_clear) struct strv all = {0}, out = {0};
	CLEANUP(freep) char *list = NULL, *name = NULL;

	primary_of(job, gid, &all);
	account_strangers(&all, &job->want->allowed, &out);
	if (out.count == 0)
		return;
	list = names_join(&out);
	name = name_of(job, gid);
	tally_note(&job->tally, VERDICT_FAIL, "%s is the primary group of %s", name, list);
	strv_addf(&job->fixes, "give %s another primary group: usermod -g", list);
}

static void ask_for_list(struct job *job)
{
	CLEANUP(strv_clear) struct strv all = {0}, once = {0};
	CLEANUP(freep) char *list = NULL;

	for (size_t i = 0; i < job->nfound; i++)
		account_members(job->found[i].line, 3, &all);
	for (size_t i = 0; i < job->ngids; i++)
		primary_of(job, job->gids[i], &all);
	for (size_t i = 0; i < all.count; i++)
		strv_add_once(&once, all.items[i]);
	list = names_join(&once);
	delta_raise(job->delta, VERDICT_MANUAL, "no list of trusted users is set; in group %s: %s",
		    job->want->group, once.count ? list : "nobody");
	job->delta->fix = xstrdup("name the trusted users in 'allowed'");
}

static void judge(struct job *job)
{
	for (size_t i = 0; i < job->nfound; i++)
		judge_line(job, &job->found[i]);
	for (size_t i = 0; i < job->ngids; i++)
		judge_primary(job, job->gids[i]);
	judge_shadow(job);
	tally_note(&job->tally, VERDICT_PASS, "group %s has trusted members only",
		   job->want->group);
	tally_finish(&job->tally, job->delta);
	if (job->fixes.count > 0)
		job->delta->fix = strv_join(&job->fixes, "; ");
}

static int group_diff(const void *desired, const struct view *now, struct delta *ret,
		      struct error *err)
{
	CLEANUP(job_clear) struct job job = {.want = desired, .view = now, .delta = ret};
	CLEANUP(error_clear) struct error why = {0};
	int r = read_group(&job, &why);

	if (r < 0)
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s", error_text(&why));
	else if (r == 0)
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "there is no group %s", job.want->group);
	else if (job.want->allowed.count == 0)
		ask_for_list(&job);
	else
		judge(&job);
	return 0;
}

static int group_check(const void *desired, struct error *err)
{
	const struct group_desired *want = desired;

	if (!*want->group || strpbrk(want->group, ":,/ \t\n"))
		return error_set(err, -EINVAL, "'%s' is not a group's name", want->group);
	return 0;
}

static const struct field fields[] = {
	{.key = "group",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct group_desired, group),
	 .required = true,
	 .help = "name of the group"},
	{.key = "api-socket",
	 .type = FIELD_BOOL,
	 .offset = offsetof(struct group_desired, api_socket),
	 .help = "the groups that the API's socket has, and is given, count as well"},
	{.key = "allowed",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct group_desired, allowed),
	 .help = "who may be in it; without a list a person must decide (root alone: [root])"},
	{0},
};

const struct module module_group = {
	.name = "group",
	.summary = "who is in a group",
	.desired_size = sizeof(struct group_desired),
	.fields = fields,
	.check = group_check,
	.diff = group_diff,
};
