#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/host/read/proc.h"
#include "tests/bench/bench.h"

#define FORMAT_VERSION 1

/* --- figures --------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double median(const double *values, size_t n)
{
	double sorted[RUNS_MOST];

	if (n == 0 || n > RUNS_MOST)
		return 0;
	memcpy(sorted, values, n * sizeof(*values));
	qsort(sorted, n, sizeof(*sorted), by_size);
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

const struct contender *work_of(const struct work *w, enum role role)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->items[i].role == role && w->items[i].state == STATE_MEASURED &&
		    w->items[i].figures.runs > 0)
			return &w->items[i];
	return NULL;
}

static bool has_goal(const struct work *w)
{
	return w->goal.times > 0 || w->goal.ms > 0;
}

/* By what the floor took in each round, not by medians alone: the machine's speed drifts. */
bool work_limit(const struct work *w, double *ret_ms, double *ret_share)
{
	const struct contender *harden = work_of(w, ROLE_HARDEN), *floor = work_of(w, ROLE_FLOOR),
			       *parse = work_of(w, ROLE_PARSE);
	double limits[RUNS_MOST], shares[RUNS_MOST];
	size_t n = harden ? harden->figures.runs : 0;

	if (!has_goal(w) || n == 0 || (w->goal.times > 0 && (!floor || floor->figures.runs < n)) ||
	    (w->goal.parse && (!parse || parse->figures.runs < n)))
		return false;
	for (size_t i = 0; i < n; i++) {
		limits[i] = w->goal.ms;
		if (w->goal.times > 0)
			limits[i] += w->goal.times * floor->figures.wall_ms[i];
		if (w->goal.parse)
			limits[i] += parse->figures.wall_ms[i];
		shares[i] = harden->figures.wall_ms[i] / limits[i];
	}
	*ret_ms = median(limits, n);
	*ret_share = median(shares, n);
	return true;
}

bool work_ratio(const struct work *w, const struct contender *c, double *ret)
{
	const struct contender *floor = work_of(w, ROLE_FLOOR);
	double ratios[RUNS_MOST];
	size_t n = c->figures.runs;

	if (!floor || n == 0)
		return false;
	if (n > floor->figures.runs)
		n = floor->figures.runs;
	for (size_t i = 0; i < n; i++)
		ratios[i] = c->figures.wall_ms[i] / floor->figures.wall_ms[i];
	*ret = median(ratios, n);
	return true;
}

/* --- the table ------------------------------------------------------------------------ */

/* 10000 is "10,000"; the caller frees it. */
static char *grouped(size_t n)
{
	return n < 1000 ? xasprintf("%zu", n) : xasprintf("%zu,%03zu", n / 1000, n % 1000);
}

static char *goal_text(const struct work *w)
{
	if (w->goal.ms > 0)
		return xasprintf("%g ms", w->goal.ms);
	return xasprintf("%g x the floor%s", w->goal.times, w->goal.parse ? " + the parse" : "");
}

static const char *state_text(enum state state)
{
	static const char *const texts[] = {
		[STATE_MEASURED] = "measured",
		[STATE_LEFT_OUT] = "left out",
		[STATE_NOT_INSTALLED] = "not installed",
		[STATE_FAILED] = "did not run",
	};

	return texts[state];
}

static char *number_text(double n, int digits)
{
	return n < 0 ? xstrdup("-") : xasprintf("%.*f", digits, n);
}

static void report_contender(const struct work *w, const struct contender *c)
{
	const struct figures *f = &c->figures;
	CLEANUP(freep) char *cpu = number_text(median(f->cpu_ms, f->runs), 2);
	CLEANUP(freep) char *peak = number_text((double)f->peak_kib, 0);
	CLEANUP(freep) char *processes = number_text((double)f->processes, 0);
	CLEANUP(freep) char *threads = number_text((double)f->threads, 0);
	CLEANUP(freep) char *ratio = NULL;
	double r = -1;

	if (c->state != STATE_MEASURED || f->runs == 0) {
		printf("  %-30s %s%s%s\n", c->name,
		       state_text(c->state == STATE_MEASURED ? STATE_FAILED : c->state),
		       c->why ? ": " : "", c->why ? c->why : "");
		return;
	}
	work_ratio(w, c, &r);
	ratio = number_text(r, 2);
	printf("  %-30s %10.2f %8s %10s %9s %9s %7s %4zu\n", c->name, median(f->wall_ms, f->runs),
	       ratio, cpu, peak, processes, threads, f->runs);
}

static void report_goal(const struct work *w)
{
	CLEANUP(freep) char *goal = has_goal(w) ? goal_text(w) : NULL;
	const char *bound = bound_of(w);
	double limit, share;

	if (!goal)
		return;
	if (!work_limit(w, &limit, &share)) {
		printf("  goal: at most %s: not measured\n", goal);
		return;
	}
	printf("  goal: at most %s, here %.2f ms: %s (%.2f of it)\n", goal, limit,
	       share <= 1 ? "met" : "not met", share);
	if (share > 1 && bound)
		printf("  bounded by %s (docs/speed.md)\n", bound);
}

void report_work(const struct work *w)
{
	CLEANUP(freep) char *size = w->size ? grouped(w->size) : NULL;

	printf("%s%s%s\n", w->series, size ? ": " : "", size ? size : "");
	for (size_t i = 0; i < w->count; i++)
		report_contender(w, &w->items[i]);
	report_goal(w);
	fflush(stdout);
}

static char *processor(void)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *line = NULL;
	char *at;

	proc_read("/proc/cpuinfo", &text, NULL);
	at = strstr(buf_str(&text), "model name");
	at = at ? strchr(at, ':') : NULL;
	if (!at)
		return xstrdup("a processor without a name");
	line = xstrndup(at + 1, strcspn(at + 1, "\n"));
	return trim(line, " \t");
}

static char *today(void)
{
	time_t now = time(NULL);
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	return xstrdup(text);
}

void report_heading(const struct bench *b)
{
	CLEANUP(freep) char *model = processor(), *date = today(), *load = NULL;
	struct utsname u = {0};

	uname(&u);
	load = number_text(b->load, 1);
	printf("harden %s, %s, Linux %s, %ld processors (%s), load before %s%s\n", HARDEN_VERSION,
	       date, u.release, sysconf(_SC_NPROCESSORS_ONLN), model, load,
	       b->quick ? ", quick" : "");
	printf("Medians of runs in turn; ratios to the floor are taken round by round.\n\n");
	printf("  %-30s %10s %8s %10s %9s %9s %7s %4s\n", "", "ms", "ratio", "CPU ms", "peak KiB",
	       "processes", "threads", "runs");
	fflush(stdout);
}

static size_t count_goals(const struct bench *b, size_t *ret_met)
{
	size_t n = 0;
	double limit, share;

	*ret_met = 0;
	for (size_t i = 0; i < b->count; i++)
		if (has_goal(&b->works[i])) {
			n++;
			*ret_met += work_limit(&b->works[i], &limit, &share) && share <= 1;
		}
	return n;
}

/* The work of the same series before this one, with harden's figures in both; NULL: none. */
static const struct work *smaller(const struct bench *b, size_t i)
{
	const struct work *w = &b->works[i];

	while (i-- > 0)
		if (strcmp(b->works[i].series, w->series) == 0 && b->works[i].size < w->size &&
		    work_of(&b->works[i], ROLE_HARDEN) && work_of(w, ROLE_HARDEN))
			return &b->works[i];
	return NULL;
}

static double harden_ms(const struct work *w)
{
	const struct contender *c = work_of(w, ROLE_HARDEN);

	return median(c->figures.wall_ms, c->figures.runs);
}

static void report_growth(const struct bench *b)
{
	bool any = false;

	for (size_t i = 0; i < b->count; i++) {
		const struct work *w = &b->works[i], *from = smaller(b, i);

		if (from && !any)
			printf("\nharden, from size to size: times as many, times as long\n");
		any = any || from;
		if (from)
			printf("  %-30s %7zu to %7zu: %7.1f %7.1f\n", w->series, from->size,
			       w->size, (double)w->size / (double)from->size,
			       harden_ms(w) / harden_ms(from));
	}
}

bool report_end(const struct bench *b)
{
	size_t met, failed = 0, goals = count_goals(b, &met);

	for (size_t i = 0; i < b->count; i++)
		for (size_t c = 0; c < b->works[i].count; c++) {
			const struct contender *one = &b->works[i].items[c];

			failed += one->state == STATE_FAILED ||
				  (one->state == STATE_MEASURED && one->figures.runs == 0);
		}
	report_growth(b);
	printf("\n%zu works, %zu goals: %zu met, %zu not; %zu did not run\n", b->count, goals, met,
	       goals - met, failed);
	return failed == 0;
}

/* --- JSON ------------------------------------------------------------------------------- */

/* Microseconds are all that is measured. */
static json_t *json_ms(double ms)
{
	return json_real(round(ms * 1000) / 1000);
}

static json_t *json_runs(const double *values, size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(all, json_ms(values[i]));
	return all;
}

static json_t *json_count(long n)
{
	return n < 0 ? json_null() : json_integer(n);
}

static json_t *json_contender(const struct work *w, const struct contender *c)
{
	const struct figures *f = &c->figures;
	double cpu = median(f->cpu_ms, f->runs), ratio;
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(c->name));
	json_object_set_new(o, "state", json_string(state_text(c->state)));
	if (c->why)
		json_object_set_new(o, "why", json_string(c->why));
	if (c->state != STATE_MEASURED || f->runs == 0)
		return o;
	json_object_set_new(o, "median_ms", json_ms(median(f->wall_ms, f->runs)));
	json_object_set_new(o, "ratio", work_ratio(w, c, &ratio) ? json_ms(ratio) : json_null());
	json_object_set_new(o, "runs_ms", json_runs(f->wall_ms, f->runs));
	json_object_set_new(o, "cpu_ms", cpu < 0 ? json_null() : json_ms(cpu));
	json_object_set_new(o, "peak_kib", json_count(f->peak_kib));
	json_object_set_new(o, "processes", json_count(f->processes));
	json_object_set_new(o, "threads", json_count(f->threads));
	return o;
}

static json_t *json_goal(const struct work *w)
{
	CLEANUP(freep) char *text = goal_text(w);
	double limit, share;
	bool known = work_limit(w, &limit, &share);

	return json_pack("{s:s, s:o, s:o, s:o, s:s?}", "at_most", text, "limit_ms",
			 known ? json_ms(limit) : json_null(), "share",
			 known ? json_ms(share) : json_null(), "met",
			 known ? json_boolean(share <= 1) : json_null(), "bounded_by",
			 known && share > 1 ? bound_of(w) : NULL);
}

static json_t *json_work(const struct work *w)
{
	json_t *all = json_array(), *o = json_object();

	for (size_t i = 0; i < w->count; i++)
		json_array_append_new(all, json_contender(w, &w->items[i]));
	json_object_set_new(o, "work", json_string(w->series));
	json_object_set_new(o, "size", w->size ? json_integer((json_int_t)w->size) : json_null());
	json_object_set_new(o, "goal", has_goal(w) ? json_goal(w) : json_null());
	json_object_set_new(o, "contenders", all);
	return o;
}

int report_json(const struct bench *b, const char *path)
{
	CLEANUP(freep) char *model = processor(), *date = today();
	json_t *works = json_array(), *all;
	struct utsname u = {0};
	int r;

	uname(&u);
	for (size_t i = 0; i < b->count; i++)
		json_array_append_new(works, json_work(&b->works[i]));
	all = json_pack("{s:i, s:s, s:s, s:b, s:{s:s, s:s, s:i, s:f}, s:o}", "format_version",
			FORMAT_VERSION, "harden", HARDEN_VERSION, "date", date, "quick", b->quick,
			"machine", "kernel", u.release, "processor", model, "processors",
			(int)sysconf(_SC_NPROCESSORS_ONLN), "load", b->load, "works", works);
	r = json_dump_file(all, path, JSON_INDENT(2));
	json_decref(all);
	if (r < 0)
		fprintf(stderr, "bench: cannot write '%s': %s\n", path, strerror(errno));
	return r;
}
