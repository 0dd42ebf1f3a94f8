#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/schemes/json-text.h"
#include "modules/registry.h"

/*
 * The daemon's config file as this version of dockerd would read it. One that it refuses keeps it
 * from its next start, and hides what all other controls of the daemon would have to look at.
 */

#define KEEP_APART "keep each of them in one place: the file, or the flag"

struct file_desired {
	int aspect;
};

static int aspect_parse(const char *text)
{
	return strcmp(text, "readable") == 0 ? 0 : -EINVAL;
}

static void refuse_conflicts(const struct docker_facts *d, struct delta *ret)
{
	CLEANUP(freep) char *names = strv_join(&d->conflicts, ", ");

	delta_raise(ret, VERDICT_FAIL,
		    "in '%s' and as a flag: %s; dockerd would refuse to start with both",
		    d->config_file, names);
	str_replace(&ret->fix, KEEP_APART);
}

/* Where nothing starts docker.service, what another that reads the file would do with it counts. */
static const struct config_reader *next_to_fail(const struct docker_facts *d)
{
	for (size_t i = 0; d->idle && i < d->nreaders; i++)
		if (d->readers[i].clashes.count > 0)
			return &d->readers[i];
	return NULL;
}

static void refuse_next(const struct docker_facts *d, const struct config_reader *r,
			struct delta *ret)
{
	CLEANUP(freep) char *names = strv_join(&r->clashes, ", ");

	delta_raise(ret, VERDICT_FAIL,
		    "the next dockerd (%s) would refuse to start: in '%s' and among its flags: %s",
		    r->text, d->config_file, names);
	str_replace(&ret->fix, KEEP_APART);
}

/* What the file names and dockerd reads at its start; the caller frees it, NULL: nothing is missing. */
static char *missing_profile(const struct view *v)
{
	const struct setting *s = settings_find(&v->facts->docker.next, "seccomp-profile");
	char *path =
		s && s->value && s->source == SOURCE_FILE ? json_value_to_string(s->value) : NULL;
	CLEANUP(node_clear) struct node node = {0};

	if (path && *path == '/' && view_node(v, path, &node, NULL) >= 0 &&
	    node.kind == NODE_ABSENT)
		return path;
	free(path);
	return NULL;
}

static void refuse_missing(const struct facts *f, const char *profile, struct delta *ret)
{
	delta_raise(ret, VERDICT_FAIL,
		    "dockerd would not start with '%s': its seccomp profile '%s' is not there",
		    f->docker.config_file, profile);
	str_replace(&ret->fix, "put the profile there, or take 'seccomp-profile' out of the file; "
			       "nothing is planned beside it until then");
	ret->blocks = !f->offline; /* into a root the profile may come later */
}

/* Its keys and types are known to be right, and no more: only a dockerd judges the values. */
static void not_tried(const struct facts *f, struct delta *ret)
{
	const struct docker_facts *d = &f->docker;
	const char *why = f->offline     ? "this is not the running system"
			  : d->untried   ? d->untried
			  : d->elsewhere ? d->elsewhere
			  : d->running   ? "the process of the one that runs is not known"
					 : "none runs";
	bool validates = d->version && engine_version_compare(d->version, "23.0") >= 0;

	delta_raise(ret, VERDICT_NOT_MEASURED,
		    "every setting of '%s' is known%s, but no dockerd is known to have started "
		    "with its values: %s%s",
		    d->config_file,
		    d->version ? "" : " to some version, and which this is, is not known", why,
		    validates ? "; 'dockerd --validate' tells most of what it would refuse" : "");
}

/* Of a file that reads well. */
static void judge_start(const struct view *now, struct delta *ret)
{
	const struct docker_facts *d = &now->facts->docker;
	CLEANUP(freep) char *profile = missing_profile(now);

	if (d->start_error) {
		delta_raise(ret, VERDICT_FAIL,
			    "dockerd does not start, and said of its last start, with '%s' as it "
			    "is: %s",
			    d->config_file, d->start_error);
		str_replace(&ret->fix, "fix what it names, and start docker.service; nothing is "
				       "planned for it until it starts, or was changed");
		ret->blocks = true;
	} else if (!d->config_digest) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "the daemon has no config file");
	} else if (profile) {
		refuse_missing(now->facts, profile, ret);
	} else if (!docker_start_is_proven(now->facts)) {
		not_tried(now->facts, ret);
	} else {
		delta_raise(ret, VERDICT_PASS, "dockerd was started with '%s' as it is",
			    d->config_file);
	}
}

static int daemon_file_diff(const void *desired UNUSED, const struct view *now, struct delta *ret,
			    struct error *err UNUSED)
{
	const struct docker_facts *d = &now->facts->docker;

	if (d->install == DOCKER_NONE) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "Docker is not installed");
	} else if (d->unsupported) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "%s", d->unsupported);
	} else if (d->file_untrusted) {
		delta_raise(ret, VERDICT_NOT_MEASURED,
			    "whether dockerd starts with '%s' is not known: %s", d->config_file,
			    d->file_error);
	} else if (d->file_error) {
		delta_raise(ret, VERDICT_FAIL, "dockerd%s%s would not start with '%s': %s",
			    d->version ? " " : "", d->version ? d->version : "", d->config_file,
			    d->file_error);
		str_replace(&ret->fix, "fix the file by hand, or take what was there before from "
				       "a backup; nothing is planned beside it until then");
		ret->blocks = true;
	} else if (d->conflicts.count) {
		refuse_conflicts(d, ret);
	} else if (next_to_fail(d)) {
		refuse_next(d, next_to_fail(d), ret);
	} else {
		judge_start(now, ret);
	}
	return 0;
}

static int readable_check(const void *desired UNUSED, struct error *err UNUSED)
{
	return 0; /* one aspect, which the table of fields holds */
}

static const struct field fields[] = {
	{.key = "aspect",
	 .type = FIELD_ENUM,
	 .offset = offsetof(struct file_desired, aspect),
	 .required = true,
	 .parse = aspect_parse,
	 .def = -1,
	 .help = "readable: dockerd, in its version, starts with it"},
	{0},
};

const struct module module_daemon_file = {
	.name = "daemon-file",
	.summary = "the config file of the Docker daemon as a whole",
	.desired_size = sizeof(struct file_desired),
	.fields = fields,
	.check = readable_check,
	.diff = daemon_file_diff,
};
