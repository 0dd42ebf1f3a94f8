#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/host/ask/audit.h"
#include "engine/host/read/observe.h"

/* auditd 4 came with a unit of its own for loading rules; that tells it where dpkg does not. */
static unsigned major_version(struct gather *g)
{
	CLEANUP(freep) char *version = package_version(g, "auditd");
	const char *colon = version ? strchr(version, ':') : NULL;

	if (version)
		return (unsigned)strtoul(colon ? colon + 1 : version, NULL, 10);
	return path_exists(g, "/usr/lib/systemd/system/audit-rules.service") ? 4 : 0;
}

/* The value of a key of auditd.conf, in lower case; NULL: it is not set. The caller frees it. */
static char *conf_value(const struct strv *lines, const char *key)
{
	for (size_t i = lines->count; i-- > 0;) {
		const char *line = lines->items[i] + strspn(lines->items[i], " \t");
		char *value;

		if (!starts_with_word(line, key, " \t="))
			continue;
		line += strlen(key);
		line += strspn(line, " \t=");
		value = xstrndup(line, strcspn(line, " \t\r"));
		for (char *p = value; *p; p++)
			*p = (char)tolower(*p);
		return value;
	}
	return NULL;
}

static void read_conf(const struct gather *g, const char *path, struct strv *ret)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (observe_content(g->root, path, &text, NULL) >= 0)
		strv_split(ret, buf_str(&text), "\n");
}

/* A plugin that takes the events elsewhere; af_unix only offers them. */
static bool has_plugin(const struct gather *g)
{
	static const char *const directories[] = {"/etc/audit/plugins.d", "/etc/audisp/plugins.d"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		CLEANUP(strv_clear) struct strv names = {0};

		observe_children(g->root, directories[i], &names, NULL);
		for (size_t k = 0; k < names.count; k++) {
			CLEANUP(freep)
			char *path = xasprintf("%s/%s", directories[i], names.items[k]);
			CLEANUP(strv_clear) struct strv lines = {0};
			CLEANUP(freep) char *active = NULL;

			read_conf(g, path, &lines);
			active = conf_value(&lines, "active");
			if (active && strcmp(active, "yes") == 0 &&
			    strcmp(names.items[k], "af_unix.conf") != 0)
				return true;
		}
	}
	return false;
}

/* Why auditd writes nothing of what it gets; NULL: it does. */
static const char *unwritten(const struct gather *g)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(freep) char *write = NULL, *format = NULL;

	read_conf(g, "/etc/audit/auditd.conf", &lines);
	write = conf_value(&lines, "write_logs");
	format = conf_value(&lines, "log_format");
	if (has_plugin(g))
		return NULL;
	if (write && strcmp(write, "no") == 0)
		return "auditd writes no log: write_logs in /etc/audit/auditd.conf";
	if (format && strcmp(format, "nolog") == 0)
		return "auditd writes no log: log_format in /etc/audit/auditd.conf";
	return NULL;
}

#define SYSCALL_RECORD 1300 /* the record that carries a rule's key */

/* "msgtype=1300", "msgtype<1400": whether it speaks of that record. */
static bool is_of_record(const char *pair)
{
	const char *op = pair + strlen("msgtype"), *value = op + strspn(op, "!<>=");
	long n = strcmp(value, "SYSCALL") == 0 ? SYSCALL_RECORD : strtol(value, NULL, 10);

	switch (op[0]) {
	case '!':
		return SYSCALL_RECORD != n;
	case '<':
		return SYSCALL_RECORD < n || (op[1] == '=' && SYSCALL_RECORD == n);
	case '>':
		return SYSCALL_RECORD > n || (op[1] == '=' && SYSCALL_RECORD == n);
	default:
		return SYSCALL_RECORD == n;
	}
}

/* The next field of a rule ("-F auid>=0", "-Fauid>=0"), and *i behind it; NULL: none is left. */
static const char *next_field(const struct strv *words, size_t *i)
{
	while (*i < words->count) {
		const char *word = words->items[(*i)++];

		if (!starts_with(word, "-F"))
			continue;
		if (word[2])
			return word + 2;
		return *i < words->count ? words->items[(*i)++] : NULL;
	}
	return NULL;
}

/*
 * Who or what a field names cannot be told beforehand, so that it counts as one that matches; only
 * of the kind of the record it is known whether it is the one that carries the key. One that names a program
 * is asked no path: it hides what that program does anywhere, below each watch.
 */
const char *audit_rule_excludes(const char *rule)
{
	CLEANUP(strv_clear) struct strv words = {0};
	bool excludes = false, some = false;
	size_t at = 0;

	strv_split(&words, rule, " ");
	for (size_t i = 0; i < words.count; i++)
		excludes |=
			strstr(words.items[i], ",exclude") || strstr(words.items[i], "exclude,");
	for (const char *field; (field = next_field(&words, &at)) != NULL;) {
		if (!starts_with(field, "msgtype"))
			some = true;
		else if (!is_of_record(field))
			return NULL;
	}
	if (!excludes)
		return NULL;
	return some ? "keeps records away of those whom it names"
		    : "keeps the records of all rules away";
}

/* The first such rule that the kernel has, and what it does; NULL: none. The caller frees it. */
static char *kernel_excludes(const struct audit_facts *a)
{
	for (size_t i = 0; i < a->kernel_rules.count; i++) {
		const char *rule = a->kernel_rules.items[i], *does = audit_rule_excludes(rule);

		if (does)
			return xasprintf("a rule of the list 'exclude' %s: '%s'", does, rule);
	}
	return NULL;
}

/* A rule that is loaded is not yet an event that is recorded. */
static void find_unrecorded(struct gather *g)
{
	struct audit_facts *a = &g->facts->audit;
	bool asked = !g->facts->offline && !a->not_measured;
	const char *why = unwritten(g);

	if (asked && a->enabled == 0)
		why = "audit is switched off: rules log nothing";
	else if (asked && a->no_daemon)
		why = "auditd does not run: nobody takes the kernel's events";
	a->unrecorded = why ? xstrdup(why) : asked ? kernel_excludes(a) : NULL;
	a->excluded = !why && a->unrecorded;
}

void gather_audit(struct gather *g)
{
	struct audit_facts *a = &g->facts->audit;
	CLEANUP(error_clear) struct error err = {0};

	a->enabled = -1;
	a->installed = path_exists(g, "/etc/audit"); /* what is in it only root may see */
	if (a->installed)
		a->major = major_version(g);
	if (g->facts->offline)
		a->not_measured = xstrdup("this is not the running system");
	else if (audit_read(a, &err) < 0)
		a->not_measured = xstrdup(error_text(&err));
	if (a->installed) {
		gather_audit_rules(g);
		find_unrecorded(g);
	}
}
