#pragma once

/*
 * The place of a race: a directory that the attacker (nobody) may do with as he likes, and
 * directories of root beside it that must come out of it as they went in. The attacker is a process
 * of its own that swaps things as fast as it can; a shared page counts the swaps.
 *
 *     root/                root, 0755: what the host layer is given as its root
 *         open/            nobody, 0777
 *             sub/         nobody
 *                 target   what the operation is about
 *         canary/          root, 0755; the same names as in open/sub, root's
 *         etc/             root: links that the walk follows, through open/
 *     out/                 root: what only a walk that left its root can reach
 *         canary/
 *         away/            nobody: where directories are carried to
 */

#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/strv.h"
#include "engine/host/read/root.h"

#define NOBODY 65534
#define TARGET "/open/sub/target"
#define CANARY_TEXT "{\"canary\": 1}\n"
#define TARGET_TEXT "{\"a\": 1}\n"
#define STAGED_TAG "abcdef" /* of the names that the operations stage under */

#define SHARED_SIZE 4096 /* the page; what is behind struct shared is the caller's */

struct shared {
	volatile unsigned long swaps;
	volatile bool pause, paused, stop;
};

struct arena {
	char *base;
	char *path; /* root/ in it */
	struct root root;
	struct shared *shared;
	pid_t attacker; /* 0: none */
	char *canaries; /* how they were */
	bool with_hard_links;
};

/* Needs root. Returns negative errno when the place cannot be made. */
int arena_open(struct arena *a);
void arena_close(struct arena *a);

/* Puts open/ back to how it was at first. The attacker must not run, or be paused. */
void arena_reset(struct arena *a);

/* Starts the attacker; `with_hard_links` also offers hard links to the canaries. */
void arena_attack(struct arena *a, bool with_hard_links);

/* Makes the attacker stand still, open/ as it was at first, and lets him go on. */
void arena_pause(struct arena *a);
void arena_resume(struct arena *a);
void arena_stop(struct arena *a);

/* What of the canaries is not as it was (the caller frees it), or NULL when all is well. */
char *arena_damage(const struct arena *a);

/* The attacker's own program: never returns. `dir` is open/. */
__attribute__((noreturn)) void attacker_run(struct shared *shared, int dir, bool with_hard_links);
