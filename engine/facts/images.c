#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/image-info.h"

/* Two requests an image: its configuration, and its history. */
static char *request_path(void *data, size_t index)
{
	const struct docker_images *images = data;

	return xasprintf("/images/%s/%s", images->items[index / 2].id,
			 index % 2 ? "history" : "json");
}

/* One that is not found went away since it was listed, or is of another platform: see settle_gone(). */
static void take_answer(void *data, size_t index, const struct buf *body, const struct error *err)
{
	struct docker_image *image = &((struct docker_images *)data)->items[index / 2];
	CLEANUP(error_clear) struct error why = {0};
	int r = err ? err->code : 0;

	if (!err)
		r = index % 2 ? image_info_read_history(body, image, &why)
			      : image_info_read(body, image, &why);
	if (err && r == -ENOENT)
		image->gone = true;
	else if (r < 0)
		str_replace(&image->not_measured, error_text(err ? err : &why));
}

static bool any_gone(const struct docker_images *images)
{
	for (size_t i = 0; i < images->count; i++)
		if (images->items[i].gone)
			return true;
	return false;
}

/* One that went away is none; one that is listed still was not measured. */
static int settle_gone(struct gather *g, struct error *err)
{
	struct docker_images *images = &g->facts->images;
	CLEANUP(docker_images_clear) struct docker_images again = {0};
	CLEANUP(buf_clear) struct buf body = {0};
	int r = any_gone(images) ? engine_api_get(g->api, "/images/json", &body, err) : 0;

	if (r >= 0 && any_gone(images))
		r = image_info_read_list(&body, &again, err);
	for (size_t i = 0; r >= 0 && i < images->count; i++) {
		struct docker_image *image = &images->items[i];

		if (!image->gone || !docker_images_find(&again, image->id))
			continue;
		image->gone = false;
		str_replace(&image->not_measured, "dockerd lists it, and does not find it");
	}
	docker_images_drop_gone(images);
	return r;
}

static int ask(struct gather *g, struct error *err)
{
	struct docker_images *images = &g->facts->images;
	CLEANUP(buf_clear) struct buf body = {0};
	struct engine_api_batch batch = {
		.path = request_path, .answer = take_answer, .data = images};
	int r = engine_api_get(g->api, "/images/json", &body, err);

	if (r >= 0)
		r = image_info_read_list(&body, images, err);
	buf_clear(&body);
	batch.count = 2 * images->count;
	if (r >= 0)
		r = engine_api_get_many(g->api, &batch, err);
	return r < 0 ? r : settle_gone(g, err);
}

void gather_images(struct gather *g)
{
	CLEANUP(error_clear) struct error err = {0};

	if (g->api && g->facts->parts & FACTS_IMAGES && ask(g, &err) < 0)
		g->facts->images.not_measured = xstrdup(error_text(&err));
}
