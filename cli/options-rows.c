#include "cli/options-impl.h"

#include <stddef.h>

#define ROW(field, kind_, ...)                                                                     \
	{                                                                                          \
		.info = {__VA_ARGS__}, .kind = kind_, .offset = offsetof(struct options, field)    \
	}

/* name, other names, letter, value, help */
const struct option_row option_rows[OPTION_COUNT] = {
	[OPT_BASELINE] = ROW(baselines, VALUE_FILES, "baseline", NULL, 0, "NAME|FILE",
			     "baseline to use (may repeat); default docker-host"),
	[OPT_LEVEL] = ROW(level, VALUE_LEVEL, "level", NULL, 0, "1|2",
			  "controls up to this level; default 1"),
	[OPT_ONLY] = ROW(only, VALUE_LIST, "only", NULL, 0, "GLOB",
			 "only controls whose id or alias matches; of rollback: one control"),
	[OPT_SKIP] = ROW(skip, VALUE_LIST, "skip", NULL, 0, "GLOB", "without controls that match"),
	[OPT_ACK] = ROW(ack, VALUE_LIST, "ack", NULL, 0, "CONTROL",
			"apply this control although it is held back; of rollback: restart "
			"dockerd for it all the same"),
	[OPT_OBSERVE] = ROW(observe_ms, VALUE_SPAN, "observe", NULL, 0, "DUR",
			    "count for so long what audit rules would record, and hold back by "
			    "that"),
	[OPT_ROOT] = ROW(root, VALUE_TEXT, "root", NULL, 0, "DIR",
			 "work on the system image in DIR, where nothing runs"),
	[OPT_OUT] = ROW(out, VALUE_TEXT, "out", NULL, 'o', "FILE",
			"save the plan in FILE, which must not exist"),
	[OPT_FORCE] = ROW(force, VALUE_NONE, "force", NULL, 0, NULL, "with --out: replace FILE"),
	[OPT_DETAILED_EXITCODE] =
		ROW(detailed_exitcode, VALUE_NONE, "detailed-exitcode", NULL, 0, NULL,
		    "end with 2 when the plan would change something, or diff finds a "
		    "difference"),
	[OPT_ALLOW_UNMEASURED] = ROW(allow_unmeasured, VALUE_NONE, "allow-unmeasured", NULL, 0,
				     NULL, "let pass what could not be measured"),
	[OPT_STRICT] = ROW(strict, VALUE_NONE, "strict", NULL, 0, NULL,
			   "count manual, waived and held-back opt-in controls too"),
	[OPT_FAIL_ON] = ROW(fail_on, VALUE_CHOICE, "fail-on", NULL, 0, "critical|high|medium|low",
			    "end with 2 only for what is that bad, or worse"),
	[OPT_NEXT_BOOT] = ROW(next_boot, VALUE_NONE, "next-boot", NULL, 0, NULL,
			      "would this host come back? dockerd is started for a moment, in "
			      "namespaces that are thrown away"),
	[OPT_NEXT_PACKAGE] = ROW(next_packages, VALUE_FILES, "next-package", NULL, 0, "FILE",
				 "the same as if this Debian package were installed (may repeat)"),
	[OPT_YES] = ROW(yes, VALUE_NONE, "yes", NULL, 'y', NULL,
			"do not ask; consents to the announced restarts"),
	[OPT_DRY_RUN] = ROW(dry_run, VALUE_NONE, "dry-run", "noop,what-if", 0, NULL,
			    "print what would be done, and stop"),
	[OPT_NO_RESTART] = ROW(no_restart, VALUE_NONE, "no-restart", NULL, 0, NULL,
			       "refuse a plan that restarts dockerd"),
	[OPT_BISECT] =
		ROW(bisect, VALUE_NONE, "bisect", NULL, 0, NULL,
		    "where it fails: find the control that breaks the host, and keep the rest"),
	[OPT_HEALTH_TIMEOUT] = ROW(health_timeout_ms, VALUE_DURATION, "health-timeout", NULL, 0,
				   "DUR", "how long the host is watched before the change is kept"),
	[OPT_HEALTH_CMD] = ROW(health_cmd, VALUE_PROGRAM, "health-cmd", NULL, 0, "PATH",
			       "a program that says by its exit code whether the host is well"),
	[OPT_MAX_GAP] = ROW(max_gap_ms, VALUE_SPAN, "max-gap", NULL, 0, "DUR",
			    "undo it where a published port is away for longer"),
	[OPT_DRAIN_CMD] = ROW(drain_cmd, VALUE_PROGRAM, "drain-cmd", NULL, 0, "PATH",
			      "a program that takes the host out of service before a restart"),
	[OPT_UNDRAIN_CMD] = ROW(undrain_cmd, VALUE_PROGRAM, "undrain-cmd", NULL, 0, "PATH",
				"a program that puts it back, however the run ends"),
	[OPT_CONFIRM] = ROW(confirm_ms, VALUE_WAIT, "confirm", NULL, 0, "DUR",
			    "undo it unless it is confirmed in so long a time; default 10m", true),
	[OPT_NO_WAIT] = ROW(no_wait, VALUE_NONE, "no-wait", NULL, 0, NULL,
			    "with --confirm: end at once, with 6, and leave it waiting"),
	[OPT_EXTEND] = ROW(extend_ms, VALUE_WAIT, "extend", NULL, 0, "DUR",
			   "do not confirm it yet: it waits for so much longer"),
	[OPT_LOCK_TIMEOUT] = ROW(lock_timeout_ms, VALUE_DURATION, "lock-timeout", NULL, 0, "DUR",
				 "how long to wait for another run; default 0"),
	[OPT_ON_CONFLICT] = ROW(on_conflict, VALUE_CHOICE, "on-conflict", NULL, 0,
				"stop|keep|before", "where somebody changed the same value since"),
	[OPT_SET_ASIDE] = ROW(set_aside, VALUE_TEXT, "set-aside", NULL, 0, "ID",
			      "close a transaction that cannot be ended, as it is"),
	[OPT_KEEP] = ROW(keep, VALUE_COUNT, "keep", NULL, 0, "N",
			 "how many of the newest transactions stay; default 10"),
	[OPT_OLDER_THAN] = ROW(older_than_s, VALUE_AGE, "older-than", NULL, 0, "AGE",
			       "prune only what began longer ago: 30d, 12h; default any age"),
	[OPT_VERIFY] = ROW(verify, VALUE_NONE, "verify", NULL, 0, NULL,
			   "with history: is the ledger as it was written? ends with 4 when not"),
	[OPT_MAP] = ROW(map, VALUE_TEXT, "map", NULL, 0, "NAME",
			"only controls of this benchmark, by its numbers"),
	[OPT_ORIGIN] = ROW(origin, VALUE_NONE, "origin", NULL, 0, NULL,
			   "with baseline show: each setting, and the file that gives it"),
	[OPT_JSON] = ROW(json, VALUE_NONE, "json", NULL, 0, NULL, "the same as --format json"),
	[OPT_FORMAT] =
		ROW(format, VALUE_CHOICE, "format", NULL, 0, "text|json", "form of the answer"),
	[OPT_COLOR] = ROW(color, VALUE_CHOICE, "color", NULL, 0, "auto|always|never",
			  "colours; auto: on a terminal"),
	[OPT_LANG] = ROW(lang, VALUE_TEXT, "lang", NULL, 0, "LANGUAGE",
			 "language of titles and explanations: en, zh; default: the locale's"),
	[OPT_QUIET] = ROW(quiet, VALUE_NONE, "quiet", NULL, 'q', NULL, "only the summary"),
	[OPT_VERBOSE] = ROW(verbose, VALUE_NONE, "verbose", NULL, 'v', NULL, "all that was found"),
	[OPT_HELP] = ROW(help, VALUE_NONE, "help", NULL, 'h', NULL, "this help"),
	[OPT_VERSION] = ROW(version, VALUE_NONE, "version", NULL, 0, NULL, "the version"),
};

const struct option_info *option_info(enum option_id id)
{
	return &option_rows[id].info;
}
