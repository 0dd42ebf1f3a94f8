#pragma once

/*
 * One way to read and write single keys of any text file that harden knows. Each
 * scheme of a subject (engine/model/subject.h) that is about content is one row of the table in
 * format.c:
 *
 *   json:/log-opts/max-size   RFC 6901 pointer into JSON; the value is compact JSON text
 *   unit:Service/ExecStart    systemd unit; the value holds all assignments, one a line
 *                             (an empty first line resets, as in systemd.syntax(7))
 *   kv:net.ipv4.ip_forward    "key = value" lines (sysctl.d); the value is the text behind =
 *   entry:dockremap           colon-separated databases (passwd, subuid); the value is the line
 *   member:docker/bob         a name in the last field of a group(5) line; the value is "member"
 *   rule:<canonical rule>     an audit rule, compared by meaning; the value is the line as written
 *   text:all                  a whole file that is ours alone; the value without its last line end
 *   override:/usr/bin/x       a line of dpkg-statoverride(1); the value is "USER GROUP MODE"
 *   limit:* hard core         domain, type and item of limits.conf(5); the value is the number
 *   aug:Shellvars:DOCKER_OPTS any file an augeas lens knows: lens, then path in its tree
 *
 * Setting a key changes its own bytes only: order, indentation, comments, line ends, a missing
 * final newline and everything unknown stay. Setting NULL takes the key away. Text in, text
 * out: no format touches the host.
 */

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/model/handler.h"
#include "engine/model/subject.h"

/* How a person reads a key and its value. */
enum shown_as {
	SHOWN_NAMED, /* KEY: VALUE */
	SHOWN_IN_BRACES, /* as JSON, all of one file in one object */
	SHOWN_IN_SECTION, /* [SECTION] KEY=VALUE */
	SHOWN_ASSIGNED, /* KEY = VALUE */
	SHOWN_BARE, /* VALUE: it is the line, or the file */
	SHOWN_AS_RULE, /* what an audit rule watches, in words */
	SHOWN_COUNTED, /* KEY: how many rules VALUE has */
};

/* All that is particular to a scheme. Its row is made by a macro that needs each of these. */
struct format {
	/* 1 and *ret (the caller frees it) when the key is there, 0 when not, negative when unreadable. */
	int (*get)(const struct buf *text, const char *key, char **ret_value, struct error *err);

	/* Sets the key to value, or takes it away (NULL). The text is untouched on failure. */
	int (*set)(struct buf *text, const char *key, const char *value, struct error *err);

	/* Whether two values of a key mean the same; NULL: compare the bytes. */
	bool (*same)(const char *a, const char *b);

	bool names_secrets; /* its key is a name that may speak of a secret (secret-name.h) */
	bool has_words; /* its value is words, each with a meaning of its own (value-merge.h) */
	enum shown_as shown;
	unsigned forced_by; /* HANDLER_BIT()s of what may bring it into force */
};

/* NULL where the subject is not about content. */
const struct format *format_find(struct subject subject);

/* The same of an effect, which no file has: without get, set and same. NULL: there is none. */
const struct format *format_of_effect(struct subject subject);

int format_get(const struct buf *text, struct subject subject, char **ret_value, struct error *err);
int format_set(struct buf *text, struct subject subject, const char *value, struct error *err);

/* Whether two values of that subject mean the same (either may be NULL: not there). */
bool format_same(struct subject subject, const char *a, const char *b);
