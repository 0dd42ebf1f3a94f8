#include "engine/host/ask/docker-log.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "engine/base/alloc.h"
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
