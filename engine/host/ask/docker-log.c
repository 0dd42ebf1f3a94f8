#include "engine/host/ask/docker-log.h"

#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/macros.h"
#include "engine/base/str.h"
#include "engine/base/strv.h"
#include "engine/host/ask/bus.h"

#define LAST_WORD_MS 1000 /* journald may be a little behind systemd */
#define LAST_WORD_STEP_MS 100
#define ENTRIES_MAX 500 /* of one start that failed */

struct docker_log {
	sd_journal *journal;
	const char *but; /* the run of the unit whose entries are passed over; NULL: none */
};

void docker_log_free(struct docker_log *log)
{
	if (!log)
		return;
	sd_journal_close(log->journal);
	free(log);
}

static void log_freep(struct docker_log **log)
{
	docker_log_free(*log);
}

/* journald notes the unit by its own name; docker.service may be an alias. Matches of a field add up. */
static int match_unit(sd_journal *journal)
{
	CLEANUP(bus_freep) struct bus *b = NULL;
	CLEANUP(strv_clear) struct strv names = {0};
	int r = 0;

	if (bus_open(&b, NULL) >= 0)
		bus_related(b, "docker.service", "Names", &names, NULL);
	strv_add_once(&names, "docker.service");
	for (size_t i = 0; r >= 0 && i < names.count; i++) {
		CLEANUP(freep) char *match = xasprintf("_SYSTEMD_UNIT=%s", names.items[i]);

		r = sd_journal_add_match(journal, match, 0);
	}
	return r;
}

struct docker_log *docker_log_open(uint64_t since_usec)
{
	struct docker_log *log = xcalloc(1, sizeof(*log));
	int r = sd_journal_open(&log->journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);

	if (r >= 0)
		r = match_unit(log->journal);
	/* the log driver journald has dockerd write what containers say: by another way */
	if (r >= 0)
		r = sd_journal_add_match(log->journal, "_TRANSPORT=stdout", 0);
	if (r >= 0)
		r = sd_journal_seek_realtime_usec(log->journal, since_usec);
	if (r < 0) {
		docker_log_free(log);
		return NULL;
	}
	return log;
}

void docker_log_wait(struct docker_log *log, int timeout_ms)
{
	if (!log || sd_journal_wait(log->journal, (uint64_t)timeout_ms * 1000) < 0)
		poll(NULL, 0, timeout_ms);
}

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

/* A field of the entry as text; NULL: it has none. The caller frees it. */
static char *field(sd_journal *journal, const char *name)
{
	const void *data;
	size_t len, n = strlen(name) + 1;

	if (sd_journal_get_data(journal, name, &data, &len) < 0 || len < n)
		return NULL;
	return xstrndup((const char *)data + n, len - n);
}

static bool is_passed_over(const struct docker_log *log)
{
	CLEANUP(freep)
	char *run = log->but ? field(log->journal, "_SYSTEMD_INVOCATION_ID") : NULL;

	return run && strcmp(run, log->but) == 0;
}

/* The next line that `parse` makes something of. */
static char *next_line(struct docker_log *log, char *(*parse)(const char *line, size_t len))
{
	while (log && sd_journal_next(log->journal) > 0) {
		const void *data;
		char *found;
		size_t len;

		if (is_passed_over(log) ||
		    sd_journal_get_data(log->journal, "MESSAGE", &data, &len) < 0)
			continue;
		found = parse((const char *)data + strlen("MESSAGE="), len - strlen("MESSAGE="));
		if (found)
			return found;
	}
	return NULL;
}

char *docker_log_next_error(struct docker_log *log)
{
	return next_line(log, docker_log_parse);
}

/* The last error, for a daemon that ended without last words. */
static char *last_error(uint64_t since_usec, const char *but)
{
	CLEANUP(log_freep) struct docker_log *log = docker_log_open(since_usec);
	char *last = NULL, *next;

	if (log)
		log->but = but;
	while ((next = docker_log_next_error(log))) {
		free(last);
		last = next;
	}
	return last;
}

char *docker_log_last_words(uint64_t since_usec, const char *but)
{
	CLEANUP(log_freep) struct docker_log *log = docker_log_open(since_usec);
	char *words = NULL;

	if (log)
		log->but = but;
	for (int waited = 0; log && !words && waited < LAST_WORD_MS; waited += LAST_WORD_STEP_MS) {
		words = next_line(log, docker_log_parse_last_words);
		if (!words)
			docker_log_wait(log, LAST_WORD_STEP_MS);
	}
	for (char *next; words && (next = next_line(log, docker_log_parse_last_words));) {
		free(words);
		words = next;
	}
	return words ? words : last_error(since_usec, but);
}

bool docker_log_is_up(const char *line, size_t len)
{
	static const char *const signs[] = {"Daemon has completed initialization", "API listen on"};

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (memmem(line, len, signs[i], strlen(signs[i])))
			return true;
	return false;
}

/* When the entry was written; of an earlier boot nobody knows what the clock did since. */
static struct moment when_written(struct docker_log *log)
{
	uint64_t real = 0, since_boot;

	sd_journal_get_realtime_usec(log->journal, &real);
	return sd_journal_get_monotonic_usec(log->journal, &since_boot, NULL) < 0
		       ? (struct moment){real, 0}
		       : clock_moment(real, CLOCK_MONOTONIC, since_boot);
}

/* Takes the entry, of the process PID, or of the first that is met. false: there is no more to read. */
static bool take_entry(struct docker_log *log, char **pid, char **words, struct moment *ret)
{
	CLEANUP(freep) char *whose = field(log->journal, "_PID");
	CLEANUP(freep) char *line = field(log->journal, "MESSAGE");

	if (!line || !whose)
		return true;
	if (*pid && strcmp(*pid, whose) != 0)
		return false;
	if (docker_log_is_up(line, strlen(line))) {
		str_replace(words, NULL);
		return false;
	}
	if (!*words) {
		*words = docker_log_parse_last_words(line, strlen(line));
		*ret = when_written(log);
		if (*words)
			*pid = TAKE_PTR(whose);
	}
	return true;
}

char *docker_log_start_failure(struct moment *ret)
{
	CLEANUP(log_freep) struct docker_log *log = docker_log_open(0);
	CLEANUP(freep) char *pid = NULL;
	char *words = NULL;
	bool more = log && sd_journal_seek_tail(log->journal) >= 0;

	for (int i = 0; more && i < ENTRIES_MAX && sd_journal_previous(log->journal) > 0; i++)
		more = take_entry(log, &pid, &words, ret);
	return words;
}

/* "could not create bridge network for id 4485a3 bridge name br-4485a3 while booting up ..." */
char *docker_log_network_id(const char *message)
{
	const char *id = strstr(message, " for id ");

	return id ? xstrndup(id + 8, strcspn(id + 8, " ")) : xstrdup(message);
}

static void take_all(uint64_t since_usec, char *(*parse)(const char *line, size_t len),
		     struct strv *ret)
{
	CLEANUP(log_freep) struct docker_log *log = docker_log_open(since_usec);
	char *message;

	while ((message = next_line(log, parse))) {
		strv_add(ret, message);
		free(message);
	}
}

void docker_log_lost_networks(uint64_t since_usec, struct strv *ret)
{
	take_all(since_usec, docker_log_parse_lost_network, ret);
}

void docker_log_given_up(uint64_t since_usec, struct strv *ret)
{
	take_all(since_usec, docker_log_parse_given_up, ret);
}

char *docker_log_reloaded(uint64_t since_usec)
{
	CLEANUP(log_freep) struct docker_log *log = docker_log_open(since_usec);
	char *last = NULL, *next;

	while ((next = next_line(log, docker_log_parse_reloaded))) {
		free(last);
		last = next;
	}
	return last;
}
