#pragma once

/*
 * A host in memory, under the names of engine/host's walks and writes: for targets that run the
 * code of rollback/ many thousand times a second. Include it behind the headers of engine/host and
 * before the sources that shall use it. There is one such host in a process.
 *
 * Every write is held against what may be written: FUZZ_ASSERT() ends the program at any other.
 */

#include <sys/stat.h>

#include "engine/host/read/handles.h"
#include "engine/host/read/observe.h"
#include "engine/host/write/write.h"
#include "engine/model/plan.h"
#include "tests/fuzz/fuzz.h"

struct fake_host {
	struct strv paths; /* each ever named; what a descriptor says is an index into them */
	struct node *nodes; /* as many */
	size_t nnodes;
	ino_t last_ino;

	const struct plan *plan; /* what may be written: its paths, and their staged names */
	const struct strv *staged; /* and what is listed here and is a staged name */
	const char *tag; /* of the staged names */
	long budget; /* writes until everything fails, as at a crash; negative: never */
};

extern struct fake_host fake_host;

void fake_host_reset(void);
void fake_host_put(const char *path, const struct node *node);

/* What is at a path (borrowed, never NULL); a path that nobody named is ABSENT. */
const struct node *fake_host_at(const char *path);

/* Whether the directory that holds a path is there. Of those not in the plan all are. */
bool fake_host_has_directory(const char *path);

/* Uses one write of the budget; false when it is used up. */
bool fake_host_spend(void);

int fake_walk(const struct root *r, const char *path, struct walk *ret, struct error *err);
int fake_beside(struct handles *h, const char *path, struct walk *ret, struct error *err);
int fake_directory(struct handles *h, const char *path, int *ret, struct error *err);
void fake_walk_clear(struct walk *w);
int fake_observe(const struct walk *w, unsigned flags, struct node *ret, struct error *err);
int fake_fstat(int fd, struct stat *ret);
int fake_staged(int parent, const char *staged, const struct image *image, struct error *err);
int fake_exchange(int parent, const char *name, const char *staged, struct error *err);
int fake_place(int parent, const char *name, const char *staged, struct error *err);
int fake_displace(int parent, const char *name, const char *staged, struct error *err);
int fake_unlink(int parent, const char *staged, struct error *err);
int fake_mkdir(int parent, const char *name, const struct node *node, struct error *err);
int fake_rmdir(int parent, const char *name, struct error *err);
int fake_attributes(int fd, const struct node *node, struct error *err);
int fake_flags(int fd, unsigned flags, struct error *err);
int fake_sync(int fd, struct error *err);

#ifndef FAKE_HOST_ITSELF
#define root_walk_nofollow fake_walk
#define handles_walk_nofollow fake_beside
#define handles_directory fake_directory
#define walk_clear fake_walk_clear
#define observe_walk fake_observe
#define fstat fake_fstat
#define write_staged fake_staged
#define write_exchange fake_exchange
#define write_place fake_place
#define write_displace fake_displace
#define write_unlink fake_unlink
#define write_mkdir fake_mkdir
#define write_rmdir fake_rmdir
#define write_attributes fake_attributes
#define write_flags fake_flags
#define write_sync_fs fake_sync
#endif
