#include "engine/effect/site-command.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/base/strv.h"
#include "engine/effect/program-trust.h"
#include "engine/host/write/command.h"

#define SAID_MAX 300 /* bytes of its last line */

/* Its last line, since programs say at the end why; the caller frees it. */
static char *last_line(const struct buf *said)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	strv_split(&lines, buf_str(said), "\r\n");
	for (size_t i = lines.count; i > 0; i--)
		if (!is_blank(lines.items[i - 1]))
			return xasprintf(": %.*s", SAID_MAX, lines.items[i - 1]);
	return xstrdup("");
}

int site_command_run(const char *path, const struct interrupt *interrupt, struct error *err)
{
	CLEANUP(buf_clear) struct buf said = {0};
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(freep) char *last = NULL;
	int r = program_is_roots(path, err);

	if (r < 0)
		return r;
	r = command_run(path, SITE_COMMAND_MS, interrupt, &said, &why);
	last = last_line(&said);
	if (r == 0 || r == -EINTR) {
		error_move(err, &why);
		return r;
	}
	if (r == -ETIMEDOUT)
		return error_set_at(err, -EIO, path, "'%s' was ended after %d s%s", path,
				    SITE_COMMAND_MS / 1000, last);
	if (r < 0)
		return error_set(err, -EIO, "%s", error_text(&why));
	return r > 128 ? error_set_at(err, -EIO, path, "'%s' was ended by signal %d%s", path,
				      r - 128, last)
		       : error_set_at(err, -EIO, path, "'%s' failed (exit code %d)%s", path, r,
				      last);
}
