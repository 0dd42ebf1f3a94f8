/*
 * power: what is left on the disks when the power goes, at any moment of harden's runs.
 *
 *     power [-v] [-s SEED] [-l LIMIT] [-f FS] [-a ARM] [-m MUTANT] COMMAND
 *
 *     states    the product, on all file systems: no state may be bad
 *     mutants   each sync left out in turn, and all of them: each must be caught
 *     errors    each write and each flush fails in turn: nothing may be called done that is not
 *     short     a share of all three, for every day
 *
 * Prints TAP. LIMIT: states of one recording. Skips where loop devices, FUSE, one of the mkfs
 * or the right to mount is missing.
 */

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "tests/power/errors.h"
#include "tests/power/mutants.h"

#define EXIT_SKIP 77
#define SHORT_LIMIT 30

struct options {
	const char *fs, *mutant, *arm;
	char *work;
	uint64_t seed;
	size_t limit;
	int verbose;
	bool is_short;
};

static unsigned tests, failures;

static void say(bool ok, char *text)
{
	tests++;
	failures += !ok;
	printf("%sok %u - %s\n", ok ? "" : "not ", tests, text);
	fflush(stdout);
	free(text);
}

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
	CLEANUP(freep) char *folder = xstrdup("/tmp/harden-power-XXXXXX");

	if (!mkdtemp(folder) || mount("power", folder, "tmpfs", 0, "mode=0700") < 0)
		return NULL;
	return TAKE_PTR(folder);
}

static bool chosen(const char *wanted, const char *name)
{
	return !wanted || strcmp(wanted, name) == 0;
}

/* In the short run each arm, mode and layout has its turn, spread over the file systems. */
static bool in_share(const struct options *o, int arm, int mode, size_t ndisks, size_t fs)
{
	return chosen(o->arm, arm_names[arm]) &&
	       (!o->is_short || ((size_t)arm * 3 + (size_t)mode + ndisks * 5 + fs * 2) % 8 == 0);
}

static int bench_states(const struct options *o, struct bench *b, size_t fs, struct tally *tally)
{
	int r = 0;

	for (int arm = 0; arm < ARM_COUNT; arm++)
		for (int mode = 0; mode < PACE_COUNT && r >= 0; mode++) {
			const struct arm_run run = {.arm = (enum arm)arm,
						    .mode = (enum pace_mode)mode,
						    .seed = o->seed + (uint64_t)mode * 1000 +
							    (uint64_t)arm,
						    .limit = o->limit,
						    .verbose = o->verbose + 1};

			if (in_share(o, arm, mode, b->ndisks, fs))
				r = arm_run(b, &run, tally);
		}
	return r;
}

static int fs_states(const struct options *o, size_t fs, struct tally *tally)
{
	int r = 0;

	for (size_t ndisks = 1; ndisks <= MAX_DISKS && r >= 0; ndisks++) {
		struct bench b;

		r = bench_open(&b, &filesystems[fs], ndisks, o->work);
		if (r >= 0)
			r = bench_states(o, &b, fs, tally);
		bench_close(&b);
	}
	return r;
}

static void command_states(const struct options *o)
{
	struct tally all = {0};

	for (size_t fs = 0; fs < filesystem_count; fs++) {
		struct tally t = {0};
		int r = 0;

		if (!chosen(o->fs, filesystems[fs].name))
			continue;
		r = fs_states(o, fs, &t);
		say(r >= 0 && !t.bad && t.states,
		    xasprintf("%s: %zu runs, %zu cuts, %zu different states, %zu bad%s%s",
			      filesystems[fs].name, t.runs, t.cuts, t.states, t.bad,
			      r < 0 ? ": " : "", r < 0 ? strerror(-r) : ""));
		tally_add(&all, &t);
	}
	printf("# states: %zu runs, %zu cuts, %zu states, %zu bad\n", all.runs, all.cuts,
	       all.states, all.bad);
}

/* By file system and mutant: tried, caught. */
struct catches {
	bool tried, caught;
	size_t states;
};

static int try_mutants(const struct options *o, size_t fs, size_t ndisks, struct catches *of)
{
	struct bench b;
	int r = bench_open(&b, &filesystems[fs], ndisks, o->work);

	for (size_t i = 0; i < mutant_count && r >= 0; i++) {
		CLEANUP(freep)
		char *name = mutants[i].point == POINT_ALL ? xstrdup("all")
							   : point_name(mutants[i].point);
		struct tally t = {0};

		if (!chosen(o->mutant, name) || !(mutants[i].disks & 1U << (ndisks - 1)) ||
		    of[i].caught)
			continue;
		r = mutant_run(&b, &mutants[i], o->seed, o->limit, o->verbose, &t);
		of[i].tried |= t.hits > 0;
		of[i].caught |= t.bad > 0;
		of[i].states += t.states;
		printf("# %s, %zu disk(s), without %s: %s after %zu states (left out %zu times)\n",
		       filesystems[fs].name, ndisks, name, t.bad ? "caught" : "not seen", t.states,
		       t.hits);
		fflush(stdout);
	}
	bench_close(&b);
	return r;
}

static void say_mutant(const struct mutant *m, const struct catches *by_fs, size_t stride)
{
	CLEANUP(freep)
	char *name = m->point == POINT_ALL ? xstrdup("all syncs") : point_name(m->point);
	char *text = xasprintf("without %s:", name);
	bool caught = false, tried = false;

	for (size_t fs = 0; fs < filesystem_count; fs++) {
		const struct catches *c = &by_fs[fs * stride];
		char *longer = xasprintf("%s %s %s", text, filesystems[fs].name,
					 c->caught  ? "caught"
					 : c->tried ? "not seen"
						    : "-");

		free(text);
		text = longer;
		caught |= c->caught;
		tried |= c->tried;
	}
	if (!tried && !caught)
		free(text);
	else if (m->needless && !caught)
		say(true, xasprintf("%s (%s)", text, m->needless)), free(text);
	else
		say(caught, text);
}

static void command_mutants(const struct options *o)
{
	CLEANUP(freep)
	struct catches *all = xcalloc(filesystem_count * mutant_count, sizeof(*all));

	for (size_t fs = 0; fs < filesystem_count; fs++)
		for (size_t ndisks = MAX_DISKS; ndisks > 0; ndisks--)
			if (chosen(o->fs, filesystems[fs].name) &&
			    try_mutants(o, fs, ndisks, &all[fs * mutant_count]) < 0)
				say(false, xasprintf("%s cannot be tried", filesystems[fs].name));
	for (size_t i = 0; i < mutant_count; i++)
		say_mutant(&mutants[i], &all[i], mutant_count);
}

static int bench_errors(const struct options *o, struct bench *b, struct tally *tally)
{
	static const enum log_kind kinds[] = {LOG_WRITE, LOG_FLUSH};
	static const enum victim_op ops[] = {VICTIM_APPLY, VICTIM_ROLLBACK};
	int r = 1;

	for (unsigned way = 0; way < 8 && r >= 0; way++) {
		struct error_run run = {.op = ops[way & 1],
					.order = {kinds[way >> 1 & 1], 1, (way >> 2) != 0},
					.verbose = o->verbose + 1};

		r = 1;
		while (r > 0 && run.order.at < 10000) {
			r = error_run(b, &run, tally);
			run.order.at += o->is_short ? 37 : 1;
		}
		printf("# %s: %zu failures so far, %zu states, %zu bad\n", b->fs->name, tally->runs,
		       tally->states, tally->bad);
		fflush(stdout);
	}
	return r;
}

static void command_errors(const struct options *o)
{
	for (size_t fs = 0; fs < filesystem_count; fs++) {
		struct tally t = {0};
		struct bench b;
		int r;

		if (!chosen(o->fs, filesystems[fs].name))
			continue;
		r = bench_open(&b, &filesystems[fs], 1, o->work);
		if (r >= 0)
			r = bench_errors(o, &b, &t);
		bench_close(&b);
		say(r >= 0 && t.runs && !t.bad,
		    xasprintf("%s: %zu failures of the disk, %zu states after them, %zu bad",
			      filesystems[fs].name, t.runs, t.states, t.bad));
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: power [-v] [-s SEED] [-l LIMIT] [-f FS] [-a ARM] [-m MUTANT] "
			"states|mutants|errors|short\n");
	return 64;
}

static int parse(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt(argc, argv, "vs:l:f:a:m:")) != -1) {
		if (c == 'v')
			o->verbose++;
		else if (c == 's')
			o->seed = strtoull(optarg, NULL, 10);
		else if (c == 'l')
			o->limit = strtoul(optarg, NULL, 10);
		else if (c == 'f')
			o->fs = optarg;
		else if (c == 'a')
			o->arm = optarg;
		else if (c == 'm')
			o->mutant = optarg;
		else
			return -EINVAL;
	}
	return argc == optind + 1 ? 0 : -EINVAL;
}

/* Every day: some states, mutants that each file system shows at once, some errors. */
static void command_short(struct options *o)
{
	static const char *const quick[] = {"all", "snapshot-state", "COMMIT"};

	o->is_short = true;
	o->limit = o->limit < SHORT_LIMIT ? o->limit : SHORT_LIMIT;
	command_states(o);
	for (size_t i = 0; i < ARRAY_SIZE(quick); i++) {
		o->mutant = quick[i];
		command_mutants(o);
	}
	command_errors(o);
}

static int run_command(struct options *o, const char *command)
{
	if (strcmp(command, "states") == 0)
		command_states(o);
	else if (strcmp(command, "mutants") == 0)
		command_mutants(o);
	else if (strcmp(command, "errors") == 0)
		command_errors(o);
	else if (strcmp(command, "short") == 0)
		command_short(o);
	else
		return usage();
	return failures ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct options o = {.seed = 1, .limit = 100000};
	const char *why;
	int code;

	if (parse(argc, argv, &o) < 0)
		return usage();
	why = hindrance();
	if (!why) {
		o.work = make_work();
		why = o.work ? NULL : "needs a tmpfs";
	}
	if (why) {
		printf("1..0 # SKIP %s\n", why);
		return EXIT_SKIP;
	}
	code = run_command(&o, argv[optind]);
	printf("1..%u\n", tests);
	umount2(o.work, MNT_DETACH);
	rmdir(o.work);
	free(o.work);
	return code;
}
