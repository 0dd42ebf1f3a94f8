#include "modules/daemon/when.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/schemes/json-text.h"
#include "modules/daemon/next.h"

/* 1: holds; 0: does not; negative: cannot be told. */
static int setting_is(const struct view *v, const char *when, struct error *err)
{
	CLEANUP(freep) char *key = xstrndup(when, strcspn(when, "="));
	CLEANUP(freep) char *value = daemon_next_effective(v, key);
	CLEANUP(freep) char *text = value ? json_value_to_string(value) : NULL;
	CLEANUP(daemon_next_clear) struct daemon_next next = {0};
	const char *wanted = when + strlen(key) + 1;
	int r = daemon_next_read(&next, v, key, err);

	if (r < 0) /* a file that cannot be read has no default either */
		return r;
	if (!value)
		return 0;
	return text ? strcmp(text, wanted) == 0 : json_value_same(value, wanted);
}

/* The running kernel has it, enforcing or not. */
static int has_selinux(const struct view *v)
{
	CLEANUP(node_clear) struct node node = {0};

	if (v->facts->offline)
		return -ENODATA;
	return view_node(v, "/sys/fs/selinux/enforce", &node, NULL) >= 0 && node.kind == NODE_FILE;
}

/* None that is known is not the same as none. */
static int has_listener(const struct view *v, struct error *err)
{
	const struct docker_facts *d = &v->facts->docker;
	const char *why = d->tcp_unknown ? d->tcp_unknown : d->running ? d->sockets_unread : NULL;

	if (d->tcp_listeners.count > 0)
		return 1;
	if (d->elsewhere)
		why = d->elsewhere;
	return why && !v->facts->offline ? error_set(err, -ENODATA, "%s", why) : 0;
}

static int holds(const struct view *v, const char *when, struct error *err)
{
	const struct docker_facts *docker = &v->facts->docker;
	const char *rest;

	if (strcmp(when, "tcp-listener") == 0)
		return has_listener(v, err);
	if (strcmp(when, "selinux") == 0)
		return has_selinux(v);
	rest = skip_prefix(when, "driver=");
	if (rest)
		return docker->driver ? strcmp(docker->driver, rest) == 0 : -ENODATA;
	rest = skip_prefix(when, "engine>=");
	if (rest)
		return docker->version ? engine_version_compare(docker->version, rest) >= 0
				       : -ENODATA;
	rest = skip_prefix(when, "engine<");
	if (rest)
		return docker->version ? engine_version_compare(docker->version, rest) < 0
				       : -ENODATA;
	return setting_is(v, when, err);
}

bool daemon_when_holds(const struct view *v, const char *when, struct delta *delta)
{
	CLEANUP(error_clear) struct error err = {0};
	int r = when ? holds(v, when, &err) : 1;
	const char *why = err.text ? error_text(&err) : v->facts->docker.not_measured;

	if (r < 0)
		delta_raise(delta, VERDICT_NOT_MEASURED, "cannot tell whether '%s' holds%s%s", when,
			    why ? ": " : "", why ? why : "");
	delta->blocks |= daemon_next_blocks(r);
	if (r < 0)
		return false;
	else if (r == 0)
		delta_raise(delta, VERDICT_NOT_APPLICABLE, "applies only when '%s' holds", when);
	return r > 0;
}

/* Conditions on the host, and not on a setting. */
static bool is_of_host(const char *when)
{
	return strcmp(when, "tcp-listener") == 0 || strcmp(when, "selinux") == 0 ||
	       starts_with(when, "driver=") || starts_with(when, "engine>=") ||
	       starts_with(when, "engine<");
}

char *daemon_when_key(const char *when)
{
	return when && !is_of_host(when) ? xstrndup(when, strcspn(when, "=")) : NULL;
}

int daemon_when_check(const char *when, struct error *err)
{
	CLEANUP(freep) char *key = daemon_when_key(when);

	if (!key)
		return 0;
	if (!strchr(when, '=') || !daemon_key_find(key))
		return error_set(err, -EINVAL, "'when: %s' is not a condition", when);
	return 0;
}
