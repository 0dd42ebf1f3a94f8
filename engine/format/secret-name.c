#include "engine/format/secret-name.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "engine/base/macros.h"
#include "engine/base/str.h"

#define LONGEST 64 /* of a name's letters, its beginning and its end are looked at */

/* Wherever they stand in a name, once its dashes, dots and underscores are taken out. */
static const char *const anywhere[] = {
	"password",  "passwd",     "passphrase", "passcode",      "secret",     "token",
	"apikey",    "accesskey",  "privatekey", "sharedkey",     "signingkey", "authkey",
	"masterkey", "accountkey", "sessionkey", "encryptionkey", "credential", "licensekey",
};

/* A word of the name by itself, or its end: DB_PASS, dbPass, DBPASS; but no "bypass" or "passive". */
static const char *const words[] = {"pass", "pwd", "pw", "auth", "creds", "psk", "jwt", "pin"};
static const char *const ends[] = {"pass", "pwd", "pw"};
static const char *const no_ends[] = {"bypass",  "compass",   "trespass",
				      "surpass", "underpass", "overpass"};

static bool is_letter(char c)
{
	return isalnum((unsigned char)c);
}

static bool has(const char *text, size_t n, const char *word)
{
	size_t length = strlen(word);

	for (size_t i = 0; i + length <= n; i++)
		if (memcmp(text + i, word, length) == 0)
			return true;
	return false;
}

/* Whether a word of the name begins at i: behind a sign, or a capital behind a small letter. */
static bool begins_word(const char *name, size_t i)
{
	if (i == 0 || !is_letter(name[i - 1]))
		return true;
	return isupper((unsigned char)name[i]) && islower((unsigned char)name[i - 1]);
}

static bool has_word(const char *name, size_t n, const char *word)
{
	size_t length = strlen(word);

	for (size_t i = 0; i + length <= n; i++)
		if (begins_word(name, i) && strncasecmp(name + i, word, length) == 0 &&
		    (i + length == n || begins_word(name, i + length) ||
		     !is_letter(name[i + length])))
			return true;
	return false;
}

/* Its letters alone, small. */
static size_t letters_of(const char *name, size_t n, char ret[LONGEST])
{
	size_t count = 0;

	for (size_t i = 0; i < n && count < LONGEST; i++)
		if (is_letter(name[i]))
			ret[count++] = (char)tolower((unsigned char)name[i]);
	return count;
}

static bool is_short_name(const char *name, size_t n)
{
	char letters[LONGEST];
	size_t count = letters_of(name, n, letters);

	for (size_t i = 0; i < ARRAY_SIZE(anywhere); i++)
		if (has(letters, count, anywhere[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (has_word(name, n, words[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(no_ends); i++)
		if (ends_with_n(letters, count, no_ends[i]))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (ends_with_n(letters, count, ends[i]))
			return true;
	return equals_n(letters, count, "authorization");
}

bool secret_name(const char *name, size_t n)
{
	const size_t most = LONGEST;

	if (n <= most)
		return is_short_name(name, n);
	/* the words overlap by more than the longest of them */
	for (size_t at = 0; at < n; at += most / 2)
		if (is_short_name(name + at, n - at < most ? n - at : most))
			return true;
	return false;
}

bool secret_path(const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/[]: \t");

		if (n && secret_name(path, n))
			return true;
		path += n + (path[n] != '\0');
	}
	return false;
}
