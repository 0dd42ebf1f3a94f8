#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/common/account.h"
#include "modules/common/tally.h"
#include "modules/registry.h"

/*
 * Who is in a group. Members that nobody named are taken out; accounts whose primary group it
 * is are only named, since their files would lose their group.
 */

struct group_desired {
	char *group;
	struct strv allowed;
};

struct job {
	const struct group_desired *want;
	const struct view *view;
	struct delta *delta;
	struct strv members; /* listed in the group's line */
	struct strv primary; /* accounts that have it as primary group */
};

static void job_clear(struct job *job)
{
	strv_clear(&job->members);
	strv_clear(&job->primary);
}

static void add_members(const struct strv *lines, const char *group, struct strv *ret)
{
	const char *line = account_line(lines, group);
	CLEANUP(freep) char *field = line ? account_field(line, 3) : NULL;

	if (field)
		strv_split(ret, field, ",\r");
}

/* A name may have blanks inside (a domain's "domain users"); those before it do not count. */
static bool is_allowed(const struct strv *allowed, const char *member)
{
	return strv_contains(allowed, member + strspn(member, " \t"));
}

/* 1: the group is there; 0: not; negative: the files cannot be read. */
static int read_group(struct job *job, struct error *err)
{
	CLEANUP(strv_clear) struct strv groups = {0};
	CLEANUP(strv_clear) struct strv users = {0};
	unsigned long gid, other;
	const char *line;
	int r = account_lines(job->view, "/etc/group", &groups, err);

	if (r <= 0)
		return r;
	line = account_line(&groups, job->want->group);
	if (!line)
		return 0;
	add_members(&groups, job->want->group, &job->members);
	r = account_lines(job->view, "/etc/passwd", &users, err);
	if (r < 0 || account_number(line, 2, &gid) < 0)
		return r < 0 ? r : 1;
	for (size_t i = 0; i < users.count; i++)
		if (account_number(users.items[i], 3, &other) == 0 && other == gid)
			strv_add_owned(&job->primary, account_field(users.items[i], 0));
	return 1;
}

static void edit_member(struct job *job, const char *path, const char *name)
{
	CLEANUP(freep) char *key = xasprintf("%s/%s", job->want->group, name);

	delta_edit(job->delta, path, subject_of(SCHEME_MEMBER, key), NULL);
}

/* gshadow lists members too, and tools take either list for the truth. */
static void judge_shadow(struct job *job)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(strv_clear) struct strv members = {0};

	if (account_lines(job->view, "/etc/gshadow", &lines, &why) < 0) {
		delta_raise(job->delta, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		return;
	}
	add_members(&lines, job->want->group, &members);
	for (size_t i = 0; i < members.count; i++) {
		if (is_allowed(&job->want->allowed, members.items[i]))
			continue;
		delta_raise(job->delta, VERDICT_FAIL, "'%s' is in group %s by /etc/gshadow",
			    members.items[i], job->want->group);
		edit_member(job, "/etc/gshadow", members.items[i]);
	}
}

static void strangers(const struct strv *names, const struct strv *allowed, struct strv *ret)
{
	for (size_t i = 0; i < names->count; i++)
		if (!is_allowed(allowed, names->items[i]))
			strv_add_once(ret, names->items[i]);
}

static void judge_members(struct job *job)
{
	CLEANUP(strv_clear) struct strv out = {0};
	CLEANUP(freep) char *list = NULL;

	strangers(&job->members, &job->want->allowed, &out);
	if (out.count == 0)
		return;
	list = names_join(&out);
	delta_raise(job->delta, VERDICT_FAIL, "%s %s in group %s", list,
		    out.count == 1 ? "is" : "are", job->want->group);
	strv_addf(&job->delta->warnings, "sessions of %s keep group %s until they end", list,
		  job->want->group);
	for (size_t i = 0; i < out.count; i++)
		edit_member(job, "/etc/group", out.items[i]);
}

static void judge_primary(struct job *job)
{
	CLEANUP(strv_clear) struct strv out = {0};
	CLEANUP(freep) char *list = NULL;

	strangers(&job->primary, &job->want->allowed, &out);
	if (out.count == 0)
		return;
	list = names_join(&out);
	delta_raise(job->delta, VERDICT_FAIL, "%s is the primary group of %s", job->want->group,
		    list);
	job->delta->fix = xasprintf("give %s another primary group: usermod -g", list);
}

static void ask_for_list(struct job *job)
{
	CLEANUP(strv_clear) struct strv all = {0};
	CLEANUP(freep) char *list = NULL;

	strv_add_all(&all, &job->members);
	strangers(&job->primary, &job->members, &all);
	list = names_join(&all);
	delta_raise(job->delta, VERDICT_MANUAL, "no list of trusted users is set; in group %s: %s",
		    job->want->group, all.count ? list : "nobody");
	job->delta->fix = xstrdup("name the trusted users in 'allowed'");
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
	if (r <= 0 || job.want->allowed.count == 0)
		return 0;
	judge_members(&job);
	judge_primary(&job);
	judge_shadow(&job);
	delta_raise(ret, VERDICT_PASS, "group %s has trusted members only", job.want->group);
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
