#pragma once

/*
 * What was looked at before anything is written, and what came of it. As text it is a line, the
 * level's word and the text behind it; plans were saved so, and still are.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/enum-table.h"
#include "engine/base/error.h"
#include "engine/base/macros.h"

enum check_level {
	CHECK_OK,
	CHECK_WARN,
	CHECK_NO, /* the plan is refused */
	CHECK_LEVEL_COUNT,
};

ENUM_TABLE_DECLARE(check_level, enum check_level);

struct plan_check {
	enum check_level level;
	char *control; /* that it is about; NULL: no single one */
	char *text;
};

struct plan_checks {
	struct plan_check *items;
	size_t count;
};

void checks_add(struct plan_checks *all, enum check_level level, const char *control,
		const char *fmt, ...) PRINTF_LIKE(4, 5);

/* A check that forbids the plan; err gets the same text, and the control. -EPERM. */
int checks_refuse(struct plan_checks *all, const char *control, struct error *err, const char *fmt,
		  ...) PRINTF_LIKE(4, 5);

/* Whether one says that already: then it is no longer about a single control, but where it was this. */
bool checks_share(struct plan_checks *all, const char *control, const char *text);

void checks_add_line(struct plan_checks *all, const char *line); /* as check_line() prints it */
char *check_line(const struct plan_check *check); /* the caller frees it */
void checks_clear(struct plan_checks *all);
