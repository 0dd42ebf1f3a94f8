#include <string.h>

#include "engine/base/alloc.h"
#include "engine/model/facts.h"
#include "modules/common/tally.h"
#include "modules/container/container.h"
#include "modules/image/job.h"

/* Whether containers get no-new-privileges without asking for it. */
static bool is_daemon_strict(const struct facts *f)
{
	const struct setting *s = settings_find(&f->docker.now, "no-new-privileges");

	return s && s->value && strcmp(s->value, "true") == 0;
}

/* Whether files that give rights give them to anybody. */
enum harm { HARM_NONE, HARM_SOME, HARM_UNKNOWN };

/*
 * Of a container that does not run its own request counts; where it has none, the daemon's default of the
 * day it was created, which nobody tells afterwards.
 */
static enum harm harm_in(const struct container *c, bool strict)
{
	const char *option = container_lives(c) ? NULL : container_security(c, "no-new-privileges");

	if (c->no_new_privileges >= 0)
		return c->no_new_privileges ? HARM_NONE : HARM_SOME;
	if (option)
		return strcmp(option, "false") == 0 ? HARM_SOME : HARM_NONE;
	return strict ? HARM_UNKNOWN : HARM_SOME;
}

/* None only where no container of the image may gain privileges, and none may come that can. */
static enum harm harm_of(const struct facts *f, const struct docker_image *image)
{
	bool strict = is_daemon_strict(f);
	enum harm worst = strict ? HARM_NONE : HARM_SOME;
	bool some = false, untold = false;
	struct containers all;

	if (!containers_get(&f->docker.containers, &all))
		return HARM_UNKNOWN;
	for (size_t i = 0; i < all.count; i++) {
		enum harm h;

		untold |= !container_told(&all.items[i]); /* it may be of this image */
		if (strcmp_null(all.items[i].image_id, image->id) != 0)
			continue;
		h = harm_in(&all.items[i], strict);
		if (!some || h == HARM_SOME || worst == HARM_NONE)
			worst = h;
		some = true;
	}
	return worst == HARM_NONE && untold ? HARM_UNKNOWN : worst;
}

/* The paths that are not tolerated. */
static void pick(const struct image_job *job, const struct strv *paths, struct strv *ret)
{
	for (size_t i = 0; i < paths->count; i++)
		if (!image_allows(job, paths->items[i]))
			strv_add(ret, paths->items[i]);
}

static void judge_files(struct image_job *job, const struct docker_image *image,
			const struct strv *files, enum harm harm)
{
	CLEANUP(strv_clear) struct strv paths = {0};
	CLEANUP(freep) char *what = NULL;

	if (image->files_not_measured) {
		image_unread(job, image, image->files_not_measured);
		return;
	}
	pick(job, files, &paths);
	if (paths.count && harm == HARM_UNKNOWN) {
		image_unread(job, image, "whether its containers can gain privileges is not known");
		return;
	}
	job->judged++;
	what = names_join(&paths);
	if (paths.count && harm == HARM_NONE)
		job->spared++;
	else if (paths.count)
		image_found(job, image, what);
}

void image_judge_setuid(struct image_job *job, const struct docker_image *image)
{
	judge_files(job, image, &image->rights_files, harm_of(job->facts, image));
}

void image_judge_secret_files(struct image_job *job, const struct docker_image *image)
{
	judge_files(job, image, &image->secret_files, HARM_SOME);
}

static void look_at_container(struct image_job *job, const struct container *c)
{
	CLEANUP(strv_clear) struct strv paths = {0};
	CLEANUP(freep) char *what = NULL;

	if (c->files_not_measured) {
		strv_addf(&job->unread, "%s (%s)", c->name, c->files_not_measured);
		return;
	}
	job->judged++;
	pick(job, &c->changed_programs, &paths);
	if (paths.count == 0)
		return;
	what = names_join(&paths);
	strv_addf(&job->found, "%s (%s)", c->name, what);
}

/* Programs and libraries of running containers that are not their image's any more. */
void image_judge_patched(struct image_job *job)
{
	CLEANUP(freep) char *found = NULL, *unread = NULL;
	struct delta *d = job->delta;
	struct containers all;

	if (!containers_get(&job->facts->docker.containers, &all))
		return; /* image.c asked before */
	for (size_t i = 0; i < all.count; i++) {
		const struct container *c = &all.items[i];

		if (!container_told(c))
			strv_addf(&job->unread, "%s (%s)", container_label(c), c->unread);
		else if (c->running && !image_allows(job, c->name))
			look_at_container(job, c);
	}
	found = names_join(&job->found);
	unread = names_join(&job->unread);
	if (job->found.count) {
		delta_raise(d, VERDICT_FAIL,
			    "programs were changed in %zu of %zu running containers: %s",
			    job->found.count, job->judged, found);
		d->fix = xstrdup("put the change into the Dockerfile, docker build --pull, and "
				 "make the containers anew from that image");
	} else if (job->unread.count) {
		delta_raise(d, VERDICT_NOT_MEASURED, "not every container could be read: %s",
			    unread);
	} else if (job->judged) {
		delta_raise(d, VERDICT_PASS, "the running containers have their images' programs");
	} else {
		delta_raise(d, VERDICT_NOT_APPLICABLE, "no container runs on this host");
	}
}
