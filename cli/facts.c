/* harden facts: what was found, and where each value comes from. */

#include "cli/command.h"
#include "cli/confine.h"
#include "cli/context.h"
#include "cli/notice.h"
#include "cli/report/json.h"
#include "cli/report/text-facts.h"
#include "cli/terminal.h"
#include "engine/format/json-util.h"

int command_facts(const struct options *o)
{
	CLEANUP(context_clear) struct context c = CONTEXT_INIT;
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(o);
	json_t *answer;
	int code;

	context_init(&c, o);
	code = context_root(&c);
	if (code == CODE_OK)
		code = context_facts_of(&c, FACTS_IMAGES | FACTS_SWARM | FACTS_CONTAINERS |
						    FACTS_VERSIONS | FACTS_UNIT_STATES |
						    FACTS_FIREWALL);
	if (c.root.fd >= 0)
		notice_ledger(&c);
	if (code != CODE_OK)
		return code;
	confine_tell(&c.facts);
	if (o->format == FORMAT_JSON) {
		answer = json_answer("facts");
		json_put(answer, "facts", json_facts(&c.facts));
		return json_write(answer);
	}
	text_facts(&b, &s, &c.facts);
	return terminal_write(&b);
}
