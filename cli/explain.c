/* harden explain: all that is known of one control, by its id or a benchmark's number. */

#include "cli/command.h"
#include "cli/context-baselines.h"
#include "cli/context.h"
#include "cli/report/json.h"
#include "cli/report/text-control.h"
#include "cli/select.h"
#include "cli/terminal.h"
#include "engine/format/json-util.h"

static int print_json(const struct control *control)
{
	json_t *answer = json_answer("explain"), *j = json_control(control);

	json_put(j, "settings", json_resources(control));
	json_put(answer, "control", j);
	return json_write(answer);
}

int command_explain(const struct options *o)
{
	CLEANUP(context_clear) struct context c = CONTEXT_INIT;
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(o);
	const struct control *control;
	int code;

	context_init(&c, o);
	code = context_baselines(&c);
	if (code != CODE_OK)
		return code;
	control = context_control(&c, o->args.items[0]);
	if (!control)
		return no_such_control(&c, NULL, o->args.items[0]);
	if (o->format == FORMAT_JSON)
		return print_json(control);
	text_control(&b, &s, control);
	return terminal_write(&b);
}
