#include "cli/confine.h"

#include "cli/exit-codes.h"
#include "cli/message.h"
#include "engine/base/alloc.h"
#include "engine/host/read/root.h"
#include "engine/host/sandbox/sandbox.h"

static unsigned standing;
static struct strv lacks;

void confine(bool counts)
{
	standing = sandbox_enter(sandbox_walls() | (counts ? SANDBOX_COUNTS : 0), &lacks);
	if (standing & SANDBOX_CALLS)
		root_force_steps(true); /* openat2() is not in the list */
}

int confine_verdict(int code)
{
	CLEANUP(freep) char *call = sandbox_stopped();
	CLEANUP(error_clear) struct error err = {0};
	static bool told;

	if (!call)
		return code;
	if (told)
		return CODE_ERROR;
	told = true;
	error_set(&err, -EACCES,
		  "the sandbox stopped the system call '%s', which looking does not need: the "
		  "answer cannot be relied on",
		  call);
	return fail(CODE_ERROR, &err);
}

void confine_tell(struct facts *f)
{
	CLEANUP(freep) char *walls = sandbox_text(standing);

	str_replace(&f->sandbox, walls);
	strv_copy(&f->sandbox_lacks, &lacks);
}
