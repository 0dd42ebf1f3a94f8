/*
 * power: what is left on the disks when the power goes, at any moment of harden's runs.
 *
 *     power [-v] [-s SEED] [-n ROUNDS] [-l LIMIT] [-f FS] [-a ARM] [-m MUTANT] [-p HARDEN] COMMAND
 *
 *     states    the product, on all file systems: no state may be bad
 *     mutants   each sync left out in turn, and all of them: each must be caught
 *     errors    each write and each flush fails in turn: nothing may be called done that is not
 *     plan      the program HARDEN only looks: nothing is written (dry-run.h)
 *     short     a share of the first three, for every day
 *
 * Prints TAP. LIMIT: cuts of one recording. ROUNDS: of `states`, each with seeds of its own; of
 * `mutants`, at most. Where loop devices, FUSE, one of the mkfs or the right to mount is missing
 * it skips; where CI=true, it fails.
 */

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "tests/power/commands.h"
#include "tests/power/dry-run.h"
#include "tests/power/tap.h"

#define EXIT_SKIP 77

static const struct command {
	const char *name;
	void (*run)(const struct options *o);
} commands[] = {
	{"states", prove_states}, {"mutants", prove_mutants}, {"errors", prove_errors},
	{"plan", prove_dry_run},  {"short", prove_share},
};

static bool missing(const char *program)
{
	CLEANUP(freep) char *command = xasprintf("command -v %s >/dev/null", program);

	return system(command) != 0; /* NOLINT: names of our own */
}

/* Why it cannot be done here; NULL: it can. */
static const char *hindrance(void)
{
	if (geteuid() != 0)
		return "needs root";
	if (access("/dev/fuse", R_OK | W_OK) < 0)
		return "needs /dev/fuse";
	if (access("/dev/loop-control", R_OK | W_OK) < 0)
		return "needs loop devices";
	if (missing("mkfs.ext4") || missing("mkfs.xfs") || missing("mkfs.btrfs"))
		return "needs mkfs.ext4, mkfs.xfs and mkfs.btrfs";
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return "needs the right to mount";
	return NULL;
}

/* A tmpfs that goes with this process. */
static char *make_work(void)
{
	CLEANUP(freep) char *directory = xstrdup("/tmp/harden-power-XXXXXX");

	if (!mkdtemp(directory) || mount("power", directory, "tmpfs", 0, "mode=0700") < 0)
		return NULL;
	return TAKE_PTR(directory);
}

/* What cannot be proved is passed over on a workstation, but not where it is what counts. */
static int give_up(const char *why)
{
	const char *ci = getenv("CI");

	if (ci && strcmp(ci, "true") == 0) {
		tap_say(false, xstrdup(why));
		return tap_end();
	}
	printf("1..0 # SKIP %s\n", why);
	return EXIT_SKIP;
}

static int usage(void)
{
	fprintf(stderr, "usage: power [-v] [-s SEED] [-n ROUNDS] [-l LIMIT] [-f FS] [-a ARM] "
			"[-m MUTANT] [-p HARDEN] states|mutants|errors|plan|short\n");
	return 64;
}

static const struct command *parse(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt(argc, argv, "vs:n:l:f:a:m:p:")) != -1) {
		if (c == 'v')
			o->verbose++;
		else if (c == 's')
			o->seed = strtoull(optarg, NULL, 10);
		else if (c == 'n')
			o->rounds = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'l')
			o->limit = strtoul(optarg, NULL, 10);
		else if (c == 'f')
			o->fs = optarg;
		else if (c == 'a')
			o->arm = optarg;
		else if (c == 'm')
			o->mutant = optarg;
		else if (c == 'p')
			o->harden = optarg;
		else
			return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands) && argc == optind + 1; i++)
		if (strcmp(argv[optind], commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct options o = {.seed = 1, .rounds = 1, .limit = 100000, .harden = "/usr/sbin/harden"};
	const struct command *command = parse(argc, argv, &o);
	const char *why;

	if (!command)
		return usage();
	why = hindrance();
	if (!why) {
		o.work = make_work();
		why = o.work ? NULL : "needs a tmpfs";
	}
	if (why)
		return give_up(why);
	command->run(&o);
	umount2(o.work, MNT_DETACH);
	rmdir(o.work);
	free(o.work);
	return tap_end();
}
