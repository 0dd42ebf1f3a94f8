#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/format.h"
#include "engine/format/secret.h"
#include "modules/registry.h"

/* A key of any text file that an augeas lens knows. */

enum notify {
	NOTIFY_NONE,
	NOTIFY_SYSTEMD_RELOAD,
	NOTIFY_DOCKER_RESTART,
};

struct config_desired {
	char *file;
	char *lens;
	char *path;
	char *value;
	int notify; /* enum notify */
};

static int parse_notify(const char *text)
{
	static const char *const names[] = {
		[NOTIFY_NONE] = "none",
		[NOTIFY_SYSTEMD_RELOAD] = "systemd-reload",
		[NOTIFY_DOCKER_RESTART] = "docker-restart",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], text) == 0)
			return (int)i;
	return -EINVAL;
}

static void ask_effect(const struct config_desired *want, const struct view *now, struct delta *d)
{
	enum handler handler = want->notify == NOTIFY_DOCKER_RESTART ? HANDLER_DOCKER_RESTART
								     : HANDLER_SYSTEMD_RELOAD;

	if (want->notify == NOTIFY_NONE || now->facts->offline)
		return;
	if (handler == HANDLER_DOCKER_RESTART && !now->facts->docker.running)
		return;
	delta_bring(
		d,
		delta_effect(d, handler, subject_of(SCHEME_FILE, want->file), NULL, "read again"),
		0);
}

static int config_diff(const void *desired, const struct view *now, struct delta *ret,
		       struct error *err)
{
	const struct config_desired *want = desired;
	CLEANUP(freep) char *key = xasprintf("%s:%s", want->lens, want->path);
	const struct subject subject = subject_of(SCHEME_AUG, key);
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep)
	char *value = NULL, *is = NULL, *wanted = secret_show_value(subject, want->value);
	int r = view_content(now, want->file, &text, &why);

	if (r == -ENOENT) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "'%s' does not exist", want->file);
		return 0;
	}
	if (r >= 0)
		r = format_get(&text, subject, &value, &why);
	is = secret_show_value(subject, value);
	if (r < 0) {
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s", error_text(&why));
	} else if (value && format_same(subject, value, want->value)) {
		delta_raise(ret, VERDICT_PASS, "%s in '%s' is %s", want->path, want->file, is);
	} else {
		delta_raise(ret, VERDICT_FAIL, "%s in '%s' is %s, %s is wanted", want->path,
			    want->file, is ? is : "not set", wanted);
		delta_edit(ret, want->file, subject, want->value);
		ask_effect(want, now, ret);
	}
	return 0;
}

static int config_check(const void *desired, struct error *err)
{
	const struct config_desired *want = desired;

	if (want->file[0] != '/')
		return error_set(err, -EINVAL, "'%s' is not an absolute path", want->file);
	if (!*want->lens || strpbrk(want->lens, ":./") || !*want->path)
		return error_set(err, -EINVAL, "'%s:%s' is not a lens and path", want->lens,
				 want->path);
	return 0;
}

static const struct field fields[] = {
	{.key = "file",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct config_desired, file),
	 .required = true,
	 .help = "the file; one that is not there is left alone"},
	{.key = "lens",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct config_desired, lens),
	 .required = true,
	 .help = "augeas lens that reads it, such as Sshd"},
	{.key = "path",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct config_desired, path),
	 .required = true,
	 .help = "the key, by its path in the lens's tree"},
	{.key = "value",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct config_desired, value),
	 .required = true,
	 .help = "its value"},
	{.key = "notify",
	 .type = FIELD_ENUM,
	 .offset = offsetof(struct config_desired, notify),
	 .parse = parse_notify,
	 .def = NOTIFY_NONE,
	 .help = "what must read it again: none, systemd-reload or docker-restart"},
	{0},
};

const struct module module_config = {
	.name = "config",
	.summary = "a key of a text file, through an augeas lens",
	.desired_size = sizeof(struct config_desired),
	.fields = fields,
	.check = config_check,
	.diff = config_diff,
};
