/*
 * gap-probe PORT... -- COMMAND...: runs the command and prints for how many milliseconds the ports of this
 * host's loopback took no connection meanwhile, the longest of them, as harden measures it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/effect/gap-watch.h"

#define PATIENCE_S 60

static int run(char **command)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status)
									       : 127;
}

static bool any_away(struct gap_watch *w, size_t count)
{
	gap_watch_ask(w);
	for (size_t i = 0; i < count; i++)
		if (gap_watch_look(w, i).away)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct knock *knocks = NULL;
	struct gap_watch *w;
	size_t count = 0;
	double longest = 0;
	int i = 1, code;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		struct knock *k = array_append(&knocks, &count, sizeof(*k));

		if (!knock_to(k, "127.0.0.1", (unsigned)atoi(argv[i])))
			return 64;
		k->due = true;
		k->service = (unsigned)count - 1;
	}
	if (i + 1 >= argc || knock_all(knocks, count, 1000) != count ||
	    gap_watch_start(&w, knocks, count, 0, NULL) < 0)
		return 64;
	gap_watch_hurry(w);
	code = run(argv + i + 1);
	for (int s = 0; s < PATIENCE_S && any_away(w, count); s++)
		sleep(1);
	gap_watch_stop(w);
	for (size_t k = 0; k < count; k++) {
		struct timing t = gap_watch_look(w, k);
		double away = timing_away_ms(&t, clock_ms());

		longest = away > longest ? away : longest;
	}
	printf("%.0f\n", longest);
	gap_watch_free(w);
	free(knocks);
	return code;
}
