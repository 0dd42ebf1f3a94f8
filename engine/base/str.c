#include "engine/base/str.h"

#include "engine/base/alloc.h"

bool is_among(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; word && i < n; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

const char *skip_key(const char *s, const char *key, char sign)
{
	const char *rest = skip_prefix(s, key);

	return rest && *rest == sign ? rest + 1 : NULL;
}

bool starts_with_word(const char *s, const char *word, const char *ends)
{
	const char *rest = skip_prefix(s, word);

	return rest && strchr(ends, *rest); /* it finds the '\0' of `ends`, too */
}

size_t stem_length(const char *s, const char *suffix)
{
	return ends_with(s, suffix) ? strlen(s) - strlen(suffix) : 0;
}

bool is_blank(const char *s)
{
	return !s || !s[strspn(s, " \t\r\n")];
}

/* Whether c is one of them; '\0' is none, though strchr() would find it. */
static bool is_one_of(char c, const char *blanks)
{
	return c && strchr(blanks, c);
}

char *trim_n(const char *s, size_t n, const char *blanks)
{
	while (n > 0 && is_one_of(s[n - 1], blanks))
		n--;
	while (n > 0 && is_one_of(*s, blanks)) {
		s++;
		n--;
	}
	return xstrndup(s, n);
}

char *trim(const char *s, const char *blanks)
{
	return trim_n(s, strlen(s), blanks);
}
