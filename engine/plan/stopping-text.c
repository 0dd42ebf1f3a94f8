#include "engine/plan/stopping-text.h"

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/str.h"
#include "engine/base/strv.h"
#include "engine/plan/compose-stopped.h"
#include "engine/plan/dockerd-reach.h"

static char *texts_of(const struct stopped_list *stopped, bool cut_off)
{
	CLEANUP(strv_clear) struct strv texts = {0};

	for (size_t i = 0; i < stopped->count; i++)
		if ((stopped->items[i].comes_back == COMES_BACK_CUT_OFF) == cut_off)
			strv_add(&texts, stopped->items[i].text);
	return strv_join(&texts, ", ");
}

static const char *containers_word(size_t n)
{
	return n == 1 ? "container" : "containers";
}

char *stopping_text(const struct facts *f, const struct stopped_list *stopped)
{
	CLEANUP(freep) char *ending = texts_of(stopped, false), *cut = texts_of(stopped, true);
	CLEANUP(freep) char *verb = stopped_verb(stopped);
	size_t ends = stopped_ending(stopped), cuts = stopped->count - ends;
	CLEANUP(buf_clear) struct buf b = {0};

	buf_puts(&b, "the restart of dockerd ");
	if (ends > 0)
		buf_printf(&b, "%s: %s", verb, ending);
	if (ends > 0 && cuts > 0)
		buf_puts(&b, ", and ");
	if (cuts > 0)
		buf_printf(&b, "cuts off %zu %s: %s", cuts, containers_word(cuts), cut);
	if (ends > 0 && stopped->not_borrowed)
		return xasprintf("%s; live-restore cannot be borrowed: %s", buf_str(&b),
				 stopped->not_borrowed);
	return xasprintf("%s%s%s", buf_str(&b),
			 f->docker.no_reload ? "; a reload is no way here: " : "",
			 f->docker.no_reload ? f->docker.no_reload : "");
}

/* The live-restore of now, or the one that is borrowed, would not have stopped them. */
static void find_helped(const struct facts *f, const struct stopped_list *stopped, struct strv *ret)
{
	struct stopped_list anyhow = {0};

	compose_stopped(f, true, &anyhow);
	for (size_t i = 0; i < stopped->count; i++) {
		const struct stopped *s = &stopped->items[i];
		const struct stopped *same = stopped_find(&anyhow, s->name);

		if (s->comes_back != COMES_BACK_CUT_OFF &&
		    (!same || same->comes_back == COMES_BACK_CUT_OFF))
			strv_add(ret, s->name);
	}
	stopped_clear(&anyhow);
}

char *stopping_remedy(const struct facts *f, const struct stopped_list *stopped, const char *where)
{
	CLEANUP(strv_clear) struct strv helped = {0};
	CLEANUP(freep) char *names = NULL;
	struct containers all;

	if (!containers_get(&f->docker.containers, &all))
		return xstrdup("");
	find_helped(f, stopped, &helped);
	if (helped.count == 0)
		return xstrdup("");
	if (helped.count == stopped->count)
		return xasprintf("; they run on where %s", where);
	names = strv_join(&helped, ", ");
	return xasprintf("; of these %s %s on where %s", names, helped.count == 1 ? "runs" : "run",
			 where);
}

/* What would have to be so before for containers to run on; NULL: there is nothing. */
static char *live_first(const struct facts *f, bool loses_live, const char *then)
{
	const struct setting *live = settings_find(&f->docker.now, "live-restore");
	bool has_live = live && strcmp_null(live->value, "true") == 0;

	if (then && !has_live && live_can_be_had(f))
		return xasprintf("'harden apply --only daemon.live-restore' goes before%s", then);
	return loses_live ? xstrdup_null(dockerd_reload_next(f)) : NULL;
}

char *stopping_objection(const struct facts *facts, const struct stopped_list *stopped,
			 bool loses_live, const char *then)
{
	CLEANUP(freep) char *first = NULL, *why = NULL, *remedy = NULL;

	if (!stopped || stopped->count == 0)
		return NULL;
	first = live_first(facts, loses_live, then);
	why = stopping_text(facts, stopped);
	remedy = first ? stopping_remedy(facts, stopped, first) : xstrdup("");
	return xasprintf("%s%s", why, remedy);
}
