#include "engine/format/shebang.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/base/strv.h"

/* env(1): an option whose value is a word of its own. */
static bool takes_a_word(const char *option)
{
	static const char *const such[] = {"-u", "-C", "--unset", "--chdir", "-a", "--argv0"};

	return is_among(option, such, ARRAY_SIZE(such));
}

/* "python3", "-S python3 -u", "-S A=b python3", "-Spython3": its first word that is neither an option nor a variable. */
static char *looked_for_by_env(const char *rest)
{
	CLEANUP(strv_clear) struct strv words = {0};

	strv_split(&words, rest, " \t");
	for (size_t i = 0; i < words.count; i++) {
		const char *word = words.items[i], *split = skip_prefix(word, "-S");

		if (!split)
			split = skip_prefix(word, "--split-string=");
		if (split && *split && *split != '-')
			word = split;
		if (takes_a_word(word))
			i++;
		else if (*word != '-' && !strchr(word, '='))
			return xstrdup(word);
	}
	return NULL;
}

bool shebang_parse(const char *bytes, size_t n, struct shebang *ret)
{
	CLEANUP(freep) char *line = xstrndup(bytes, n);
	char *rest;

	if (!starts_with(line, "#!"))
		return false;
	line[strcspn(line, "\n")] = '\0';
	rest = line + 2 + strspn(line + 2, " \t");
	ret->interpreter = xstrndup(rest, strcspn(rest, " \t"));
	rest += strlen(ret->interpreter);
	if (strcmp(path_name(ret->interpreter), "env") == 0)
		ret->looked_for = looked_for_by_env(rest);
	return true;
}

void shebang_clear(struct shebang *s)
{
	free(s->interpreter);
	free(s->looked_for);
	*s = (struct shebang){0};
}
