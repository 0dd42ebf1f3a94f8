#pragma once

/*
 * Containers that a restart of dockerd would stop, or cut off from what it keeps for them. As text each is a sentence, which is what
 * people read and what plans were saved with: "web (comes back: restart policy always)".
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/enum-table.h"
#include "engine/base/macros.h"

enum comes_back {
	COMES_BACK_UNKNOWN,
	COMES_BACK_YES,
	COMES_BACK_UNLESS_0, /* dockerd starts it again unless it ends with 0 */
	COMES_BACK_NO, /* it stays stopped */
	COMES_BACK_NEVER, /* it is removed, or another takes its place */
	COMES_BACK_CUT_OFF, /* it runs on, and lacks what dockerd kept for it until it is restarted */
	COMES_BACK_COUNT,
};

ENUM_TABLE_DECLARE(comes_back, enum comes_back);

#define CUT_OFF_TEXT "runs on, cut off: "
#define GOES_WITH_TEXT "goes down with "
#define MAY_END_TEXT "may end with its request"
#define UNTOLD_TEXT "dockerd tells nothing of it"

struct stopped {
	char *name; /* its id where it has none */
	char *id; /* NULL: not known */
	char *policy; /* of restart; NULL: not known */
	enum comes_back comes_back;
	char *text; /* the sentence */
};

struct stopped_list {
	struct stopped *items;
	size_t count;
	char *not_borrowed; /* why live-restore cannot be had for that time; NULL: nothing to say; not saved */
};

/*
 * The sentence is the name and what is said of it, in brackets; of one that is there already, one
 * more reason. Good until the next is added.
 */
struct stopped *stopped_add(struct stopped_list *all, const char *name, enum comes_back back,
			    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* By a sentence alone. */
struct stopped *stopped_add_text(struct stopped_list *all, const char *text);

/* How many do not run on, or may not. */
size_t stopped_ending(const struct stopped_list *all);

/*
 * Whether it may end, and may run on as well: what a unit that goes down does to it depends on how the
 * unit ends. How many such there are.
 */
bool stopped_may(const struct stopped *s);
size_t stopped_maybe(const struct stopped_list *all);

/* "stops 1 container", "may stop 2 containers", "stops 1 container, and may stop 2 others": for people; the caller frees it. */
char *stopped_verb(const struct stopped_list *all);

/* Whether a unit may end it that goes down with dockerd, and may remove it and make it anew; how many such there are. */
bool stopped_by_unit(const struct stopped *s);
size_t stopped_with_units(const struct stopped_list *all);

const struct stopped *stopped_find(const struct stopped_list *all, const char *name);
void stopped_copy(struct stopped_list *to, const struct stopped_list *from);
void stopped_clear(struct stopped_list *all);
