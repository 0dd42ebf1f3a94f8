#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/format/daemon-keys.h"

void started_with_clear(struct started_with *s)
{
	free(s->run);
	settings_clear(&s->settings);
	*s = (struct started_with){0};
}

static const char *run_of(const struct facts *f)
{
	const struct unit_facts *u = facts_unit(f, DOCKER_SERVICE);

	return f->docker.running && !f->docker.not_measured && u ? u->invocation_id : NULL;
}

static bool needs_start(const char *key)
{
	const struct daemon_key *k = daemon_key_find(key);

	return k && k->activation == KEY_RESTART;
}

void started_with_note(struct live *l)
{
	const struct effector *e = &l->effector;
	struct started_with *s = &l->started_with;
	CLEANUP(facts_clear) struct facts now = {0};

	started_with_clear(s);
	if (!e->look || e->look(e->look_data, &now, NULL) < 0 || !run_of(&now))
		return;
	settings_read_at_start(&now.docker.now, &now.docker.next);
	s->run = xstrdup(run_of(&now));
	for (size_t i = 0; i < now.docker.now.count; i++) {
		const struct setting *have = &now.docker.now.items[i];

		if (have->source != SOURCE_UNKNOWN && needs_start(have->key))
			settings_put(&s->settings, have->key, have->value,
				     have->value ? SOURCE_WITNESS : SOURCE_DEFAULT,
				     "read at the start that this run made");
	}
}

static void fill_in(struct settings *now, const struct settings *known)
{
	for (size_t i = 0; i < now->count; i++) {
		struct setting *s = &now->items[i];
		const struct setting *read = settings_find(known, s->key);

		if (s->source != SOURCE_UNKNOWN || !read)
			continue;
		s->source = read->source;
		str_replace(&s->value, read->value);
		str_replace(&s->where, read->where);
	}
}

int live_look(struct live *l, struct facts *ret, struct error *err)
{
	const struct effector *e = &l->effector;
	int r = e->look ? e->look(e->look_data, ret, err)
			: error_set(err, -EOPNOTSUPP, "nobody can look at the host here");
	const char *run = r >= 0 ? run_of(ret) : NULL;

	if (run && strcmp_null(run, l->started_with.run) == 0)
		fill_in(&ret->docker.now, &l->started_with.settings);
	return r;
}
