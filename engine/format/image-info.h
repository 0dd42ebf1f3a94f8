#pragma once

/*
 * What the Engine API tells of images (GET /images/json, /images/ID/json, /images/ID/history),
 * reduced to what the facts hold. An image whose texts are longer than IMAGE_MAX_TEXT all
 * together is not looked through: its not_measured says so.
 */

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/model/docker-image.h"

#define IMAGE_MAX_TEXT (1U << 20)
#define IMAGES_MAX 10000

/* Adds the images of a list, each with id, tags and size. -E2BIG: more than IMAGES_MAX. */
int image_info_read_list(const struct buf *body, struct docker_images *ret, struct error *err);

/* Configuration, platform and layers of an image that is in the list. */
int image_info_read(const struct buf *body, struct docker_image *ret, struct error *err);

int image_info_read_history(const struct buf *body, struct docker_image *ret, struct error *err);
