#include "engine/plan/plan-json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/format/json-util.h"
#include "engine/format/secret.h"
#include "engine/plan/volume-json.h"

static char *plan_digest(json_t *plan)
{
	CLEANUP(json_decrefp) json_t *copy = json_copy(plan);
	CLEANUP(buf_clear) struct buf text = {0};

	json_object_del(copy, "digest");
	json_dump_to(copy, JSON_COMPACT | JSON_SORT_KEYS, &text);
	return digest_new(text.data, text.len);
}

static json_t *mode_text(mode_t mode)
{
	CLEANUP(freep) char *text = xasprintf("%04o", (unsigned)mode);

	return json_string(text);
}

static json_t *xattrs_to_json(const struct node *n)
{
	json_t *all = json_object();

	for (size_t i = 0; i < n->nxattrs; i++) {
		CLEANUP(buf_clear) struct buf hex = {0};

		for (size_t k = 0; k < n->xattrs[i].len; k++)
			buf_printf(&hex, "%02x", n->xattrs[i].value[k]);
		json_put(all, n->xattrs[i].name, json_string(buf_str(&hex)));
	}
	return all;
}

/*
 * A journal knows which directory it was: beneath a mount that is gone there is another. Devices
 * have other numbers after a boot, and files are replaced by whoever edits them.
 */
static json_t *node_to_json(const struct node *n, bool redact)
{
	json_t *j = json_object();

	json_put(j, "kind", json_string(node_kind_to_string(n->kind)));
	if (n->kind == NODE_ABSENT)
		return j;
	json_put(j, "mode", mode_text(n->mode));
	json_put(j, "uid", json_integer(n->uid));
	json_put(j, "gid", json_integer(n->gid));
	json_put(j, "acl", json_text(n->acl));
	json_put(j, "default_acl", json_text(n->default_acl));
	json_put(j, "xattrs", xattrs_to_json(n));
	json_put(j, "flags", json_integer(n->flags));
	json_put(j, "data", json_text(n->data));
	json_put(j, "size", json_integer(n->size));
	json_put(j, "mtime",
		 json_pack("[I,I]", (json_int_t)n->mtime.tv_sec, (json_int_t)n->mtime.tv_nsec));
	if (!redact && n->kind == NODE_DIR && (n->ino || n->was_ino))
		json_put(j, "inode", json_integer((json_int_t)(n->ino ? n->ino : n->was_ino)));
	return j;
}

static json_t *hidden(const char *value, bool redact)
{
	CLEANUP(freep)
	char *shown = redact                    ? secret_mark(value, true)
		      : secret_is_digest(value) ? xstrdup(value)
						: secret_digest(value);

	return json_string(shown);
}

static json_t *value_to_json(struct subject subject, const char *value, bool sensitive, bool redact)
{
	sensitive |= secret_in(subject, value);
	return value && sensitive ? hidden(value, redact) : json_text(value);
}

/* What was found out, in words: they may quote values. */
static json_t *words_to_json(const char *words)
{
	CLEANUP(freep) char *shown = secret_hide(words);

	return json_text(shown);
}

static json_t *lines_to_json(const struct strv *lines)
{
	CLEANUP(strv_clear) struct strv shown = {0};

	for (size_t i = 0; i < lines->count; i++)
		strv_add_owned(&shown, secret_hide(lines->items[i]));
	return json_text_list(&shown);
}

static json_t *subject_to_json(struct subject s)
{
	CLEANUP(freep) char *printed = subject_print(s);

	return json_text(printed);
}

static json_t *change_to_json(const struct change *c, bool redact)
{
	json_t *j = json_object(), *edits = json_array(), *images = json_array();

	for (size_t i = 0; i < c->edits.count; i++) {
		const struct edit *e = &c->edits.items[i];
		json_t *edit = json_object();

		json_put(edit, "control", json_text(e->control));
		json_put(edit, "subject", subject_to_json(e->subject));
		json_put(edit, "before",
			 value_to_json(e->subject, e->before, e->sensitive, redact));
		json_put(edit, "after", value_to_json(e->subject, e->after, e->sensitive, redact));
		json_put(edit, "sensitive", json_boolean(e->sensitive));
		json_array_append_new(edits, edit);
	}
	for (size_t i = 0; i < c->nimages; i++)
		json_array_append_new(images, node_to_json(&c->images[i].node, redact));
	if (c->nimages && c->images[0].node.kind == NODE_FILE && c->images[0].node.nlink > 1)
		json_put(json_array_get(images, 0), "links",
			 json_integer((json_int_t)c->images[0].node.nlink));
	json_put(j, "path", json_text(c->path));
	json_put(j, "edits", edits);
	json_put(j, "images", images);
	return j;
}

static json_t *handlers_to_json(unsigned handlers)
{
	json_t *list = json_array();

	for (int h = 0; h < HANDLER_COUNT; h++)
		if (handlers & HANDLER_BIT(h))
			json_array_append_new(list, json_string(handler_to_string(h)));
	return list;
}

static json_t *effect_to_json(const struct effect *e, bool redact)
{
	json_t *j = json_object(), *edits = json_array();

	json_put(j, "control", json_text(e->control));
	json_put(j, "handler", json_string(handler_to_string(e->handler)));
	json_put(j, "subject", subject_to_json(e->subject));
	json_put(j, "before", value_to_json(e->subject, e->before, false, redact));
	json_put(j, "after", value_to_json(e->subject, e->after, false, redact));
	json_put(j, "pending", json_text(e->pending));
	for (size_t i = 0; i < e->nbrings; i++) {
		json_t *edit = json_object();

		json_put(edit, "path", json_text(e->brings[i].path));
		json_put(edit, "subject", subject_to_json(e->brings[i].subject));
		json_array_append_new(edits, edit);
	}
	json_put(j, "edits", edits);
	return j;
}

static json_t *stage_to_json(const struct stage *s, bool redact)
{
	json_t *j = json_object(), *effects = json_array();

	for (size_t i = 0; i < s->effects.count; i++)
		json_array_append_new(effects, effect_to_json(&s->effects.items[i], redact));
	json_put(j, "up", handlers_to_json(s->up));
	json_put(j, "down", handlers_to_json(s->down));
	json_put(j, "effects", effects);
	if (s->borrow != BORROW_NONE)
		json_put(j, "live_restore", json_text(stage_borrow_to_string(s->borrow)));
	return j;
}

static json_t *finding_to_json(const struct finding *f)
{
	json_t *j = json_object();

	json_put(j, "control", json_text(f->control));
	json_put(j, "title", json_text(f->title));
	json_put(j, "severity", json_string(severity_to_string(f->severity)));
	json_put(j, "state", json_string(finding_state_to_string(f->state)));
	json_put(j, "verdict", json_string(verdict_to_string(f->verdict)));
	json_put(j, "blocks", json_boolean(f->blocks));
	json_put(j, "reason", words_to_json(f->reason));
	json_put(j, "details", lines_to_json(&f->details));
	json_put(j, "refusal", words_to_json(f->refusal));
	json_put(j, "remediation", words_to_json(f->fix));
	json_put(j, "mend", words_to_json(f->fix)); /* its name until 0.1 */
	json_put(j, "waiver", words_to_json(f->waiver));
	json_put(j, "waiver_ended", words_to_json(f->waiver_ended));
	json_put(j, "holds", lines_to_json(&f->holds));
	json_put(j, "left_out", lines_to_json(&f->left_out));
	json_put(j, "warnings", lines_to_json(&f->warnings));
	return j;
}

/* Each as a sentence, too: that is what there was first. */
static void stopped_to_json(json_t *plan, const struct stopped_list *all)
{
	json_t *texts = json_array(), *list = json_array();

	for (size_t i = 0; i < all->count; i++) {
		const struct stopped *s = &all->items[i];
		json_t *one = json_object();

		json_array_append_new(texts, json_text(s->text));
		json_put(one, "name", json_text(s->name));
		json_put(one, "id", json_text(s->id));
		json_put(one, "policy", json_text(s->policy));
		json_put(one, "comes_back", json_string(comes_back_to_string(s->comes_back)));
		json_array_append_new(list, one);
	}
	json_put(plan, "stopped_containers", texts);
	json_put(plan, "stopped", list);
}

static void checks_to_json(json_t *plan, const struct plan_checks *all)
{
	json_t *lines = json_array(), *list = json_array();

	for (size_t i = 0; i < all->count; i++) {
		const struct plan_check *check = &all->items[i];
		CLEANUP(freep) char *line = check_line(check);
		json_t *one = json_object();

		json_array_append_new(lines, words_to_json(line));
		json_put(one, "level", json_string(check_level_to_string(check->level)));
		json_put(one, "control", json_text(check->control));
		json_put(one, "text", words_to_json(check->text));
		json_array_append_new(list, one);
	}
	json_put(plan, "checks", lines);
	json_put(plan, "preflight", list);
}

int plan_to_json(const struct plan *plan, bool redact, struct buf *ret, struct error *err)
{
	CLEANUP(json_decrefp) json_t *j = json_object();
	CLEANUP(freep) char *digest = NULL, *title = plan_title(plan);
	json_t *findings = json_array(), *changes = json_array(), *stages = json_array();

	json_put(j, "format_version", json_string(PLAN_FORMAT_VERSION));
	json_put(j, "kind", json_string("plan"));
	json_put(j, "harden", json_text(plan->harden_version));
	json_put(j, "purpose", json_string(plan_kind_to_string(plan->kind)));
	json_put(j, "undoes", json_text(plan->undoes));
	json_put(j, "baseline", json_text(title));
	json_put(j, "level", json_integer(plan->level));
	json_put(j, "acknowledged", json_text_list(&plan->acknowledged));
	json_put(j, "hostname", json_text(plan->hostname));
	json_put(j, "machine_id", json_text(plan->machine_id));
	json_put(j, "docker_version", json_text(plan->docker_version));
	json_put(j, "offline", json_boolean(plan->offline));
	for (size_t i = 0; i < plan->nfindings; i++)
		json_array_append_new(findings, finding_to_json(&plan->findings[i]));
	for (size_t i = 0; i < plan->nchanges; i++)
		json_array_append_new(changes, change_to_json(&plan->changes[i], redact));
	for (size_t i = 0; i < plan->nstages; i++)
		json_array_append_new(stages, stage_to_json(&plan->stages[i], redact));
	json_put(j, "findings", findings);
	json_put(j, "changes", changes);
	json_put(j, "stages", stages);
	stopped_to_json(j, &plan->stopped);
	checks_to_json(j, &plan->checks);
	if (plan->observed.ms > 0)
		json_put(j, "observed", volumes_to_json(&plan->observed));
	digest = plan_digest(j);
	json_put(j, "digest", json_string(digest));
	json_dump_to(j, JSON_INDENT(2), ret);
	buf_putc(ret, '\n');
	return 0;
}
