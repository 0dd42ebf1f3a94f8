#include "engine/plan/stopping-text.h"

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/str.h"
#include "engine/base/strv.h"
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

char *stopping_objection(const struct facts *facts, const struct stopped_list *stopped,
			 bool loses_live, const char *then)
{
	const struct setting *live = settings_find(&facts->docker.now, "live-restore");
	bool has_live = live && strcmp_null(live->value, "true") == 0;
	const char *first = loses_live ? dockerd_reload_next(facts) : NULL;
	CLEANUP(freep) char *why = NULL;

	if (!stopped || stopped->count == 0)
		return NULL;
	why = stopping_text(facts, stopped);
	if (then && !has_live && live_can_be_had(facts))
		return xasprintf("%s; they run on where 'harden apply --only daemon.live-restore' "
				 "goes before%s",
				 why, then);
	return first ? xasprintf("%s; %s", why, first) : TAKE_PTR(why);
}
