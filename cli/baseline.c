/* harden baseline: `lint` checks files and says where they are wrong, `show` prints one as one file. */

#include "engine/baseline/builtin.h"

#include <string.h>

#include "cli/command.h"
#include "cli/context-baselines.h"
#include "cli/context.h"
#include "cli/lint.h"
#include "cli/message.h"
#include "cli/report/json.h"
#include "cli/report/text-origin.h"
#include "cli/terminal.h"
#include "cli/trust.h"
#include "engine/base/str.h"
#include "engine/format/json-util.h"

static int add_file(struct buf *b, const char *file, bool builtin, struct error *err)
{
	const struct builtin_file *f = builtin_files;

	if (!builtin)
		return trusted_read(file, BASELINE_MAX_BYTES, b, err);
	while (f->name && strcmp(f->name, file) != 0)
		f++;
	buf_append(b, f->bytes, f->n);
	return 0;
}

/* Whether a line goes on with the value of a key of the top. */
static bool goes_on(const char *line)
{
	return *line == ' ' || *line == '-' || *line == '\t';
}

/* What a part has for itself is one list in the whole: `controls` stands once, and no part is named. */
static bool is_left_out(const char *line, bool head)
{
	return starts_with(line, head ? "parts:" : "part-of:") ||
	       (!head && starts_with(line, "controls:"));
}

static void add_lines(struct buf *b, const char *text, bool head)
{
	bool left_out = false;

	while (*text) {
		size_t n = strcspn(text, "\n") + 1;

		if (!text[n - 1])
			n--;
		left_out = is_left_out(text, head) || (head && left_out && goes_on(text));
		if (!left_out)
			buf_append(b, text, n);
		text += n;
	}
}

/* One file that is a baseline as it stands. */
static void add_whole(struct buf *b, const struct buf *text, size_t i, bool has_parts)
{
	if (!has_parts) {
		buf_append(b, text->data, text->len);
		return;
	}
	add_lines(b, buf_str(text), i == 0);
	if (i == 0 && !strstr(buf_str(text), "\ncontrols:"))
		buf_puts(b, "\ncontrols:\n");
}

/* To start one's own from: one file, each part behind its name. */
static int show_text(const char *name, const struct baseline *one)
{
	CLEANUP(buf_clear) struct buf b = {0};
	bool builtin = strcmp(name, BUILTIN_NAME) == 0;

	for (size_t i = 0; i < one->files.count; i++) {
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(buf_clear) struct buf text = {0};
		const char *file = one->files.items[i];

		if (one->files.count > 1)
			buf_printf(&b, "%s# ---- %s\n\n", i ? "\n" : "", file);
		if (add_file(&text, file, builtin, &err) < 0)
			return fail(CODE_ERROR, &err);
		add_whole(&b, &text, i, one->files.count > 1);
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
