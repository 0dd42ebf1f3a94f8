#include "engine/facts/witness.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "engine/base/alloc.h"

#define WHERE "seen by harden when this daemon started"

void witness_clear(struct witness *w)
{
	settings_clear(&w->settings);
	free(w->config);
	*w = (struct witness){0};
}

static void put_effect(json_t *settings, const struct effect *e)
{
	const char *key = e->subject.key;

	if (e->handler != HANDLER_DOCKER_RELOAD || e->pending || e->subject.scheme != SCHEME_DOCKER)
		return;
	if (e->after)
		json_object_set_new(settings, key, json_string(e->after));
	else
		json_object_del(settings, key);
}

static int put_settings(json_t *settings, const struct settings *now, struct error *err)
{
	for (size_t i = 0; i < now->count; i++) {
		const struct setting *s = &now->items[i];

		if (s->source == SOURCE_UNKNOWN)
			return error_set(err, -ENODATA, "the running daemon's '%s' is not known",
					 s->key);
		if (s->value && s->source != SOURCE_DEFAULT)
			json_object_set_new(settings, s->key, json_string(s->value));
	}
	return 0;
}

int witness_format(const struct facts *facts, const struct effects *reloaded, const char *config,
		   struct buf *ret, struct error *err)
{
	const struct unit_facts *u = facts_unit(facts, "docker.service");
	CLEANUP(json_decrefp) json_t *settings = json_object(), *root = NULL;
	CLEANUP(freep) char *text = NULL;
	int r;

	if (!facts->docker.running || facts->docker.not_measured || !u || !u->invocation_id)
		return error_set(err, -ENODATA, "no running dockerd was measured");
	r = put_settings(settings, &facts->docker.now, err);
	if (r < 0)
		return r;
	for (size_t i = 0; reloaded && i < reloaded->count; i++)
		put_effect(settings, &reloaded->items[i]);
	root = json_pack("{s:s, s:s, s:s*, s:O}", "format_version", WITNESS_FORMAT_VERSION,
			 "invocation_id", u->invocation_id, "config", config, "settings", settings);
	text = root ? json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	if (!text)
		return error_set(err, -EINVAL, "the daemon's settings are not UTF-8");
	buf_puts(ret, text);
	buf_putc(ret, '\n');
	return 0;
}

/* All or nothing. */
static int take_settings(json_t *object, struct settings *ret, struct error *err)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		if (!json_is_string(value))
			return error_set(err, -EINVAL, "the witness file's '%s' is not a string",
					 key);
	}
	json_object_foreach(object, key, value)
	{
		settings_put(ret, key, json_string_value(value), SOURCE_WITNESS, WHERE);
	}
	return 0;
}

int witness_parse(const struct buf *text, const char *invocation_id, struct witness *ret,
		  struct error *err)
{
	const char *version = NULL, *id = NULL, *config = NULL;
	CLEANUP(json_decrefp) json_t *root = NULL;
	json_t *settings = NULL;
	json_error_t e;
	int r;

	root = json_loadb(buf_str(text), text->len, JSON_REJECT_DUPLICATES, &e);
	if (!root ||
	    json_unpack(root, "{s:s, s:s, s?s, s:o}", "format_version", &version, "invocation_id",
			&id, "config", &config, "settings", &settings) < 0 ||
	    !json_is_object(settings))
		return error_set(err, -EINVAL, "cannot understand the witness file");
	if (strcmp(version, WITNESS_FORMAT_VERSION) != 0)
		return error_set(err, -EINVAL, "the witness file has the unknown version '%s'",
				 version);
	if (!invocation_id || strcmp(id, invocation_id) != 0)
		return 0;
	r = take_settings(settings, &ret->settings, err);
	if (r < 0)
		return r;
	ret->config = xstrdup_null(config);
	return 1;
}
