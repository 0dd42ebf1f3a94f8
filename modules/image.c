#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/common/tally.h"
#include "modules/image/job.h"
#include "modules/registry.h"

/*
 * One property of all images on the host, or of the containers made from them. Only measured:
 * what fixes an image is another build of it.
 */

ENUM_TABLE(image_aspect, enum image_aspect, IMAGE_ASPECT_COUNT, [IMAGE_HEALTHCHECK] = "healthcheck",
	   [IMAGE_UPDATE_LAYER] = "update-layer", [IMAGE_SETUID] = "setuid", [IMAGE_ADD] = "add",
	   [IMAGE_SECRETS] = "secrets", [IMAGE_SECRET_FILES] = "secret-files",
	   [IMAGE_COMMITTED] = "committed", [IMAGE_PATCHED] = "patched", [IMAGE_UNUSED] = "unused");

static const struct aspect {
	void (*image)(struct image_job *job, const struct docker_image *image);
	void (*host)(struct image_job *job); /* in place of image: of all at once */
	unsigned needs;
	const char *fails; /* "2 of 5 images ..." */
	const char *passes;
	const char *fix;
} aspects[IMAGE_ASPECT_COUNT] = {
	[IMAGE_HEALTHCHECK] =
		{
			.image = image_judge_healthcheck,
			.needs = FACTS_IMAGES,
			.fails = "in use have no health check",
			.passes =
				"every image in use has a health check, or its containers have one",
			.fix = "in the Dockerfile: HEALTHCHECK CMD ...; or docker run "
			       "--health-cmd ...",
		},
	[IMAGE_UPDATE_LAYER] =
		{
			.image = image_judge_update_layer,
			.needs = FACTS_IMAGES,
			.fails = "update a package index in a step of its own",
			.passes = "no image updates a package index in a step of its own",
			.fix = "in the Dockerfile, in one line: RUN apt-get update && apt-get "
			       "install -y "
			       "PACKAGE && rm -rf /var/lib/apt/lists/*",
		},
	[IMAGE_SETUID] =
		{
			.image = image_judge_setuid,
			.needs = FACTS_IMAGES | FACTS_IMAGE_FILES | FACTS_CONTAINERS,
			.fails = "have files that give the rights of others (setuid, setgid, "
				 "capabilities)",
			.passes = "no image has files that give the rights of others",
			.fix = "in the Dockerfile: RUN find / -xdev -type f -perm /6000 -exec "
			       "chmod a-s {} +; "
			       "or docker run --security-opt no-new-privileges",
		},
	[IMAGE_ADD] =
		{
			.image = image_judge_add,
			.needs = FACTS_IMAGES,
			.fails = "were built with ADD",
			.passes = "no image was built with ADD",
			.fix = "in the Dockerfile: COPY in place of ADD; what comes from a URL by "
			       "RUN with a "
			       "check of its digest",
		},
	[IMAGE_SECRETS] =
		{
			.image = image_judge_secrets,
			.needs = FACTS_IMAGES,
			.fails = "seem to hold secrets in their configuration or history",
			.passes = "nothing in the configuration and history of the images looks "
				  "like a secret",
			.fix = "replace the secret where it is used, then build anew with RUN "
			       "--mount=type=secret, or hand it to the container as a file",
		},
	[IMAGE_SECRET_FILES] =
		{
			.image = image_judge_secret_files,
			.needs = FACTS_IMAGES | FACTS_IMAGE_FILES,
			.fails = "have files that by their names hold secrets",
			.passes = "no file in an image holds secrets by its name",
			.fix = "replace the secret where it is used, name the file in "
			       ".dockerignore, and build "
			       "anew with RUN --mount=type=secret",
		},
	[IMAGE_COMMITTED] =
		{
			.image = image_judge_committed,
			.needs = FACTS_IMAGES,
			.fails = "were made by docker commit",
			.passes = "no image was made by docker commit",
			.fix = "put what was changed by hand into a Dockerfile, and docker build "
			       "--pull",
		},
	[IMAGE_PATCHED] = {.host = image_judge_patched, .needs = FACTS_CONTAINER_FILES},
	[IMAGE_UNUSED] = {.host = image_judge_unused, .needs = FACTS_IMAGES},
};

static void job_clear(struct image_job *job)
{
	strv_clear(&job->found);
	strv_clear(&job->unread);
}

bool image_allows(const struct image_job *job, const char *text)
{
	return strv_matches(&job->want->allow, text, 0);
}

bool image_is_tolerated(const struct image_job *job, const struct docker_image *image)
{
	for (size_t i = 0; i < image->tags.count; i++)
		if (image_allows(job, image->tags.items[i]))
			return true;
	return false;
}

static void note(struct strv *list, const struct docker_image *image, const char *what)
{
	CLEANUP(freep) char *name = docker_image_name(image);

	if (what)
		strv_addf(list, "%s (%s)", name, what);
	else
		strv_add(list, name);
}

void image_found(struct image_job *job, const struct docker_image *image, const char *what)
{
	note(&job->found, image, what);
}

void image_unread(struct image_job *job, const struct docker_image *image, const char *why)
{
	note(&job->unread, image, why);
}

size_t image_containers(const struct facts *f, const struct docker_image *image)
{
	struct containers all;
	size_t n = 0;

	if (!containers_get(&f->docker.containers, &all))
		return 0; /* reason_not_measured() was asked before */
	for (size_t i = 0; i < all.count; i++)
		n += strcmp_null(all.items[i].image_id, image->id) == 0;
	return n;
}

const struct container *image_untold(const struct facts *f)
{
	struct containers all;

	if (!containers_get(&f->docker.containers, &all))
		return NULL; /* likewise */
	for (size_t i = 0; i < all.count; i++)
		if (!container_told(&all.items[i]) && !all.items[i].image_id)
			return &all.items[i];
	return NULL;
}

size_t image_first_step(const struct image_job *job, const struct docker_image *image)
{
	const struct docker_image *base = docker_images_base(&job->facts->images, image);

	return base ? base->nsteps : 0;
}

static void judge_images(struct image_job *job, const struct aspect *aspect)
{
	const struct docker_images *images = &job->facts->images;

	for (size_t i = 0; i < images->count; i++) {
		const struct docker_image *image = &images->items[i];

		if (image_is_tolerated(job, image))
			continue;
		if (image->not_measured)
			image_unread(job, image, image->not_measured);
		else
			aspect->image(job, image);
	}
}

/* Secrets are looked for in files too where these are known: with a control that reads them. */
static const char *what_is_left_out(const struct image_job *job)
{
	if (job->want->aspect != IMAGE_SECRETS || job->facts->parts & FACTS_IMAGE_FILES)
		return "";
	return "; files in the layers were not looked at (--level 2 does)";
}

static void conclude(struct image_job *job, const struct aspect *aspect)
{
	CLEANUP(freep) char *found = names_join(&job->found);
	CLEANUP(freep) char *unread = names_join(&job->unread);
	struct delta *d = job->delta;

	if (job->found.count) {
		delta_raise(d, VERDICT_FAIL, "%zu of %zu images %s: %s", job->found.count,
			    job->judged, aspect->fails, found);
		d->fix = xstrdup(aspect->fix);
	} else if (job->unread.count) {
		delta_raise(d, VERDICT_NOT_MEASURED, "not every image could be read: %s", unread);
	} else if (job->spared) {
		delta_raise(d, VERDICT_PASS,
			    "no container can gain rights from the %zu images that have such files",
			    job->spared);
	} else if (job->judged) {
		delta_raise(d, VERDICT_PASS, "%s%s", aspect->passes, what_is_left_out(job));
	} else {
		delta_raise(d, VERDICT_NOT_APPLICABLE, "there is no such image on this host");
	}
}

/* Why nothing can be said at all; NULL: the facts are there. */
static const char *reason_not_measured(const struct facts *f, unsigned needs)
{
	if (f->docker.not_measured)
		return f->docker.not_measured;
	if ((f->parts & needs) != needs)
		return "the images were not asked for";
	if (containers_why(&f->docker.containers))
		return containers_why(&f->docker.containers);
	return needs & FACTS_IMAGES ? f->images.not_measured : NULL;
}

static int image_diff(const void *desired, const struct view *now, struct delta *ret,
		      struct error *err)
{
	const struct image_desired *want = desired;
	const struct aspect *aspect = &aspects[want->aspect];
	CLEANUP(job_clear)
	struct image_job job = {.want = want, .facts = now->facts, .delta = ret};
	const char *why = reason_not_measured(now->facts, aspect->needs);

	if (now->facts->docker.install == DOCKER_NONE) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "Docker is not installed");
	} else if (why) {
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s", why);
	} else if (aspect->host) {
		aspect->host(&job);
	} else {
		judge_images(&job, aspect);
		conclude(&job, aspect);
	}
	return 0;
}

static unsigned image_needs(const void *desired)
{
	const struct image_desired *want = desired;

	return aspects[want->aspect].needs;
}

static int image_check(const void *desired, struct error *err)
{
	const struct image_desired *want = desired;

	if ((want->aspect == IMAGE_UNUSED) != (want->max >= 0))
		return error_set(err, -EINVAL,
				 want->max >= 0 ? "'max' goes with aspect unused alone"
						: "aspect unused needs 'max'");
	return 0;
}

static const struct field fields[] = {
	{.key = "aspect",
	 .type = FIELD_ENUM,
	 .offset = offsetof(struct image_desired, aspect),
	 .required = true,
	 .parse = image_aspect_from_string,
	 .help = "healthcheck, update-layer, setuid, add, secrets, secret-files, committed, "
		 "patched "
		 "or unused"},
	{.key = "allow",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct image_desired, allow),
	 .help = "globs of what is tolerated: names of images, paths of files, names of secrets"},
	{.key = "max",
	 .type = FIELD_INT,
	 .offset = offsetof(struct image_desired, max),
	 .def = -1,
	 .help = "of unused: how many images may lie there without a container"},
	{0},
};

const struct module module_image = {
	.name = "image",
	.summary = "a property of the images on the host",
	.desired_size = sizeof(struct image_desired),
	.fields = fields,
	.check = image_check,
	.needs = image_needs,
	.diff = image_diff,
};
