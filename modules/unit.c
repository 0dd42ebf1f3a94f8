#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "modules/common/cgroup.h"
#include "modules/registry.h"
#include "modules/unit.h"
#include "modules/unit/init-script.h"
#include "modules/unit/install.h"
#include "modules/unit/state.h"

/* A unit of systemd: whether the boot starts it, whether it runs now, and, of our own, its file. */

#define PROGRAM_MARK "@harden@"
#define OUR_UNITS "harden-"

enum enabled { ENABLED_TRUE, ENABLED_FALSE, ENABLED_MASKED, ENABLED_COUNT };
enum active { ACTIVE_TRUE, ACTIVE_FALSE };

struct unit_desired {
	struct strv units;
	int enabled, active; /* -1: either way */
	char *content;
};

/* One unit being judged. */
struct job {
	const struct unit_desired *want;
	const struct view *view;
	struct delta *delta;
	struct unit_file file;
};

static bool goes_down(const struct unit_desired *want)
{
	return want->enabled == ENABLED_FALSE || want->enabled == ENABLED_MASKED ||
	       want->active == ACTIVE_FALSE;
}

static int judge_links(struct job *job, struct error *err)
{
	size_t before = job->delta->edits.count;
	static const char *const words[ENABLED_COUNT] = {"not enabled", "enabled", "not masked"};
	int r = 0;

	switch (job->want->enabled) {
	case ENABLED_TRUE:
		r = unit_enable(&job->file, job->view, job->delta, err);
		break;
	case ENABLED_FALSE:
		r = unit_disable(&job->file, job->view, job->delta, err);
		break;
	case ENABLED_MASKED:
		r = unit_mask(&job->file, job->view, job->delta, err);
		break;
	default:
		return 0;
	}
	if (r >= 0 && (job->delta->edits.count > before || job->delta->refusal))
		delta_raise(job->delta, VERDICT_FAIL, "%s is %s", job->file.name,
			    words[job->want->enabled]);
	return r;
}

/* The text with the path of this program in it; NULL, and the delta says why, where that is not known. */
static char *expand(struct job *job)
{
	const struct facts *f = job->view->facts;
	CLEANUP(buf_clear) struct buf text = {0};
	const char *at = job->want->content, *mark;

	while ((mark = strstr(at, PROGRAM_MARK))) {
		if (!f->program) {
			delta_raise(job->delta, VERDICT_FAIL, "harden is not installed");
			job->delta->refusal = xasprintf("a unit cannot start harden: %s",
							f->not_installed ? f->not_installed
									 : "its path is not known");
			return NULL;
		}
		buf_append(&text, at, (size_t)(mark - at));
		buf_puts(&text, f->program);
		at = mark + strlen(PROGRAM_MARK);
	}
	buf_puts(&text, at);
	while (text.len && text.data[text.len - 1] == '\n')
		text.data[--text.len] = '\0';
	return buf_take(&text);
}

/* A package's unit is as good as ours, and a newer harden brings its own. */
static bool is_packaged(const struct unit_file *file)
{
	return file->path && !starts_with(file->path, UNIT_ADMIN_DIRECTORY "/");
}

/* Our unit's file; what follows is judged as if it were written. */
static int judge_content(struct job *job, struct error *err)
{
	struct unit_file *file = &job->file;
	CLEANUP(freep) char *path = xasprintf(UNIT_ADMIN_DIRECTORY "/%s", file->name);
	CLEANUP(freep) char *text = NULL, *before = NULL;

	if (!job->want->content || is_packaged(file) || file->masked)
		return 0;
	text = expand(job);
	if (!text)
		return 0;
	if (file->path)
		before = xstrndup(buf_str(&file->text),
				  file->text.len - (file->text.len &&
						    file->text.data[file->text.len - 1] == '\n'));
	if (before && strcmp(before, text) == 0)
		return 0;
	delta_raise(job->delta, VERDICT_FAIL, before ? "%s is another one" : "there is no unit %s",
		    file->name);
	delta_edit(job->delta, path, subject_of(SCHEME_TEXT, "all"), text);
	if (before && !job->view->facts->offline)
		effect_bring(delta_effect(job->delta, HANDLER_UNIT_STATE,
					  subject_of(SCHEME_RESTART, file->name), NULL, "anew"),
			     path, subject_of(SCHEME_TEXT, "all"));
	str_replace(&file->path, path);
	buf_set(&file->text, text, strlen(text));
	return 0;
}

/* systemd has to read again what was linked or written, before anything is started. */
static void ask_reload(struct job *job, size_t edits_before)
{
	const struct subject subject = subject_of(SCHEME_UNIT, job->file.name);
	struct delta *d = job->delta;

	if (d->edits.count > edits_before && !job->view->facts->offline)
		delta_bring(d, delta_effect(d, HANDLER_SYSTEMD_RELOAD, subject, NULL, "read again"),
			    edits_before);
}

/* What limits it is to have: by the kernel, and, where nothing of this plan is to bring them, by its group. */
static void judge_limits(const struct job *job, size_t edits_before)
{
	const struct subject reread = subject_of(SCHEME_UNIT, job->file.name);
	CLEANUP(freep) char *value = NULL;
	bool asked = job->delta->edits.count > edits_before ||
		     view_value(job->view, HANDLER_SYSTEMD_RELOAD, reread, &value, NULL) == 1;

	if (job->want->content)
		cgroup_judge_unit(job->view, job->file.name, &job->file.text, !asked, job->delta);
}

static int is_there(const struct job *job, struct error *err)
{
	CLEANUP(freep) char *generated = NULL;

	if (job->file.path || job->file.masked || job->want->content ||
	    unit_states_find(&job->view->facts->unit_states, job->file.name))
		return 1;
	return generated_unit_find(job->view, job->file.name, &generated, err);
}

static void judge_state(struct job *job)
{
	const struct unit_wish wish = {.view = job->view,
				       .name = job->file.name,
				       .units = &job->want->units,
				       .ours = job->want->content &&
					       starts_with(job->file.name, OUR_UNITS),
				       .delta = job->delta};

	unit_judge_state(&wish, job->want->active == ACTIVE_TRUE);
}

static int judge(struct job *job, struct error *err)
{
	size_t edits = job->delta->edits.count;
	int r = is_there(job, err);

	if (r < 0)
		return r;
	if (r == 0 && goes_down(job->want)) {
		delta_raise(job->delta, VERDICT_PASS, "there is no unit %s", job->file.name);
		return 0;
	}
	if (goes_down(job->want) && unit_is_essential(job->view->facts, job->file.name)) {
		delta_raise(job->delta, VERDICT_FAIL, "%s is not to be", job->file.name);
		job->delta->refusal =
			xasprintf("this host is run and reached by %s: harden does not touch it",
				  job->file.name);
		return 0;
	}
	r = judge_content(job, err);
	if (r >= 0 && !job->delta->refusal)
		judge_limits(job, edits);
	if (r >= 0 && !job->delta->refusal)
		r = judge_links(job, err);
	if (r < 0 || job->delta->refusal)
		return r;
	ask_reload(job, edits);
	if (job->want->active >= 0)
		judge_state(job);
	return 0;
}

static int judge_name(const struct unit_desired *want, const struct view *v, const char *name,
		      struct delta *ret)
{
	CLEANUP(error_clear) struct error why = {0};
	struct job job = {.want = want, .view = v, .delta = ret};
	int r = unit_file_find(&job.file, v, name, &why);

	if (r >= 0)
		r = judge(&job, &why);
	if (r < 0)
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s", error_text(&why));
	unit_file_clear(&job.file);
	return 0;
}

/*
 * A socket, a path or a timer starts its service again: where a service goes down they go first,
 * by their names, which are the same but for the last part.
 */
static void add_triggers(const char *unit, const struct view *v, struct strv *ret)
{
	static const char *const types[] = {".socket", ".path", ".timer"};
	const char *dot = strrchr(unit, '.');

	for (size_t i = 0; strcmp(dot, ".service") == 0 && i < ARRAY_SIZE(types); i++) {
		CLEANUP(freep) char *name = xasprintf("%.*s%s", (int)(dot - unit), unit, types[i]);
		CLEANUP(unit_file_clear) struct unit_file file = {0};

		if (unit_file_find(&file, v, name, NULL) >= 0 && file.path)
			strv_add_once(ret, name);
	}
}

static int unit_diff(const void *desired, const struct view *now, struct delta *ret,
		     struct error *err)
{
	const struct unit_desired *want = desired;
	CLEANUP(strv_clear) struct strv names = {0};
	int r = 0;

	for (size_t i = 0; goes_down(want) && i < want->units.count; i++)
		add_triggers(want->units.items[i], now, &names);
	for (size_t i = 0; i < want->units.count; i++)
		strv_add_once(&names, want->units.items[i]);
	for (size_t i = 0; i < names.count && r >= 0; i++)
		r = judge_name(want, now, names.items[i], ret);
	if (r >= 0)
		delta_raise(ret, VERDICT_PASS, "%s %s as wanted", want->units.items[0],
			    want->units.count > 1 ? "and the others are" : "is");
	return r;
}

int unit_bring_about(const char *unit, const char *content, const struct view *now,
		     struct delta *ret, struct error *err)
{
	CLEANUP(freep) char *name = xstrdup(unit), *text = xstrdup(content);
	const struct unit_desired want = {
		.units = {.items = &name, .count = 1},
		.enabled = ENABLED_TRUE,
		.active = ACTIVE_TRUE,
		.content = text,
	};

	return unit_diff(&want, now, ret, err);
}

static int unit_check(const void *desired, struct error *err)
{
	static const char *const types[] = {".service", ".slice", ".socket", ".timer", ".path"};
	const struct unit_desired *want = desired;

	if (want->units.count == 0)
		return error_set(err, -EINVAL, "no unit is named");
	for (size_t i = 0; i < want->units.count; i++) {
		const char *name = want->units.items[i], *dot = strrchr(name, '.');
		size_t k = 0;

		while (dot && k < ARRAY_SIZE(types) && strcmp(dot, types[k]) != 0)
			k++;
		if (!dot || dot == name || k == ARRAY_SIZE(types) || strpbrk(name, "/ \t\n%*?[") ||
		    strstr(name, "@."))
			return error_set(
				err, -EINVAL,
				"'%s' is not a name of a service, slice, socket, timer or path",
				name);
	}
	for (size_t i = 0; want->active >= 0 && i < want->units.count; i++)
		if (ends_with(want->units.items[i], ".slice"))
			return error_set(err, -EINVAL,
					 "'active' is not of a slice such as '%s': it runs while "
					 "something in it does",
					 want->units.items[i]);
	if (want->content && want->units.count > 1)
		return error_set(err, -EINVAL, "one 'content' cannot be of several units");
	if (want->content && goes_down(want))
		return error_set(err, -EINVAL, "'content' is of a unit that shall be there");
	if (want->enabled < 0 && want->active < 0 && !want->content)
		return error_set(err, -EINVAL, "one of 'enabled', 'active', 'content' is needed");
	return 0;
}

static unsigned unit_needs(const void *desired)
{
	const struct unit_desired *want = desired;

	return want->active >= 0 ? FACTS_UNIT_STATES : 0;
}

static int parse_enabled(const char *text)
{
	static const char *const words[ENABLED_COUNT] = {"true", "false", "masked"};

	for (int i = 0; i < ENABLED_COUNT; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	return -EINVAL;
}

static int parse_active(const char *text)
{
	int value = parse_enabled(text);

	return value == ENABLED_MASKED ? -EINVAL : value;
}

static const struct field fields[] = {
	{.key = "unit",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct unit_desired, units),
	 .required = true,
	 .help = "the unit, or several: services, sockets, timers, paths"},
	{.key = "enabled",
	 .type = FIELD_ENUM,
	 .offset = offsetof(struct unit_desired, enabled),
	 .parse = parse_enabled,
	 .def = -1,
	 .help = "what the boot starts: true, false, or masked, which nothing can start"},
	{.key = "active",
	 .type = FIELD_ENUM,
	 .offset = offsetof(struct unit_desired, active),
	 .parse = parse_active,
	 .def = -1,
	 .help = "whether it runs now: true or false"},
	{.key = "content",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct unit_desired, content),
	 .help = "the unit's file, where no package brings one; " PROGRAM_MARK
		 " stands for this program"},
	{0},
};

const struct module module_unit = {
	.name = "unit",
	.summary = "a unit of systemd: whether it starts at boot, and whether it runs",
	.desired_size = sizeof(struct unit_desired),
	.fields = fields,
	.check = unit_check,
	.needs = unit_needs,
	.diff = unit_diff,
};
