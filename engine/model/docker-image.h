#pragma once

/*
 * What is known of the images on the host and of the directories that hold their layers. Part of
 * the facts (facts.h): gathered only where a selected control reads it, see enum facts_part.
 *
 * Environment, labels and history may hold secrets. They are here to be looked through; whoever
 * tells about them tells names and places, never values.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/strv.h"

/* One line of an image's history. */
struct docker_image_step {
	char *command; /* "created by", as the builder wrote it; "" when it wrote nothing */
	char *comment;
	int64_t created; /* seconds since 1970 */
	uint64_t size; /* of the layer; 0: it made none, or an empty one */
};

struct docker_image {
	char *id; /* "sha256:..." */
	struct strv tags; /* none: the image is untagged */
	bool gone; /* only while gathering */
	char *not_measured; /* why it could not be inspected; then only id, tags, size are known */
	char *platform; /* "linux/amd64" */
	uint64_t size;
	char *health; /* how HEALTHCHECK begins: "CMD-SHELL", "NONE"; NULL: there is none */
	char *command; /* CMD, its words with blanks between; NULL: none */
	struct strv env, labels; /* "NAME=value" */
	struct docker_image_step *steps; /* the oldest first */
	size_t nsteps;
	struct strv layers; /* directories on disk, the lowest first */
	char *files_not_measured; /* why the files in the layers are not known; NULL: they are */
	struct strv rights_files; /* setuid, setgid or with capabilities: paths in the container */
	struct strv secret_files; /* paths in the container: by their names they hold secrets */
};

struct docker_images {
	char *not_measured; /* why there is no list; NULL: there is */
	struct docker_image *items;
	size_t count;
};

struct docker_image *docker_images_add(struct docker_images *images);
const struct docker_image *docker_images_find(const struct docker_images *images,
					      const char *id); /* NULL: none */
struct docker_image_step *docker_image_add_step(struct docker_image *image);
void docker_images_drop_gone(struct docker_images *images);
void docker_image_clear_texts(struct docker_image *image); /* env, labels, steps */
void docker_images_clear(struct docker_images *images);

/*
 * The image that this one was built from, as far as it is on this host: the one with tags whose
 * history is the longest beginning of this one's. NULL: none is known.
 */
const struct docker_image *docker_images_base(const struct docker_images *images,
					      const struct docker_image *image);

/* For people: a tag, or the first twelve digits of the id; the caller frees it. */
char *docker_image_name(const struct docker_image *image);
