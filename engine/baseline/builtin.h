#pragma once

/*
 * What of plans/ is compiled into the program: the baseline docker-host with its parts, and a
 * catalogue of texts for each language. No state.
 */

#include "engine/baseline/baseline.h"

#define BUILTIN_NAME "docker-host"
#define BUILTIN_LANGUAGE "en" /* the one that has every text */

struct builtin_file {
	const char *name; /* as messages name it: "docker-host", "docker-host/audit.yaml" */
	const unsigned char *bytes;
	size_t n;
};

extern const struct builtin_file builtin_files[]; /* the head first; ends with a NULL name */
extern const struct catalog builtin_catalogs[]; /* ends with a NULL language */

/*
 * The catalogue for a locale's name ("zh_CN.UTF-8", "zh"): of that language and territory, else
 * of the language alone, else, where no territory was asked for, of any territory. NULL.
 */
const struct catalog *builtin_catalog(const char *locale);

/* What its controls are told by: also in a file that has them without texts. */
struct texts builtin_texts(const struct catalog *language, const struct catalog *ret_catalogs[2]);

/* The whole baseline, its texts by `language` (NULL: none was chosen), else by the built-in one. */
int builtin_load(struct baseline *ret, const struct module *const *modules,
		 const struct catalog *language, struct error *err);
