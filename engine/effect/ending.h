#pragma once

/*
 * Whose doing it was that a container's process is no longer the one that was seen before a
 * change. Containers end all the time by themselves: jobs, crash loops, a new version being
 * rolled out. What a change stops, it stops while a handler runs, and mostly by a signal. Plain
 * data and judgement; health.c asks dockerd.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The time that a handler took which may stop containers; CLOCK_REALTIME, as dockerd has it. */
struct window {
	uint64_t from, to; /* to: 0 while it runs */
	bool live; /* live-restore was in force when it began */
	bool spares; /* dockerd did not end in it, or left containers alone when it did */
};

struct windows {
	struct window *items;
	size_t count;
};

/* What dockerd, and the disk, say of the container now. */
struct ending {
	bool unknown; /* dockerd does not know it */
	bool on_disk; /* and yet its files are there: it was lost from view */
	bool asked; /* somebody had this dockerd end it */
	bool runs; /* by another process: of the one before, the exit code is not known any more */
	bool oom; /* the kernel ended it for want of memory */
	int code; /* -1: not known */
	uint64_t finished; /* 0: not known */
};

/* What the judgement hangs on beside it. */
struct ending_scene {
	struct windows windows;
	bool survivors; /* another container of before has its process still */
	bool looped; /* it kept ending by itself before the change */
	bool removes_itself; /* --rm */
};

enum ended {
	ENDED_BY_ITSELF, /* or by somebody else */
	ENDED_BY_CHANGE,
	ENDED_OUT_OF_VIEW,
};

enum ended ending_judge(const struct ending *e, const struct ending_scene *scene);

/*
 * What is told of its end, behind a word for that: " (exit code 1)"; where dockerd was away and notes a
 * failure of its own, that how it ended is not known. "": nothing. The caller frees it.
 */
char *ending_words(const struct ending *e, const struct windows *windows, const char *policy);

/*
 * Whether a container, as it was found before the change, kept ending by itself: its policy had
 * started it again, not long ago.
 */
bool ending_loops(const char *policy, long restarts, uint64_t finished, uint64_t now);

/* A handler that does not end dockerd spares its containers: a reload, a unit of something else. */
void windows_begin(struct windows *w, uint64_t now, bool live);
/* dockerd is about to be ended, or started, which may end containers, in the one that runs. */
void windows_ended_dockerd(struct windows *w);
void windows_end(struct windows *w, uint64_t now);
