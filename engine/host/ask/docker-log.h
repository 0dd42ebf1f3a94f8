#pragma once

/*
 * What dockerd wrote to the system's log since some moment. It answers neither a signal nor a
 * failed start in any other way. A host without a readable journal gives nothing, never an error.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/clock.h"
#include "engine/base/strv.h"

struct docker_log;

/* Entries from CLOCK_REALTIME `since_usec` on; NULL without a journal. */
struct docker_log *docker_log_open(uint64_t since_usec);
void docker_log_free(struct docker_log *log);

/* Waits until something new comes, at most timeout_ms (also without a journal). */
void docker_log_wait(struct docker_log *log, int timeout_ms);

/* The next error that dockerd has logged, or NULL; the caller frees it. */
char *docker_log_next_error(struct docker_log *log);

/*
 * Why a daemon did not start or did not stay, or NULL; waits a moment for the journal to have
 * it. What a run of docker.service said that systemd knows by the id `but` (NULL: none) is passed over:
 * the one that was stopped for the start says nothing about it. The caller frees it.
 */
char *docker_log_last_words(uint64_t since_usec, const char *but);

/*
 * Why the last process of docker.service ended before it was up, and when it said so. NULL where it
 * had been up, said nothing, or the journal cannot be read. The caller frees it.
 */
char *docker_log_start_failure(struct moment *ret);

/* A line that dockerd writes once it is up. */
bool docker_log_is_up(const char *line, size_t len);

/*
 * What dockerd says of networks that it knows and could not make again at its start, which its API
 * lists all the same: the messages.
 */
void docker_log_lost_networks(uint64_t since_usec, struct strv *ret);

/* The id of the network that such a message is about; the message where it names none. The caller frees it. */
char *docker_log_network_id(const char *message);

/* The settings, as JSON, that dockerd had after its last reload; NULL: it logged none. The caller frees it. */
char *docker_log_reloaded(uint64_t since_usec);

/* Those of one line of the log, or NULL; the caller frees it. */
char *docker_log_parse_reloaded(const char *line, size_t len);

/* The error in one line of dockerd's log (log-format text or json), or NULL. */
char *docker_log_parse(const char *line, size_t len);

/*
 * The line of all that dockerd printed which says why it gave up: its last error, not a warning, a
 * deprecated flag, or the usage page behind the error. NULL: none does. The caller frees it.
 */
char *docker_log_find_why(const char *printed);

/* A line that is no log entry: what dockerd prints when it gives up ("failed to start daemon: ..."); or NULL. */
char *docker_log_parse_last_words(const char *line, size_t len);

/*
 * The containers that dockerd gave up since then, though their processes run: it could not take them
 * over at its start. "ID: why" of each.
 */
void docker_log_given_up(uint64_t since_usec, struct strv *ret);

/* Such a one in one line of the log, or NULL; the caller frees it. */
char *docker_log_parse_given_up(const char *line, size_t len);

/* Such a message in one line of the log, or NULL; the caller frees it. */
char *docker_log_parse_lost_network(const char *line, size_t len);
