/*
 * tracer: runs a program and counts, kills or fails its changing calls (see trace.h).
 *
 *     tracer [-r] [-c] [-k N] [-e N:ERRNO[+|++]] [-s N] [-t N] [-l LOG] PROGRAM [ARGUMENT...]
 *
 *     -c  print how many calls there were      -k N  kill before call N
 *     -e  call N fails; + also all later ones of its kind, ++ all later ones
 *     -s N  write N takes half of its bytes    -t N  the same, then kill
 *     -r  count reading calls too              -l LOG  a line for each call
 *
 * Exits as the program did, with 137 when it was killed. Calls of its threads and children are
 * counted in the same order.
 */

#include "engine/base/str.h"
#include "tests/crash/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *name;
	int number;
} errnos[] = {
	{"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT},
	{"EROFS", EROFS},   {"EACCES", EACCES}, {"EPERM", EPERM},
	{"EMFILE", EMFILE}, {"EINTR", EINTR},   {"ENOMEM", ENOMEM},
};

static int usage(void)
{
	fprintf(stderr, "usage: tracer [-rc] [-k N] [-e N:ERRNO[+|++]] [-s N] [-t N] [-l LOG] "
			"PROGRAM [ARGUMENT...]\n");
	return 64;
}

static void order_at(struct trace_order *o, enum trace_action action, const char *text)
{
	o->action = action;
	o->at = strtoul(text, NULL, 10);
}

static int order_error(struct trace_order *o, const char *text)
{
	const char *name = strchr(text, ':');
	size_t n = name ? strcspn(name + 1, "+") : 0;

	order_at(o, TRACE_FAIL, text);
	for (size_t i = 0; name && i < sizeof(errnos) / sizeof(errnos[0]); i++) {
		if (!equals_n(name + 1, n, errnos[i].name))
			continue;
		o->error = errnos[i].number;
		o->reach = (enum trace_reach)strlen(name + 1 + n);
		return o->reach <= TRACE_ALL ? 0 : -EINVAL;
	}
	return -EINVAL;
}

static int exec_program(void *data)
{
	char **argv = data;

	execvp(argv[0], argv);
	perror(argv[0]);
	return 127;
}

int main(int argc, char **argv)
{
	struct trace_order o = {.classes = TRACE_MUTATES, .ignore_fd = -1};
	struct trace_result result = {.keep_calls = true};
	bool count = false;
	int c, r = 0;

	while (r == 0 && (c = getopt(argc, argv, "+rck:e:s:t:l:")) != -1) {
		if (c == 'r')
			o.classes |= TRACE_READS;
		else if (c == 'c')
			count = true;
		else if (c == 'l')
			r = (o.log = fopen(optarg, "we")) ? 0 : -errno;
		else if (c == 'e')
			r = order_error(&o, optarg);
		else if (strchr("kst", c))
			order_at(&o,
				 c == 'k'   ? TRACE_KILL
				 : c == 's' ? TRACE_SHORT
					    : TRACE_TORN,
				 optarg);
		else
			r = -EINVAL;
	}
	if (r < 0 || !argv[optind])
		return usage();
	r = trace_run(exec_program, argv + optind, &o, &result);
	if (r < 0) {
		fprintf(stderr, "tracer: %s\n", strerror(-r));
		return 125;
	}
	if (count)
		printf("%zu\n", result.ncalls);
	if (o.log)
		fclose(o.log);
	c = WIFEXITED(result.status) ? WEXITSTATUS(result.status) : 128 + WTERMSIG(result.status);
	trace_result_clear(&result);
	return c;
}
