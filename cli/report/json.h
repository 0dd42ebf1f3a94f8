#pragma once

/*
 * Answers as JSON. Every answer is one object that begins with format_version, harden_version
 * and command; packaging/harden-output.schema.json describes them all. A minor step of the
 * format only adds members. Non-ASCII characters are written as \u escapes.
 */

#include <jansson.h>

#include "cli/report/summary.h"
#include "engine/base/buf.h"
#include "engine/model/control.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"
#include "rollback/history.h"

#define OUTPUT_FORMAT_VERSION "1.0"

/* A new answer, to be filled with members. */
json_t *json_answer(const char *command);

/* Writes the answer to stdout and releases it; returns an exit code. */
/*
 * The answer of a command that failed before it had one: {"error": {"message", "messages",
 * "path", "control"}, ...}. `command` may be NULL; of the failure only what it is about is told.
 */
int json_write_error(const char *command, const char *message, const struct strv *messages,
		     const struct error *failure, int code);
int json_write(json_t *answer);

/* A plan, secrets hidden, as plan_to_json() gives it. */
json_t *json_plan(const struct plan *plan);
json_t *json_summary(const struct plan_summary *sum);
/* not_undone, undone_exactly, undone_not_exactly: what its undo brings back. */
void json_put_undoing(json_t *answer, const struct plan *plan);
json_t *json_facts(const struct facts *facts);
json_t *json_transaction(const struct transaction_summary *t, bool with_plan);
json_t *json_control(const struct control *control);

/* "2026-01-31T12:00:00Z" of a CLOCK_REALTIME; the caller frees it. */
char *time_text(uint64_t usec);
