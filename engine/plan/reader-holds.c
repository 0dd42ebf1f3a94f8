#include "engine/plan/reader-holds.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/subject-key.h"

/* Of the keys that are written, the first that it has as a flag; NULL: none. It may be in one place alone. */
static const char *clash(const struct config_reader *r, const struct edits *edits,
			 const char *config)
{
	for (size_t i = 0; i < edits->count; i++) {
		const struct edit *e = &edits->items[i];
		CLEANUP(freep) char *key = subject_json_first(e->subject);

		for (size_t k = 0; key && e->after && strcmp(e->path, config) == 0 &&
				   strcmp(key, "runtimes") != 0 && k < r->flags.count;
		     k++)
			if (strcmp(r->flags.items[k], key) == 0)
				return r->flags.items[k];
	}
	return NULL;
}

static char *reader_fails(const struct facts *f, const struct config_reader *r, const char *key)
{
	return xasprintf("another dockerd reads '%s', too (%s), and would not start again: '%s' "
			 "would be there and among its flags; give it a config file of its own "
			 "(--config-file)",
			 f->docker.config_file, r->text, key);
}

void refuse_beside_readers(const struct facts *f, struct delta *d)
{
	for (size_t i = 0; !d->refusal && i < f->docker.nreaders; i++) {
		const struct config_reader *r = &f->docker.readers[i];
		const char *key = clash(r, &d->edits, f->docker.config_file);

		if (key)
			d->refusal = reader_fails(f, r, key);
	}
}

char *reader_unknown_text(const struct facts *f, const struct config_reader *r)
{
	if (!r->runs && !r->unknown)
		return NULL;
	return xasprintf("another dockerd reads '%s', too (%s), and is not looked at%s%s: whether "
			 "it starts with what is written, and what that does to its containers, is "
			 "not known; give it a config file of its own (--config-file)",
			 f->docker.config_file, r->text, r->unknown ? ", nor are its flags: " : "",
			 r->unknown ? r->unknown : "");
}
