#include "engine/model/foresight.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

ENUM_TABLE(foresight_state, enum foresight_state, FORESIGHT_STATE_COUNT, [FORESIGHT_FAIL] = "fail",
	   [FORESIGHT_NOT_MEASURED] = "not_measured", [FORESIGHT_PASS] = "pass");

static bool is_told(const struct foresights *f, const char *id, const char *text)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->items[i].id, id) == 0 &&
		    (!text || strcmp(f->items[i].text, text) == 0))
			return true;
	return false;
}

static void put(struct foresights *f, const char *id, enum foresight_state state, const char *file,
		size_t line, char *text)
{
	struct foresight *one;

	if (is_told(f, id, text)) {
		free(text);
		return;
	}
	one = array_append(&f->items, &f->count, sizeof(*one));
	*one = (struct foresight){id, state, text, xstrdup_null(file), line};
}

void foresight_add(struct foresights *f, const char *id, enum foresight_state state,
		   const char *file, size_t line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(f, id, state, file, line, xvasprintf(fmt, ap));
	va_end(ap);
}

void foresight_pass(struct foresights *f, const char *id, const char *fmt, ...)
{
	va_list ap;

	if (is_told(f, id, NULL))
		return;
	va_start(ap, fmt);
	put(f, id, FORESIGHT_PASS, NULL, 0, xvasprintf(fmt, ap));
	va_end(ap);
}

void foresights_clear(struct foresights *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->items[i].text);
		free(f->items[i].file);
	}
	free(f->items);
	*f = (struct foresights){0};
}

/* There are a few dozen at most. */
void foresights_sort(struct foresights *f)
{
	for (size_t i = 1; i < f->count; i++)
		for (size_t k = i; k > 0 && f->items[k - 1].state > f->items[k].state; k--) {
			struct foresight one = f->items[k];

			f->items[k] = f->items[k - 1];
			f->items[k - 1] = one;
		}
}
