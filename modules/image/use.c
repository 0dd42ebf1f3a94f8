#include <string.h>

#include "engine/base/alloc.h"
#include "modules/common/tally.h"
#include "modules/image/job.h"

static bool container_lacks_check(const struct facts *f, const struct docker_image *image)
{
	struct containers all;

	if (!containers_get(&f->docker.containers, &all))
		return false; /* image.c asked before */
	for (size_t i = 0; i < all.count; i++)
		if (strcmp_null(all.items[i].image_id, image->id) == 0 &&
		    strcmp_null(all.items[i].health, "none") == 0)
			return true;
	return false;
}

/* HEALTHCHECK NONE takes away what the image below had: that is none too. */
void image_judge_healthcheck(struct image_job *job, const struct docker_image *image)
{
	bool there = image->health && strcmp(image->health, "NONE") != 0;
	bool lacks = !there && container_lacks_check(job->facts, image);
	const struct container *untold = image_untold(job->facts);

	if (!there && !lacks && untold) {
		CLEANUP(freep)
		char *why = xasprintf("whether container %s, of which dockerd tells nothing, is of "
				      "it is not known",
				      container_label(untold));

		image_unread(job, image, why);
	} else if (image_containers(job->facts, image) > 0) {
		job->judged++;
		if (lacks)
			image_found(job, image, image->health ? "HEALTHCHECK NONE" : NULL);
	}
}

/* An image below another one that is used takes no place of its own: it counts as used too. */
static bool *find_used(const struct facts *f)
{
	const struct docker_images *images = &f->images;
	bool *used = xcalloc(images->count + 1, sizeof(*used));

	for (size_t i = 0; i < images->count; i++) {
		const struct docker_image *image = &images->items[i];

		if (image_containers(f, image) == 0)
			continue;
		while (image && !used[image - images->items]) {
			used[image - images->items] = true;
			image = docker_images_base(images, image);
		}
	}
	return used;
}

/* A layer that several images share counts for each of them: at most so much comes free. */
void image_judge_unused(struct image_job *job)
{
	const struct docker_images *images = &job->facts->images;
	const struct container *untold = image_untold(job->facts);
	CLEANUP(freep) bool *used = find_used(job->facts);
	CLEANUP(freep) char *names = NULL;
	uint64_t size = 0;
	size_t unused;

	for (size_t i = 0; i < images->count; i++) {
		const struct docker_image *image = &images->items[i];

		if (used[i] || image_is_tolerated(job, image))
			continue;
		image_found(job, image, image->tags.count ? NULL : "untagged");
		size += image->size;
	}
	unused = job->found.count;
	if (unused <= (size_t)job->want->max) {
		delta_raise(job->delta, VERDICT_PASS,
			    "%zu of %zu images are used by no container, %ld may be", unused,
			    images->count, job->want->max);
		return;
	}
	if (untold) {
		delta_raise(
			job->delta, VERDICT_NOT_MEASURED,
			"which image container %s uses is not known: dockerd tells nothing of it",
			container_label(untold));
		return;
	}
	names = names_join(&job->found);
	delta_raise(job->delta, VERDICT_FAIL,
		    "%zu of %zu images are used by no container (at most %llu MB), %ld may be: %s",
		    unused, images->count, (unsigned long long)(size / 1000000), job->want->max,
		    names);
	job->delta->fix = xstrdup("docker image prune --all --filter until=720h, once nobody "
				  "needs these images to go back to");
}
