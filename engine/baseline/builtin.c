#include "engine/baseline/builtin.h"

#include <string.h>

#include "engine/base/str.h"

static bool is_language(const char *language, const char *name, size_t n)
{
	return equals_n(name, n, language);
}

const struct catalog *builtin_catalog(const char *locale)
{
	size_t full = strcspn(locale, ".@"), bare = strcspn(locale, "_.@");
	const struct catalog *near = NULL;

	for (const struct catalog *c = builtin_catalogs; c->language; c++) {
		if (bare == 0 || is_language(c->language, locale, full))
			return bare == 0 ? NULL : c;
		if (is_language(c->language, locale, bare) ||
		    (!near && full == bare && strncmp(c->language, locale, bare) == 0 &&
		     c->language[bare] == '_'))
			near = c;
	}
	return near;
}

struct texts builtin_texts(const struct catalog *language, const struct catalog *ret_catalogs[2])
{
	ret_catalogs[0] = language;
	ret_catalogs[1] = builtin_catalog(BUILTIN_LANGUAGE);
	return (struct texts){ret_catalogs + !language, 2 - !language};
}

int builtin_load(struct baseline *ret, const struct module *const *modules,
		 const struct catalog *language, struct error *err)
{
	const struct catalog *catalogs[2];
	const struct texts texts = builtin_texts(language, catalogs);
	const struct baseline_source source = {modules, &texts};
	const struct builtin_file *f = builtin_files;
	int r = baseline_parse(ret, f->name, f->bytes, f->n, &source, err);

	while (r == 0 && (++f)->name)
		r = baseline_parse_part(ret, f->name, f->bytes, f->n, &source, err);
	return r;
}
