#pragma once

/*
 * Options: one table says each one's name, letter, kind of value and help; the parser, the
 * help text and the check which command takes which all read it. Values come as --name=value
 * or as the next word; options may stand before and behind the command; "--" ends them.
 * A struct options starts zeroed and is released by options_clear().
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/strv.h"

enum option_id {
	OPT_BASELINE,
	OPT_LEVEL,
	OPT_ONLY,
	OPT_SKIP,
	OPT_ACK,
	OPT_OBSERVE,
	OPT_ROOT,
	OPT_OUT,
	OPT_FORCE,
	OPT_DETAILED_EXITCODE,
	OPT_ALLOW_UNMEASURED,
	OPT_STRICT,
	OPT_FAIL_ON,
	OPT_NEXT_BOOT,
	OPT_NEXT_PACKAGE,
	OPT_YES,
	OPT_DRY_RUN,
	OPT_NO_RESTART,
	OPT_BISECT,
	OPT_HEALTH_TIMEOUT,
	OPT_HEALTH_CMD,
	OPT_MAX_GAP,
	OPT_DRAIN_CMD,
	OPT_UNDRAIN_CMD,
	OPT_CONFIRM,
	OPT_NO_WAIT,
	OPT_EXTEND,
	OPT_LOCK_TIMEOUT,
	OPT_ON_CONFLICT,
	OPT_SET_ASIDE,
	OPT_KEEP,
	OPT_OLDER_THAN,
	OPT_VERIFY,
	OPT_MAP,
	OPT_ORIGIN,
	OPT_JSON,
	OPT_FORMAT,
	OPT_COLOR,
	OPT_LANG,
	OPT_QUIET,
	OPT_VERBOSE,
	OPT_HELP,
	OPT_VERSION,
	OPTION_COUNT,
};

#define OPTION_BIT(id) (UINT64_C(1) << (id))

enum output_format { FORMAT_TEXT, FORMAT_JSON };
enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
	bool given[OPTION_COUNT];
	uint64_t accepted; /* OPTION_BIT()s that the command takes */
	char *command; /* NULL: none was given */
	struct strv args; /* words behind the command */

	struct strv baselines, only, skip, ack;
	int level; /* 1 unless given */
	int fail_on; /* enum severity; only when given */
	char *root, *out, *map, *lang, *set_aside;
	char *health_cmd, *drain_cmd, *undrain_cmd; /* absolute; NULL: none */
	struct strv next_packages;
	bool next_boot;
	bool force, detailed_exitcode, allow_unmeasured, strict, yes, dry_run, no_restart, bisect,
		origin, verify;
	bool json, quiet, verbose, help, version;
	int health_timeout_ms; /* -1: by what the plan does */
	int observe_ms; /* 0: nothing is counted */
	int max_gap_ms; /* 0: published ports may be away for any time */
	int confirm_ms; /* 0: what is applied is kept at once */
	int extend_ms; /* only when given */
	bool no_wait;
	int lock_timeout_ms;
	int older_than_s; /* only when given */
	int keep; /* how many transactions prune leaves; only when given */
	int on_conflict; /* index of "stop", "keep", "before": enum on_conflict */
	int format; /* enum output_format */
	int color; /* enum color_choice */
};

struct option_info {
	const char *name,
		*also; /* without dashes; `also` is another name for the same, comma-separated */
	char letter; /* 0: none */
	const char *value; /* what the help calls its value; NULL: takes none */
	const char *help;
	bool value_may_lack; /* it comes as --name=value only, and --name alone means the usual one */
};

/* -EINVAL with a message that suggests the nearest name. */
int options_parse(struct options *o, int argc, char **argv, struct error *err);

/* Whether all given options are among `accepted` (OPTION_BIT()s); -EINVAL names the first that is not. */
int options_check(const struct options *o, const char *command, uint64_t accepted,
		  struct error *err);
const struct option_info *option_info(enum option_id id);

/* "harden VERB" for the same host, or image, as this run is about; the caller frees it. */
char *options_command(const struct options *o, const char *verb);
void options_clear(struct options *o);
