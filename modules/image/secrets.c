#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/format/image-step.h"
#include "engine/format/secret-scan.h"
#include "modules/common/tally.h"
#include "modules/image/job.h"

/*
 * Secrets in what anybody who can pull an image can read. Names and places are told, never
 * values, nor anything made from them: a short secret would be found by its digest.
 */

struct search {
	struct image_job *job;
	struct strv known; /* names already told of */
	struct strv found; /* for people */
};

static void search_clear(struct search *s)
{
	strv_clear(&s->known);
	strv_clear(&s->found);
}

/* What a name is told as: without anything that is not a name's part, and not at any length. */
static char *shown_name(const char *name)
{
	size_t n = strnlen(name, 60);
	char *shown = xstrndup(name, n);

	for (char *c = shown; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_.-/", *c))
			*c = '?';
	return shown;
}

/* NAME and value of an assignment; the caller frees both. A missing value is "". */
static void split_pair(const char *pair, char **ret_name, char **ret_value)
{
	size_t n = strcspn(pair, "=");

	*ret_name = xstrndup(pair, n);
	*ret_value = xstrdup(pair[n] ? pair + n + 1 : "");
}

static void look_at_pair(struct search *s, const char *where, const char *pair)
{
	CLEANUP(freep) char *name = NULL, *value = NULL, *shown = NULL;
	const char *what;

	split_pair(pair, &name, &value);
	what = secret_value(name, value);
	if (!what || image_allows(s->job, name) || strv_contains(&s->known, name))
		return;
	shown = shown_name(name);
	strv_add(&s->known, name);
	strv_addf(&s->found, "%s %s: %s", where, shown, what);
}

/* The values that were there before are told of where the image begins that brought them. */
static void look_at_pairs(struct search *s, const char *where, const struct strv *pairs,
			  const struct strv *before)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (!before || !strv_contains(before, pairs->items[i]))
			look_at_pair(s, where, pairs->items[i]);
}

static void look_at_step(struct search *s, const struct docker_image_step *line, size_t number)
{
	CLEANUP(step_clear) struct step step = {0};
	CLEANUP(strv_clear) struct strv words = {0};
	CLEANUP(freep) char *where = NULL;

	step_parse(line->command, &step);
	where = xasprintf("step %zu, %s", number,
			  step.kind == STEP_ARG   ? "ARG"
			  : step.kind == STEP_ENV ? "ENV"
						  : "LABEL");
	if (step.kind == STEP_ARG || step.kind == STEP_ENV || step.kind == STEP_LABEL) {
		step_pairs(step.text, &words);
		look_at_pairs(s, where, &words, NULL);
		return;
	}
	for (size_t i = 0; i < step.build_args.count; i++) {
		CLEANUP(freep) char *argument = xasprintf("step %zu, build argument", number);

		look_at_pair(s, argument, step.build_args.items[i]);
	}
	secret_in_shell(step.text, &words);
	for (size_t i = 0; i < words.count; i++) {
		if (image_allows(s->job, words.items[i]) ||
		    strv_contains(&s->known, words.items[i]))
			continue;
		strv_add(&s->known, words.items[i]);
		strv_addf(&s->found, "step %zu: %s", number, words.items[i]);
	}
}

/* Only where another control had the layers looked through; that takes too long for this one. */
static void look_at_files(struct search *s, const struct docker_image *image)
{
	for (size_t i = 0; i < image->secret_files.count; i++)
		if (!image_allows(s->job, image->secret_files.items[i]))
			strv_addf(&s->found, "file %s", image->secret_files.items[i]);
}

void image_judge_secrets(struct image_job *job, const struct docker_image *image)
{
	const struct docker_image *base = docker_images_base(&job->facts->images, image);
	CLEANUP(search_clear) struct search s = {.job = job};
	CLEANUP(freep) char *what = NULL;

	job->judged++;
	look_at_pairs(&s, "ENV", &image->env, base ? &base->env : NULL);
	look_at_pairs(&s, "LABEL", &image->labels, base ? &base->labels : NULL);
	for (size_t i = base ? base->nsteps : 0; i < image->nsteps; i++)
		look_at_step(&s, &image->steps[i], i + 1);
	look_at_files(&s, image);
	if (s.found.count == 0) {
		if (job->facts->parts & FACTS_IMAGE_FILES && image->files_not_measured)
			image_unread(job, image, image->files_not_measured);
		return;
	}
	what = names_join(&s.found);
	image_found(job, image, what);
}
