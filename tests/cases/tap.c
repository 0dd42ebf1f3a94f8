#include "tests/cases/tap.h"

#include <stdio.h>

static void print_note(const char *text)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++)
		printf("# %s\n", lines.items[i]);
}

bool tap_result(struct tap *t, bool ok, struct strv *notes, const char *name)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++t->count, name);
	t->failed += !ok;
	for (size_t i = 0; !ok && i < notes->count; i++)
		print_note(notes->items[i]);
	strv_clear(notes);
	fflush(stdout);
	return ok;
}

void tap_skip(struct tap *t, const char *name, const char *reason)
{
	printf("ok %u - %s # SKIP %s\n", ++t->count, name, reason);
}

void tap_skip_all(const char *reason)
{
	printf("1..0 # SKIP %s\n", reason);
}

int tap_end(const struct tap *t)
{
	printf("1..%u\n", t->count);
	return t->failed ? 1 : 0;
}
