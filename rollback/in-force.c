#include "rollback/in-force.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/docker-confirm.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/format.h"
#include "engine/format/secret.h"
#include "engine/host/read/sysctl.h"

bool daemon_value_in_force(const struct docker_facts *d, const char *key, const char **ret)
{
	const struct setting *s = settings_find(&d->now, key);
	bool without_api = s && (s->source == SOURCE_FLAG || s->source == SOURCE_WITNESS);

	*ret = s ? s->value : NULL;
	if (docker_bridge_value(d, key))
		*ret = docker_bridge_value(d, key);
	return without_api || (!d->not_measured && !(s && s->source == SOURCE_UNKNOWN));
}

static enum in_force daemon_in_force(const struct facts *f, const struct effect *e, const char *key)
{
	const struct setting *s = settings_find(&f->docker.now, key);
	const struct daemon_key *k = daemon_key_find(key);
	CLEANUP(freep) char *pointer = xasprintf("/%s", key);
	const char *now, *want = e->after ? e->after : k ? k->def : NULL;

	if (!f->docker.running || !daemon_value_in_force(&f->docker, key, &now) ||
	    (s && s->source == SOURCE_WITNESS && e->handler == HANDLER_DOCKER_RELOAD))
		return IN_FORCE_UNKNOWN;
	now = now ? now : k ? k->def : NULL;
	if ((now && secret_is_digest(now)) || (want && secret_is_digest(want)))
		return IN_FORCE_UNKNOWN;
	return format_same(subject_of(SCHEME_JSON, pointer), now, want) ||
			       docker_value_same(now, want)
		       ? IN_FORCE_YES
		       : IN_FORCE_NO;
}

static enum in_force rule_in_force(const struct facts *f, struct subject subject, bool want)
{
	bool has = false;

	if (f->audit.not_measured)
		return IN_FORCE_UNKNOWN;
	for (size_t i = 0; i < f->audit.kernel_rules.count; i++)
		has |= format_same(subject, f->audit.kernel_rules.items[i], subject.key);
	return has == want ? IN_FORCE_YES : IN_FORCE_NO;
}

static enum in_force kernel_in_force(const char *name, const char *want)
{
	CLEANUP(freep) char *now = NULL, *digest = NULL;

	if (!want || sysctl_read(name, &now, NULL) < 0)
		return IN_FORCE_UNKNOWN;
	if (secret_is_digest(want)) {
		digest = secret_digest(now);
		return strcmp(digest, want) == 0 ? IN_FORCE_YES : IN_FORCE_NO;
	}
	return sysctl_same(now, want) ? IN_FORCE_YES : IN_FORCE_NO;
}

static enum in_force chain_in_force(const struct facts *f, const char *name, const char *want)
{
	const struct firewall_chain *chain = firewall_find(&f->firewall, name);

	if (!(f->parts & FACTS_FIREWALL) || f->firewall.not_measured)
		return IN_FORCE_UNKNOWN;
	return strcmp_null(chain ? chain->text : NULL, want) == 0 ? IN_FORCE_YES : IN_FORCE_NO;
}

/* Whether systemd has read what is on disk. */
static enum in_force unit_read(const struct facts *f, const char *name)
{
	const struct unit_facts *u = facts_unit(f, name);

	if (f->no_systemd || !u || !u->exists)
		return IN_FORCE_UNKNOWN;
	return u->need_daemon_reload ? IN_FORCE_NO : IN_FORCE_YES;
}

static enum in_force state_in_force(const struct facts *f, const char *name, const char *want)
{
	const struct unit_state *s = unit_states_find(&f->unit_states, name);

	if (!(f->parts & FACTS_UNIT_STATES) || f->unit_states.not_measured || !want)
		return IN_FORCE_UNKNOWN;
	return unit_is_up(s ? s->active : NULL) == unit_is_up(want) ? IN_FORCE_YES : IN_FORCE_NO;
}

enum in_force effect_in_force(const struct facts *facts, const struct effect *e)
{
	const char *key = e->subject.key;

	if (facts->offline || !key || !*key)
		return IN_FORCE_UNKNOWN;
	switch (e->subject.scheme) {
	case SCHEME_DOCKER:
		return daemon_in_force(facts, e, key);
	case SCHEME_RULE:
		return rule_in_force(facts, e->subject, e->after != NULL);
	case SCHEME_SYSCTL:
		return kernel_in_force(key, e->after);
	case SCHEME_CHAIN:
		return chain_in_force(facts, key, e->after);
	case SCHEME_UNIT:
		return unit_read(facts, key);
	case SCHEME_STATE:
		return state_in_force(facts, key, e->after);
	default: /* a restart leaves nothing to be looked at */
		return IN_FORCE_UNKNOWN;
	}
}

static char *daemon_now(const struct facts *f, const char *key)
{
	const struct daemon_key *k = daemon_key_find(key);
	const char *now = NULL;

	if (!f->docker.running || !daemon_value_in_force(&f->docker, key, &now))
		return NULL;
	return xstrdup_null(now ? now : k ? k->def : NULL);
}

static char *kernel_now(const char *name)
{
	char *now = NULL;

	return sysctl_read(name, &now, NULL) < 0 ? NULL : now;
}

bool effect_is_as_before(const struct facts *facts, const struct effect *e)
{
	CLEANUP(effect_clear) struct effect back = {0};

	effect_copy(&back, e);
	effect_invert(&back);
	return effect_in_force(facts, &back) == IN_FORCE_YES;
}

char *effect_now(const struct facts *f, const struct effect *e)
{
	const struct firewall_chain *chain;
	const struct unit_state *s;

	switch (e->subject.scheme) {
	case SCHEME_DOCKER:
		return daemon_now(f, e->subject.key);
	case SCHEME_RULE:
		return rule_in_force(f, e->subject, true) == IN_FORCE_YES ? xstrdup("loaded")
									  : NULL;
	case SCHEME_SYSCTL:
		return kernel_now(e->subject.key);
	case SCHEME_CHAIN:
		chain = firewall_find(&f->firewall, e->subject.key);
		return xstrdup_null(chain ? chain->text : NULL);
	case SCHEME_STATE:
		s = unit_states_find(&f->unit_states, e->subject.key);
		return xstrdup(s ? s->active : "inactive");
	default:
		return NULL;
	}
}

static char *kernel_not_told(const char *name)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *now = NULL;

	return sysctl_read(name, &now, &err) < 0 ? xstrdup(error_text(&err)) : NULL;
}

char *effect_not_told(const struct facts *f, const struct effect *e)
{
	switch (e->subject.scheme) {
	case SCHEME_DOCKER:
		return f->docker.running ? xstrdup_null(f->docker.not_measured) : NULL;
	case SCHEME_RULE:
		return xstrdup_null(f->audit.not_measured);
	case SCHEME_SYSCTL:
		return kernel_not_told(e->subject.key);
	case SCHEME_CHAIN:
		return f->parts & FACTS_FIREWALL ? xstrdup_null(f->firewall.not_measured)
						 : xstrdup("nobody asked for the packet filter");
	case SCHEME_STATE:
		return f->parts & FACTS_UNIT_STATES ? xstrdup_null(f->unit_states.not_measured)
						    : xstrdup("nobody asked systemd for its units");
	default:
		return NULL;
	}
}
