#include "engine/model/volume.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

#define MINUTE_MS 60000

void volumes_clear(struct volumes *v)
{
	for (size_t i = 0; i < v->count; i++) {
		free(v->items[i].control);
		free(v->items[i].partly);
	}
	free(v->items);
	*v = (struct volumes){0};
}

struct volume *volumes_add(struct volumes *v, const char *control, int threshold)
{
	struct volume *one = array_append(&v->items, &v->count, sizeof(*one));

	one->control = xstrdup(control);
	one->threshold = threshold;
	return one;
}

void volumes_copy(struct volumes *to, const struct volumes *from)
{
	volumes_clear(to);
	if (!from)
		return;
	to->at_s = from->at_s;
	to->ms = from->ms;
	for (size_t i = 0; i < from->count; i++) {
		const struct volume *is = &from->items[i];
		struct volume *one = volumes_add(to, is->control, is->threshold);

		one->counted = is->counted;
		one->opt_in = is->opt_in;
		one->partly = xstrdup_null(is->partly);
	}
}

const struct volume *volumes_find(const struct volumes *v, const char *control)
{
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->items[i].control, control) == 0)
			return &v->items[i];
	return NULL;
}

uint64_t volume_per_minute(const struct volumes *v, const struct volume *one)
{
	uint64_t ms = v->ms > 0 ? (uint64_t)v->ms : 1;
	uint64_t whole = one->counted / ms, rest = one->counted % ms;

	if (whole >= UINT64_MAX / MINUTE_MS - 1)
		return UINT64_MAX;
	return whole * MINUTE_MS + (rest * MINUTE_MS + ms - 1) / ms;
}

int volume_least_ms(int threshold)
{
	return (3 * MINUTE_MS + threshold - 1) / threshold;
}

enum volume_verdict volume_verdict(const struct volumes *v, const struct volume *one)
{
	if (v->ms <= 0 || one->threshold < 1)
		return VOLUME_UNKNOWN;
	if (volume_per_minute(v, one) >= (uint64_t)one->threshold)
		return VOLUME_LOUD;
	if (one->partly || v->ms < volume_least_ms(one->threshold))
		return VOLUME_UNKNOWN;
	return VOLUME_QUIET;
}

char *volume_time(int ms)
{
	if (ms < MINUTE_MS || ms % MINUTE_MS != 0)
		return ms % 1000 ? xasprintf("%d ms", ms) : xasprintf("%d s", ms / 1000);
	return xasprintf("%d min", ms / MINUTE_MS);
}

static char *unknown_text(const struct volumes *v, const struct volume *one)
{
	int least = (volume_least_ms(one->threshold) + 999) / 1000 * 1000;
	CLEANUP(freep) char *time = volume_time(v->ms), *needed = volume_time(least);

	if (one->partly)
		return xasprintf("not measured: %s", one->partly);
	return xasprintf(
		"not measured: %s are too short to tell less than %d a minute, that takes %s", time,
		one->threshold, needed);
}

char *volume_text(const struct volumes *v, const struct volume *one)
{
	CLEANUP(freep) char *time = volume_time(v->ms);
	enum volume_verdict verdict = volume_verdict(v, one);

	if (verdict == VOLUME_UNKNOWN)
		return unknown_text(v, one);
	return xasprintf("counted %s%" PRIu64 " a minute for %s, threshold %d",
			 one->partly ? "at least " : "", volume_per_minute(v, one), time,
			 one->threshold);
}
