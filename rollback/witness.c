#include "rollback/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/digest.h"
#include "engine/base/fd-io.h"
#include "engine/facts/gather.h"
#include "engine/facts/witness.h"

#define TEMP_FILE STATE_WITNESS ".new"
#define LAID_BY_FILE STATE_WITNESS ".before"
#define MAX_WITNESS (1U << 20)

static int write_file(const struct state *state, const struct buf *bytes, struct error *err)
{
	CLEANUP(close_fd)
	int fd = openat(state->fd, TEMP_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			0600);
	int r = fd < 0 ? -errno : fd_write_all(fd, bytes->data, bytes->len);

	if (r == 0 && renameat(state->fd, TEMP_FILE, state->fd, STATE_WITNESS) < 0)
		r = -errno;
	return r < 0 ? error_errno(err, r, "cannot write '%s/" STATE_WITNESS "'", state->path) : 0;
}

/* What a reload brought into force, of all stages. */
static void reloaded_effects(const struct plan *plan, struct effects *ret)
{
	for (size_t k = 0; k < plan->nstages; k++)
		for (size_t i = 0; i < plan->stages[k].effects.count; i++)
			if (plan->stages[k].effects.items[i].handler == HANDLER_DOCKER_RELOAD)
				effect_copy(
					array_append(&ret->items, &ret->count, sizeof(*ret->items)),
					&plan->stages[k].effects.items[i]);
}

static const char *config_of(const struct facts *f)
{
	return f->docker.config_digest ? f->docker.config_digest : WITNESS_NO_CONFIG;
}

char *witness_proven(const struct facts *f)
{
	return docker_start_is_proven(f) ? xstrdup(config_of(f)) : NULL;
}

char *witness_planned(const struct facts *before, const struct plan *plan)
{
	const struct change *c = plan_find_change(plan, before->docker.config_file);
	const struct image *last = c ? &c->images[c->nimages - 1] : NULL;

	if (last && last->node.kind == NODE_FILE && last->has_content)
		return digest_new(buf_str(&last->content), last->content.len);
	if (last && last->node.kind == NODE_ABSENT)
		return xstrdup(WITNESS_NO_CONFIG);
	return xstrdup(config_of(before));
}

static int format(const struct root *root, const struct facts *before, const struct plan *plan,
		  struct buf *ret, struct error *err)
{
	CLEANUP(effects_clear) struct effects reloaded = {0};
	CLEANUP(facts_clear) struct facts after = {0};
	CLEANUP(freep) char *config = NULL;
	int r;

	if (plan_handlers(plan) & HANDLERS_RESTART) {
		r = facts_gather(&after, root, NULL, 0, err);
		if (r < 0)
			return r;
		settings_read_at_start(&after.docker.now, &after.docker.next);
		return witness_format(&after, NULL, config_of(&after), ret, err);
	}
	reloaded_effects(plan, &reloaded);
	/* a reload took what the plan changed, and nothing of what had changed before */
	config = before->docker.untried ? NULL : witness_planned(before, plan);
	return witness_format(before, &reloaded, config, ret, err);
}

void witness_forget(const struct state *state)
{
	unlinkat(state->fd, STATE_WITNESS, 0);
}

int witness_write_before(const struct state *state, const struct facts *before,
			 const struct plan *plan, struct error *err)
{
	const struct docker_facts *d = &before->docker;
	CLEANUP(buf_clear) struct buf bytes = {0};
	int r;

	if (!(plan_handlers(plan) & HANDLERS_DOCKERD) &&
	    !(d->config_file && plan_find_change(plan, d->config_file)))
		return 0;
	r = witness_format(before, NULL, d->untried ? NULL : config_of(before), &bytes, err);
	return r < 0 ? r : write_file(state, &bytes, err);
}

/* What the witness file says of "config" or "invocation_id"; the caller frees it. */
static char *witnessed(const struct state *state, const char *key)
{
	CLEANUP(close_fd)
	int fd = openat(state->fd, STATE_WITNESS, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP(json_decrefp) json_t *j = NULL;
	CLEANUP(buf_clear) struct buf text = {0};

	if (fd < 0 || fd_read_all(fd, MAX_WITNESS, &text) < 0)
		return NULL;
	j = json_loadb(buf_str(&text), text.len, JSON_REJECT_DUPLICATES, NULL);
	return xstrdup_null(json_string_value(json_object_get(j, key)));
}

/* An InvocationID that no daemon has: its settings count for none. */
void witness_unsettle(const struct state *state)
{
	CLEANUP(freep) char *config = witnessed(state, "config"), *text = NULL;
	CLEANUP(json_decrefp) json_t *j = NULL;
	CLEANUP(buf_clear) struct buf bytes = {0};

	j = json_pack("{s:s, s:s, s:s*, s:{}}", "format_version", WITNESS_FORMAT_VERSION,
		      "invocation_id", "", "config", config, "settings");
	text = config && j ? json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	buf_puts(&bytes, text ? text : "");
	if (!text || write_file(state, &bytes, NULL) < 0)
		witness_forget(state);
}

int witness_renew(const struct state *state, const struct root *root, const struct plan *plan,
		  struct error *err)
{
	CLEANUP(freep) char *config = witnessed(state, "config");
	CLEANUP(freep) char *invocation = witnessed(state, "invocation_id");
	CLEANUP(facts_clear) struct facts now = {0};
	CLEANUP(buf_clear) struct buf bytes = {0};
	bool unsettled = invocation && !*invocation;
	int r;

	if (!config || !(unsettled || (plan_handlers(plan) & HANDLERS_RESTART)))
		return 0;
	r = facts_gather(&now, root, NULL, 0, err);
	if (r < 0 || strcmp(config, config_of(&now)) != 0)
		return r < 0 ? r : 0;
	settings_read_at_start(&now.docker.now, &now.docker.next);
	r = witness_format(&now, NULL, config, &bytes, err);
	return r < 0 ? r : write_file(state, &bytes, err);
}

int witness_write(const struct state *state, const struct root *root, const struct facts *before,
		  const struct plan *plan, struct error *err)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	int r;

	if (!(plan_handlers(plan) & HANDLERS_DOCKERD))
		return 0;
	r = format(root, before, plan, &bytes, err);
	if (r >= 0)
		return write_file(state, &bytes, err);
	witness_forget(state); /* an older one would be wrong now */
	return r == -ENODATA ? 0 : r;
}

int witness_wait(const struct state *state, const struct root *root, const struct facts *before,
		 const struct plan *plan, struct error *err)
{
	witness_settle(state);
	if (!(plan_handlers(plan) & HANDLERS_DOCKERD))
		return 0;
	if (renameat(state->fd, STATE_WITNESS, state->fd, LAID_BY_FILE) < 0 && errno != ENOENT)
		witness_forget(state);
	return witness_write(state, root, before, plan, err);
}

/* Where nothing is laid by, what the file says is of before, or of a start that is over. */
void witness_take_back(const struct state *state)
{
	if (renameat(state->fd, LAID_BY_FILE, state->fd, STATE_WITNESS) < 0 && errno != ENOENT)
		witness_forget(state);
}

void witness_settle(const struct state *state)
{
	unlinkat(state->fd, LAID_BY_FILE, 0);
}
