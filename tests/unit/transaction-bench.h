#pragma once

/*
 * A transaction on a directory of its own with a stub in place of systemd, dockerd and the kernel.
 * What goes wrong is set in the stub, or is what a test writes to the directory meanwhile.
 */

#include "engine/model/edit.h"
#include "engine/model/effect.h"
#include "rollback/journal.h"
#include "rollback/revert.h"
#include "rollback/state.h"
#include "rollback/transaction.h"
#include "tests/unit/temp-directory.h"

#define FILE_PATH "/etc/daemon.json"
#define NEW_PATH "/etc/new/rules"
#define BEFORE "{\"mtu\": 1}"
#define AFTER "{\"mtu\": 1, \"icc\": false}"
#define THEIRS "{ }" /* what somebody writes, whatever the file */

/* Runs nothing, remembers what it was asked and when, and fails where the test says so. */
struct stub {
	struct effector base;
	const struct state *state;
	struct facts *facts; /* what its dockerd has in force since */
	struct strv asked;
	struct strv journals; /* the records on disk at each call, health's too */
	int fail_at; /* the n-th call of run fails, from 1; 0: none */
	bool dies; /* the next call of run ends the process */
	int fail_from; /* this call of run and all later ones fail; 0: none */
	const char *broken; /* a unit whose start fails, each time; NULL: none */
	int in_force; /* what it says of all effects: they are as they shall be */
	int down_from; /* from this question on, its dockerd is down beside containers; 0: never */
	struct strv timers; /* "+NAME" and "-NAME" of those that were made and taken away */
	int arms_fail_from; /* this wish for a timer and all later ones fail; 0: none */
	int arms;
	bool elapsed; /* the next wish fails, as for a timer whose time is over */
	int stopped_behind; /* somebody stops its dockerd behind so many calls of run; 0: never */
	int asked_live; /* how often it was asked whether live-restore may be given up */
	unsigned gap_ms; /* how long its published port was away at most; 0: it has none */
	unsigned gap_least_ms;
	int unhealthy; /* the first n calls of health fail */
	bool loses_live; /* its dockerd is started without live-restore at the first look at the health */
	const struct temp_directory *directory;
	const char *
		intruded; /* a path where somebody writes at the first look at the health; or NULL */
	const char *removed; /* a directory that somebody takes away then; or NULL */
	const char *instead; /* the link that he puts there; or NULL */
};

/*
 * One host, one state directory, one plan: a key changed in a file, and a new file in a new
 * directory.
 */
struct bench {
	struct temp_directory *temp;
	struct state state;
	struct facts facts;
	struct plan plan;
	struct stub stub;
	const char *of, *only; /* bench_run() is a rollback */
	const char *drain, *undrain; /* of bench_run(); NULL: none */
	int max_gap_ms; /* bench_run() undoes what is away for longer */
	uint64_t confirm_usec; /* bench_run() is to be confirmed */
	bool live_restore; /* the plan turns it on: by a reload, before the restart */
	bool borrows; /* ... or has it for the time of the restart alone */
};

void bench_open(struct bench *b, void **state); /* of a test with a temp_directory */
void bench_close(struct bench *b);

/* `one` for each row of a table, by its number, on a bench of its own. */
void bench_each(void (*one)(struct bench *b, size_t row), size_t rows);

/* What is to be done: as struct bench says, or these edits and effects and nothing else. */
void bench_plan(struct bench *b);
void bench_compose(struct bench *b, const struct edits *edits, const struct effects *effects);

/*
 * One key of dockerd's config file, by control "c", which a restart brings into force; `gives_up`: and behind that
 * a reload takes live-restore off.
 */
void bench_compose_key(struct bench *b, const char *key, const char *before, const char *after,
		       bool gives_up);

/* The rollback of the last transaction, in place of what was planned: as revert_plan(). */
int bench_plan_rollback(struct bench *b, const char *only, enum on_conflict on_conflict,
			struct strv *conflicts);

/* The same of any transaction. */
int bench_plan_rollback_of(struct bench *b, const char *id, const char *only,
			   enum on_conflict on_conflict, struct strv *conflicts);

int bench_run(struct bench *b, struct transaction_result *result);

/* "HEADER INTENT ..." of the only transaction, "" when there are several; the caller frees it. */
char *journal_text(const struct state *s);

void assert_text(const struct bench *b, const char *path, const char *text); /* NULL: not there */
mode_t mode_of(const struct bench *b, const char *path);

/* All is as bench_open() made it, or as the plan of bench_plan() wants it. */
void assert_before(const struct bench *b);
void assert_after(const struct bench *b);

/* No staged file is left anywhere below /etc. */
void assert_swept(const struct bench *b);

/* The records of the only transaction, changed by `edit`, as its journal. */
void bench_rewrite(const struct bench *b, void (*edit)(struct records *records, void *data),
		   void *data);

/* The journal as a run of another boot left it that had put all files in place. */
void bench_break_off_before_boot(const struct bench *b);
