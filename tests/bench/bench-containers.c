/*
 * bench-containers N...: what N containers cost `check`. Plays dockerd on a socket of its own, with
 * answers of the size that Docker 26.1 gives, and N processes that stand for containers, each in
 * a control group of its name (as root). Prints how long facts and all aspects take, the memory
 * at its highest, and what plain GETs of the same answers cost: the limit. No test: a measurement.
 *
 *     meson compile -C build bench-containers && sudo build/tests/bench/bench-containers 50 1000
 *
 * `--rows FILE N` writes one row a round instead, for `bench`: milliseconds, of the processor, of
 * plain GETs, and the peak in kB.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/baseline/builtin.h"
#include "engine/facts/parts.h"
#include "engine/host/read/proc.h"
#include "modules/registry.h"
#include "tests/bench/stub-docker.h"

#define ROUNDS 5
#define GROUPS "/harden-bench"

/* What it costs whatever else the machine does. */
static double cpu_ms(void)
{
	return (double)clock_usec(CLOCK_PROCESS_CPUTIME_ID) / 1e3;
}

static long peak_kb(void)
{
	CLEANUP(buf_clear) struct buf status = {0};
	CLEANUP(freep) char *peak = NULL;

	proc_read("/proc/self/status", &status, NULL);
	peak = proc_status_field(&status, "VmHWM");
	return peak ? strtol(peak, NULL, 10) : 0;
}

/* Highest memory from now on. */
static void reset_peak(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "5", 1) < 0)
		perror("clear_refs");
	close(fd);
}

static char *inspect_path(void *data, size_t index)
{
	return xasprintf("/containers/%064zx/json", index);
}

static void drop(void *data, size_t index, const struct buf *body, const struct error *err)
{
	if (err)
		fprintf(stderr, "%s\n", error_text(err));
}

/* The limit: the same requests, one after the other on one connection, answers thrown away. */
static double plain_gets(const char *socket, size_t n)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	CLEANUP(buf_clear) struct buf body = {0};
	double start;

	engine_api_open(&api, socket, NULL);
	start = clock_ms();
	for (size_t i = 0; i < n; i++) {
		CLEANUP(freep) char *path = inspect_path(NULL, i);

		engine_api_get(api, path, &body, NULL);
	}
	return clock_ms() - start;
}

static double many_gets(const char *socket, size_t n)
{
	const struct engine_api_batch batch = {n, inspect_path, drop, NULL};
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	double start;

	engine_api_open(&api, socket, NULL);
	start = clock_ms();
	engine_api_get_many(api, &batch, NULL);
	return clock_ms() - start;
}

static void judge_all(const struct baseline *b, const struct facts *facts, size_t *ret_failing)
{
	const struct view v = {.facts = facts};

	for (size_t i = 0; i < b->ncontrols; i++)
		for (size_t r = 0; r < b->controls[i].nresources; r++) {
			const struct resource *resource = &b->controls[i].resources[r];
			CLEANUP(delta_clear) struct delta d = {0};

			if (resource->module != &module_container)
				continue;
			resource->module->diff(resource->desired, &v, &d, NULL);
			*ret_failing += d.verdict == VERDICT_FAIL;
		}
}

struct figures {
	double facts, judged, cpu, plain, many;
	long memory;
	size_t containers, failing;
};

static struct figures measure(const struct stub_docker *s, const struct baseline *b, size_t n)
{
	struct root root = {.fd = -1};
	struct facts facts = {.parts = FACTS_CONTAINERS, .root = true};
	struct gather g = {.facts = &facts, .root = &root};
	struct figures f = {.plain = plain_gets(s->socket, n), .many = many_gets(s->socket, n)};
	double start, cpu = cpu_ms();

	facts.docker.install = DOCKER_DISTRO;
	root_open(&root, "/", NULL);
	reset_peak();
	start = clock_ms();
	engine_api_open(&g.api, s->socket, NULL);
	gather_containers(&g);
	f.facts = clock_ms() - start;
	start = clock_ms();
	judge_all(b, &facts, &f.failing);
	f.judged = clock_ms() - start;
	f.cpu = cpu_ms() - cpu;
	f.memory = peak_kb();
	f.containers = facts.docker.containers.nseen;
	facts_clear(&facts);
	engine_api_free(g.api);
	root_close(&root);
	return f;
}

static const struct stub_docker *playing;

/* The stub's processes end with this one. */
static void leave(int number)
{
	if (playing) {
		unlink(playing->socket);
		rmdir(playing->directory);
	}
	_exit(128 + number);
}

/* The best of its rounds; each of them goes to `rows`, where that is not NULL. */
static struct figures measure_all(const struct baseline *b, size_t n, FILE *rows)
{
	struct stub_docker s = stub_docker_start(n, GROUPS);
	struct figures best = {0};

	playing = &s;
	for (int round = 0; round < ROUNDS; round++) {
		struct figures f = measure(&s, b, n);

		if (!best.facts || f.facts + f.judged < best.facts + best.judged)
			best = f;
		if (rows)
			fprintf(rows, "%.3f %.3f %.3f %ld\n", f.facts + f.judged, f.cpu, f.plain,
				f.memory);
	}
	playing = NULL;
	stub_docker_stop(&s);
	return best;
}

/* 0, or 1 where not all containers were seen, or the file could not be written. */
static int write_rows(const struct baseline *b, const char *path, size_t n)
{
	FILE *rows = fopen(path, "we");
	struct figures best = {0};

	if (rows)
		best = measure_all(b, n, rows);
	if (!rows || fclose(rows) != 0) {
		perror(path);
		return 1;
	}
	if (best.containers != n)
		fprintf(stderr, "%zu containers of %zu were seen\n", best.containers, n);
	return best.containers != n;
}

static void print_table(const struct baseline *b, int count, char **numbers)
{
	printf("%6s %10s %10s %10s %10s %14s %14s %9s\n", "n", "facts ms", "judge ms", "all ms",
	       "CPU ms", "GETs alone ms", "8 at a time ms", "peak kB");
	for (int i = 0; i < count; i++) {
		struct figures best = measure_all(b, strtoul(numbers[i], NULL, 10), NULL);

		printf("%6zu %10.1f %10.1f %10.1f %10.1f %14.1f %14.1f %9ld\n", best.containers,
		       best.facts, best.judged, best.facts + best.judged, best.cpu, best.plain,
		       best.many, best.memory);
	}
}

int main(int argc, char **argv)
{
	CLEANUP(baseline_clear) struct baseline b = {0};
	CLEANUP(error_clear) struct error err = {0};
	bool rows = argc == 4 && strcmp(argv[1], "--rows") == 0;

	if (argc < 2) {
		fprintf(stderr, "usage: bench-containers N... | --rows FILE N\n");
		return 64;
	}
	if (builtin_load(&b, modules_all, NULL, &err) < 0) {
		fprintf(stderr, "%s\n", error_text(&err));
		return 1;
	}
	signal(SIGTERM, leave);
	signal(SIGINT, leave);
	if (rows)
		return write_rows(&b, argv[2], strtoul(argv[3], NULL, 10));
	print_table(&b, argc - 1, argv + 1);
	return 0;
}
