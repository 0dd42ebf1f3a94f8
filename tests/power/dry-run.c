#include "tests/power/dry-run.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "tests/power/looks.h"
#include "tests/power/tap.h"

#define OLD_TIME 1000000000 /* reading what was not read for long is news (relatime) */

static int make_old(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const struct timespec times[2] = {{OLD_TIME, 0}, {0, UTIME_OMIT}};

	(void)utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW); /* not what is immutable */
	return 0;
}

static int follow_link(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char byte;

	return S_ISLNK(st->st_mode) && readlink(path, &byte, 1) < 0 ? -1 : 0;
}

/*
 * The bench's host after an apply, and all else that this machine's /etc has, and nobody has
 * looked at any of it for long.
 */
static int fill_host(struct bench *b)
{
	CLEANUP(freep)
	char *take =
		xasprintf("cp --sparse=always '%s' '%s'", b->bases[BASE_APPLIED][0], b->images[0]);
	CLEANUP(freep) char *fill = xasprintf("cp -an /etc/. '%s/etc/'", b->state.host);
	int r;

	if (system(take) != 0) /* NOLINT: paths of our own */
		return -EIO;
	device_forget(&b->devices[0]);
	r = stand_mount(&b->state, b->devices);
	if (r < 0)
		return r;
	r = system(fill) == 0 ? 0 : -EIO; /* NOLINT: the same */
	if (r >= 0)
		nftw(b->state.host, make_old, 16, FTW_PHYS);
	stand_unmount(&b->state);
	return r;
}

/*
 * A link that is followed gets its time; there is no O_NOATIME for that, and only a mount can
 * prevent it, as the sandbox's does. So for what runs without it somebody has just followed all.
 */
static int follow_links(const struct bench *b)
{
	int r = stand_mount(&b->state, b->devices);

	if (r < 0)
		return r;
	usleep(20000); /* later than their change, by the clock of file systems */
	r = nftw(b->state.host, follow_link, 16, FTW_PHYS) == 0 ? 0 : -EIO;
	stand_unmount(&b->state);
	return r;
}

static bool same_answer(const struct found *a, const struct found *b)
{
	return a->answer.len && a->answer.len == b->answer.len &&
	       memcmp(a->answer.data, b->answer.data, a->answer.len) == 0;
}

/* In its sandbox, watched in two ways, and without. */
enum way { IN_SANDBOX, IN_SANDBOX_TRACED, FREE, WAYS };

/* Of an image, and as the running host. */
struct answers {
	struct found found[2][WAYS];
	bool failed;
};

static void ask(const struct options *o, const struct bench *b, enum way way, struct answers *ret)
{
	static const enum watch watches[WAYS] = {WATCH_DISK, WATCH_DENIALS, WATCH_CALLS};

	for (int live = 0; live < 2; live++) {
		const struct look look = {look_plan, watches[way], live, way == FREE, o->harden};

		ret->failed |= look_run(b, look, &ret->found[live][way]) < 0;
	}
}

static void say_answers(const struct bench *b, const struct answers *a, bool live)
{
	const struct found *f = a->found[live];
	bool equal = same_answer(&f[IN_SANDBOX], &f[FREE]) &&
		     same_answer(&f[IN_SANDBOX], &f[IN_SANDBOX_TRACED]);
	size_t writes = 0, codes = 0;

	for (int way = 0; way < WAYS; way++) {
		writes += f[way].writes;
		codes += f[way].code != 0;
	}
	tap_say(!a->failed && equal && !codes && !writes && !f[FREE].calls &&
			!f[IN_SANDBOX_TRACED].denied,
		xasprintf("%s: plan of %s: %zu changing calls, block writes %zu in the sandbox and "
			  "%zu without, %zu calls stopped, the answers (%zu bytes) are %s",
			  b->fs->name, live ? "a host" : "an image", f[FREE].calls,
			  writes - f[FREE].writes, f[FREE].writes, f[IN_SANDBOX_TRACED].denied,
			  f[IN_SANDBOX].answer.len, equal ? "equal" : "different"));
}

static void try_plan(const struct options *o, const struct bench *b)
{
	struct answers answers = {0};

	ask(o, b, IN_SANDBOX, &answers);
	ask(o, b, IN_SANDBOX_TRACED, &answers);
	answers.failed |= follow_links(b) < 0;
	ask(o, b, FREE, &answers);
	for (int live = 0; live < 2; live++) {
		say_answers(b, &answers, live);
		for (int way = 0; way < WAYS; way++)
			found_clear(&answers.found[live][way]);
	}
}

static void try_controls(const struct bench *b)
{
	struct found idler = {0}, reader = {0}, writer = {0}, stopped = {0};

	look_run(b, (struct look){.run = look_idler}, &idler);
	look_run(b, (struct look){.run = look_reader}, &reader);
	look_run(b, (struct look){.run = look_writer, .watch = WATCH_CALLS, .free = true}, &writer);
	look_run(b, (struct look){.run = look_writer, .watch = WATCH_DENIALS}, &stopped);
	tap_say(idler.code == 0 && !idler.writes,
		xasprintf("%s: control: who does nothing makes %zu block writes", b->fs->name,
			  idler.writes));
	tap_say(reader.code == 0 && reader.writes,
		xasprintf("%s: control: who reads as anybody does makes %zu block writes",
			  b->fs->name, reader.writes));
	tap_say(writer.code == 0 && writer.calls == 1 && writer.writes,
		xasprintf(
			"%s: control: who makes a directory is seen: %zu changing call, %zu block "
			"writes",
			b->fs->name, writer.calls, writer.writes));
	tap_say(stopped.code == 1 && stopped.denied && !stopped.writes,
		xasprintf("%s: control: in the sandbox he is stopped: %zu call, %zu block writes",
			  b->fs->name, stopped.denied, stopped.writes));
	found_clear(&idler);
	found_clear(&reader);
	found_clear(&writer);
	found_clear(&stopped);
}

static int try_filesystem(const struct options *o, size_t fs)
{
	struct bench b;
	int r = bench_open(&b, &filesystems[fs], 1, o->work);

	if (r >= 0)
		r = fill_host(&b);
	if (r >= 0) {
		try_plan(o, &b);
		try_controls(&b);
	}
	bench_close(&b);
	return r;
}

void prove_dry_run(const struct options *o)
{
	for (size_t fs = 0; fs < filesystem_count; fs++) {
		int r = 0;

		if (!o->fs || strcmp(o->fs, filesystems[fs].name) == 0)
			r = try_filesystem(o, fs);
		if (r < 0)
			tap_say(false, xasprintf("%s cannot be tried: %s", filesystems[fs].name,
						 strerror(-r)));
	}
}
