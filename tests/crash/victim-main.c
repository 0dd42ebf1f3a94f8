/*
 * victim: one run by hand, for looking closer at a case with `tracer` or a debugger.
 *
 *     victim [--scene N] [--unhealthy N] [--mutant NAME] OPERATION DIR
 *     victim tree DIR
 *
 * OPERATION: build, apply, wait (apply --confirm), wait-over (for no time), confirm, rollback, recover, settle
 * (recover --on-conflict keep) or status.
 * DIR/root is the host, DIR/world what runs on it; `build` makes both, `tree` prints what can be
 * told about the host. Exits as harden would.
 */

#include "tests/crash/victim.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "tests/crash/tree.h"

static int usage(void)
{
	fprintf(stderr,
		"usage: victim [--scene N] [--unhealthy N] [--mutant NAME] "
		"build|apply|wait|wait-over|confirm|rollback|recover|settle|status|tree DIR\n");
	return 64;
}

static int mutant_of(const char *name)
{
	for (int i = 0; i < MUTANT_COUNT; i++)
		if (strcmp(victim_mutants[i], name) == 0)
			return i;
	return -1;
}

static int op_of(const char *name)
{
	static const char *const names[] = {
		[VICTIM_APPLY] = "apply",     [VICTIM_ROLLBACK] = "rollback",
		[VICTIM_WAIT] = "wait",       [VICTIM_WAIT_OVER] = "wait-over",
		[VICTIM_CONFIRM] = "confirm", [VICTIM_RECOVER] = "recover",
		[VICTIM_SETTLE] = "settle",   [VICTIM_STATUS] = "status",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}

static int build(const char *root, const char *world)
{
	int r = scene_remove(root);

	if (r >= 0)
		r = scene_build(root, world);
	if (r < 0)
		fprintf(stderr, "victim: cannot build '%s': %s\n", root, strerror(-r));
	return r < 0;
}

static int print_tree(const char *root)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	int r = tree_read(root, &lines);

	if (r < 0)
		fprintf(stderr, "victim: cannot read '%s': %s\n", root, strerror(-r));
	for (size_t i = 0; i < lines.count; i++)
		puts(lines.items[i]);
	return r < 0;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {{"scene", required_argument, NULL, 's'},
					      {"unhealthy", required_argument, NULL, 'u'},
					      {"mutant", required_argument, NULL, 'm'},
					      {0}};
	struct victim v = {.message_fd = STDERR_FILENO};
	CLEANUP(freep) char *root = NULL, *world = NULL;
	int c, op, mutant = 0;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 's')
			v.scene = (enum scene)(strtoul(optarg, NULL, 10) % SCENE_COUNT);
		else if (c == 'u')
			v.unhealthy = atoi(optarg);
		else if (c != 'm' || (mutant = mutant_of(optarg)) < 0)
			return usage();
	}
	if (argc - optind != 2)
		return usage();
	v.root = root = xasprintf("%s/root", argv[optind + 1]);
	v.world = world = xasprintf("%s/world", argv[optind + 1]);
	if (strcmp(argv[optind], "build") == 0)
		return build(root, world);
	if (strcmp(argv[optind], "tree") == 0)
		return print_tree(root);
	op = op_of(argv[optind]);
	if (op < 0)
		return usage();
	v.op = (enum victim_op)op;
	v.mutant = (enum victim_mutant)mutant;
	return victim_run(&v);
}
