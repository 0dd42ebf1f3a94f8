#include "engine/model/plan-check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "engine/base/alloc.h"

#define WORD_COLUMNS 6

ENUM_TABLE(check_level, enum check_level,
	   CHECK_LEVEL_COUNT, [CHECK_OK] = "ok", [CHECK_WARN] = "warn", [CHECK_NO] = "no");

static struct plan_check *add(struct plan_checks *all, enum check_level level)
{
	struct plan_check *check = array_append(&all->items, &all->count, sizeof(*check));

	check->level = level;
	return check;
}

void checks_add(struct plan_checks *all, enum check_level level, const char *control,
		const char *fmt, ...)
{
	struct plan_check *check = add(all, level);
	va_list ap;

	va_start(ap, fmt);
	check->text = xvasprintf(fmt, ap);
	va_end(ap);
	check->control = xstrdup_null(control);
}

int checks_refuse(struct plan_checks *all, const char *control, struct error *err, const char *fmt,
		  ...)
{
	struct plan_check *check = add(all, CHECK_NO);
	va_list ap;

	va_start(ap, fmt);
	check->text = xvasprintf(fmt, ap);
	va_end(ap);
	check->control = xstrdup_null(control);
	return error_blame(err, error_set(err, -EPERM, "%s", check->text), control);
}

bool checks_share(struct plan_checks *all, const char *control, const char *text)
{
	for (size_t i = 0; i < all->count; i++) {
		struct plan_check *check = &all->items[i];

		if (strcmp(check->text, text) != 0)
			continue;
		if (strcmp_null(check->control, control) != 0)
			str_replace(&check->control, NULL);
		return true;
	}
	return false;
}

/* A word that is none of the levels' warns. */
void checks_add_line(struct plan_checks *all, const char *line)
{
	size_t n = strcspn(line, " ");
	CLEANUP(freep) char *word = xstrndup(line, n);
	int level = check_level_from_string(word);

	add(all, level < 0 ? CHECK_WARN : (enum check_level)level)->text =
		xstrdup(line + n + strspn(line + n, " "));
}

char *check_line(const struct plan_check *check)
{
	return xasprintf("%-*s%s", WORD_COLUMNS, check_level_to_string(check->level), check->text);
}

void checks_clear(struct plan_checks *all)
{
	for (size_t i = 0; i < all->count; i++) {
		free(all->items[i].control);
		free(all->items[i].text);
	}
	free(all->items);
	*all = (struct plan_checks){0};
}
