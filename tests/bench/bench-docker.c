/*
 * What containers cost, as bench-containers measures it within one process: plain GETs and
 * harden's facts and verdicts in turn. Its rows become figures here.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "tests/bench/bench.h"

static void add_run(struct figures *f, double wall_ms, double cpu_ms, long peak_kib)
{
	f->processes = f->threads = -1;
	f->wall_ms[f->runs] = wall_ms;
	f->cpu_ms[f->runs++] = cpu_ms;
	if (peak_kib > f->peak_kib)
		f->peak_kib = peak_kib;
}

static size_t read_rows(const char *path, struct figures *floor, struct figures *harden)
{
	FILE *f = fopen(path, "re");
	double wall, cpu, plain;
	long peak;
	size_t n;

	for (n = 0; f && n < RUNS_MOST; n++) {
		if (fscanf(f, "%lf %lf %lf %ld", &wall, &cpu, &plain, &peak) != 4)
			break;
		add_run(floor, plain, -1, -1);
		add_run(harden, wall, cpu, peak);
	}
	if (f)
		fclose(f);
	return n;
}

void containers_run(struct bench *b, struct work *w)
{
	CLEANUP(freep) char *program = xasprintf("%s/bench-containers", b->programs);
	CLEANUP(freep) char *rows = xasprintf("%s/rows", b->directory);
	CLEANUP(freep) char *said = xasprintf("%s/said", b->directory);
	CLEANUP(strv_clear) struct strv argv = {0};
	struct contender *floor = work_add(w, "floor, GETs alone", ROLE_FLOOR, NULL);
	struct figures plain = {.peak_kib = -1}, harden = {.peak_kib = -1};
	struct run r;

	strv_add(&argv, program);
	strv_add(&argv, "--rows");
	strv_add(&argv, rows);
	strv_addf(&argv, "%zu", w->size);
	run_command(&argv, said, false, b->deadline_ms, &r);
	if (r.status != 0 || read_rows(rows, &plain, &harden) == 0) {
		run_failed(&r, said, floor);
		return;
	}
	floor->figures = plain;
	work_add(w, "harden, facts and verdicts", ROLE_HARDEN, NULL)->figures = harden;
	unlink(rows);
}
