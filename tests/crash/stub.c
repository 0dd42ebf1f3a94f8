#include "tests/crash/stub.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/effect/docker-confirm.h"
#include "engine/host/read/observe.h"
#include "tests/subject-text.h"

int world_read(const char *path, struct world *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int r;

	if (fd < 0)
		return -errno;
	n = pread(fd, ret, sizeof(*ret), 0);
	r = n < 0 ? -errno : n == sizeof(*ret) ? 0 : -EIO;
	close(fd);
	return r;
}

int world_write(const char *path, const struct world *w)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ssize_t n;
	int r;

	if (fd < 0)
		return -errno;
	n = pwrite(fd, w, sizeof(*w), 0);
	if (n >= 0 && n < (ssize_t)sizeof(*w)) /* an error, then: whole, or not at all */
		n = pwrite(fd, w, sizeof(*w), 0);
	r = n < 0 ? -errno : n == sizeof(*w) ? 0 : -EIO;
	close(fd);
	return r;
}

bool world_equal(const struct world *a, const struct world *b)
{
	return a->live == b->live && a->nnp == b->nnp && a->debug == b->debug &&
	       a->unit == b->unit && a->chain == b->chain && a->stops == b->stops &&
	       a->down == b->down && memcmp(a->sysctls, b->sysctls, sizeof(a->sysctls)) == 0 &&
	       memcmp(a->rules, b->rules, sizeof(a->rules)) == 0 &&
	       memcmp(a->units, b->units, sizeof(a->units)) == 0;
}

/* The daemon's file as dockerd reads it: a missing one is an empty one. */
static int read_config(const struct stub *s, json_t **ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	int r = observe_content(s->root, STUB_CONFIG, &text, err);

	if (r == -ENOENT) {
		error_clear(err);
		*ret = json_object();
		return 0;
	}
	if (r < 0)
		return r;
	*ret = json_loadb(text.data ? text.data : "", text.len, JSON_REJECT_DUPLICATES, NULL);
	return *ret ? 0 : error_set(err, -EIO, "dockerd cannot read '" STUB_CONFIG "'");
}

static void take_key(const json_t *config, const char *key, bool *value)
{
	const json_t *j = json_object_get(config, key);

	if (j)
		*value = json_is_true(j);
}

static bool file_has_live(const struct stub *s)
{
	CLEANUP(json_decrefp) json_t *config = NULL;

	return read_config(s, &config, NULL) >= 0 &&
	       json_is_true(json_object_get(config, "live-restore"));
}

bool stub_is_deadly(const struct stub *s)
{
	struct world w = {0};

	return world_read(s->world, &w) >= 0 && w.down && w.live && !file_has_live(s);
}

static int change(const struct stub *s, const struct world *w, struct error *err)
{
	int r = world_write(s->world, w);

	return r < 0 ? error_errno(err, r, "cannot make '%s' so", s->world) : 0;
}

/* What is asked of a dockerd that is down starts it, where that ends no container. */
static int gate(const struct stub *s, struct world *w, bool *starts, struct error *err)
{
	*starts |= w->down;
	if (*starts && w->live && !file_has_live(s))
		return error_set(err, -EPERM, "'docker.service' would end containers");
	if (!*starts)
		return 0;
	w->down = true;
	return change(s, w, err);
}

static int docker_reads(const struct stub *s, struct world *w, bool starts, struct error *err)
{
	CLEANUP(json_decrefp) json_t *config = NULL;
	int r = read_config(s, &config, err);
	bool stops = false;

	if (r < 0)
		return r;
	if (starts) {
		stops = !w->live;
		w->live = w->debug = false;
		w->nnp = false;
		take_key(config, "no-new-privileges", &w->nnp);
	}
	take_key(config, "live-restore", &w->live);
	take_key(config, "debug", &w->debug);
	w->stops += stops || (starts && !w->live);
	return 0;
}

static int docker_runs(const struct stub *s, struct world *w, bool starts, struct error *err)
{
	int r = gate(s, w, &starts, err);

	if (r == 0)
		r = docker_reads(s, w, starts, err);
	w->down = false;
	return r;
}

static int may_give_up_live(struct effector *e, struct error *err)
{
	const struct stub *s = (const struct stub *)e;
	struct world w = {0};
	int r = world_read(s->world, &w);

	if (r >= 0 && w.down)
		r = docker_runs(s, &w, true, err);
	else
		return r < 0 ? error_errno(err, r, "cannot ask '%s'", s->world) : 0;
	return r < 0 ? r : change(s, &w, err);
}

static int systemd_reads(const struct stub *s, struct world *w, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	int r = observe_content(s->root, STUB_UNIT, &text, err);

	if (r < 0 && r != -ENOENT)
		return r;
	w->unit = r >= 0;
	error_clear(err);
	return 0;
}

static size_t index_of(struct subject subject)
{
	return (size_t)strtoul(subject.key, NULL, 10);
}

/* Each by itself, like the live ones. */
static int set_each(const struct stub *s, struct world *w, const struct effects *towards,
		    struct error *err)
{
	for (size_t i = 0; i < towards->count; i++) {
		const struct effect *e = &towards->items[i];
		int r;

		if (e->handler == HANDLER_SYSCTL)
			w->sysctls[index_of(e->subject) % STUB_NSYSCTLS] = atoi(e->after);
		else if (e->handler == HANDLER_UNIT_STATE)
			w->units[index_of(e->subject) % STUB_NUNITS] =
				strcmp(e->after, "active") == 0;
		else if (e->handler == HANDLER_FIREWALL)
			w->chain = e->after != NULL;
		else
			w->rules[index_of(e->subject) % STUB_NRULES] = e->after != NULL;
		r = world_write(s->world, w);
		if (r < 0)
			return error_errno(err, r, "cannot set '%s'", subject_shown(e->subject));
	}
	return 0;
}

/* What is in force must be what the effects are about. */
static int confirm(const struct world *w, const struct effects *towards, struct error *err)
{
	const struct {
		const char *key;
		bool now, otherwise;
	} keys[] = {{"no-new-privileges", w->nnp, false},
		    {"live-restore", w->live, false},
		    {"debug", w->debug, false}};

	for (size_t i = 0; i < towards->count; i++) {
		const struct effect *e = &towards->items[i];

		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			bool want = e->after ? strcmp(e->after, "true") == 0 : keys[k].otherwise;

			if (e->subject.scheme == SCHEME_DOCKER &&
			    strcmp(e->subject.key, keys[k].key) == 0 && keys[k].now != want)
				return error_set(err, -EIO, "dockerd does not run with '%s' %s",
						 subject_shown(e->subject), e->after);
		}
	}
	return 0;
}

/* The same by the API, as the live effector asks. */
static int confirm_by_api(const struct stub *s, const struct effects *towards, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	int r;

	if (!s->socket)
		return 0;
	r = engine_api_open(&api, s->socket, err);
	if (r >= 0)
		r = docker_confirm(api, towards, err);
	return r == 0 ? -EIO : r < 0 ? r : 0;
}

static int run(struct effector *e, enum handler handler, const struct effects *towards,
	       struct error *err)
{
	const struct stub *s = (const struct stub *)e;
	bool starts = handler == HANDLER_DOCKER_RESTART || handler == HANDLER_DOCKER_SOCKET;
	struct world w = {0};
	int r = world_read(s->world, &w);

	if (r < 0)
		return error_errno(err, r, "cannot ask '%s'", s->world);
	if (handler == HANDLER_SYSCTL || handler == HANDLER_AUDIT_RULES ||
	    handler == HANDLER_UNIT_STATE || handler == HANDLER_FIREWALL)
		return set_each(s, &w, towards, err);
	if (handler == HANDLER_SYSTEMD_RELOAD)
		r = systemd_reads(s, &w, err);
	else
		r = docker_runs(s, &w, starts, err);
	if (r < 0)
		return r;
	r = change(s, &w, err);
	if (r < 0)
		return r;
	r = confirm(&w, towards, err);
	return r < 0 || handler == HANDLER_SYSTEMD_RELOAD ? r : confirm_by_api(s, towards, err);
}

static int health(struct effector *e, const struct stopped_list *may_stop, int gate_ms,
		  struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	struct stub *s = (struct stub *)e;
	struct world w = {0};
	int r;

	if (s->unhealthy-- > 0)
		return error_set(err, -EIO, "'docker.service' is not well");
	r = s->breaks ? world_read(s->world, &w) : 0;
	if (r < 0)
		return error_errno(err, r, "cannot ask '%s'", s->world);
	if (w.nnp && w.sysctls[0])
		return error_set(err, -EIO, "container 'web' has ended with it");
	if (!s->socket)
		return 0;
	r = engine_api_open(&api, s->socket, err);
	return r < 0 ? r : docker_wait_ping(api, 0, e->interrupt, err);
}

/* dockerd itself, asked whether it would start with the files. */
static int trial(struct effector *e, const struct facts *facts, const struct plan *plan,
		 char **ret_why, struct error *err)
{
	const struct stub *s = (const struct stub *)e;

	if (!s->refuses)
		return 0;
	if (plan_last_edit(plan, STUB_CONFIG, subject_of(SCHEME_JSON, "/no-new-privileges")))
		return error_set(err, -EPERM,
				 "'docker.service' would not start with '" STUB_CONFIG "'");
	return 1;
}

/* "harden-confirm-STAMP-TIME-TAG" is the first wait's, and has a number behind it else. */
static unsigned timer_bit(const char *name)
{
	unsigned dashes = 0;

	for (const char *at = name; *at; at++)
		dashes += *at == '-';
	return 1U << (dashes > 4 ? atoi(strrchr(name, '-') + 1) : 1);
}

static int arm(struct effector *e, const char *name, uint64_t usec, struct error *err)
{
	const struct stub *s = (const struct stub *)e;
	struct world w = {0};
	int r = world_read(s->world, &w);

	if (s->no_timers)
		return 0;
	w.timers |= timer_bit(name);
	if (r >= 0)
		r = change(s, &w, err);
	else
		r = error_errno(err, r, "cannot ask '%s'", s->world);
	return r;
}

static void disarm(struct effector *e, const char *name)
{
	const struct stub *s = (const struct stub *)e;
	struct world w = {0};

	if (world_read(s->world, &w) < 0 || !(w.timers & timer_bit(name)))
		return;
	w.timers &= ~timer_bit(name);
	world_write(s->world, &w);
}

const struct effector_ops stub_ops = {.run = run,
				      .health = health,
				      .trial = trial,
				      .may_give_up_live = may_give_up_live,
				      .arm = arm,
				      .disarm = disarm};
