#include "engine/host/write/journald.h"

#define SD_JOURNAL_SUPPRESS_LOCATION /* where in our source it was sent is nothing to those who read it */

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include "engine/base/alloc.h"

int journald_send(const struct strv *fields)
{
	struct iovec *parts = xcalloc(fields->count + 1, sizeof(*parts));
	int r;

	for (size_t i = 0; i < fields->count; i++)
		parts[i] = (struct iovec){fields->items[i], strlen(fields->items[i])};
	/* sd_journal_sendv(3): 0 where its socket is not there */
	r = sd_journal_sendv(parts, (int)fields->count);
	free(parts);
	return r;
}
