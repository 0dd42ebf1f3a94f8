/* harden baseline: `lint` checks files and says where they are wrong, `show` prints one. */

#include "engine/baseline/builtin.h"

#include <string.h>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/message.h"
#include "cli/report/json.h"
#include "cli/report/text-origin.h"
#include "cli/terminal.h"
#include "cli/trust.h"
#include "engine/plan/json-util.h"

static void lint_line(struct buf *b, const struct style *s, const char *file,
		      const struct baseline *baseline)
{
	ink_text(b, s, INK_PLAIN, file);
	buf_puts(b, ": ");
	ink_text(b, s, INK_PLAIN, baseline->name);
	buf_putc(b, ' ');
	ink_text(b, s, INK_PLAIN, baseline->version);
	buf_puts(b, ", ");
	count_text(b, baseline->ncontrols, "control", "controls");
	buf_puts(b, ", no mistakes\n");
}

/* All files are looked at; the first code that is not CODE_OK is the answer. */
static int lint(const struct options *o)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(o);
	json_t *files = json_array();
	json_t *answer = NULL;
	int code = CODE_OK, written;

	for (size_t i = 1; i < o->args.count; i++) {
		CLEANUP(baseline_clear) struct baseline one = {0};
		int r = baseline_load(o->args.items[i], o, &one);
		json_t *j = json_object();

		if (r == CODE_OK)
			lint_line(&b, &s, o->args.items[i], &one);
		else if (code == CODE_OK)
			code = r;
		json_put(j, "file", json_text(o->args.items[i]));
		json_put(j, "valid", json_boolean(r == CODE_OK));
		json_put(j, "controls", json_integer((json_int_t)one.ncontrols));
		json_array_append_new(files, j);
	}
	if (o->format == FORMAT_JSON) {
		answer = json_answer("baseline lint");
		json_put(answer, "files", files);
		written = json_write(answer);
	} else {
		json_decref(files);
		written = terminal_write(&b);
	}
	return code != CODE_OK ? code : written;
}

static int add_file(struct buf *b, const char *file, bool builtin, struct error *err)
{
	const struct builtin_file *f = builtin_files;

	if (!builtin)
		return trusted_read(file, b->len + BASELINE_MAX_BYTES, b, err);
	while (f->name && strcmp(f->name, file) != 0)
		f++;
	buf_append(b, f->bytes, f->n);
	return 0;
}

/* The files themselves, to start one's own from; each part behind its name. */
static int show_text(const char *name, const struct baseline *one)
{
	CLEANUP(buf_clear) struct buf b = {0};
	bool builtin = strcmp(name, BUILTIN_NAME) == 0;

	for (size_t i = 0; i < one->files.count; i++) {
		CLEANUP(error_clear) struct error err = {0};
		const char *file = one->files.items[i];

		if (one->files.count > 1)
			buf_printf(&b, "%s# ---- %s\n\n", i ? "\n" : "", file);
		if (add_file(&b, file, builtin, &err) < 0)
			return fail(CODE_ERROR, &err);
	}
	return terminal_write_raw(&b);
}

/* What a plan would go by: the baselines with the site's files laid over them. */
static int show_origins(const struct options *o, const char *name)
{
	CLEANUP(context_clear) struct context c = CONTEXT_INIT;
	CLEANUP(buf_clear) struct buf b = {0};
	CLEANUP(strv_clear) struct strv names = {0};
	struct options copy = *o;
	struct style s = terminal_style(o);
	json_t *answer;
	int code;

	if (strcmp(name, BUILTIN_NAME) != 0)
		strv_add(&names, name);
	copy.baselines = names;
	context_init(&c, &copy);
	code = context_baselines(&c);
	if (code != CODE_OK)
		return code;
	if (o->format != FORMAT_JSON) {
		text_origins(&b, &s, &c.baselines[0]);
		return terminal_write(&b);
	}
	answer = json_answer("baseline origins");
	json_put(answer, "settings", json_origins(&c.baselines[0]));
	return json_write(answer);
}

static int show(const struct options *o)
{
	const char *name = o->args.count > 1 ? o->args.items[1] : BUILTIN_NAME;
	CLEANUP(baseline_clear) struct baseline one = {0};
	json_t *answer, *controls;
	int code;

	if (o->origin)
		return show_origins(o, name);
	code = baseline_load(name, o, &one);
	if (code != CODE_OK)
		return code;
	if (o->format != FORMAT_JSON)
		return show_text(name, &one);
	answer = json_answer("baseline show");
	controls = json_array();
	json_put(answer, "name", json_text(one.name));
	json_put(answer, "version", json_text(one.version));
	json_put(answer, "title", json_text(one.title));
	for (size_t i = 0; i < one.ncontrols; i++)
		json_array_append_new(controls, json_control(&one.controls[i]));
	json_put(answer, "controls", controls);
	return json_write(answer);
}

int command_baseline(const struct options *o)
{
	const char *verb = o->args.items[0];

	if (strcmp(verb, "show") == 0 && o->args.count <= 2)
		return show(o);
	if (strcmp(verb, "lint") == 0 && o->args.count > 1)
		return lint(o);
	if (strcmp(verb, "lint") == 0)
		message("'baseline lint' wants at least one file");
	else if (strcmp(verb, "show") == 0)
		message("'baseline show' takes one name or file");
	else
		message("'baseline' takes 'lint' or 'show', not '%s'", verb);
	return CODE_USAGE;
}
