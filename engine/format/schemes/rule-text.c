#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/audit-rule.h"
#include "engine/format/schemes/schemes.h"
#include "engine/format/secret.h"
#include "engine/format/text-lines.h"

/*
 * rule:RULE in a rules file. Lines that are not understood are nobody's rule here: they stay. The key
 * "-i" is the line that lets auditctl go on behind a rule that it cannot load: it stands first, since
 * as an option before -R auditctl takes it for a mistake and loads nothing (seen on 3.0.9 to 4.1.2).
 */

#define GO_ON "-i"

static int parse_wanted(const char *text, struct audit_rule *ret, struct error *err)
{
	int r = text_one_line(subject_of(SCHEME_RULE, text), text, err);

	if (r == 0)
		r = audit_rule_parse(text, ret, err);
	if (r == 0)
		r = secret_refuse(subject_of(SCHEME_RULE, text), text, "not an audit rule", err);
	return r;
}

static bool next_match(const struct buf *text, size_t *at, const struct audit_rule *wanted,
		       struct text_line *ret)
{
	while (text_line_next(text, at, ret)) {
		CLEANUP(audit_rule_clear) struct audit_rule r = {0};
		CLEANUP(freep) char *line = text_line_copy(text, ret);

		if (audit_rule_parse(line, &r, NULL) == 1 && audit_rule_same(&r, wanted))
			return true;
	}
	return false;
}

static int start(const struct buf *text, const char *key, struct audit_rule *ret, struct error *err)
{
	int r = parse_wanted(key, ret, err);

	return r < 0 ? r : text_lines_check(text, err);
}

static bool find_go_on(const struct buf *text, struct text_line *ret)
{
	for (size_t at = 0; text_line_next(text, &at, ret);) {
		CLEANUP(freep) char *line = text_line_copy(text, ret);

		if (strcmp(line, GO_ON) == 0)
			return true;
	}
	return false;
}

static int set_go_on(struct buf *text, const char *value, struct error *err)
{
	struct text_line line;
	int r = text_lines_check(text, err);

	if (r < 0)
		return r;
	if (value && strcmp(value, GO_ON) != 0)
		return secret_refuse(subject_of(SCHEME_RULE, GO_ON), value,
				     "another line than its key", err);
	if (!find_go_on(text, &line)) {
		if (value)
			text_line_insert(text, 0, value);
	} else if (!value) {
		text_line_set(text, &line, NULL);
	}
	return 0;
}

int rule_text_get(const struct buf *text, const char *key, char **ret_value, struct error *err)
{
	CLEANUP(audit_rule_clear) struct audit_rule wanted = {0};
	struct text_line line;
	size_t at = 0;
	int r;

	if (strcmp(key, GO_ON) == 0) {
		r = text_lines_check(text, err);
		if (r == 0 && find_go_on(text, &line)) {
			*ret_value = xstrdup(GO_ON);
			r = 1;
		}
		return r;
	}
	r = start(text, key, &wanted, err);
	if (r < 0)
		return r;
	if (!next_match(text, &at, &wanted, &line))
		return 0;
	*ret_value = text_line_copy(text, &line);
	return 1;
}

static int check_value(const struct audit_rule *wanted, const char *value, struct error *err)
{
	CLEANUP(audit_rule_clear) struct audit_rule rule = {0};
	int r = parse_wanted(value, &rule, err);

	if (r < 0)
		return r;
	if (!audit_rule_same(&rule, wanted))
		return secret_refuse(subject_of(SCHEME_RULE, value), value,
				     "another rule than its key", err);
	return 0;
}

int rule_text_set(struct buf *text, const char *key, const char *value, struct error *err)
{
	CLEANUP(audit_rule_clear) struct audit_rule wanted = {0};
	struct text_line line;
	size_t at = 0;
	int r;

	if (strcmp(key, GO_ON) == 0)
		return set_go_on(text, value, err);
	r = start(text, key, &wanted, err);
	if (r == 0 && value)
		r = check_value(&wanted, value, err);
	if (r < 0)
		return r;
	if (value) {
		if (next_match(text, &at, &wanted, &line))
			text_line_set(text, &line, value);
		else
			text_line_insert(text, text->len, value);
		return 0;
	}
	while (next_match(text, &at, &wanted, &line)) {
		text_line_set(text, &line, NULL);
		at = line.start;
	}
	return 0;
}

bool rule_text_same(const char *a, const char *b)
{
	CLEANUP(audit_rule_clear) struct audit_rule x = {0};
	CLEANUP(audit_rule_clear) struct audit_rule y = {0};

	if (audit_rule_parse(a, &x, NULL) != 1 || audit_rule_parse(b, &y, NULL) != 1)
		return strcmp_null(a, b) == 0;
	return audit_rule_same(&x, &y);
}
