#include "rollback/pruned.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/fd-io.h"
#include "rollback/state-guard.h"

#define NAME "pruned"
#define MAX_BYTES (1U << 20)

int pruned_note(const struct state *state, const char *id, struct error *err)
{
	CLEANUP(freep) char *line = xasprintf("%s\n", id);
	CLEANUP(close_fd)
	int fd = openat(state->fd, NAME, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
			0600);
	int r = fd < 0 ? -errno : fd_write_all(fd, line, strlen(line));

	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r < 0 ? state_error(err, r, state->fd, NAME, "cannot write") : 0;
}

int pruned_list(const struct state *state, struct strv *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(close_fd)
	int fd = state->fd < 0 ? -1 : openat(state->fd, NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (state->fd < 0 || (fd < 0 && errno == ENOENT))
		return 0;
	r = fd < 0 ? -errno : fd_read_all(fd, MAX_BYTES, &text);
	if (r < 0)
		return state_error(err, r, state->fd, NAME, "cannot read");
	for (const char *line = buf_str(&text); *line;) {
		size_t n = strcspn(line, "\n");
		CLEANUP(freep) char *id = xstrndup(line, n);

		if (*id)
			strv_add_once(ret, id);
		line += n + (line[n] == '\n');
	}
	return 0;
}
