#include "engine/format/secret-option.h"

#include <string.h>
#include <strings.h>

#include "engine/base/macros.h"
#include "engine/base/str.h"
#include "engine/format/secret-name.h"
#include "engine/format/secret-span.h"

#define WEB "curl http https xh"
#define MYSQL                                                                                      \
	"mysql mysqldump mysqladmin mysqlcheck mysqlimport mysqlshow mysqlbinlog mysqlsh mariadb " \
	"mariadb-dump mariadb-admin mariadb-check mariadb-backup xtrabackup innobackupex"
#define MONGO "mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat"
#define LDAP "ldapsearch ldapmodify ldapadd ldapdelete ldappasswd ldapwhoami ldapcompare"
#define SMB "smbclient rpcclient smbget net smbmap smbcacls"
#define SNMP "snmpget snmpset snmpwalk snmpbulkwalk snmpbulkget snmptrap snmpinform"

/* Options of these that take no value. */
#define WEB_FLAGS "#0123469BfgGiIjJklLMnNOpqRsSvVZ"
#define MYSQL_FLAGS "ABCEfGHiInNoqrsStvVwWX"
#define LDAP_FLAGS "xZnvcMCLAuQIN"

/* For these -u and -U are no login: they name a user and a group, or what a client calls itself (wget). */
#define NO_LOGIN "docker podman nerdctl ctr crictl runuser chpst setpriv wget"

enum form {
	APART = 1, /* -p SECRET */
	GLUED = 2, /* -pSECRET */
	EITHER = APART | GLUED,
};

static const struct option {
	const char *programs; /* with blanks between; NULL: any, but for those of NO_LOGIN */
	const char *word;
	enum form form;
	const char *signs; /* the secret is behind the first of these; NULL: all of it is one */
	const char *flags; /* letters that may stand before its own in one word: -sku; NULL: none */
} options[] = {
	{WEB, "-u", EITHER, ":", WEB_FLAGS},
	{WEB, "-U", EITHER, ":", WEB_FLAGS},
	{WEB, "-a", EITHER, ":"},
	{NULL, "-u", APART, ":"},
	{NULL, "-U", APART, ":"},
	{NULL, "--user", APART, ":"},
	{NULL, "--proxy-user", APART, ":"},
	{NULL, "-passin", APART, ":"},
	{NULL, "-passout", APART, ":"},
	{"openssl", "-k", APART, NULL},
	{"openssl", "-K", APART, NULL},
	{"lftp", "-u", EITHER, ","},
	{SMB, "-U", EITHER, "%"},
	{SMB, "--user", APART, "%"},
	{MYSQL, "-p", GLUED, NULL, MYSQL_FLAGS},
	{MONGO, "-p", EITHER, NULL},
	{LDAP, "-w", EITHER, NULL, LDAP_FLAGS},
	{SNMP, "-A", EITHER, NULL},
	{SNMP, "-X", EITHER, NULL},
	{SNMP, "-c", EITHER, NULL},
	{"sshpass", "-p", EITHER, NULL, "v"},
	{"login cqlsh rdesktop", "-p", EITHER, NULL},
	{"redis-cli valkey-cli", "-a", EITHER, NULL},
	{"sqlcmd bcp mosquitto_pub mosquitto_sub ipmitool zip unzip", "-P", EITHER, NULL},
	{"7z 7za 7zr 7zz rar unrar", "-p", GLUED, NULL},
	{"swaks", "-ap", APART, NULL},
};

static bool is_in(const char *names, const char *name, size_t n)
{
	for (size_t length; *names; names += length + (names[length] == ' ')) {
		length = strcspn(names, " ");
		if (length == n && memcmp(names, name, n) == 0)
			return true;
	}
	return false;
}

bool secret_option_program(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].programs && is_in(options[i].programs, name, n))
			return true;
	return is_in(NO_LOGIN, name, n);
}

static bool is_for(const struct option *o, const struct secret_program *program)
{
	if (!o->programs)
		return !program->name || !is_in(NO_LOGIN, program->name, program->n);
	return program->name && is_in(o->programs, program->name, program->n);
}

/* The quote that the word at `at` is in as a whole; 0: in none. */
static char quote_before(const char *text, const char *at, bool *ret_nested)
{
	*ret_nested = at - text >= 2 && at[-2] == '\\';
	return at > text && (at[-1] == '"' || at[-1] == '\'') ? at[-1] : '\0';
}

/* Behind the end of an option's word, its own quotes and a list's comma: where its value begins. */
static const char *value_apart(const char *end, char quote)
{
	const char *at = end;

	if (*at == '=')
		return at + 1;
	if (quote)
		at += *at == '\\';
	if (quote && *at == quote)
		at++;
	else if (at > end)
		return NULL;
	at += *at == ',';
	end = at;
	at += strspn(at, " \t");
	/* a list may have no blank */
	return at > end || (quote && at[-1] == ',') ? at : NULL;
}

/* A bare value goes on behind what a backslash escapes, and up to what ends the command. */
static const char *bare_end(const char *at)
{
	const char *begin = at;

	for (size_t n; (n = bare_step(at)) > 0;)
		at += n;
	while (at > begin && strchr(";|&", at[-1]))
		at--;
	return at;
}

/* How much of the word at `at` is the option, with flags in one word before its letter; 0: it is another. */
static size_t option_length(const struct option *o, const char *at)
{
	size_t n;

	if (starts_with(at, o->word))
		return strlen(o->word);
	if (!o->flags || *at != '-')
		return 0;
	n = 1 + strspn(at + 1, o->flags);
	return n > 1 && at[n] == o->word[1] ? n + 1 : 0;
}

/* The word's value in a shell: with quotes around it, within it, or without. */
static const char *word_end(const char *value, const char **ret_begin)
{
	const char *quote = value + (*value == '\\' || *value == '$');

	if (is_quote(*quote))
		return value_end(value, "", ret_begin);
	return shell_word_end(bare_end(*ret_begin = value), '\0');
}

static const char *option_value(const struct option *o, const char *text, const char *at, size_t n,
				const char **ret_begin)
{
	const char *end = at + n, *value;
	bool nested;
	char quote = quote_before(text, at, &nested);

	value = o->form & APART ? value_apart(end, quote) : NULL;
	if (!value && o->form & GLUED && !strchr(" \t\n=", *end)) {
		value = end;
		if (quote && !strchr("\"'\\", *value)) {
			*ret_begin = value;
			return nested ? quote_end(value, quote, true)
				      : quoted_word_end(value, quote);
		}
	}
	return value ? word_end(value, ret_begin) : NULL;
}

/* 1000:1000, 3306:3306, 8080:80/tcp: ids or ports. */
static bool are_numbers(const char *at, const char *end)
{
	size_t n = strspn(at, "0123456789"), more;

	if (n == 0 || at[n] != ':')
		return false;
	at += n + 1;
	more = strspn(at, "0123456789");
	return more > 0 && (at + more == end || at[more] == '/');
}

/* What of the value is the secret; false: nothing. */
static bool cut_secret(const struct option *o, const char **begin, const char *end)
{
	bool alone = o->programs && strcmp(o->programs, WEB) == 0;

	if (*begin >= end || (!alone && are_numbers(*begin, end)))
		return false;
	if (!o->signs)
		return **begin != '-' || o->form == GLUED;
	while (*begin < end && !strchr(o->signs, **begin))
		++*begin;
	/* the secret of an address is its own matter */
	return *begin < end && ++*begin < end && !starts_with(*begin, "//");
}

/* Blanks, which a shell wants a backslash before where there are no quotes. */
static const char *behind_blanks(const char *at)
{
	while (*at == ' ' || (*at == '\\' && at[1] == ' '))
		at++;
	return at;
}

const char *secret_of_header(const char *value, const char **ret_begin)
{
	static const char *const kinds[] = {"Bearer", "Basic",     "Token",       "Digest",
					    "ApiKey", "Negotiate", "PrivateToken"};
	const char *end, *next;
	bool blank;

	blank = behind_blanks(value) > value;
	value = behind_blanks(value);
	*ret_begin = value;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t n = strlen(kinds[i]);

		if (strncasecmp(value, kinds[i], n) == 0 && behind_blanks(value + n) > value + n)
			*ret_begin = behind_blanks(value + n);
	}
	end = bare_end(*ret_begin);
	next = behind_blanks(end);
	/* it may be a kind that nobody knows here, and the next word the secret */
	return !blank || *ret_begin > value || end == value || next == end || *next == '-' ||
			       ends_word(*next)
		       ? end
		       : bare_end(next);
}

static bool is_secret_header(const char *name, size_t n)
{
	static const char *const names[] = {"cookie", "set-cookie"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == n && strncasecmp(name, names[i], n) == 0)
			return true;
	return secret_name(name, n);
}

/* -H "NAME: VALUE", --header=NAME:VALUE, in whatever quotes; without quotes, up to the next word but one. */
static const char *header_secret(const char *text, const char *at, const char **ret_begin,
				 const char **ret_word)
{
	static const struct option headers[] = {{NULL, "-H", EITHER, NULL, WEB_FLAGS},
						{NULL, "--header", APART, NULL, NULL}};
	const char *end = NULL, *name = NULL, *next;
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(headers) && !end; i++) {
		n = option_length(&headers[i], at);
		end = n ? option_value(&headers[i], text, at, n, &name) : NULL;
		*ret_word = headers[i].word;
	}
	if (!end)
		return NULL;
	for (n = 0; is_name_char(name[n]);)
		n++;
	if (n == 0 || name[n] != ':' || !is_secret_header(name, n))
		return NULL;
	next = secret_of_header(name + n + 1, ret_begin);
	return end > next ? end : next;
}

const char *secret_option(const char *text, const char *at, const struct secret_program *program,
			  const char **ret_begin, const char **ret_word)
{
	const char *word = NULL, *end = header_secret(text, at, ret_begin, &word);

	for (size_t i = 0; i < ARRAY_SIZE(options) && !end; i++) {
		const struct option *o = &options[i];
		size_t n = option_length(o, at);

		if (!n || !is_for(o, program))
			continue;
		word = o->word;
		end = option_value(o, text, at, n, ret_begin);
		if (end && !cut_secret(o, ret_begin, end))
			end = NULL;
	}
	if (end && ret_word)
		*ret_word = word;
	return end;
}
