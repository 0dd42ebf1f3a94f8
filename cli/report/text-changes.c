#include "cli/report/text-changes.h"

#include <string.h>

#include "cli/report/escape.h"
#include "cli/report/summary.h"
#include "cli/report/text-lines.h"
#include "engine/base/alloc.h"
#include "engine/format/audit-rule.h"
#include "engine/format/format.h"
#include "engine/format/json-util.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/secret.h"
#include "engine/format/subject-key.h"

/* Owners are numbers in an edit; 0 is root everywhere. */
static char *attribute_text(const struct report *r, const struct edit *e, const char *value)
{
	bool owner = e->subject.scheme == SCHEME_OWNER || e->subject.scheme == SCHEME_GROUP;

	if (value && owner && strcmp(value, "0") == 0)
		return xstrdup("0 (root)");
	return value_text(r, value, e->sensitive);
}

/* What is made has no attributes before, and what goes none afterwards. */
static void put_attribute(const struct report *r, const struct edit *e, char path_sign)
{
	CLEANUP(freep) char *before = path_sign == '+' ? NULL : attribute_text(r, e, e->before);
	CLEANUP(freep) char *after = path_sign == '-' ? NULL : attribute_text(r, e, e->after);
	CLEANUP(buf_clear) struct buf mark = {0}, name = {0};
	struct shown v = {.column = COLUMN_TEXT,
			  .suffix = "",
			  .before = before,
			  .after = after,
			  .control = e->control};

	mark_of(r, HANDLER_NONE, e->control, &mark);
	escape_text(&name, scheme_to_string(e->subject.scheme), r->s->utf8);
	pad_to(&name, COLUMN_TEXT + text_width(name.data), COLUMN_VALUE, 1);
	v.prefix = name.data;
	v.mark = buf_str(&mark);
	put_shown(r, &v);
}

/* "/log-opts/max-size" gives `"log-opts": { "max-size": ` and ` }`. */
static void json_frame(const struct report *r, const char *pointer, struct buf *prefix,
		       struct buf *suffix)
{
	CLEANUP(strv_clear) struct strv parts = {0};

	if (json_pointer_split(pointer, &parts, NULL) < 0)
		strv_add(&parts, pointer);
	for (size_t i = 0; i < parts.count; i++) {
		buf_puts(prefix, i ? "{ \"" : "\"");
		escape_text(prefix, parts.items[i], r->s->utf8);
		buf_puts(prefix, "\": ");
		if (i)
			buf_puts(suffix, " }");
	}
}

static void put_json(const struct report *r, const struct edit *e)
{
	CLEANUP(freep) char *before = value_text(r, e->before, e->sensitive);
	CLEANUP(freep) char *after = value_text(r, e->after, e->sensitive);
	CLEANUP(buf_clear) struct buf prefix = {0}, suffix = {0}, mark = {0};
	struct shown v = {
		.column = COLUMN_JSON, .before = before, .after = after, .control = e->control};

	mark_of(r, edit_handler(r->plan, e), e->control, &mark);
	json_frame(r, e->subject.key, &prefix, &suffix);
	v.prefix = buf_str(&prefix);
	v.suffix = buf_str(&suffix);
	v.mark = buf_str(&mark);
	put_shown(r, &v);
}

static bool is_json(const struct edit *e)
{
	return edit_is_content(e) && format_find(e->subject)->shown == SHOWN_IN_BRACES;
}

/* Whether some edit is about this key of the top level. */
static bool is_edited(const struct change *change, const char *key)
{
	for (size_t i = 0; i < change->edits.count; i++) {
		CLEANUP(freep) char *first = subject_json_first(change->edits.items[i].subject);

		if (strcmp_null(first, key) == 0)
			return true;
	}
	return false;
}

static void put_rest(const struct report *r, const struct change *change)
{
	const struct image *image = &change->images[0];
	CLEANUP(strv_clear) struct strv keys = {0};
	size_t others = 0;

	if (change->nimages == 0 || image->node.kind != NODE_FILE || !image->has_content ||
	    json_text_keys(&image->content, "", &keys, NULL) < 0)
		return;
	for (size_t i = 0; i < keys.count; i++)
		others += !is_edited(change, keys.items[i]);
	pad_to(r->b, 0, COLUMN_JSON, 0);
	if (others == 0) {
		buf_puts(r->b, "the layout stays as it is\n");
		return;
	}
	count_text(r->b, others, "other key", "other keys");
	buf_puts(r->b, " and the layout stay as they are\n");
}

static void put_json_block(const struct report *r, const struct change *change)
{
	bool open = false;

	for (size_t i = 0; i < change->edits.count; i++) {
		if (!is_json(&change->edits.items[i]))
			continue;
		if (!open)
			buf_puts(r->b, "      {\n");
		open = true;
		put_json(r, &change->edits.items[i]);
	}
	if (!open)
		return;
	put_rest(r, change);
	buf_puts(r->b, "      }\n");
}

/* "/etc/docker and below: write, attribute change"; the rule itself when it is not a watch. */
static char *rule_text(const struct report *r, const char *line)
{
	static const struct {
		unsigned bit;
		const char *word;
	} perms[] = {{AUDIT_PERM_EXEC_BIT, "execute"},
		     {AUDIT_PERM_READ_BIT, "read"},
		     {AUDIT_PERM_WRITE_BIT, "write"},
		     {AUDIT_PERM_ATTR_BIT, "attribute change"}};
	struct audit_rule rule = {0};
	struct buf b = {0};
	const char *between = ": ";

	if (audit_rule_parse(line, &rule, NULL) != 1 || !rule.is_watch || rule.never ||
	    (rule.narrowed && !rule.connects) || !rule.path) {
		audit_rule_clear(&rule);
		escape_text(&b, line, r->s->utf8);
		return buf_take(&b);
	}
	escape_text(&b, rule.path, r->s->utf8);
	if (rule.is_tree)
		buf_puts(&b, " and below");
	if (rule.connects)
		buf_printf(&b, ": connections, %s", rule.connects);
	for (size_t i = 0; !rule.connects && i < ARRAY_SIZE(perms); i++) {
		if (!(rule.perms & perms[i].bit))
			continue;
		buf_printf(&b, "%s%s", between, perms[i].word);
		between = ", ";
	}
	if (rule.arch)
		buf_printf(&b, ", %s", rule.arch);
	audit_rule_clear(&rule);
	return buf_take(&b);
}

/* What stands before the value in a file of that format. */
static char *content_prefix(struct subject subject)
{
	const char *key = subject.key, *name;
	CLEANUP(freep) char *section = NULL;
	enum shown_as shown = format_find(subject)->shown;

	if (shown == SHOWN_IN_SECTION && subject_key_split(key, &section, &name))
		return xasprintf("[%s] %s=", section, name);
	if (shown == SHOWN_ASSIGNED)
		return xasprintf("%s = ", key);
	if (shown == SHOWN_BARE)
		return xstrdup("");
	return xasprintf("%s: ", key);
}

/* One line for each of the value's: a unit's key can be assigned several times. */
static void put_values(const struct report *r, char sign, const char *prefix, const char *value,
		       const struct edit *e, const char *mark, bool last)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	size_t from = 0;

	do {
		size_t n = strcspn(value + from, "\n");

		strv_add_n(&lines, value + from, n);
		from += n;
	} while (value[from++]);
	for (size_t i = 0; i < lines.count; i++) {
		bool end = last && i + 1 == lines.count;
		CLEANUP(buf_clear) struct buf line = {0};

		escape_text(&line, prefix, r->s->utf8);
		text_value(&line, r->s, lines.items[i], e->sensitive && *lines.items[i]);
		put_line(r, sign, COLUMN_TEXT, buf_str(&line), end ? mark : "",
			 end ? e->control : NULL);
	}
}

static void put_lines(const struct report *r, const struct edit *e)
{
	CLEANUP(freep) char *prefix = content_prefix(e->subject);
	CLEANUP(buf_clear) struct buf mark = {0};

	mark_of(r, edit_handler(r->plan, e), e->control, &mark);
	if (e->before)
		put_values(r, '-', prefix, e->before, e, buf_str(&mark), !e->after);
	if (e->after)
		put_values(r, '+', prefix, e->after, e, buf_str(&mark), true);
}

static char *rule_value(const struct report *r, const struct edit *e, const char *value)
{
	return value && !e->sensitive ? rule_text(r, value) : value_text(r, value, e->sensitive);
}

static void put_rule(const struct report *r, const struct edit *e)
{
	CLEANUP(freep) char *before = rule_value(r, e, e->before);
	CLEANUP(freep) char *after = rule_value(r, e, e->after);
	CLEANUP(buf_clear) struct buf mark = {0};
	struct shown v = {.column = COLUMN_TEXT,
			  .prefix = "",
			  .suffix = "",
			  .before = before,
			  .after = after,
			  .control = e->control};

	mark_of(r, edit_handler(r->plan, e), e->control, &mark);
	v.mark = buf_str(&mark);
	put_shown(r, &v);
}

static void put_content(const struct report *r, const struct edit *e)
{
	if (is_json(e))
		return; /* they stand together, in braces */
	if (format_find(e->subject)->shown == SHOWN_AS_RULE)
		put_rule(r, e);
	else
		put_lines(r, e);
}

/* First what the path is, then what it holds. */
static void put_change(const struct report *r, const struct change *change)
{
	char sign = change_sign(change);

	put_heading(r, sign, change->path);
	for (size_t i = 0; i < change->edits.count; i++) {
		const struct edit *e = &change->edits.items[i];

		if (e->subject.scheme == SCHEME_EXISTS)
			put_line(r, sign_of(e->before, e->after), COLUMN_TEXT, "directory", "",
				 e->control);
		else if (!edit_is_content(e))
			put_attribute(r, e, sign);
	}
	for (size_t i = 0; i < change->edits.count; i++)
		if (edit_is_content(&change->edits.items[i]))
			put_content(r, &change->edits.items[i]);
	put_json_block(r, change);
}

struct effect_walk {
	const struct report *r;
	const char *place; /* of the last heading */
};

/* A chain by how many rules it has: its file shows them. */
static char *effect_value(const struct report *r, const struct effect *e, const char *value)
{
	if (format_of_effect(e->subject)->shown != SHOWN_COUNTED)
		return value_text(r, value, secret_in(e->subject, value));
	return value ? summary_of_chain(value) : xstrdup("none");
}

static void put_effect(void *data, const struct effect *e)
{
	struct effect_walk *w = data;
	const struct report *r = w->r;
	const char *key = e->subject.key;
	bool rule = format_of_effect(e->subject)->shown == SHOWN_AS_RULE;
	CLEANUP(freep) char *before = rule ? NULL : effect_value(r, e, e->before);
	CLEANUP(freep) char *after = rule ? NULL : effect_value(r, e, e->after);
	CLEANUP(freep) char *text = rule ? rule_text(r, key) : value_text(r, key, false);
	CLEANUP(freep) char *prefix = rule ? NULL : xasprintf("%s: ", text);
	CLEANUP(buf_clear) struct buf mark = {0};
	struct shown v = {.column = COLUMN_TEXT, .suffix = "", .control = e->control};

	if (strcmp_null(w->place, handler_place(e->handler)) != 0) {
		w->place = handler_place(e->handler);
		put_heading(r, '~', w->place);
	}
	mark_of(r, e->handler, e->control, &mark);
	v.mark = buf_str(&mark);
	v.prefix = rule ? "" : prefix;
	v.before = rule ? (e->before ? text : NULL) : before ? before : "(default)";
	v.after = rule ? (e->after ? text : NULL) : after ? after : "(default)";
	put_shown(r, &v);
}

void text_changes(struct buf *b, const struct style *s, const struct plan *plan)
{
	struct report r = {.b = b, .s = s, .plan = plan};
	struct effect_walk walk = {.r = &r};

	for (size_t i = 0; i < plan->nchanges; i++)
		if (!change_passes(&plan->changes[i]))
			put_change(&r, &plan->changes[i]);
	plan_each_own_effect(plan, put_effect, &walk);
}
