#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/race/arena.h"

#define AWAY "../../out/away/sub"

/*
 * Every trick is a pair of steps, there and back, so that the directory is as it was between two
 * tricks. All of it happens in open/, which is his, as nobody.
 */
struct attack {
	struct shared *shared;
	int dir; /* open/ */
	bool with_hard_links;
};

static void count(struct attack *t, int r)
{
	if (r == 0)
		t->shared->swaps++;
}

static void exchange(struct attack *t, const char *a, const char *b)
{
	count(t, renameat2(t->dir, a, t->dir, b, RENAME_EXCHANGE));
}

/* The target and a link to a canary change places. */
static void file_and_link(struct attack *t)
{
	exchange(t, "sub/target", "file-link");
	exchange(t, "sub/target", "file-link");
}

/* The directory and a link to the canaries' directory change places. */
static void directory_and_link(struct attack *t)
{
	exchange(t, "sub", "directory-link");
	exchange(t, "sub", "directory-link");
}

/*
 * The directory and another directory that holds links under the target's name and the staged ones.
 */
static void directory_and_directory(struct attack *t)
{
	exchange(t, "sub", "decoy");
	exchange(t, "sub", "decoy");
}

/* The target goes away, a link stands in its place, and it comes back. */
static void link_in_place(struct attack *t)
{
	count(t, renameat(t->dir, "sub/target", t->dir, "kept"));
	if (symlinkat("../../canary/target", t->dir, "sub/target") == 0)
		unlinkat(t->dir, "sub/target", 0);
	if (symlinkat("/canary/secret", t->dir, "sub/target") == 0)
		unlinkat(t->dir, "sub/target", 0);
	if (linkat(t->dir, "own", t->dir, "sub/target", 0) == 0)
		unlinkat(t->dir, "sub/target", 0);
	count(t, renameat2(t->dir, "kept", t->dir, "sub/target", RENAME_NOREPLACE));
}

/* The directory is carried out of the root, so that ".." in it is another place. */
static void directory_goes_away(struct attack *t)
{
	count(t, renameat(t->dir, "sub", t->dir, AWAY));
	count(t, renameat(t->dir, AWAY, t->dir, "sub"));
}

/* Something with a staged name, where the operation stages. */
static void staged_names(struct attack *t)
{
	static const char *const names[] = {"sub/.target.harden-" STAGED_TAG "0",
					    "sub/.target.harden-" STAGED_TAG "1"};

	for (int i = 0; i < 2; i++) {
		renameat2(t->dir, names[i], t->dir, "taken", RENAME_NOREPLACE);
		count(t, symlinkat("../../canary/target", t->dir, names[i]));
		count(t, unlinkat(t->dir, names[i], 0));
		renameat2(t->dir, "taken", t->dir, names[i], RENAME_NOREPLACE);
		unlinkat(t->dir, "taken", 0);
	}
}

/* The target and a hard link to a canary, which somebody made while that was allowed. */
static void file_and_hard_link(struct attack *t)
{
	if (!t->with_hard_links)
		return;
	exchange(t, "sub/target", "hard");
	exchange(t, "sub/target", "hard");
}

static void rest(struct shared *shared)
{
	shared->paused = true;
	while (shared->pause)
		sched_yield();
	shared->paused = false;
}

void attacker_run(struct shared *shared, int dir, bool with_hard_links)
{
	static void (*const tricks[])(struct attack *) = {
		file_and_link,       directory_and_link, directory_and_directory, link_in_place,
		directory_goes_away, staged_names,       file_and_hard_link,
	};
	struct attack t = {.shared = shared, .dir = dir, .with_hard_links = with_hard_links};

	for (size_t i = 0;; i++) {
		void (*trick)(struct attack *) = tricks[i % ARRAY_SIZE(tricks)];

		for (int n = 0; n < 40; n++) {
			if (shared->pause)
				rest(shared);
			trick(&t);
		}
	}
}
