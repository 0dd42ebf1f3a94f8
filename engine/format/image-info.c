#include "engine/format/image-info.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-util.h"

#define NO_TAG "<none>:<none>"

static void take_tags(const json_t *list, struct strv *ret)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text && strcmp(text, NO_TAG) != 0)
			strv_add(ret, text);
	}
}

int image_info_read_list(const struct buf *body, struct docker_images *ret, struct error *err)
{
	CLEANUP(json_decrefp)
	json_t *list = json_load_as(body, JSON_ARRAY, "dockerd's list of images", err);

	if (!list)
		return -EINVAL;
	if (json_array_size(list) > IMAGES_MAX)
		return error_set(err, -E2BIG, "there are %zu images, more than %d",
				 json_array_size(list), IMAGES_MAX);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		struct docker_image *image = docker_images_add(ret);

		image->id = xstrdup(json_text_of(one, "Id"));
		take_tags(json_object_get(one, "RepoTags"), &image->tags);
		image->size = (uint64_t)json_integer_value(json_object_get(one, "Size"));
	}
	return 0;
}

static size_t text_of_steps(const struct docker_image *image)
{
	size_t n = 0;

	for (size_t i = 0; i < image->nsteps; i++)
		n += strlen(image->steps[i].command) + strlen(image->steps[i].comment);
	return n;
}

static size_t text_of_list(const struct strv *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++)
		n += strlen(list->items[i]);
	return n;
}

/* Takes the texts of an image that is too large away again; it is not measured then. */
static void bound(struct docker_image *image)
{
	if (text_of_steps(image) + text_of_list(&image->env) + text_of_list(&image->labels) <=
	    IMAGE_MAX_TEXT)
		return;
	docker_image_clear_texts(image);
	str_replace(&image->not_measured, "its configuration and history are longer than 1 MiB");
}

static void take_labels(json_t *labels, struct strv *ret)
{
	const char *name;
	json_t *value;

	json_object_foreach(labels, name, value)
	{
		strv_addf(ret, "%s=%s", name,
			  json_string_value(value) ? json_string_value(value) : "");
	}
}

static void take_command(const json_t *words, struct docker_image *ret)
{
	CLEANUP(strv_clear) struct strv list = {0};

	json_take_strings(words, &list);
	free(ret->command);
	ret->command = list.count ? strv_join(&list, " ") : NULL;
}

/* Of {"Test": ["CMD-SHELL", "curl ..."]} the first word; [] means that of the image below. */
static const char *health_of(const json_t *config)
{
	const json_t *test = json_object_get(json_object_get(config, "Healthcheck"), "Test");

	return json_string_value(json_array_get(test, 0));
}

/* overlay2: LowerDir has the directories below the uppermost, the highest first. */
static void take_layers(const json_t *driver, struct docker_image *ret)
{
	const json_t *data = json_object_get(driver, "Data");
	const char *upper = json_text_of(data, "UpperDir");
	CLEANUP(strv_clear) struct strv lower = {0};

	if (strcmp(json_text_of(driver, "Name"), "overlay2") != 0 || !*upper)
		return;
	strv_split(&lower, json_text_of(data, "LowerDir"), ":");
	for (size_t i = lower.count; i > 0; i--)
		strv_add(&ret->layers, lower.items[i - 1]);
	strv_add(&ret->layers, upper);
}

int image_info_read(const struct buf *body, struct docker_image *ret, struct error *err)
{
	CLEANUP(json_decrefp)
	json_t *root = json_load_as(body, JSON_OBJECT, "what dockerd tells of an image", err);
	const json_t *config = json_object_get(root, "Config");

	if (!root)
		return -EINVAL;
	free(ret->platform);
	ret->platform =
		xasprintf("%s/%s", json_text_of(root, "Os"), json_text_of(root, "Architecture"));
	str_replace(&ret->health, health_of(config));
	take_command(json_object_get(config, "Cmd"), ret);
	json_take_strings(json_object_get(config, "Env"), &ret->env);
	take_labels(json_object_get(config, "Labels"), &ret->labels);
	take_layers(json_object_get(root, "GraphDriver"), ret);
	bound(ret);
	return 0;
}

/* dockerd lists the newest step first. */
int image_info_read_history(const struct buf *body, struct docker_image *ret, struct error *err)
{
	CLEANUP(json_decrefp)
	json_t *list = json_load_as(body, JSON_ARRAY, "a history of dockerd's", err);

	if (!list)
		return -EINVAL;
	for (size_t i = json_array_size(list); i > 0; i--) {
		const json_t *one = json_array_get(list, i - 1);
		struct docker_image_step *step = docker_image_add_step(ret);

		step->command = xstrdup(json_text_of(one, "CreatedBy"));
		step->comment = xstrdup(json_text_of(one, "Comment"));
		step->created = json_integer_value(json_object_get(one, "Created"));
		step->size = (uint64_t)json_integer_value(json_object_get(one, "Size"));
	}
	bound(ret);
	return 0;
}
