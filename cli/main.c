/* harden: the table of commands, and the way from a command line to one of them. */

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/confine.h"
#include "cli/exit-codes.h"
#include "cli/language.h"
#include "cli/message.h"
#include "cli/outlet.h"
#include "cli/process.h"
#include "cli/report/json.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/baseline/nearest.h"
#include "engine/host/read/elsewhere.h"

#define O(name) OPTION_BIT(OPT_##name)
#define COMMON                                                                                     \
	(O(JSON) | O(FORMAT) | O(COLOR) | O(LANG) | O(QUIET) | O(VERBOSE) | O(HELP) | O(VERSION))
#define BASELINES (O(BASELINE) | O(LEVEL) | O(ONLY) | O(SKIP))
#define STATE (COMMON | O(ROOT))
#define CHANGES                                                                                    \
	(STATE | O(YES) | O(DRY_RUN) | O(NO_RESTART) | O(HEALTH_TIMEOUT) | O(HEALTH_CMD) |         \
	 O(MAX_GAP) | O(DRAIN_CMD) | O(UNDRAIN_CMD) | O(LOCK_TIMEOUT))

const struct command commands[] = {
	{"plan", NULL, "", "show what apply would change, and what that does to running containers",
	 command_plan,
	 STATE | BASELINES | O(ACK) | O(OBSERVE) | O(OUT) | O(FORCE) | O(DETAILED_EXITCODE) |
		 O(FAIL_ON),
	 0, 0, true, prepare_plan},
	{"apply", "fix", "[PLAN]", "bring the host to its baseline, all of it or nothing",
	 command_apply,
	 CHANGES | BASELINES | O(ACK) | O(OBSERVE) | O(CONFIRM) | O(NO_WAIT) | O(BISECT), 0, 1},
	{"confirm", NULL, "[ID]", "keep a transaction that waits to be confirmed", command_confirm,
	 STATE | O(EXTEND) | O(LOCK_TIMEOUT), 0, 1},
	{"rollback", NULL, "[ID]", "undo a transaction, or one control of it", command_rollback,
	 CHANGES | O(ONLY) | O(ACK) | O(ON_CONFLICT), 0, 1},
	{"recover", NULL, "", "after a crash: undo or finish what was broken off", command_recover,
	 STATE | O(LOCK_TIMEOUT) | O(ON_CONFLICT) | O(SET_ASIDE), 0, 0},
	{"check", "audit", "", "is the host as its baseline says, and as the last apply left it?",
	 command_check,
	 STATE | BASELINES | O(ALLOW_UNMEASURED) | O(STRICT) | O(FAIL_ON) | O(NEXT_BOOT) |
		 O(NEXT_PACKAGE),
	 0, 0, true, NULL},
	{"status", NULL, "", "the last transaction, and whether anything waits", command_status,
	 STATE, 0, 0, true, NULL},
	{"history", NULL, "", "all transactions", command_history, STATE | O(VERIFY), 0, 0, true,
	 NULL},
	{"show", NULL, "ID|PLAN", "a past transaction, or a saved plan", command_show, STATE, 1, 1,
	 true, NULL},
	{"diff", NULL, "ID [ID]",
	 "what a transaction changed and what is there now, or what two of them left behind",
	 command_diff, STATE | O(DETAILED_EXITCODE), 1, 2, true, NULL},
	{"prune", NULL, "[ID...]", "forget old transactions and the copies of files that they hold",
	 command_prune, STATE | O(YES) | O(DRY_RUN) | O(KEEP) | O(OLDER_THAN) | O(LOCK_TIMEOUT), 0,
	 SIZE_MAX},
	{"list", NULL, "", "the controls of the baseline", command_list,
	 COMMON | BASELINES | O(MAP), 0, 0, true, NULL},
	{"explain", NULL, "CONTROL",
	 "all that is known of a control, by its id or a benchmark's number", command_explain,
	 COMMON | O(BASELINE), 1, 1, true, NULL},
	{"facts", NULL, "", "what was found on the host, and where each value comes from",
	 command_facts, STATE, 0, 0, true, NULL},
	{"baseline", NULL, "lint FILE... | show [NAME|FILE]", "check baseline files, or print one",
	 command_baseline, COMMON | O(BASELINE) | O(ORIGIN), 1, SIZE_MAX, true, NULL},
	{"version", NULL, "", "the version of harden and of its formats", command_version, COMMON,
	 0, 0},
	{"help", NULL, "[COMMAND]", "this help, or that of a command", command_help, COMMON, 0, 1},
	{0},
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0 || (c->alias && strcmp(c->alias, name) == 0))
			return c;
	return NULL;
}

int command_unknown(const char *name)
{
	struct nearest near = {.given = name};
	CLEANUP(freep) char *hint = NULL;

	for (const struct command *c = commands; c->name; c++) {
		nearest_offer(&near, c->name);
		if (c->alias)
			nearest_offer(&near, c->alias);
	}
	hint = nearest_hint(&near, "'harden help' lists them");
	message("unknown command '%s'%s", name, hint);
	return CODE_USAGE;
}

static int check_words(const struct command *c, const struct options *o)
{
	if (o->args.count < c->min_args)
		message("command '%s' wants more: harden %s %s", c->name, c->name, c->args);
	else if (o->args.count > c->max_args)
		message("command '%s' does not take '%s'", c->name, o->args.items[c->max_args]);
	else
		return CODE_OK;
	return CODE_USAGE;
}

/* As root alone: nobody else can have such a trial, and who only looks stays behind the walls. */
static bool tries_a_start(const struct options *o)
{
	return (o->next_boot || o->next_packages.count) && geteuid() == 0;
}

static int run_command(const struct command *c, const struct options *o)
{
	int code = c->prepare ? c->prepare(o) : CODE_OK;

	if (code != CODE_OK)
		return code;
	/* a trial of dockerd's start makes walls of its own, which it could not behind these */
	if ((!c->looks && !o->dry_run) || tries_a_start(o))
		return c->run(o);
	elsewhere(); /* PID 1 is out of sight from behind the walls */
	if (o->observe_ms > 0)
		outlet_look(); /* it shows how far it is */
	confine(o->observe_ms > 0);
	return confine_verdict(c->run(o));
}

static int run(struct options *o, struct error *err)
{
	const struct command *c;
	int code;

	if (!o->command && o->version)
		return command_version(o);
	if (!o->command && o->help)
		return command_help(o);
	if (!o->command) {
		message("no command given; 'harden help' lists them");
		return CODE_USAGE;
	}
	c = command_find(o->command);
	if (!c)
		return command_unknown(o->command);
	if (o->help)
		return command_help(o);
	o->accepted = c->options;
	if (options_check(o, o->command, o->accepted, err) < 0)
		return fail(CODE_USAGE, err);
	code = check_words(c, o);
	if (code == CODE_OK)
		code = language_check(o);
	return code != CODE_OK ? code : run_command(c, o);
}

/* Asked of the words themselves: the options behind a mistake are not parsed. */
static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "--format=json") == 0 ||
		    (strcmp(argv[i], "--format") == 0 && i + 1 < argc &&
		     strcmp(argv[i + 1], "json") == 0))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	CLEANUP(options_clear) struct options o = {0};
	CLEANUP(error_clear) struct error err = {0};
	int code;

	process_harden();
	if (options_parse(&o, argc, argv, &err) < 0)
		code = fail(CODE_USAGE, &err);
	else
		code = run(&o, &err);
	if (code != CODE_OK && !terminal_has_answered() && wants_json(argc, argv))
		json_write_error(o.command, message_of_error(), messages(), error_that_failed(),
				 code);
	return terminal_end(code);
}
