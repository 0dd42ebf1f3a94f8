#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/image-step.h"
#include "engine/format/shell-split.h"
#include "modules/image/job.h"

#define DIGEST_LENGTH 64 /* of SHA-256 in hexadecimal */

/* Words with blanks around each, so that one can be looked for as a whole. */
static const struct manager {
	const char *programs;
	const char *update; /* renews the index (yum and dnf: or all packages) */
	const char *install; /* uses it */
} managers[] = {
	{" apt-get apt aptitude ", " update ",
	 " install build-dep upgrade dist-upgrade full-upgrade safe-upgrade source download "},
	{" yum dnf dnf5 microdnf tdnf ", " makecache check-update update ",
	 " install localinstall groupinstall reinstall swap distro-sync upgrade builddep "},
	{" apk ", " update ", " add upgrade fix "},
	{" zypper ", " refresh ref update up ", " install in dup dist-upgrade patch "},
	{" opkg ", " update ", " install upgrade "},
};

/* Options of these programs whose value is the next word. */
static const char with_value[] =
	" -o -t -c -X -p -R --repository --root --target-release --config --option --config-file "
	"--installroot --releasever --setopt --enablerepo --disablerepo ";

static bool is_word_of(const char *words, const char *word)
{
	CLEANUP(freep) char *padded = xasprintf(" %s ", word);

	return *word && !strpbrk(word, " \t\n") && strstr(words, padded);
}

static const struct manager *find_manager(const char *program)
{
	for (size_t i = 0; i < ARRAY_SIZE(managers); i++)
		if (is_word_of(managers[i].programs, program))
			return &managers[i];
	return NULL;
}

/* The next word that is not an option, from *at on; NULL: none. */
static const char *next_word(const struct strv *command, size_t *at)
{
	while (*at < command->count) {
		const char *word = command->items[(*at)++];

		if (*word != '-')
			return word;
		if (is_word_of(with_value, word))
			(*at)++;
	}
	return NULL;
}

/* What the commands of one step do with package indexes. */
struct index_use {
	bool installs;
	char *update; /* "apt-get update"; NULL: none is renewed */
};

static void look_at_script(const char *script, int depth, struct index_use *use);

/* sh -c 'apt-get update && ...' */
static void look_inside(const struct strv *command, int depth, struct index_use *use)
{
	for (size_t i = 1; i + 1 < command->count; i++) {
		const char *word = command->items[i];

		if (*word == '-' && ends_with(word, "c"))
			look_at_script(command->items[i + 1], depth + 1, use);
	}
}

static void look_at_command(const struct strv *command, int depth, struct index_use *use)
{
	const char *program = shell_program_name(command), *verb;
	const struct manager *m = find_manager(program);
	size_t at = shell_program(command) + 1;

	if (!m) {
		if (is_word_of(" sh bash ash dash ", program))
			look_inside(command, depth, use);
		return;
	}
	verb = next_word(command, &at);
	if (!verb)
		return;
	/* With packages named, an update of these is meant; then nothing is left for later. */
	if (is_word_of(m->install, verb) ||
	    (is_word_of(m->update, verb) && next_word(command, &at)))
		use->installs = true;
	else if (is_word_of(m->update, verb) && !use->update)
		use->update = xasprintf("%s %s", program, verb);
}

static void look_at_script(const char *script, int depth, struct index_use *use)
{
	CLEANUP(shell_commands_clear) struct shell_commands c = {0};

	if (depth > 2)
		return;
	shell_split(script, &c);
	for (size_t i = 0; i < c.count; i++)
		look_at_command(&c.items[i], depth, use);
}

/* A comma between the findings of one image. */
static void separate(struct buf *b)
{
	if (b->len)
		buf_puts(b, ", ");
}

static void note_update(const struct step *step, size_t number, struct buf *what)
{
	struct index_use use = {0};

	if (step->kind != STEP_RUN && step->kind != STEP_BARE)
		return;
	look_at_script(step->text, 0, &use);
	if (use.update && !use.installs) {
		separate(what);
		buf_printf(what, "step %zu: %s", number, use.update);
	}
	free(use.update);
}

void image_judge_update_layer(struct image_job *job, const struct docker_image *image)
{
	CLEANUP(buf_clear) struct buf what = {0};

	job->judged++;
	for (size_t i = image_first_step(job, image); i < image->nsteps; i++) {
		CLEANUP(step_clear) struct step step = {0};

		step_parse(image->steps[i].command, &step);
		note_update(&step, i + 1, &what);
	}
	if (what.len)
		image_found(job, image, buf_str(&what));
}

/* Where it was put: the last word, in "file:... in /dest" and in "a b /dest" alike. */
static const char *destination(const char *text)
{
	const char *blank = strrchr(text, ' ');

	return blank && !strstr(blank, "://") ? blank + 1 : "?"; /* a URL may hold a login */
}

static bool has_url(const char *text)
{
	return strstr(text, "://") || starts_with(text, "git@") || strstr(text, " git@");
}

/*
 * The classic builder keeps the digest of what was added: "file:DIGEST in /x", and for what came
 * from a URL the digest alone. A digest that the Dockerfile itself asked for makes a URL as
 * good as a file.
 */
static const char *kind_of_add(const char *text)
{
	static const char hex[] = "0123456789abcdef";
	static const char *const archives[] = {".tar",    ".tar.gz", ".tgz",    ".tar.bz2",
					       ".tar.xz", ".txz",    ".tar.zst"};

	if (strstr(text, "--checksum="))
		return NULL;
	if (has_url(text) ||
	    (strspn(text, hex) == DIGEST_LENGTH && starts_with(text + DIGEST_LENGTH, " in ")))
		return "from a URL";
	for (size_t i = 0; i < ARRAY_SIZE(archives); i++) {
		const char *end = strstr(text, archives[i]);

		if (end && end[strlen(archives[i])] == ' ')
			return "an archive";
	}
	return "";
}

/* The file system that everything begins with can only be added: FROM scratch, ADD rootfs.tar /. */
static bool is_root_file_system(const struct docker_image *image, size_t at,
				const struct step *step)
{
	for (size_t i = 0; i < at; i++)
		if (image->steps[i].size > 0)
			return false;
	return strcmp(destination(step->text), "/") == 0 && !has_url(step->text);
}

void image_judge_add(struct image_job *job, const struct docker_image *image)
{
	CLEANUP(buf_clear) struct buf what = {0};

	job->judged++;
	for (size_t i = image_first_step(job, image); i < image->nsteps; i++) {
		CLEANUP(step_clear) struct step step = {0};
		const char *kind;

		step_parse(image->steps[i].command, &step);
		kind = step.kind == STEP_ADD ? kind_of_add(step.text) : NULL;
		if (!kind || is_root_file_system(image, i, &step))
			continue;
		separate(&what);
		buf_printf(&what, "step %zu: ADD%s%s to %s", i + 1, *kind ? " " : "", kind,
			   destination(step.text));
	}
	if (what.len)
		image_found(job, image, buf_str(&what));
}

static bool is_shell_alone(const char *text)
{
	static const char shells[] = " sh bash ash dash zsh ksh fish ";
	size_t n = strcspn(text, " ");
	CLEANUP(freep) char *word = xstrndup(text, n);

	return is_word_of(shells, path_name(word)) && text[n] == '\0';
}

static bool is_builders_comment(const char *comment)
{
	return starts_with(comment, "buildkit") || starts_with(comment, "Imported from") ||
	       starts_with(comment, "FROM ");
}

/*
 * docker commit writes down the command of the container where a builder writes what it did: a shell alone,
 * or the image's own CMD. A comment of one's own comes from docker commit -m.
 */
static bool is_commit(const struct docker_image *image, const struct docker_image_step *s)
{
	CLEANUP(step_clear) struct step step = {0};
	const char *comment = s->comment ? s->comment : "";

	step_parse(s->command, &step);
	if (step.kind != STEP_BARE && *s->command)
		return false;
	if (*s->command &&
	    (is_shell_alone(s->command) || strcmp_null(s->command, image->command) == 0))
		return true;
	return *comment && !is_builders_comment(comment);
}

void image_judge_committed(struct image_job *job, const struct docker_image *image)
{
	job->judged++;
	for (size_t i = image_first_step(job, image); i < image->nsteps; i++) {
		CLEANUP(freep) char *what = NULL;

		if (!is_commit(image, &image->steps[i]))
			continue;
		what = xasprintf("step %zu", i + 1);
		image_found(job, image, what);
		return;
	}
}
