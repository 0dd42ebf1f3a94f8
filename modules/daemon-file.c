#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"

/*
 * The daemon's config file as this version of dockerd would read it. One that it refuses keeps it
 * from its next start, and hides what all other controls of the daemon would have to look at.
 */

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
	str_replace(&ret->mend, "keep each of them in one place: the file, or the flag");
}

static int daemon_file_diff(const void *desired UNUSED, const struct view *now, struct delta *ret,
			    struct error *err UNUSED)
{
	const struct docker_facts *d = &now->facts->docker;

	if (d->install == DOCKER_NONE) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "Docker is not installed");
	} else if (d->unsupported) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "%s", d->unsupported);
	} else if (d->file_error) {
		delta_raise(ret, VERDICT_FAIL, "dockerd%s%s would not start with '%s': %s",
			    d->version ? " " : "", d->version ? d->version : "", d->config_file,
			    d->file_error);
		str_replace(&ret->mend, "fix the file by hand, or take what was there before from "
					"a backup; nothing is planned beside it until then");
		ret->blocks = true;
	} else if (d->conflicts.count) {
		refuse_conflicts(d, ret);
	} else if (d->start_error) {
		delta_raise(ret, VERDICT_FAIL,
			    "dockerd does not start, and said of its last start, with '%s' as it "
			    "is: %s",
			    d->config_file, d->start_error);
		str_replace(&ret->mend, "fix what it names, and start docker.service; nothing is "
					"planned for it until it starts, or was changed");
		ret->blocks = true;
	} else if (!d->config_digest) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "the daemon has no config file");
	} else {
		delta_raise(ret, VERDICT_PASS, "'%s' is what dockerd takes", d->config_file);
	}
	return 0;
}

static int daemon_file_check(const void *desired UNUSED, struct error *err UNUSED)
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
	.check = daemon_file_check,
	.diff = daemon_file_diff,
};
