#include "engine/plan/start-check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/daemon-place.h"
#include "engine/plan/image.h"
#include "engine/plan/own-keys.h"

static int would_refuse(struct plan *plan, const struct facts *facts, const char *why,
			struct error *err)
{
	const struct change *config = plan_find_change(plan, facts->docker.config_file);

	checks_refuse(&plan->checks, change_only_control(config), err,
		      "dockerd would refuse '%s': %s", facts->docker.config_file, why);
	return error_about(err, -EPERM, facts->docker.config_file);
}

/* By the line that people find in the file as it is: what the plan itself writes has none yet. */
static int would_refuse_now(struct plan *plan, const struct facts *facts,
			    const struct change *config, const char *why, struct error *err)
{
	const struct image *now = config && config->nimages > 0 ? &config->images[0] : NULL;
	CLEANUP(freep)
	char *with = now && now->has_content ? daemon_reason_with_line(&now->content, why)
					     : xstrdup(why);

	return would_refuse(plan, facts, with, err);
}

static int check_config_image(struct plan *plan, const struct facts *facts,
			      const struct strv *flags, const struct image *image,
			      struct error *err)
{
	const struct change *config = plan_find_change(plan, facts->docker.config_file);
	CLEANUP(strv_clear) struct strv reasons = {0};
	CLEANUP(error_clear) struct error why = {0};
	int r;

	if (image->node.kind != NODE_FILE || !image->has_content)
		return 0;
	if (daemon_file_harm(&image->content, &reasons))
		return checks_refuse(&plan->checks, change_only_control(config), err, "in '%s' %s",
				     facts->docker.config_file, reasons.items[0]);
	r = daemon_file_check(&image->content, facts->docker.version, flags, &reasons, &why);
	if (r < 0)
		return would_refuse_now(plan, facts, config, error_text(&why), err);
	return r;
}

/* Keys that the next start has as flags; a key must not be in both places. */
static void next_flag_keys(const struct facts *facts, struct strv *ret)
{
	for (size_t i = 0; i < facts->docker.nnext_flags; i++)
		strv_add(ret, facts->docker.next_flags[i].key);
}

/* Whether the plan writes the file: its mode alone says nothing of what is in it. */
static bool is_written(const struct change *config)
{
	for (size_t i = 0; config && i < config->edits.count; i++)
		if (edit_is_content(&config->edits.items[i]))
			return true;
	return false;
}

/* Whether the plan changes what dockerd named when it gave up: then it may well be the fixing. */
static bool fixes_start(const struct plan *plan, const struct facts *facts)
{
	CLEANUP(strv_clear) struct strv keys = {0};

	plan_dockerd_keys(plan, facts, &keys);
	for (size_t i = 0; i < keys.count; i++)
		if (str_has_word(facts->docker.start_error, keys.items[i], ""))
			return true;
	return false;
}

/* What is written beside it would be kept unproven, and hide that it was broken before. */
int plan_check_start(struct plan *plan, const struct facts *facts, struct error *err)
{
	const struct docker_facts *d = &facts->docker;
	const struct change *config = plan_find_change(plan, d->config_file);

	if (!d->start_error || fixes_start(plan, facts) ||
	    (!is_written(config) && !(plan_handlers(plan) & HANDLERS_DOCKERD)))
		return 0;
	checks_add(&plan->checks, CHECK_NO, NULL, "dockerd does not start: %s", d->start_error);
	return error_set(err, -EPERM,
			 "dockerd does not start, as it is: %s; fix that first, or --skip what "
			 "concerns it",
			 d->start_error);
}

/* What of it speaks against the file as it would be; 1: something does that is so already. */
static int check_reader(struct plan *plan, const struct facts *facts, const struct config_reader *r,
			const struct image *after, struct error *err)
{
	CLEANUP(freep) char *clashes = strv_join(&r->clashes, ", ");
	CLEANUP(error_clear) struct error why = {0};

	if (r->unknown) {
		checks_add(
			&plan->checks, CHECK_WARN, NULL,
			"whether a key is set both as a flag of another dockerd (%s) and in '%s' "
			"is not known: %s",
			r->text, facts->docker.config_file, r->unknown);
		return 1;
	}
	if (after && (after->node.kind != NODE_FILE || !after->has_content ||
		      daemon_file_check(&after->content, NULL, &r->flags, NULL, &why) >= 0))
		return 0;
	if (after && r->clashes.count == 0)
		return checks_refuse(
			&plan->checks,
			change_only_control(plan_find_change(plan, facts->docker.config_file)), err,
			"another dockerd (%s) reads '%s', too, and would refuse it: %s", r->text,
			facts->docker.config_file, error_text(&why));
	if (r->clashes.count > 0)
		checks_add(&plan->checks, CHECK_WARN, NULL,
			   "another dockerd (%s) does not start with '%s', now as well: it has "
			   "among its flags, too: %s",
			   r->text, facts->docker.config_file, clashes);
	return r->clashes.count > 0;
}

/* 1: not with all of them it is well. */
static int check_readers(struct plan *plan, const struct facts *facts, const struct change *config,
			 struct error *err)
{
	const struct image *after =
		is_written(config) ? &config->images[config->nimages - 1] : NULL;
	int ret = 0;

	for (size_t i = 0; ret >= 0 && i < facts->docker.nreaders; i++) {
		int r = check_reader(plan, facts, &facts->docker.readers[i], after, err);

		ret = r < 0 ? r : ret | r;
	}
	return ret;
}

int plan_check_daemon_file(struct plan *plan, const struct facts *facts, struct error *err)
{
	const struct docker_facts *d = &facts->docker;
	const struct change *config = plan_find_change(plan, d->config_file);
	CLEANUP(strv_clear) struct strv flags = {0};
	int readers;

	/* what is written beside a stopped daemon is read at its next start */
	if (!is_written(config) && !(plan_handlers(plan) & HANDLERS_DOCKERD))
		return 0;
	next_flag_keys(facts, &flags);
	for (size_t i = 1; config && i < config->nimages; i++) {
		int r = check_config_image(plan, facts, &flags, &config->images[i], err);

		if (r < 0)
			return r;
	}
	if (!config && d->file_untrusted) {
		checks_add(&plan->checks, CHECK_WARN, NULL,
			   "whether dockerd takes '%s' is not known: %s", d->config_file,
			   d->file_error);
		return 0;
	}
	if (!config && d->file_error)
		return would_refuse(plan, facts, d->file_error, err);
	readers = check_readers(plan, facts, config, err);
	if (readers < 0)
		return -EPERM;
	if (d->version)
		checks_add(&plan->checks, CHECK_OK, NULL,
			   "dockerd knows every key of its config file, in its version");
	else
		checks_add(
			&plan->checks, CHECK_WARN, NULL,
			"whether dockerd knows every key of its config file is not known: its "
			"version is not known, and keys were held against all that are supported");
	if (readers == 0)
		checks_add(&plan->checks, CHECK_OK, NULL,
			   "no key is set both as a dockerd flag and in daemon.json");
	return 0;
}
