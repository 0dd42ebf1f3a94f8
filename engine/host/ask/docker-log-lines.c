#include "engine/host/ask/docker-log.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/str.h"

/* What one line of dockerd's log says. */

/* logrus writes key="..." with Go's escapes; what has no white space stands bare. NULL: no such key. */
static char *logged(const char *line, size_t len, const char *key)
{
	const char *msg = memmem(line, len, key, strlen(key)), *end = line + len;
	struct buf out = {0};

	if (!msg)
		return NULL;
	msg += strlen(key);
	if (msg == end || *msg != '"') {
		const char *space = memchr(msg, ' ', (size_t)(end - msg));

		return xstrndup(msg, (size_t)((space ? space : end) - msg));
	}
	for (msg++; msg < end && *msg != '"'; msg++) {
		if (*msg == '\\' && msg + 1 < end)
			msg++;
		buf_putc(&out, *msg);
	}
	return buf_take(&out);
}

static char *message_of(const char *line, size_t len)
{
	char *message = logged(line, len, " msg=");

	return message ? message : xstrndup(line, len);
}

/* With log-format json: {"level":"error","msg":"..."}. */
static char *json_message(const char *line, size_t len)
{
	json_t *root = json_loadb(line, len, 0, NULL);
	const char *level = json_string_value(json_object_get(root, "level"));
	const char *msg = json_string_value(json_object_get(root, "msg"));
	bool bad = level && (strcmp(level, "error") == 0 || strcmp(level, "fatal") == 0);
	char *ret = bad && msg ? xstrdup(msg) : NULL;

	json_decref(root);
	return ret;
}

char *docker_log_parse(const char *line, size_t len)
{
	if (starts_with_n(line, len, "{"))
		return json_message(line, len);
	if (!starts_with_n(line, len, "time="))
		return NULL;
	if (memmem(line, len, " level=error ", 13) || memmem(line, len, " level=fatal ", 13))
		return message_of(line, len);
	return NULL;
}

/* What is printed beside the error: it says nothing about why. */
static bool is_beside_the_point(const char *line, size_t len)
{
	static const char *const begins_with[] = {"{",        "time=",      "WARN",       "Warn",
						  "warn",     "DEPRECATED", "Deprecated", "Flag --",
						  "See 'doc", "Usage:",     "goroutine "};
	/* systemd, at each start with $DOCKER_OPTS, behind the unit's name */
	static const char unset[] = ".service: Referenced but unset";

	for (size_t i = 0; i < ARRAY_SIZE(begins_with); i++)
		if (starts_with_n(line, len, begins_with[i]))
			return true;
	return len == 0 || memmem(line, len, unset, strlen(unset)) ||
	       (*line >= '0' && *line <= '9'); /* dated: chatter of Go's own libraries */
}

char *docker_log_parse_last_words(const char *line, size_t len)
{
	return is_beside_the_point(line, len) ? NULL : xstrndup(line, len);
}

char *docker_log_find_why(const char *printed)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	char *why = NULL;

	strv_split(&lines, printed, "\r\n");
	for (size_t i = 0; i < lines.count; i++) {
		const char *line = lines.items[i];
		size_t len = strlen(line);
		char *found = docker_log_parse(line, len);

		if (starts_with_n(line, len, "Usage:"))
			break; /* what follows is about every flag there is */
		if (!found)
			found = docker_log_parse_last_words(line, len);
		if (found) {
			free(why);
			why = found;
		}
	}
	return why;
}

char *docker_log_parse_lost_network(const char *line, size_t len)
{
	/* "could not" of a bridge, "Could not" of macvlan and ipvlan */
	static const char begin[] = "ould not create ", sign[] = " from persistent state";
	json_t *root;
	char *ret;

	if (!memmem(line, len, sign, strlen(sign)) || !memmem(line, len, begin, strlen(begin)))
		return NULL;
	if (!starts_with_n(line, len, "{"))
		return message_of(line, len);
	root = json_loadb(line, len, 0, NULL);
	ret = xstrdup_null(json_string_value(json_object_get(root, "msg")));
	json_decref(root);
	return ret;
}

char *docker_log_parse_given_up(const char *line, size_t len)
{
	static const char sign[] = "failed to restore container";
	CLEANUP(freep) char *id = NULL, *why = NULL;
	json_t *root;

	if (!memmem(line, len, sign, strlen(sign)))
		return NULL;
	if (starts_with_n(line, len, "{")) {
		root = json_loadb(line, len, 0, NULL);
		id = xstrdup_null(json_string_value(json_object_get(root, "container")));
		why = xstrdup_null(json_string_value(json_object_get(root, "error")));
		json_decref(root);
	} else {
		id = logged(line, len, " container=");
		why = logged(line, len, " error=");
	}
	return id && *id ? xasprintf("%s: %s", id, why ? why : "dockerd does not say why") : NULL;
}

/* "Reloaded configuration: {...}"; 28.5 has the settings beside the message, as "config". */
char *docker_log_parse_reloaded(const char *line, size_t len)
{
	static const char begin[] = "Reloaded configuration";
	CLEANUP(freep) char *message = NULL, *config = NULL;
	const char *rest;

	if (!memmem(line, len, begin, strlen(begin)))
		return NULL;
	if (starts_with_n(line, len, "time=")) {
		message = message_of(line, len);
		config = logged(line, len, "\" config=");
	} else {
		json_t *root = json_loadb(line, len, 0, NULL);

		message = xstrdup_null(json_string_value(json_object_get(root, "msg")));
		config = xstrdup_null(json_string_value(json_object_get(root, "config")));
		json_decref(root);
	}
	if (!message || !starts_with(message, begin))
		return NULL;
	rest = message + strlen(begin);
	if (starts_with(rest, ": "))
		return xstrdup(rest + 2);
	return *rest ? NULL : TAKE_PTR(config);
}

bool docker_log_is_up(const char *line, size_t len)
{
	static const char *const signs[] = {"Daemon has completed initialization", "API listen on"};

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (memmem(line, len, signs[i], strlen(signs[i])))
			return true;
	return false;
}

/* "could not create bridge network for id 4485a3 bridge name br-4485a3 while booting up ..." */
char *docker_log_network_id(const char *message)
{
	const char *id = strstr(message, " for id ");

	return id ? xstrndup(id + 8, strcspn(id + 8, " ")) : xstrdup(message);
}
