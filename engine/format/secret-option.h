#pragma once

/*
 * Secrets that a command line holds by what its program takes, not by a name that speaks of one:
 * curl -u NAME:SECRET, mysql -pSECRET, sshpass -p SECRET, -H "X-Token: SECRET".
 */

#include <stdbool.h>
#include <stddef.h>

/* Whether the options of the program of this name are known: it is what the words behind it are for. */
bool secret_option_program(const char *name, size_t n);

/* Such a name where it stands in the text; NULL: none of them was seen in this command yet. */
struct secret_program {
	const char *name;
	size_t n;
};

/*
 * The secret of the option that the word at `at` is, up to what is returned; NULL: it is none that
 * has one. The option's name ("-u", also of "-sku") goes to ret_word, which may be NULL.
 */
const char *secret_option(const char *text, const char *at, const struct secret_program *program,
			  const char **ret_begin, const char **ret_word);

/*
 * The secret in the value of a header: behind its kind ("Bearer x") where that is known. Without
 * quotes around it up to what is returned, two words where the first may be a kind.
 */
const char *secret_of_header(const char *value, const char **ret_begin);
