#include "engine/host/read/space.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"

int space_of(const char *path, struct space *ret, char **ret_at, struct error *err)
{
	CLEANUP(freep) char *at = xstrdup(path);
	struct statvfs fs;
	struct stat st;

	while (stat(at, &st) < 0 || statvfs(at, &fs) < 0) {
		if (errno != ENOENT || !path_up(at))
			return error_errno_at(err, -errno, path,
					      "cannot see how much room '%s' has", path);
	}
	*ret = (struct space){.dev = st.st_dev,
			      .bytes = (uint64_t)fs.f_bfree * fs.f_frsize,
			      .files = fs.f_ffree,
			      .counts_files = fs.f_files > 0};
	*ret_at = TAKE_PTR(at);
	return 0;
}

char *space_lacks(const struct space *s, uint64_t bytes, uint64_t files)
{
	if (s->bytes < bytes)
		return xasprintf("has %" PRIu64 " bytes free, and %" PRIu64 " are needed", s->bytes,
				 bytes);
	if (s->counts_files && s->files < files)
		return xasprintf("has %" PRIu64 " inodes free, and %" PRIu64 " are needed",
				 s->files, files);
	return NULL;
}
