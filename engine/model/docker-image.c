#include "engine/model/docker-image.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

#define SHORT_ID 12

struct docker_image *docker_images_add(struct docker_images *images)
{
	return array_append(&images->items, &images->count, sizeof(*images->items));
}

const struct docker_image *docker_images_find(const struct docker_images *images, const char *id)
{
	for (size_t i = 0; id && i < images->count; i++)
		if (strcmp(images->items[i].id, id) == 0)
			return &images->items[i];
	return NULL;
}

struct docker_image_step *docker_image_add_step(struct docker_image *image)
{
	return array_append(&image->steps, &image->nsteps, sizeof(*image->steps));
}

void docker_image_clear_texts(struct docker_image *image)
{
	strv_clear(&image->env);
	strv_clear(&image->labels);
	for (size_t i = 0; i < image->nsteps; i++) {
		free(image->steps[i].command);
		free(image->steps[i].comment);
	}
	free(image->steps);
	image->steps = NULL;
	image->nsteps = 0;
}

static void clear_image(struct docker_image *image)
{
	docker_image_clear_texts(image);
	free(image->id);
	strv_clear(&image->tags);
	free(image->not_measured);
	free(image->platform);
	free(image->health);
	free(image->command);
	strv_clear(&image->layers);
	free(image->files_not_measured);
	strv_clear(&image->rights_files);
	strv_clear(&image->secret_files);
}

void docker_images_drop_gone(struct docker_images *images)
{
	size_t kept = 0;

	for (size_t i = 0; i < images->count; i++) {
		if (images->items[i].gone)
			clear_image(&images->items[i]);
		else
			images->items[kept++] = images->items[i];
	}
	images->count = kept;
}

void docker_images_clear(struct docker_images *images)
{
	for (size_t i = 0; i < images->count; i++)
		clear_image(&images->items[i]);
	free(images->items);
	free(images->not_measured);
	*images = (struct docker_images){0};
}

/* Two builds never share the second and the text of a step by accident, and size neither. */
static bool same_step(const struct docker_image_step *a, const struct docker_image_step *b)
{
	return a->created == b->created && a->size == b->size &&
	       strcmp_null(a->command, b->command) == 0;
}

static bool begins_with(const struct docker_image *image, const struct docker_image *base)
{
	if (base->nsteps == 0 || base->nsteps >= image->nsteps)
		return false;
	for (size_t i = 0; i < base->nsteps; i++)
		if (!same_step(&image->steps[i], &base->steps[i]))
			return false;
	return true;
}

const struct docker_image *docker_images_base(const struct docker_images *images,
					      const struct docker_image *image)
{
	const struct docker_image *best = NULL;

	for (size_t i = 0; i < images->count; i++) {
		const struct docker_image *other = &images->items[i];

		if (other->tags.count > 0 && (!best || other->nsteps > best->nsteps) &&
		    begins_with(image, other))
			best = other;
	}
	return best;
}

char *docker_image_name(const struct docker_image *image)
{
	const char *id = image->id ? image->id : "";
	const char *colon = strchr(id, ':');

	if (image->tags.count > 0)
		return xstrdup(image->tags.items[0]);
	return xstrndup(colon ? colon + 1 : id, SHORT_ID);
}
