#include "cli/only.h"

#include <fnmatch.h>

#include "cli/message.h"
#include "engine/baseline/builtin.h"
#include "modules/registry.h"

bool only_means(const char *name, const struct baseline *numbers, const char *id)
{
	const struct control *control = baseline_find(numbers, id);

	return fnmatch(name, id, 0) == 0 || (control && strv_has_match(&control->aliases, name));
}

void only_load_numbers(const struct context *c, struct baseline *ret)
{
	CLEANUP(error_clear) struct error err = {0};
	bool asked = false;

	for (size_t i = 0; i < c->o->only.count; i++)
		asked |= strchr(c->o->only.items[i], '@') != NULL;
	for (size_t i = 0; i < c->o->ack.count; i++)
		asked |= strchr(c->o->ack.items[i], '@') != NULL;
	if (asked && builtin_load(ret, modules_all, NULL, &err) < 0)
		remark("numbers of benchmarks are not known: %s", error_text(&err));
}

bool only_names_part(const struct context *c, const struct transaction_summary *t)
{
	CLEANUP(baseline_clear) struct baseline numbers = {0};

	if (c->o->only.count == 0)
		return true;
	only_load_numbers(c, &numbers);
	for (size_t i = 0; i < t->plan.nfindings; i++) {
		const struct finding *f = &t->plan.findings[i];

		if (f->state == FINDING_PLANNED &&
		    only_means(c->o->only.items[0], &numbers, f->control))
			return true;
	}
	return false;
}
