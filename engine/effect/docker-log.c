#include "engine/effect/docker-log.h"

#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"

#define LAST_WORD_MS 1000 /* journald may be a little behind systemd */
#define LAST_WORD_STEP_MS 100

struct docker_log {
	sd_journal *journal;
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

struct docker_log *docker_log_open(uint64_t since_usec)
{
	struct docker_log *log = xcalloc(1, sizeof(*log));
	int r = sd_journal_open(&log->journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);

	if (r >= 0)
		r = sd_journal_add_match(log->journal, "_SYSTEMD_UNIT=docker.service", 0);
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

static bool begins(const char *line, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return len >= n && memcmp(line, prefix, n) == 0;
}

/* logrus writes msg="..." with Go's escapes; a message without white space stands bare. */
static char *message_of(const char *line, size_t len)
{
	const char *msg = memmem(line, len, " msg=", 5), *end = line + len;
	struct buf out = {0};

	if (!msg)
		return xstrndup(line, len);
	msg += 5;
	if (msg == end || *msg != '"')
		return xstrndup(msg, strcspn(msg, " ") < (size_t)(end - msg) ? strcspn(msg, " ")
									     : (size_t)(end - msg));
	for (msg++; msg < end && *msg != '"'; msg++) {
		if (*msg == '\\' && msg + 1 < end)
			msg++;
		buf_putc(&out, *msg);
	}
	return buf_take(&out);
}

char *docker_log_parse(const char *line, size_t len)
{
	static const char *const last_words[] = {
		"failed to start daemon: ", "unable to configure the Docker daemon",
		"failed to load listeners: ", "invalid "};

	for (size_t i = 0; i < ARRAY_SIZE(last_words); i++)
		if (begins(line, len, last_words[i]))
			return xstrndup(line, len);
	if (memmem(line, len, "level=error", 11) || memmem(line, len, "level=fatal", 11))
		return message_of(line, len);
	return NULL;
}

char *docker_log_next_error(struct docker_log *log)
{
	while (log && sd_journal_next(log->journal) > 0) {
		CLEANUP(freep) char *line = NULL;
		const void *data;
		char *error;
		size_t len;

		if (sd_journal_get_data(log->journal, "MESSAGE", &data, &len) < 0)
			continue;
		line = xstrndup((const char *)data + strlen("MESSAGE="), len - strlen("MESSAGE="));
		error = docker_log_parse(line, strlen(line));
		if (error)
			return error;
	}
	return NULL;
}

char *docker_log_last_error(uint64_t since_usec)
{
	CLEANUP(log_freep) struct docker_log *log = docker_log_open(since_usec);
	char *last = NULL, *next;

	for (int waited = 0; log && !last && waited < LAST_WORD_MS; waited += LAST_WORD_STEP_MS) {
		while ((next = docker_log_next_error(log))) {
			free(last);
			last = next;
		}
		if (!last)
			docker_log_wait(log, LAST_WORD_STEP_MS);
	}
	return last;
}
