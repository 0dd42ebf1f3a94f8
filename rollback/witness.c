#include "rollback/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/fd-io.h"
#include "engine/plan/facts-gather.h"
#include "engine/plan/facts-witness.h"

#define DOCKER_SUBJECT "docker:"
#define TEMP_FILE STATE_WITNESS ".new"
#define RESTARTS (HANDLER_BIT(HANDLER_DOCKER_RESTART) | HANDLER_BIT(HANDLER_DOCKER_SOCKET))

static bool is_told(const struct settings *now, const char *key)
{
	const struct setting *s = settings_find(now, key);

	return s && s->source == SOURCE_API;
}

static void witness_put(struct settings *now, const char *key, const char *value)
{
	if (!is_told(now, key))
		settings_put(now, key, value, SOURCE_WITNESS, "seen by harden");
}

static void take_settings(struct settings *now, const struct settings *from)
{
	for (size_t i = 0; i < from->count; i++)
		if (from->items[i].source != SOURCE_UNKNOWN)
			witness_put(now, from->items[i].key, from->items[i].value);
}

/* What the effects brought into force. */
static void take_effects(struct settings *now, const struct plan *plan)
{
	for (size_t k = 0; k < plan->nstages; k++) {
		for (size_t i = 0; i < plan->stages[k].effects.count; i++) {
			const struct effect *e = &plan->stages[k].effects.items[i];

			if (!e->pending && strncmp(e->subject, DOCKER_SUBJECT, strlen(DOCKER_SUBJECT)) == 0)
				witness_put(now, e->subject + strlen(DOCKER_SUBJECT), e->after);
		}
	}
}

static int write_file(const struct state *state, const struct buf *bytes, struct error *err)
{
	CLEANUP(close_fd) int fd = openat(state->fd, TEMP_FILE,
					  O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : fd_write_all(fd, bytes->data, bytes->len);

	if (r == 0 && renameat(state->fd, TEMP_FILE, state->fd, STATE_WITNESS) < 0)
		r = -errno;
	return r < 0 ? error_errno(err, r, "cannot write '%s/" STATE_WITNESS "'", state->path) : 0;
}

int witness_write(const struct state *state, const struct root *root, const struct facts *before,
		  const struct plan *plan, struct error *err)
{
	CLEANUP(facts_clear) struct facts after = {0};
	CLEANUP(buf_clear) struct buf bytes = {0};
	unsigned handlers = plan_handlers(plan);
	int r;

	if (!(handlers & (RESTARTS | HANDLER_BIT(HANDLER_DOCKER_RELOAD))))
		return 0;
	r = facts_gather(&after, root, NULL, err);
	if (r < 0)
		return r;
	take_settings(&after.docker.now, handlers & RESTARTS ? &after.docker.next : &before->docker.now);
	take_effects(&after.docker.now, plan);
	r = witness_format(&after, &bytes);
	return r < 0 ? r : write_file(state, &bytes, err);
}
