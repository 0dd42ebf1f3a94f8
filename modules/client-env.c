#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engine/base/alloc.h"
#include "engine/base/day.h"
#include "engine/base/str.h"
#include "modules/common/tally.h"
#include "modules/registry.h"

/*
 * Content trust of the docker client: a variable of its environment, which the daemon never sees,
 * and neither do programs that ask the daemon directly. So it is looked for wherever logins and
 * services get their environment from. Its signatures come from a server: the public one ends on
 * a day, and from then on a client that demands them can pull nothing from there.
 */

struct client_env_desired {
	char *variable;
	char *server; /* the variable that names another server */
	char *ends; /* "2026-12-08": the last day of the public one was before */
};

/* Files by themselves, and all files of a directory by a glob. */
static const struct source {
	const char *path, *glob;
} sources[] = {
	{"/etc/environment", NULL},
	{"/etc/profile", NULL},
	{"/etc/profile.d", "*.sh"},
	{"/etc/bash.bashrc", NULL},
	{"/etc/bashrc", NULL},
	{"/etc/zsh/zshenv", NULL},
	{"/etc/security/pam_env.conf", NULL},
	{"/etc/environment.d", "*.conf"},
	{"/root/.profile", NULL},
	{"/root/.bash_profile", NULL},
	{"/root/.bashrc", NULL},
	{"/root/.pam_environment", NULL},
	{"/etc/systemd/system.conf", NULL},
	{"/etc/systemd/system.conf.d", "*.conf"},
	{"/etc/systemd/system", "*.service"},
	{"/etc/systemd/system", "*.service.d"}, /* directories of drop-ins */
	{"/etc/sudoers", NULL},
	{"/etc/sudoers.d", "*"},
};

struct job {
	const struct client_env_desired *want;
	const struct view *view;
	struct strv on, off; /* files that set it, or set it to nothing or false */
	struct strv keeps; /* files of sudo that let it through */
	bool own_server;
	struct strv unread;
};

static void job_clear(struct job *job)
{
	strv_clear(&job->on);
	strv_clear(&job->off);
	strv_clear(&job->keeps);
	strv_clear(&job->unread);
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Behind the name, where it stands as a whole word; NULL: it does not. */
static const char *behind_name(const char *line, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = strstr(line, name); at; at = strstr(at + 1, name))
		if ((at == line || !is_name_char(at[-1])) && !is_name_char(at[n]))
			return at + n;
	return NULL;
}

/* "NAME=value", quoted or not, or pam_env's "NAME DEFAULT=value"; the caller frees it, NULL: none. */
static char *value_in(const char *line, const char *name)
{
	const char *at = behind_name(line, name);

	if (!at)
		return NULL;
	if (strchr(" \t", *at)) {
		at += strspn(at, " \t");
		if (!starts_with(at, "DEFAULT") && !starts_with(at, "OVERRIDE"))
			return NULL;
		at += strcspn(at, "=");
	}
	if (*at != '=')
		return NULL;
	at++;
	at += strspn(at, "\"'");
	return xstrndup(at, strcspn(at, " \t\r\"';"));
}

/* As the docker client takes it: whatever is not false is true. */
static bool is_true(const char *value)
{
	static const char *const no[] = {"", "0", "f", "F", "false", "FALSE", "False"};

	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (strcmp(value, no[i]) == 0)
			return false;
	return true;
}

static bool is_sudo(const char *path)
{
	return starts_with(path, "/etc/sudoers");
}

static void take_line(struct job *job, const char *path, const char *line)
{
	CLEANUP(freep) char *value = NULL, *server = NULL;

	line += strspn(line, " \t");
	if (*line == '#' || *line == ';')
		return;
	if (is_sudo(path)) {
		if (strstr(line, "env_keep") && behind_name(line, job->want->variable))
			strv_add_once(&job->keeps, path);
		return;
	}
	value = value_in(line, job->want->variable);
	if (value)
		strv_add_once(is_true(value) ? &job->on : &job->off, path);
	server = job->want->server ? value_in(line, job->want->server) : NULL;
	if (server && *server)
		job->own_server = true;
}

static void read_file(struct job *job, const char *path)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	int r = view_node(job->view, path, &node, &why);

	if (r >= 0 && node.kind != NODE_FILE && node.kind != NODE_UNKNOWN)
		return;
	if (r >= 0)
		r = view_content(job->view, path, &text, &why);
	if (r == -ENOENT)
		return;
	if (r < 0) {
		strv_add(&job->unread, error_text(&why));
		return;
	}
	strv_split(&lines, buf_str(&text), "\n");
	for (size_t i = 0; i < lines.count; i++)
		take_line(job, path, lines.items[i]);
}

static void read_directory(struct job *job, const char *directory, const char *glob)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(strv_clear) struct strv names = {0};
	int r = view_children(job->view, directory, &names, &why);

	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		strv_add(&job->unread, error_text(&why));
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", directory, names.items[i]);

		if (fnmatch(glob, names.items[i], 0) != 0)
			continue;
		if (fnmatch("*.d", names.items[i], 0) == 0)
			read_directory(job, path, "*.conf");
		else
			read_file(job, path);
	}
}

static void read_all(struct job *job)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		if (sources[i].glob)
			read_directory(job, sources[i].path, sources[i].glob);
		else
			read_file(job, sources[i].path);
	}
}

static bool has_ended(const struct job *job)
{
	int64_t day;

	return job->want->ends && day_parse(job->want->ends, &day) &&
	       job->view->facts->today >= day * DAY_SECONDS;
}

static void judge_set(struct job *job, struct delta *d)
{
	CLEANUP(freep) char *files = names_join(&job->on);
	const char *variable = job->want->variable;
	const char *sudo = job->keeps.count ? "" : "; sudo does not pass it on";

	if (job->own_server) {
		delta_raise(d, VERDICT_PASS, "%s is set in %s, with a server of one's own%s",
			    variable, files, sudo);
	} else if (has_ended(job)) {
		delta_raise(
			d, VERDICT_FAIL,
			"%s is set in %s: since %s the server of the signatures of Docker Hub is "
			"gone, and nothing can be pulled from there",
			variable, files, job->want->ends);
		d->fix = xasprintf("take %s out of %s; pin images by digest (NAME@sha256:...) and "
				   "verify them with cosign or notation",
				   variable, files);
	} else {
		delta_raise(d, VERDICT_PASS, "%s is set in %s%s%s%s", variable, files, sudo,
			    job->want->ends ? "; take it out before pulls from Docker Hub stop on "
					    : "",
			    job->want->ends ? job->want->ends : "");
	}
}

static void judge_unset(struct job *job, struct delta *d)
{
	CLEANUP(freep) char *files = names_join(&job->off);
	const char *variable = job->want->variable;

	if (has_ended(job)) {
		delta_raise(
			d, VERDICT_NOT_APPLICABLE,
			"%s is not set, and since %s Docker Hub has no signatures that it could "
			"demand",
			variable, job->want->ends);
		return;
	}
	delta_raise(d, VERDICT_MANUAL, "%s is %s%s, so docker pulls what is not signed", variable,
		    job->off.count ? "switched off in " : "set nowhere",
		    job->off.count ? files : "");
	d->fix = xasprintf(
		"where a registry has signatures and a server of its own, set %s=1 and %s "
		"in /etc/environment; else pin images by digest%s%s",
		variable, job->want->server ? job->want->server : "its server",
		job->want->ends ? ": those of Docker Hub end on " : "",
		job->want->ends ? job->want->ends : "");
}

static int client_env_diff(const void *desired, const struct view *now, struct delta *ret,
			   struct error *err)
{
	CLEANUP(job_clear) struct job job = {.want = desired, .view = now};

	if (now->facts->docker.install == DOCKER_NONE) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "Docker is not installed");
		return 0;
	}
	read_all(&job);
	if (job.on.count)
		judge_set(&job, ret);
	else if (job.unread.count)
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s", job.unread.items[0]);
	else
		judge_unset(&job, ret);
	return 0;
}

static int check_name(const char *name, struct error *err)
{
	for (const char *c = name; *c; c++)
		if (!is_name_char(*c))
			return error_set(err, -EINVAL, "'%s' is not a name of a variable", name);
	return *name ? 0 : error_set(err, -EINVAL, "a variable needs a name");
}

static int client_env_check(const void *desired, struct error *err)
{
	const struct client_env_desired *want = desired;
	int64_t day;
	int r = check_name(want->variable, err);

	if (r == 0 && want->server)
		r = check_name(want->server, err);
	if (r == 0 && want->ends && !day_parse(want->ends, &day))
		r = error_set(err, -EINVAL, "'%s' is not a day such as 2026-12-08", want->ends);
	return r;
}

static const struct field fields[] = {
	{.key = "variable",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct client_env_desired, variable),
	 .required = true,
	 .help = "the variable that switches content trust on"},
	{.key = "server",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct client_env_desired, server),
	 .help = "the variable that names a server of signatures of one's own"},
	{.key = "ends",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct client_env_desired, ends),
	 .help = "the day, as 2026-12-08, from which Docker Hub has no signatures any more"},
	{0},
};

const struct module module_client_env = {
	.name = "client-env",
	.summary = "content trust in the environment of docker commands",
	.desired_size = sizeof(struct client_env_desired),
	.fields = fields,
	.check = client_env_check,
	.diff = client_env_diff,
};
