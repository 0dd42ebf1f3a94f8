/*
 * What bounds harden where a goal is not met: in short what docs/speed.md has, with its machine, date and
 * command. From profiles, not from the run: a share of time does not hang on how busy the machine is.
 */

#include <string.h>

#include "engine/base/macros.h"
#include "tests/bench/bench.h"

static const struct {
	const char *series, *text;
} bounds[] = {
	{"this host, shipped baseline", "the kernel, 85 %: what each descriptor of each process is "
					"31 %, the tables of TCP 15 %, unit "
					"files 12 %, the status of each process 11 %"},
	{"containers", "dockerd's answers: the floor has the same GETs"},
	{"tree, all is right", "one thread, and the kernel: statx() 45 %, access lists 33 %, names "
			       "8 %; 1.15 x the processor "
			       "time of these calls alone"},
	{"tree, one in 100 is wrong", "one thread, and the kernel, as where all is right"},
	{"single files",
	 "the kernel 45 % (a third of that: access lists), libyaml 24 %, judging files 20 %, the "
	 "baseline 9 %; few files: the start of the process, and its sandbox"},
	{"files replaced",
	 "making three files for each that is replaced 61 % (where it repeats), removing what was "
	 "displaced 9 %, INTENT as JSON and digests 15 %"},
};

const char *bound_of(const struct work *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++)
		if (strcmp(bounds[i].series, w->series) == 0)
			return bounds[i].text;
	return NULL;
}
