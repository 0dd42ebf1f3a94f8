#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/effect/docker-line.h"
#include "engine/effect/live.h"
#include "engine/format/daemon-keys.h"
#include "engine/host/ask/docker-log.h"
#include "engine/host/write/trial.h"

/*
 * `dockerd --validate` (23.0 and later) before anything is written. It knows what our own check
 * of the keys does not, such as the syntax of values; it does not see all that a start does, so
 * the health gate stays. It writes accounts where userns-remap is "default", which is why it runs
 * in a view of the root that is thrown away.
 */

#define SINCE "23.0"
#define TIMEOUT_MS 20000
#define SAID_MAX 400

struct files {
	struct trial_file *items;
	size_t count;
};

static void files_clear(struct files *f)
{
	free(f->items);
}

/*
 * Whether a view can have it: any file that the plan writes, wherever it lies. What is to go is seen
 * as gone only in directories that the view covers anyway; who is asked does not miss it elsewhere.
 */
static bool belongs(const struct image *image, const char *path)
{
	if (image->node.kind == NODE_ABSENT)
		return starts_with(path, "/etc/");
	return image->node.kind == NODE_FILE && image->has_content && strrchr(path, '/') != path;
}

/* The files of the plan as boundary k has them. */
static void collect(const struct plan *plan, size_t k, struct files *ret)
{
	for (size_t i = 0; i < plan->nchanges; i++) {
		const struct change *c = &plan->changes[i];
		const struct image *image = &c->images[k < c->nimages ? k : c->nimages - 1];
		bool there = image->node.kind == NODE_FILE;

		if (belongs(image, c->path))
			*(struct trial_file *)array_append(&ret->items, &ret->count,
							   sizeof(*ret->items)) =
				(struct trial_file){.path = c->path,
						    .bytes =
							    there ? buf_str(&image->content) : NULL,
						    .n = image->content.len,
						    .mode = image->node.mode & 07777};
	}
}

/* The program with its arguments as boundary k has them, --validate; 0: nobody can tell them. */
static int command_line(const struct facts *facts, const struct plan *plan, size_t k,
			struct strv *ret, char **ret_why, struct error *err)
{
	const struct docker_facts *d = &facts->docker;
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(root_close) struct root root = {.fd = -1};
	int r = root_open(&root, "/", err);

	if (r < 0)
		return r;
	strv_add(ret, d->dockerd);
	if (d->config_explicit)
		strv_addf(ret, "--config-file=%s", d->config_file);
	strv_add(ret, "--validate");
	r = docker_line(&root, facts, plan, k, ret, &why);
	if (r < 0)
		str_replace(ret_why, error_text(&why));
	return r < 0 ? 0 : 1;
}

static char *last_words(const struct buf *said)
{
	CLEANUP(freep) char *why = docker_log_find_why(buf_str(said));

	return why ? xasprintf("%.*s", SAID_MAX, why) : xstrdup("it did not say why");
}

static int ask(const struct strv *words, const struct files *files, char **ret_why,
	       struct error *err)
{
	CLEANUP(freep) char **argv = xcalloc(words->count + 1, sizeof(*argv));
	CLEANUP(buf_clear) struct buf said = {0};
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(freep) char *last = NULL;
	int r;

	memcpy(argv, words->items, words->count * sizeof(*argv));
	r = trial_run(argv, files->items, files->count, TIMEOUT_MS, &said, &why);
	if (r == 0)
		return 1;
	if (r < 0) {
		str_replace(ret_why, error_text(&why));
		return r == -EOPNOTSUPP || r == -ETIMEDOUT
			       ? 0
			       : error_set(err, r, "%s", error_text(&why));
	}
	last = last_words(&said);
	return error_set(err, -EPERM, "dockerd would not start with it: %s", last);
}

/* It needs no daemon that runs: what is written beside a stopped one is read at its next start. */
static bool concerns_daemon(const struct plan *plan, const struct facts *facts)
{
	const struct docker_facts *d = &facts->docker;

	if (plan_handlers(plan) & HANDLERS_DOCKERD)
		return true;
	return docker_line_changes(facts, plan) ||
	       (d->config_file && plan_find_change(plan, d->config_file));
}

int live_trial(struct effector *e, const struct facts *facts, const struct plan *plan,
	       char **ret_why, struct error *err)
{
	const struct docker_facts *d = &facts->docker;
	int r = 1;

	if (!concerns_daemon(plan, facts) || !d->dockerd || !d->version ||
	    engine_version_compare(d->version, SINCE) < 0)
		return 0;
	/* behind a wrapper those of the running one are as good a guess as there is */
	if (d->start_unknown && d->nnext_flags == 0) {
		str_replace(ret_why, d->start_unknown);
		return 0;
	}
	for (size_t k = 1; r == 1 && k <= plan->nstages; k++) {
		CLEANUP(files_clear) struct files files = {0};
		CLEANUP(strv_clear) struct strv words = {0};

		collect(plan, k, &files);
		r = command_line(facts, plan, k, &words, ret_why, err);
		if (r == 1)
			r = ask(&words, &files, ret_why, err);
	}
	return r;
}
