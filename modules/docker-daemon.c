#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/secret.h"
#include "modules/daemon/account.h"
#include "modules/daemon/by-variable.h"
#include "modules/daemon/change.h"
#include "modules/daemon/guards.h"
#include "modules/daemon/next.h"
#include "modules/daemon/now.h"
#include "modules/daemon/value.h"
#include "modules/daemon/want-check.h"
#include "modules/daemon/when.h"
#include "modules/registry.h"

/*
 * One key of daemon.json, wherever it stands: what the running daemon has in force, and what it
 * will be told at its next start. Both must be as wanted; the two can differ in any way.
 */

struct job {
	const struct daemon_want *want;
	const struct daemon_key *key; /* NULL: not in the table */
	const struct view *view;
	const struct docker_facts *docker;
	struct delta *delta;
	struct daemon_next next;
	struct daemon_now now;
	struct strv shown; /* what the sentences quote */
};

static void job_clear(struct job *job)
{
	daemon_next_clear(&job->next);
	daemon_now_clear(&job->now);
	strv_clear(&job->shown);
}

/* A value of the key as a sentence may quote it; good until job_clear(). */
static const char *shown(struct job *job, const char *value)
{
	if (!value)
		return job->key && job->key->def ? job->key->def : "not set";
	strv_add_owned(&job->shown,
		       secret_show_value(subject_of(SCHEME_DOCKER, job->want->key), value));
	return job->shown.items[job->shown.count - 1];
}

/* What is wanted, in words; the caller frees it. */
static char *wish(const struct daemon_want *want)
{
	if (want->absent)
		return xstrdup("nothing");
	if (want->value)
		return secret_show_value(subject_of(SCHEME_DOCKER, want->key), want->value);
	/* a JSON list */
	return xasprintf("anything but %.*s", (int)strlen(want->forbid) - 2, want->forbid + 1);
}

/*
 * A reload reads the file again with the old arguments: it fails on a key that is one of them,
 * and it sets some back that are only arguments: an authorization plugin, a feature, a limit of pulls.
 */
static bool reload_would_reach(const struct job *job, const char *after, bool by_flag)
{
	const struct strv *flags = &job->docker->now_flags;
	const struct daemon_key *k = job->key;

	if (by_flag || !k || k->activation == KEY_RESTART)
		return false;
	if (k->activation == KEY_RELOAD && !after)
		return false; /* a deleted key would keep its value */
	return !strv_contains(flags, k->key) && !daemon_flag_reset(flags);
}

static bool reload_would_do(struct job *job, const char *after, bool by_flag)
{
	CLEANUP(freep) char *why = NULL;

	if (!reload_would_reach(job, after, by_flag))
		return false;
	if (!job->docker->no_reload)
		return true;
	why = xasprintf("a restart instead of a reload: %s", job->docker->no_reload);
	strv_add_once(&job->delta->warnings, why);
	return false;
}

static void warn_existing(struct job *job)
{
	struct containers all;

	if (!job->key || !job->key->on_create)
		return;
	if (!containers_get(&job->docker->containers, &all))
		strv_addf(&job->delta->warnings,
			  "containers that exist keep the old %s, each until it is created anew",
			  job->want->key);
	else if (all.count > 0)
		strv_addf(&job->delta->warnings,
			  "%zu existing %s the old %s%s until it is created anew", all.count,
			  all.count == 1 ? "container keeps" : "containers keep", job->want->key,
			  all.count == 1 ? "" : ", each");
}

/* The planner marks it as pending where containers live through the restart: it knows all effects. */
static void ask_effect(struct job *job, const char *after, bool by_flag)
{
	enum handler handler = reload_would_do(job, after, by_flag) ? HANDLER_DOCKER_RELOAD
								    : HANDLER_DOCKER_RESTART;

	delta_effect(job->delta, handler, subject_of(SCHEME_DOCKER, job->want->key), job->now.value,
		     after);
	warn_existing(job);
}

/* Whether it is as wanted; what no container starts with is not, whoever would accept it. */
static bool is_right(const struct job *job, const char *value)
{
	CLEANUP(freep) char *dead = docker_guards_dead(job->view, job->want->key, value);

	return !dead && daemon_value_accepted(job->want, job->key, value);
}

static bool now_ok(const struct job *job)
{
	return job->now.state == NOW_NOT_RUNNING ||
	       (job->now.state == NOW_KNOWN && is_right(job, job->now.value));
}

static bool needs_effect(const struct job *job)
{
	return job->now.state == NOW_FILE_CHANGED || (job->now.state == NOW_KNOWN && !now_ok(job));
}

/* Where no container starts as it is: a value of the baseline's own takes its place. */
static void tell_dead(struct job *job)
{
	const char *next = daemon_next_value(&job->next);
	CLEANUP(freep) char *dead = docker_guards_dead(job->view, job->want->key, next);

	if (!dead)
		return;
	delta_raise(job->delta, VERDICT_FAIL, "%s is %s: %s", job->want->key, shown(job, next),
		    dead);
	str_replace(&job->delta->fix, "take it out, or have what it names there");
	if (!job->want->value)
		job->delta->refusal = TAKE_PTR(dead);
}

static void map_users(const struct job *job, const char *value)
{
	if (strcmp(job->want->key, "userns-remap") != 0 || !daemon_userns_on(value))
		return;
	docker_account(job->view, value, job->delta);
	docker_guards_mapped(job->view, value, job->delta);
}

/* The next start would see something else: edits, and an effect where a daemon runs otherwise. */
static void change(struct job *job)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(freep) char *wanted = wish(job->want);
	CLEANUP(freep) char *after = NULL, *pending = NULL;
	bool by_flag = false;
	int r;

	tell_dead(job);
	if (job->next.flag_value && job->next.file_value)
		delta_raise(job->delta, VERDICT_FAIL,
			    "%s is both a flag and in '%s': dockerd would refuse to start",
			    job->want->key, job->next.path);
	delta_raise(job->delta, VERDICT_FAIL, "%s will be %s at the next start, %s is wanted%s%s",
		    job->want->key, shown(job, daemon_next_value(&job->next)), wanted,
		    job->now.state == NOW_NOT_MEASURED ? "; not measured what is in force: " : "",
		    job->now.state == NOW_NOT_MEASURED ? job->docker->not_measured : "");
	r = daemon_next_change(&job->next, job->want, job->delta, &after, &by_flag, &why);
	if (r < 0) {
		if (!job->delta->refusal)
			job->delta->refusal = xstrdup(error_text(&why));
		return;
	}
	if (needs_effect(job))
		ask_effect(job, after, by_flag);
	pending = daemon_now_stopped(job->view, job->key);
	if (pending)
		strv_addf(&job->delta->warnings, "%s waits: %s", job->want->key, pending);
	docker_guards(job->view, job->want->key, after, job->delta);
	map_users(job, after);
}

/* Written as wanted, but the running daemon has something else, or may have. */
static void activate(struct job *job)
{
	const char *next = daemon_next_value(&job->next);
	CLEANUP(freep) char *pending = daemon_now_pending(job->view, job->key);

	/* not set anywhere now, and fine so: no reason to restart, but no pass either */
	if (job->now.state == NOW_FILE_CHANGED && !next) {
		delta_raise(
			job->delta, VERDICT_NOT_MEASURED,
			"'%s' was changed after dockerd started: what it started with is not known",
			job->next.path);
		delta_in_place(job->delta);
		return;
	}
	if (pending) {
		delta_raise(job->delta, VERDICT_PENDING, "%s is written as %s: %s", job->want->key,
			    shown(job, next), pending);
		return;
	}
	if (job->now.state == NOW_FILE_CHANGED)
		delta_raise(job->delta, VERDICT_FAIL,
			    "'%s' was changed after dockerd started: %s may not be in force",
			    job->next.path, job->want->key);
	else
		delta_raise(job->delta, VERDICT_FAIL,
			    "%s is written as %s, the running daemon has %s", job->want->key,
			    shown(job, next), shown(job, job->now.value));
	ask_effect(job, next, job->next.flag_value != NULL);
	docker_guards(job->view, job->want->key, next, job->delta);
	map_users(job, next);
}

/* All that is edited for the key's sake, wherever it stands, comes into force with it. */
static void name_edits(struct delta *d)
{
	for (size_t i = 0; i < d->effects.count; i++)
		if (d->effects.items[i].subject.scheme == SCHEME_DOCKER)
			delta_bring(d, &d->effects.items[i], 0);
}

/* Written and in force may be less than what is wanted by it. */
static void judge_reach(struct job *job, const char *next)
{
	CLEANUP(freep)
	char *no_slice = strcmp(job->want->key, "cgroup-parent") == 0 && !job->want->absent
				 ? docker_guards_no_slice(job->view, next)
				 : NULL;

	docker_guards_networks_of_before(job->view, job->want->key, job->delta);
	if (!no_slice)
		return;
	delta_raise(job->delta, VERDICT_FAIL, "%s", no_slice);
	if (!job->delta->refusal)
		job->delta->refusal = TAKE_PTR(no_slice);
}

static void judge(struct job *job)
{
	const char *next = daemon_next_value(&job->next);
	bool conflict = job->next.flag_value && job->next.file_value;

	if (conflict || !is_right(job, next))
		change(job);
	else if (needs_effect(job))
		activate(job);
	else if (job->now.state == NOW_NOT_MEASURED) {
		delta_raise(job->delta, VERDICT_NOT_MEASURED,
			    "the next start sees %s; what is in force was not measured: %s",
			    shown(job, next), job->docker->not_measured);
		delta_in_place(job->delta);
	} else if (job->now.state == NOW_NOT_RUNNING)
		daemon_now_await(job->view, job->want->key, next, shown(job, next), job->delta);
	else
		delta_raise(job->delta, VERDICT_PASS, "%s is %s", job->want->key,
			    shown(job, job->now.value));
	judge_reach(job, next);
	name_edits(job->delta);
}

static bool not_applicable(struct delta *d, const char *reason)
{
	delta_raise(d, VERDICT_NOT_APPLICABLE, "%s", reason);
	return false;
}

/* Never a directive that the engine does not know: it would not start. */
static bool engine_knows(const struct job *job)
{
	const char *version = job->docker->version;
	const struct daemon_key *k = job->key;

	if (job->want->absent || !k)
		return true;
	if (!version && (k->since || k->removed)) {
		delta_raise(job->delta, VERDICT_NOT_MEASURED, "the engine's version is not known");
		return false;
	}
	if ((k->since && engine_version_compare(version, k->since) < 0) ||
	    (k->removed && engine_version_compare(version, k->removed) >= 0)) {
		delta_raise(job->delta, VERDICT_NOT_APPLICABLE, "Docker %s has no setting %s",
			    version, k->key);
		return false;
	}
	return true;
}

static bool swarm_member(const struct docker_facts *docker)
{
	return docker->swarm && *docker->swarm && strcmp(docker->swarm, "inactive") != 0;
}

static bool applies(struct job *job)
{
	const struct docker_facts *docker = job->docker;

	if (docker->install == DOCKER_NONE)
		return not_applicable(job->delta, "Docker is not installed");
	if (docker->unsupported)
		return not_applicable(job->delta, docker->unsupported);
	if (!engine_knows(job))
		return false;
	if (strcmp(job->want->key, "live-restore") == 0 && swarm_member(docker)) {
		CLEANUP(freep) char *next = daemon_next_effective(job->view, "live-restore");

		if (strcmp_null(next, "true") == 0)
			strv_add(&job->delta->warnings, "live-restore is set on a swarm member: "
							"dockerd will not start again");
		return not_applicable(job->delta, "a swarm member cannot have live-restore");
	}
	if (strcmp(job->want->key, "icc") == 0) {
		CLEANUP(freep) char *bridge = daemon_next_effective(job->view, "bridge");

		if (bridge && strcmp(bridge, "\"none\"") == 0)
			return not_applicable(job->delta, "there is no default bridge");
	}
	return daemon_when_holds(job->view, job->want->when, job->delta);
}

static int docker_daemon_diff(const void *desired, const struct view *now, struct delta *ret,
			      struct error *err)
{
	CLEANUP(job_clear)
	struct job job = {
		.want = desired, .view = now, .docker = &now->facts->docker, .delta = ret};
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(freep) char *wanted = wish(desired);
	int r;

	job.key = daemon_key_find(job.want->key);
	if (!applies(&job) || daemon_decided_by_variable(now, job.want, job.key, wanted, ret))
		return 0;
	r = daemon_next_read(&job.next, now, job.want->key, &why);
	if (r < 0) {
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		ret->blocks = daemon_next_blocks(r);
		return 0;
	}
	r = daemon_now_read(&job.now, now, job.want->key, err);
	if (r < 0)
		return r;
	judge(&job);
	return 0;
}

static const char *docker_daemon_sets(const void *desired)
{
	return ((const struct daemon_want *)desired)->key;
}

static char *docker_daemon_asks(const void *desired)
{
	return daemon_when_key(((const struct daemon_want *)desired)->when);
}

static const struct field fields[] = {
	{.key = "key",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct daemon_want, key),
	 .required = true,
	 .help = "the setting by its name in daemon.json"},
	{.key = "value",
	 .type = FIELD_JSON,
	 .offset = offsetof(struct daemon_want, value),
	 .help = "the value to have; of an object, the members that it shall have"},
	{.key = "accept",
	 .type = FIELD_JSON,
	 .offset = offsetof(struct daemon_want, accept),
	 .widens = true,
	 .help = "list of values that are as good (globs for texts; \"*\" is any that is set)"},
	{.key = "absent",
	 .type = FIELD_BOOL,
	 .offset = offsetof(struct daemon_want, absent),
	 .help = "the setting shall be set nowhere"},
	{.key = "forbid",
	 .type = FIELD_JSON,
	 .offset = offsetof(struct daemon_want, forbid),
	 .widens = true,
	 .help = "list of values that are wrong (globs for texts), all others that are set are "
		 "right"},
	{.key = "unset-ok",
	 .type = FIELD_BOOL,
	 .offset = offsetof(struct daemon_want, unset_ok),
	 .widens = true,
	 .help = "the engine's own default is as good"},
	{.key = "strict",
	 .type = FIELD_BOOL,
	 .offset = offsetof(struct daemon_want, strict),
	 .help = "where a value is given it alone is right; accept and forbid are for where none "
		 "is"},
	{.key = "when",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct daemon_want, when),
	 .help = DAEMON_WHEN_HELP},
	{0},
};

/* What a dockerd would lose sight of is told with its sizes, and whom mapped users would lock out by the kernel. */
static unsigned docker_daemon_needs(const void *desired)
{
	const struct daemon_want *want = desired;
	const struct daemon_key *k = daemon_key_find(want->key);

	/* what is only refused a value is never written */
	if (!want->value && !want->absent)
		return 0;
	if (strcmp(want->key, "userns-remap") == 0)
		return FACTS_SIZES | FACTS_CONTAINERS | FACTS_VERSIONS;
	return (k && k->hides >= SIGHT_OF_IMAGES) || strcmp(want->key, "features") == 0
		       ? FACTS_SIZES
		       : 0;
}

const struct module module_docker_daemon = {
	.name = "docker-daemon",
	.summary = "a setting of the Docker daemon, in force and at its next start",
	.desired_size = sizeof(struct daemon_want),
	.fields = fields,
	.check = daemon_want_check,
	.sets = docker_daemon_sets,
	.asks = docker_daemon_asks,
	.needs = docker_daemon_needs,
	.diff = docker_daemon_diff,
};
