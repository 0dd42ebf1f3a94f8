#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/secret.h"
#include "modules/registry.h"
#include "modules/unit/setting.h"

/* A setting of a systemd unit, kept in a drop-in below /etc: the package's unit stays as it is. */

struct dropin_desired {
	char *unit;
	char *section;
	char *key;
	struct strv value;
	char *file;
};

struct job {
	const struct dropin_desired *want;
	const struct view *view;
	const struct unit_facts *unit;
	struct delta *delta;
	char *path; /* of the drop-in */
	struct subject subject;
	struct unit_setting have;
	struct unit_setting at_boot; /* the same without what is of this boot alone */
};

static void job_clear(struct job *job)
{
	free(job->path);
	subject_clear(&job->subject);
	unit_setting_clear(&job->have);
	unit_setting_clear(&job->at_boot);
}

/* A socket's mode is a mask, as everywhere: a stricter one is left as it is. */
static bool is_as_good(const struct job *job, const char *value)
{
	const char *wanted = job->want->value.items[0];
	unsigned long have, most;
	char *end;

	if (strcmp(job->want->key, "SocketMode") != 0)
		return strcmp(value, wanted) == 0;
	most = strtoul(wanted, NULL, 8);
	have = strtoul(value, &end, 8);
	return *value && !*end && (have & ~most) == 0;
}

/* Of a single value the last assignment counts, of a list all of them. */
static bool is_wanted(const struct job *job, const struct unit_setting *setting)
{
	const struct strv *want = &job->want->value;
	const struct strv *have = &setting->values;

	if (want->count == 1)
		return have->count > 0 && is_as_good(job, have->items[have->count - 1]);
	return strv_equal(want, have);
}

static bool is_loaded(const struct job *job)
{
	const struct unit_facts *unit = job->unit;
	const char *loaded = NULL;

	if (strcmp(job->want->key, "SocketMode") == 0)
		loaded = unit->listen_mode;
	else if (strcmp(job->want->key, "SocketGroup") == 0)
		loaded = unit->listen_group;
	if (loaded)
		return is_as_good(job, loaded);
	return !unit->need_daemon_reload;
}

/* The hard one of "SOFT:HARD"; of one number both. */
static unsigned long hard_limit(const char *text)
{
	const char *colon = strchr(text, ':');

	return strtoul(colon ? colon + 1 : text, NULL, 10);
}

/*
 * Whether the unit runs with a higher limit than it is to have. The soft limit says nothing: programs in Go
 * raise their own to the hard one when they start.
 */
static bool runs_higher(const struct job *job)
{
	const char *have = job->unit->open_files;
	unsigned long wanted = hard_limit(job->want->value.items[0]);

	return have && wanted && strcmp(job->want->key, "LimitNOFILE") == 0 &&
	       hard_limit(have) > wanted;
}

static bool is_dockerds(const struct job *job)
{
	return strcmp(job->unit->name, "docker.service") == 0;
}

/* ... and goes on so: containerd is not started anew by us, since its shims and what they hold are not asked. */
static bool lags(const struct job *job)
{
	return runs_higher(job) && !is_dockerds(job);
}

static bool is_asked(const struct job *job, enum handler handler, struct subject subject)
{
	CLEANUP(freep) char *value = NULL;

	return view_value(job->view, handler, subject, &value, NULL) == 1;
}

/* systemd reads it again, and what runs by it is started anew where that is Docker. */
static void ask_effects(struct job *job)
{
	static const struct {
		const char *unit;
		enum handler handler;
	} restarts[] = {
		{"docker.service", HANDLER_DOCKER_RESTART},
		{"docker.socket", HANDLER_DOCKER_SOCKET},
	};
	const struct subject subject = subject_of(SCHEME_UNIT, job->want->unit);
	const struct subject started = subject_of(SCHEME_START, job->want->unit);
	struct effect *effect;

	if (job->view->facts->offline)
		return;
	effect = delta_effect(job->delta, HANDLER_SYSTEMD_RELOAD, subject, NULL, "read again");
	delta_bring(job->delta, effect, 0);
	if (lags(job))
		effect->pending = xasprintf("%s runs with %s until it is started anew",
					    job->want->unit, job->unit->open_files);
	for (size_t i = 0; i < ARRAY_SIZE(restarts); i++)
		if (job->unit->active && unit_phase_of(job->unit) != UNIT_DOWN &&
		    strcmp(restarts[i].unit, job->unit->name) == 0)
			delta_bring(job->delta,
				    delta_effect(job->delta, restarts[i].handler, started, NULL,
						 "anew"),
				    0);
}

/* A list is cleared first, so that the drop-in alone says what it holds. */
static void change(struct job *job, const struct unit_setting *is)
{
	CLEANUP(freep) char *joined = strv_join(&job->want->value, "\n");
	CLEANUP(freep)
	char *after = xasprintf("%s%s", job->want->value.count > 1 ? "\n" : "", joined);
	CLEANUP(freep) char *had = strv_join(&is->values, ", ");
	CLEANUP(freep) char *has = secret_show_value(job->subject, had);

	delta_raise(job->delta, VERDICT_FAIL, "%s= of %s %s %s%s", job->want->key, job->want->unit,
		    is == &job->at_boot ? "will be" : "is", *has ? has : "not set",
		    is == &job->at_boot ? " at the next boot" : "");
	if (view_is_masked(job->view, job->path)) {
		job->delta->refusal = xasprintf("'%s' is masked", job->path);
		return;
	}
	if (is->decided_by && strcmp(is->decided_by, job->path) != 0) {
		const char *file = path_name(is->decided_by);

		/* a drop-in that is read after ours would win; the fragment never does */
		if (strcmp_null(is->decided_by, job->unit->fragment) != 0 &&
		    strcmp(file, path_name(job->path)) > 0) {
			job->delta->refusal = xasprintf("'%s' sets %s= and is read after '%s'",
							is->decided_by, job->want->key, job->path);
			return;
		}
	}
	delta_edit(job->delta, job->path, job->subject, after);
	ask_effects(job);
}

/* dockerd goes on with more than is written, and nothing of this plan starts it anew so far. */
static bool dockerd_lags(const struct job *job)
{
	return !job->view->facts->offline && is_dockerds(job) && runs_higher(job) &&
	       !is_asked(job, HANDLER_DOCKER_RESTART, subject_of(SCHEME_START, job->want->unit));
}

static void judge(struct job *job)
{
	const struct subject reread = subject_of(SCHEME_UNIT, job->want->unit);

	if (!is_wanted(job, &job->have)) {
		change(job, &job->have);
	} else if (!is_wanted(job, &job->at_boot)) {
		change(job, &job->at_boot);
	} else if (dockerd_lags(job)) {
		delta_raise(job->delta, VERDICT_FAIL, "%s= of %s is written; it runs with %s",
			    job->want->key, job->want->unit, job->unit->open_files);
		ask_effects(job);
	} else if (job->view->facts->offline || is_loaded(job) ||
		   is_asked(job, HANDLER_SYSTEMD_RELOAD, reread)) {
		if (!job->view->facts->offline && lags(job))
			delta_raise(
				job->delta, VERDICT_PENDING,
				"%s= of %s is written; it runs with %s until it is started anew",
				job->want->key, job->want->unit, job->unit->open_files);
		else
			delta_raise(job->delta, VERDICT_PASS, "%s= of %s is as wanted",
				    job->want->key, job->want->unit);
	} else {
		delta_raise(job->delta, VERDICT_FAIL, "%s= of %s is written, but not in force",
			    job->want->key, job->want->unit);
		ask_effects(job);
	}
}

static int systemd_dropin_diff(const void *desired, const struct view *now, struct delta *ret,
			       struct error *err)
{
	CLEANUP(job_clear) struct job job = {.want = desired, .view = now, .delta = ret};
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(freep) char *key = NULL;
	int r;

	job.unit = facts_unit(now->facts, job.want->unit);
	if (!job.unit && now->facts->no_systemd) {
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s", now->facts->no_systemd);
		return 0;
	}
	if (!job.unit) {
		delta_raise(ret, VERDICT_NOT_MEASURED, "what %s is and has is not looked at",
			    job.want->unit);
		return 0;
	}
	if (!job.unit->exists) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "there is no unit %s", job.want->unit);
		return 0;
	}
	if (job.unit->fragment && view_is_masked(now, job.unit->fragment)) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "%s is masked: nothing can start it",
			    job.want->unit);
		return 0;
	}
	job.path = xasprintf("/etc/systemd/system/%s.d/%s", job.want->unit,
			     job.want->file ? job.want->file : "50-harden.conf");
	key = xasprintf("%s/%s", job.want->section, job.want->key);
	job.subject = subject_copy(subject_of(SCHEME_UNIT, key));
	r = unit_setting_read(&job.have, now, job.unit, job.path, job.subject, false, &why);
	if (r == 0)
		r = unit_setting_read(&job.at_boot, now, job.unit, job.path, job.subject, true,
				      &why);
	if (r < 0) {
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		return 0;
	}
	judge(&job);
	return 0;
}

/* What runs by a drop-in, and whether it has read it, is known of these alone. */
static int check_unit(const char *unit, struct error *err)
{
	CLEANUP(strv_clear) struct strv known = {0};
	CLEANUP(freep) char *list = NULL;

	for (size_t i = 0; facts_units[i]; i++) {
		if (strcmp(unit, facts_units[i]) == 0)
			return 0;
		strv_add(&known, facts_units[i]);
	}
	list = strv_join(&known, ", ");
	return error_set(err, -EINVAL,
			 "'%s' is no unit whose drop-ins are looked at; these are: %s", unit, list);
}

static int systemd_dropin_check(const void *desired, struct error *err)
{
	const struct dropin_desired *want = desired;

	if (strchr(want->unit, '/') || !strchr(want->unit, '.'))
		return error_set(err, -EINVAL, "'%s' is not a unit's name", want->unit);
	if (check_unit(want->unit, err) < 0)
		return -EINVAL;
	if (want->file && (strchr(want->file, '/') || want->file[0] == '.' ||
			   stem_length(want->file, ".conf") == 0))
		return error_set(err, -EINVAL, "'%s' is not a drop-in's name", want->file);
	for (size_t i = 0; i < want->value.count; i++)
		if (!want->value.items[i][0] || strchr(want->value.items[i], '\n'))
			return error_set(err, -EINVAL, "a value of '%s' is empty or has lines",
					 want->key);
	return 0;
}

static const struct field fields[] = {
	{.key = "unit",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct dropin_desired, unit),
	 .required = true,
	 .help = "name of the unit: docker.service, docker.socket, containerd.service"},
	{.key = "section",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct dropin_desired, section),
	 .required = true,
	 .help = "section without brackets, such as Socket"},
	{.key = "key",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct dropin_desired, key),
	 .required = true,
	 .help = "the setting"},
	{.key = "value",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct dropin_desired, value),
	 .required = true,
	 .help = "its value; of a list, all values that it shall hold"},
	{.key = "file",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct dropin_desired, file),
	 .help = "name of the drop-in; 50-harden.conf when not given"},
	{0},
};

const struct module module_systemd_dropin = {
	.name = "systemd-dropin",
	.summary = "a setting of a systemd unit, in a drop-in",
	.desired_size = sizeof(struct dropin_desired),
	.fields = fields,
	.check = systemd_dropin_check,
	.diff = systemd_dropin_diff,
};
