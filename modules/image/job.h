#pragma once

/*
 * What the aspects of kind `image` share: the resource being judged, and how a finding is put
 * down. An aspect looks at one image at a time; image.c goes over all of them, keeps those
 * away that are tolerated or could not be read, and makes the verdict of what was found.
 */

#include <stdbool.h>

#include "engine/base/enum-table.h"
#include "engine/model/delta.h"
#include "engine/model/docker-image.h"
#include "engine/model/facts.h"

enum image_aspect {
	IMAGE_HEALTHCHECK,
	IMAGE_UPDATE_LAYER,
	IMAGE_SETUID,
	IMAGE_ADD,
	IMAGE_SECRETS,
	IMAGE_SECRET_FILES,
	IMAGE_COMMITTED,
	IMAGE_PATCHED,
	IMAGE_UNUSED,
	IMAGE_ASPECT_COUNT,
};

ENUM_TABLE_DECLARE(image_aspect, enum image_aspect);

struct image_desired {
	int aspect;
	struct strv allow;
	long max;
};

struct image_job {
	const struct image_desired *want;
	const struct facts *facts;
	struct delta *delta;
	size_t judged; /* images that the aspect is about */
	size_t spared; /* of these: they have what is looked for, but it does no harm here */
	struct strv found; /* for people, one each: "web:1 (step 3: apt-get update)" */
	struct strv unread; /* as above, with why it could not be read */
};

/* Whether a text (name of an image, path, name of a key) is one that the site tolerates. */
bool image_allows(const struct image_job *job, const char *text);

/* Whether the image itself is tolerated, by one of its names. */
bool image_is_tolerated(const struct image_job *job, const struct docker_image *image);

/* Puts a finding down; `what` goes in parentheses behind the name, NULL: the name alone. */
void image_found(struct image_job *job, const struct docker_image *image, const char *what);
void image_unread(struct image_job *job, const struct docker_image *image, const char *why);

/* The containers, running or not, that were made from this image. */
size_t image_containers(const struct facts *f, const struct docker_image *image);

/* One whose image is not known, since dockerd tells nothing of it: it may be of any; NULL: there is none. */
const struct container *image_untold(const struct facts *f);

/* Where the image's own steps begin, behind those of the image that it was built from. */
size_t image_first_step(const struct image_job *job, const struct docker_image *image);

/* The aspects. history.c */
void image_judge_update_layer(struct image_job *job, const struct docker_image *image);
void image_judge_add(struct image_job *job, const struct docker_image *image);
void image_judge_committed(struct image_job *job, const struct docker_image *image);

/* secrets.c */
void image_judge_secrets(struct image_job *job, const struct docker_image *image);

/* files.c */
void image_judge_setuid(struct image_job *job, const struct docker_image *image);
void image_judge_secret_files(struct image_job *job, const struct docker_image *image);
void image_judge_patched(struct image_job *job);

/* use.c */
void image_judge_healthcheck(struct image_job *job, const struct docker_image *image);
void image_judge_unused(struct image_job *job);
