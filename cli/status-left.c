#include "cli/status-left.h"

#include <string.h>

#include "cli/message.h"
#include "engine/base/alloc.h"
#include "engine/facts/gather.h"
#include "rollback/history-gone.h"
#include "rollback/history-left.h"
#include "rollback/left-effects.h"

#define LEFT_SHOWN 3 /* of one file by name */

void left_look(const struct context *c, struct history *h, struct facts *facts)
{
	CLEANUP(error_clear) struct error err = {0};
	unsigned needs;

	if (c->root.offline || !left_effects_any(h, &needs))
		return;
	facts->docker.silent = true; /* nobody waits long for it */
	if (facts_gather(facts, &c->root, context_witness(c), needs, &err) >= 0)
		h->now = facts;
	else
		message("whether what was put back in part is in force still is not known: %s",
			error_text(&err));
}

void left_find(const struct ledger *l, const struct history *h, struct strv *ret)
{
	history_left(h, &l->c.root, ret);
}

static const char *path_of(const char *left)
{
	const char *of = strstr(left, " of /");

	while (of && strstr(of + 1, " of /"))
		of = strstr(of + 1, " of /");
	return of ? of + 4 : left;
}

static size_t count_of(const struct strv *left, const char *path)
{
	size_t n = 0;

	for (size_t i = 0; i < left->count; i++)
		n += strcmp(path_of(left->items[i]), path) == 0;
	return n;
}

char *left_list(const struct strv *left)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	for (size_t i = 0; i < left->count; i++) {
		const char *path = path_of(left->items[i]);
		size_t n = count_of(left, path);
		CLEANUP(freep) char *many = xasprintf("%zu values of %s", n, path);

		strv_add_once(&lines, n > LEFT_SHOWN ? many : left->items[i]);
	}
	return strv_join(&lines, ", ");
}

static void put_line(struct buf *b, const struct style *s, const char *label, const char *line)
{
	buf_puts(b, label);
	wrap_text(b, s, text_width(label), line);
}

bool left_in_force(const struct strv *left)
{
	for (size_t i = 0; i < left->count; i++)
		if (!strstr(left->items[i], " of /"))
			return true;
	return false;
}

/* What ends it, beside a rollback. */
static const char *until(const struct strv *left)
{
	for (size_t i = 0; i < left->count; i++) {
		struct subject subject;

		if (subject_parse(left->items[i], &subject, NULL) >= 0 &&
		    subject.scheme == SCHEME_DOCKER)
			return "; what dockerd alone has of it ends with its next restart";
	}
	return left_in_force(left) ? "; what the kernel alone has of it ends with the next boot"
				   : "";
}

static char *put_back_in_part(const struct options *o, const char *id, const struct strv *left)
{
	CLEANUP(freep) char *list = left_list(left);
	CLEANUP(freep) char *rollback = options_command(o, "rollback");

	return xasprintf("%s was put back but for what others had changed by then, and has left as "
			 "it was applied%s: %s. '%s %s' takes that out%s",
			 id, left_in_force(left) ? ", or in force still" : "", list, rollback, id,
			 until(left));
}

static char *left_to_others(const struct options *o, const char *id, const struct strv *left)
{
	CLEANUP(freep) char *list = left_list(left);
	CLEANUP(freep) char *rollback = options_command(o, "rollback");

	return xasprintf(
		"somebody had changed it by the time of the rollback, and it was left as it "
		"was found: %s. 'harden check' tells what is so now, '%s --on-conflict "
		"before %s' puts back what was recorded",
		list, rollback, id);
}

/* NULL: the at-th has left nothing. */
static char *left_line(const struct context *c, const struct history *h, size_t at)
{
	CLEANUP(strv_clear) struct strv left = {0};

	history_left_by(h, &c->root, at, &left);
	if (left.count == 0)
		return NULL;
	return transaction_is_half_back(&h->items[at])
		       ? put_back_in_part(c->o, h->items[at].id, &left)
		       : left_to_others(c->o, h->items[at].id, &left);
}

void left_put(const struct ledger *l, const struct history *h, struct buf *b, const struct style *s)
{
	for (size_t i = 0; i < h->count; i++) {
		CLEANUP(freep) char *line = left_line(&l->c, h, i);

		if (line)
			put_line(b, s, "Left:     ", line);
	}
}

static int find_gone(const struct context *c, struct history *h, struct strv *ret)
{
	CLEANUP(error_clear) struct error err = {0};
	int r = history_gone(&c->state, h, &c->root, ret, &err);

	if (r < 0)
		message("what a rollback that was broken off took away is not known: %s",
			error_text(&err));
	return r;
}

static char *gone_line(const struct options *o, const struct strv *gone)
{
	CLEANUP(freep) char *list = left_list(gone);
	CLEANUP(freep) char *rollback = options_command(o, "rollback");

	return xasprintf(
		"a rollback was broken off, and closed beside what others had changed: not "
		"as it was applied is %s. 'harden check' tells what is so now, '%s' undoes "
		"the rest",
		list, rollback);
}

void gone_find(struct ledger *l, struct strv *ret)
{
	struct history h = {.items = l->items, .count = l->count};

	find_gone(&l->c, &h, ret);
}

void gone_put(const struct strv *gone, const struct options *o, struct buf *b,
	      const struct style *s)
{
	CLEANUP(freep) char *line = gone_line(o, gone);

	if (gone->count)
		put_line(b, s, "Gone:     ", line);
}

void left_note(const struct context *c, struct strv *ret)
{
	CLEANUP(history_clear) struct history h = {0};
	CLEANUP(facts_clear) struct facts now = {0};
	CLEANUP(strv_clear) struct strv gone = {0};

	if (history_open(&c->state, &h, NULL) < 0)
		return;
	left_look(c, &h, &now);
	for (size_t i = 0; i < h.count; i++) {
		char *line = transaction_is_half_back(&h.items[i]) ? left_line(c, &h, i) : NULL;

		if (line)
			strv_add_owned(ret, line);
	}
	find_gone(c, &h, &gone);
	if (gone.count)
		strv_add_owned(ret, gone_line(c->o, &gone));
}
