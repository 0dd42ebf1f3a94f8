#pragma once

/*
 * What dockerd will be told at its next start, read through the view: so the plan's own edits
 * count, unlike in the facts, which were gathered before. A key can stand in the daemon's
 * config file, or be a flag in ExecStart= or in a variable that ExecStart= uses. Never both:
 * dockerd refuses to start then.
 */

#include "engine/model/delta.h"
#include "engine/model/view.h"
#include "modules/daemon/args.h"
#include "modules/daemon/value.h"

/* A text that holds flags of dockerd: the assignments of ExecStart=, or of one variable. */
struct flag_source {
	char *path; /* the file to edit */
	struct subject subject;
	char *before; /* value of the subject in that file; NULL: a new drop-in */
	char *line; /* the command line, or what stands between a variable's quotes */
	char *head, *tail; /* what the new value has around the new line */
	enum flag_line kind;
	char *variable; /* NAME, where the source is one word NAME=LINE of Environment= of a unit */
	struct strv flags; /* those of the line that set the key: args.h */
};

struct daemon_next {
	const char *path; /* config file */
	struct buf text; /* its content; empty when it is not there */
	char *file_value; /* NULL: not in the file */
	char *pointer; /* where in the file it stands, or would stand */
	char *flag_value; /* NULL: no flag */
	struct flag_source *sources; /* of the key's flags */
	size_t nsources;
	char *untouched; /* dockerd takes the file, and why harden does not edit it; NULL: it does */
	char *trouble; /* why the flag cannot be changed; NULL: it can */
};

/* Negative when the config file cannot be read, or is not JSON that dockerd would take. */
int daemon_next_read(struct daemon_next *ret, const struct view *v, const char *key,
		     struct error *err);
void daemon_next_clear(struct daemon_next *n);

/*
 * Whether this answer of daemon_next_read() means that something is there that dockerd would not
 * start with: nobody knows what its next start would have, and nothing is applied beside it.
 */
bool daemon_next_blocks(int code);

/* The value at the next start (a flag's, else the file's), NULL when it is not set. */
const char *daemon_next_value(const struct daemon_next *n);

/* The effective value of another key at the next start, its default included; may be NULL. */
char *daemon_next_effective(const struct view *v, const char *key);
