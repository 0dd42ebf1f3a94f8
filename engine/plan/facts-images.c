#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/image-info.h"
#include "engine/plan/facts-parts.h"

/* Of one that went away since the list was made nothing more is told. */
static int ask_image(struct gather *g, struct docker_image *image, struct error *err)
{
	CLEANUP(freep) char *inspect = xasprintf("/images/%s/json", image->id);
	CLEANUP(freep) char *history = xasprintf("/images/%s/history", image->id);
	CLEANUP(buf_clear) struct buf body = {0};
	int r = engine_api_get(g->api, inspect, &body, err);

	if (r >= 0)
		r = image_info_read(&body, image, err);
	if (r >= 0)
		r = engine_api_get(g->api, history, &body, err);
	return r < 0 ? r : image_info_read_history(&body, image, err);
}

void gather_images(struct gather *g)
{
	struct docker_images *images = &g->facts->images;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf body = {0};
	int r;

	if (!g->api || !(g->facts->parts & FACTS_IMAGES))
		return;
	r = engine_api_get(g->api, "/images/json", &body, &err);
	if (r >= 0)
		r = image_info_read_list(&body, images, &err);
	if (r < 0)
		images->not_measured = xstrdup(error_text(&err));
	for (size_t i = 0; r >= 0 && i < images->count; i++) {
		CLEANUP(error_clear) struct error why = {0};

		if (ask_image(g, &images->items[i], &why) < 0)
			str_replace(&images->items[i].not_measured, error_text(&why));
	}
}
