#pragma once

/*
 * What is known of dockerd's settings: their type, the flag that sets the same, from and until
 * which engine they exist, how a change comes into force, and their default. One table; facts,
 * the docker-daemon module and the preflight checks read it. Sources are named in the table.
 */

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/model/out-of-sight.h"

enum key_activation {
	KEY_RESTART, /* read at start only */
	KEY_RELOAD, /* SIGHUP applies it; a deleted key keeps its old value */
	KEY_RELOAD_RESETS, /* SIGHUP applies it; a deleted key goes back to the default */
};

struct daemon_key {
	const char *key; /* in daemon.json */
	const char *type; /* "boolean", "string", "number", "array", "object" */
	const char *flag; /* long flag without dashes: "icc", "label" for labels; NULL: none */
	char short_flag; /* 'l' for log-level, or 0 */
	enum key_activation activation;
	bool network; /* taken up only when no container runs at the daemon's start */
	enum out_of_sight hides; /* with another value dockerd does not see that of what it has */
	bool on_create; /* for containers created afterwards only */
	const char *since; /* engine version, or NULL: before 20.10 */
	const char *removed; /* first engine version that refuses it, or NULL */
	const char *def; /* default as JSON text, or NULL: none, or it depends on the engine */
	const char *element; /* type of what an array or object holds, or NULL: anything */
	const char *
		loose; /* first engine version that takes any type, and makes no use of it, or NULL */
	bool used; /* although it is loose; the proxies where they stand in "proxies" */
};

/* By the daemon.json key, by the long flag, by the short flag; NULL when there is none. */
const struct daemon_key *daemon_key_find(const char *key);
const struct daemon_key *daemon_key_find_flag(const char *flag);
const struct daemon_key *daemon_key_find_short(char flag);

/*
 * What a dockerd that starts with `after` in place of `before` (JSON texts, NULL: not set; where they are
 * the same, as if they were not) does not see any more, since it looks elsewhere. `image_store`: images are
 * containerd's now. Of "features" the one that decides on that counts alone.
 */
enum out_of_sight daemon_key_hides(const char *key, const char *before, const char *after,
				   bool image_store);

/* Whether that is anything: then it does not see those containers that run on either. */
bool daemon_key_moves(const char *key, const char *before, const char *after, bool image_store);

/*
 * The first of these keys that dockerd has as a flag (daemon.json keys) which a reload would set back
 * to its default, for the file does not have it; NULL: a reload leaves all as they are.
 */
const char *daemon_flag_reset(const struct strv *flag_keys);

/* The table's rows, from 0 on; NULL behind the last. */
const struct daemon_key *daemon_key_at(size_t index);

/*
 * The arguments of dockerd (argv[0] left out) as settings by pflag's rules: --flag=value,
 * --flag value (not for booleans), -D, -l value, lists accumulate. For each, in order of first
 * appearance, adds the daemon.json key to ret_keys, its value (JSON text) to ret_values and the
 * argument's own text to ret_texts (any may be NULL). Unknown flags are kept under their own name.
 * A text of several words ("--log-level debug", "--label a --label b") is written so that
 * command_line_split() gives the words again.
 */
void daemon_flags_parse(const struct strv *args, struct strv *ret_keys, struct strv *ret_values,
			struct strv *ret_texts);

/*
 * Whether dockerd of `version` (NULL: not known, then no rule that depends on it counts) would
 * take this config file: JSON rules, unknown and removed directives, types, and keys that are
 * also in `flag_keys` (NULL: none). 0, or -EINVAL and the first reason; -EINVAL leaves all
 * reasons in ret_reasons (may be NULL).
 */
int daemon_file_check(const struct buf *text, const char *version, const struct strv *flag_keys,
		      struct strv *ret_reasons, struct error *err);

/*
 * What dockerd takes from this config file, as daemon.json keys and values (JSON text). That is
 * more than the top level: of an object under a key that takes none, the members that are
 * booleans of dockerd count, too ({"x": {"icc": false}} turns icc off), and so do the proxies.
 */
int daemon_file_settings(const struct buf *text, const char *version, struct strv *ret_keys,
			 struct strv *ret_values, struct error *err);

/* What dockerd takes from the file, and what then breaks every container: the number of reasons added. */
size_t daemon_file_harm(const struct buf *text, struct strv *ret_reasons);

/*
 * Compares engine versions by their numbers: "20.10.24+dfsg1" < "23.0". Like strcmp(). What
 * follows the numbers does not count, nor does a package's epoch; a missing number is 0.
 */
int engine_version_compare(const char *a, const char *b);

/*
 * daemon-line.c: a command line as it may be shown to people, with "(hidden)" for each word that is
 * no flag of dockerd's, no value of one and no path. `program`: the first word is a program. The
 * caller frees it; NULL for NULL.
 */
char *daemon_line_show(const char *line, bool program);

/* The value of a flag as it may be shown: not of one that dockerd does not have. */
const char *daemon_flag_value_show(const char *key, const char *value);

/*
 * Whether the health checks of containers that live through this dockerd's restart end by it (seen
 * with 20.10; 23.0 takes them up again). They begin again with the container, or when it was paused.
 */
bool engine_ends_checks(const char *version);
