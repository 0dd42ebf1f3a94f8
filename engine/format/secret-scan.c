#include "engine/format/secret-scan.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/str.h"
#include "engine/format/secret-harmless.h"
#include "engine/format/secret-option.h"
#include "engine/format/secret-program.h"
#include "engine/format/shell-split.h"

#define BY_NAME "named like a secret"

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define URLSAFE ALNUM "_-"
#define WIDE URLSAFE "."

/* Keys whose makers begin them so that they can be found. `least`: characters behind the beginning. */
static const struct shape {
	const char *begin;
	size_t least;
	const char *of;
	const char *what;
} shapes[] = {
	{"AKIA", 16, UPPER, "an AWS access key"},
	{"ASIA", 16, UPPER, "an AWS access key"},
	{"ghp_", 36, ALNUM, "a GitHub token"},
	{"gho_", 36, ALNUM, "a GitHub token"},
	{"ghu_", 36, ALNUM, "a GitHub token"},
	{"ghs_", 36, ALNUM, "a GitHub token"},
	{"ghr_", 36, ALNUM, "a GitHub token"},
	{"github_pat_", 22, URLSAFE, "a GitHub token"},
	{"glpat-", 20, URLSAFE, "a GitLab token"},
	{"xoxb-", 10, URLSAFE, "a Slack token"},
	{"xoxp-", 10, URLSAFE, "a Slack token"},
	{"sk_live_", 16, ALNUM, "a Stripe key"},
	{"rk_live_", 16, ALNUM, "a Stripe key"},
	{"AIza", 35, URLSAFE, "a Google key"},
	{"npm_", 36, ALNUM, "an npm token"},
	{"pypi-", 40, URLSAFE, "a PyPI token"},
	{"dckr_pat_", 20, URLSAFE, "a Docker Hub token"},
	{"SG.", 40, WIDE, "a SendGrid key"},
	{"hvs.", 24, URLSAFE, "a Vault token"},
	{"SWMKEY-1-", 20, WIDE "+/=", "an unlock key of a swarm"},
	{"SWMTKN-1-", 20, WIDE, "a join token of a swarm"},
	{"AGE-SECRET-KEY-1", 20, UPPER, "a private key"},
};

/* Parts of names: the secret itself. */
static const char *const strong_words[] = {
	"PASSWORD",    "PASSWD",      "PASSPHRASE",     "PWD",        "PASS",
	"SECRET",      "SECRETS",     "TOKEN",          "APIKEY",     "API_KEY",
	"ACCESS_KEY",  "PRIVATE_KEY", "SECRET_KEY",     "AUTH_TOKEN", "CREDENTIAL",
	"CREDENTIALS", "SIGNING_KEY", "ENCRYPTION_KEY", "PW",
};

/* Ends of names that only tell about a secret: where it is, how long, whether. */
static const char *const harmless_ends[] = {
	"FILE",    "PATH",    "DIR",    "URL",       "URI",     "HOST",     "NAME",
	"ID",      "TYPE",    "LENGTH", "LEN",       "SIZE",    "TTL",      "EXPIRY",
	"EXPIRES", "TIMEOUT", "HEADER", "ALGORITHM", "ENABLED", "REQUIRED", "POLICY",
	"VERSION", "SHA256",  "SHA512", "ISSUER",    "METHOD",  "PUBLIC",
};

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c);
}

static bool has_shape(const char *at, const struct shape *s)
{
	const char *rest = skip_prefix(at, s->begin);

	return rest && strspn(rest, s->of) >= s->least;
}

/* Three parts of base64 with dots between, the first of which begins like {" does. */
static bool is_jwt(const char *at)
{
	size_t head, body;

	if (!starts_with(at, "eyJ"))
		return false;
	head = strspn(at, URLSAFE);
	if (head < 10 || at[head] != '.')
		return false;
	body = strspn(at + head + 1, URLSAFE);
	return body >= 10 && at[head + 1 + body] == '.';
}

/* scheme://user:password@host, with a password that is not a variable. */
static bool is_login_url(const char *at)
{
	CLEANUP(freep) char *password = NULL;
	const char *colon, *end;

	if (!starts_with(at, "://"))
		return false;
	at += 3;
	end = at + strcspn(at, "/ \t\n'\"?#");
	colon = memchr(at, ':', (size_t)(end - at));
	end = colon ? memchr(colon, '@', (size_t)(end - colon)) : NULL;
	if (!end || end == colon + 1 || strchr("{<", colon[1]))
		return false;
	password = xstrndup(colon + 1, (size_t)(end - colon) - 1);
	return !secret_is_variable(password);
}

static const char *shape_at(const char *text, const char *at)
{
	bool begins = at == text || !is_word_char(at[-1]);

	if (is_login_url(at))
		return "a login in a URL";
	if (!begins)
		return NULL;
	if (is_jwt(at))
		return "a signed token (JWT)";
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		if (has_shape(at, &shapes[i]))
			return shapes[i].what;
	return NULL;
}

const char *secret_shape(const char *text)
{
	const char *key = strstr(text, "-----BEGIN ");

	if (key && strstr(key, "PRIVATE KEY-----"))
		return "a private key";
	for (const char *at = text; *at; at++) {
		const char *what = shape_at(text, at);

		if (what)
			return what;
	}
	return NULL;
}

/* DB_PASSWORD, dbPassword and db-password are one name: DB_PASSWORD. The caller frees it. */
static char *plain_name(const char *name)
{
	CLEANUP(buf_clear) struct buf b = {0};

	for (const char *c = name; *c; c++) {
		if (c > name && isupper((unsigned char)*c) && islower((unsigned char)c[-1]))
			buf_putc(&b, '_');
		buf_putc(&b, isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_');
	}
	return buf_take(&b);
}

/* Whether the words stand in the name as whole words. */
static bool has_words(const char *name, const char *words)
{
	size_t n = strlen(words);

	for (const char *at = strstr(name, words); at; at = strstr(at + 1, words))
		if ((at == name || at[-1] == '_') && (at[n] == '_' || at[n] == '\0'))
			return true;
	return false;
}

/* Also PGPASSWORD and ROOTPW, where the word is grown together with another one. */
static bool ends_with_password(const char *name)
{
	return stem_length(name, "PASSWORD") > 0 || stem_length(name, "PW") > 0;
}

static bool is_secret_name(const char *name)
{
	CLEANUP(freep) char *plain = plain_name(name);
	const char *last = strrchr(plain, '_');

	last = last ? last + 1 : plain;
	if (strcmp(plain, "PWD") == 0 || strcmp(plain, "OLDPWD") == 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(harmless_ends); i++)
		if (strcmp(last, harmless_ends[i]) == 0)
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(strong_words); i++)
		if (has_words(plain, strong_words[i]))
			return true;
	return ends_with_password(plain);
}

const char *secret_value(const char *name, const char *value)
{
	const char *shape = secret_shape(value);

	if (shape)
		return shape;
	return is_secret_name(name) && !secret_is_harmless(value) ? BY_NAME : NULL;
}

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

/* What is told must not be more than a name. */
static bool is_name(const char *word)
{
	return *word && strspn(word, ALNUM "_-.") == strlen(word);
}

/* "--token=x" and "TOKEN=x"; what it is called goes to ret. */
static void look_at_pair(const char *word, struct strv *ret)
{
	const char *equals = strchr(word, '=');
	CLEANUP(freep) char *name = NULL;
	size_t dashes = strspn(word, "-");

	if (!equals || equals == word)
		return;
	name = xstrndup(word, (size_t)(equals - word));
	if (is_name(name + dashes) && secret_value(name + dashes, equals + 1))
		strv_add_once(ret, name);
}

/* The word, and the next one in quotes, as one who writes a command would. */
static char *as_text(const char *word, const char *value)
{
	CLEANUP(buf_clear) struct buf out = {0};

	buf_printf(&out, "%s \"", word);
	for (; *value; value++) {
		if (strchr("\"\\", *value))
			buf_putc(&out, '\\');
		buf_putc(&out, *value);
	}
	buf_putc(&out, '"');
	return buf_take(&out);
}

/* By the table of secret-option.c. What of no program is known may be a user and a group. */
static void look_at_known(const struct strv *command, size_t i,
			  const struct secret_program *program, struct strv *ret)
{
	static const char *const users[] = {"-u", "-U", "--user", NULL};
	const char *value = i + 1 < command->count ? command->items[i + 1] : "";
	CLEANUP(freep) char *text = as_text(command->items[i], value), *secret = NULL;
	const char *begin, *name, *end = secret_option(text, text, program, &begin, &name);

	if (!end || (!program->name && is_one_of(name, users)))
		return;
	secret = xstrndup(begin, (size_t)(end - begin));
	if (!secret_is_harmless(secret))
		strv_add_once(ret, name);
}

/* "--password x", and what the program is known to take. */
static void look_at_option(const struct strv *command, size_t i,
			   const struct secret_program *program, struct strv *ret)
{
	const char *word = command->items[i];
	const char *value = i + 1 < command->count ? command->items[i + 1] : "-";

	if (starts_with(word, "--") && is_name(word + 2) && is_secret_name(word + 2)) {
		if (*value != '-' && !secret_is_harmless(value))
			strv_add_once(ret, word);
	} else if (*word == '-') {
		look_at_known(command, i, program, ret);
	}
}

/* "Authorization: Bearer x" */
static bool is_authorization(const char *word)
{
	const char *value;

	if (!skip_prefix_case(word, "authorization:"))
		return false;
	value = strrchr(word, ' ');
	return value && strlen(value) > 8 && !strchr(value, '$');
}

static void look_at_command(const struct strv *command, struct strv *ret)
{
	struct secret_program program = {0};
	const struct secret_words words = secret_words(command);

	for (size_t i = 0; i < command->count; i++) {
		const char *word = command->items[i], *shape = secret_shape(word);

		if (shape)
			strv_add_once(ret, shape);
		else
			look_at_pair(word, ret);
		if (is_authorization(word))
			strv_add_once(ret, "an Authorization header");
		else if (i + 1 == command->count || !is_authorization(command->items[i + 1]))
			look_at_option(command, i, &program, ret);
		secret_take_program(&words, i, &program);
	}
}

/* echo 'root:secret' | chpasswd */
static void look_at_pipe(const struct strv *from, const struct strv *to, struct strv *ret)
{
	if (strcmp(shell_program_name(to), "chpasswd") != 0)
		return;
	for (size_t i = 1; i < from->count; i++)
		if (strchr(from->items[i], ':') && !strchr(from->items[i], '$'))
			strv_add_once(ret, "a password for chpasswd");
}

void secret_in_shell(const char *script, struct strv *ret)
{
	CLEANUP(shell_commands_clear) struct shell_commands c = {0};

	shell_split(script, &c);
	for (size_t i = 0; i < c.count; i++) {
		look_at_command(&c.items[i], ret);
		if (i > 0)
			look_at_pipe(&c.items[i - 1], &c.items[i], ret);
	}
}

bool secret_file(const char *path)
{
	/* ends of paths; one that begins with a slash is a whole name */
	static const char *const ends[] = {
		"/id_rsa",
		"/id_dsa",
		"/id_ecdsa",
		"/id_ed25519",
		"/.netrc",
		"/.pgpass",
		"/.npmrc",
		"/.pypirc",
		"/.git-credentials",
		"/.dockercfg",
		"/.docker/config.json",
		"/.aws/credentials",
		"/.kube/config",
		"/.azure/accessTokens.json",
		"/.vault-token",
		"/.my.cnf",
		".kdbx",
	};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (ends_with(path, ends[i]))
			return true;
	return false;
}
