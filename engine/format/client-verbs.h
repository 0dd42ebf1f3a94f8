#pragma once

/*
 * What Docker's clients can be asked for, by the verb: what is lost when the request is cut off, and what
 * it does to containers that run. One table for whoever looks at a client at work, and whoever reads a
 * unit's commands. A verb that is not in it may do anything: whoever does not know it does not know what
 * it leaves half done.
 */

#include <stdbool.h>

/* What the end of a request loses. */
enum cut_off {
	CUT_NOTHING, /* it is answered at once; every minute one of a job's may be at work */
	CUT_OUTPUT, /* it waits, and loses nothing but what it would have told */
	CUT_WORK,
};

/* What becomes of containers that run. */
enum verb_does {
	VERB_SPARES, /* they are left alone */
	VERB_NAMES, /* those that it names end, or are made */
	VERB_MAKES, /* one is made, whose name --name tells */
	VERB_MAY_END, /* any of them may end */
};

struct client_verb {
	const char *group; /* "compose"; NULL: of any, or of none */
	const char *name; /* NULL: any of the group's */
	enum cut_off cut;
	enum verb_does does;
};

/* Of a command without its arguments: "docker ps", "docker compose up". Never NULL. */
const struct client_verb *client_verb_of(const char *command);

/* Whether a word is one of the verbs, of whatever group. */
bool is_client_verb(const char *word);
