/* harden version */

#include "cli/command.h"
#include "cli/report/json.h"
#include "cli/terminal.h"
#include "engine/format/json-util.h"
#include "engine/plan/plan-json.h"

int command_version(const struct options *o)
{
	CLEANUP(buf_clear) struct buf b = {0};
	json_t *answer;

	if (o->format == FORMAT_JSON) {
		answer = json_answer("version");
		json_put(answer, "plan_format_version", json_string(PLAN_FORMAT_VERSION));
		return json_write(answer);
	}
	buf_puts(&b, "harden " HARDEN_VERSION "\n");
	if (o->verbose)
		buf_puts(&b, "output format " OUTPUT_FORMAT_VERSION
			     "\nplan format " PLAN_FORMAT_VERSION "\n");
	return terminal_write(&b);
}
