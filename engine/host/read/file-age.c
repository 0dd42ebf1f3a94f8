#include "engine/host/read/file-age.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "engine/base/alloc.h"

static uint64_t usec(const struct statx_timestamp *t)
{
	return (uint64_t)t->tv_sec * 1000000 + t->tv_nsec / 1000;
}

static int look(int fd, const char *path, int flags, struct file_age *ret)
{
	struct statx st;

	if (statx(fd, path, flags, STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
		return -errno;
	*ret = (struct file_age){
		.dev = makedev(st.stx_dev_major, st.stx_dev_minor),
		.ino = st.stx_ino,
		.born_usec = st.stx_mask & STATX_BTIME ? usec(&st.stx_btime) : 0,
		.written_usec = usec(&st.stx_mtime),
		.changed_usec = usec(&st.stx_ctime),
	};
	return 0;
}

int file_age(const struct root *r, const char *path, struct file_age *ret, struct error *err)
{
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	int result = root_look(r, path, &w, err);

	if (result < 0)
		return result;
	if (w.fd < 0)
		return error_set_at(err, -ENOENT, path, "'%s' is not there", path);
	result = look(w.fd, "", AT_EMPTY_PATH, ret);
	return result < 0 ? error_errno_at(err, result, path, "cannot look at '%s'", path) : 0;
}

int file_age_of_process(pid_t pid, struct file_age *ret, struct error *err)
{
	CLEANUP(freep) char *link = xasprintf("/proc/%d/exe", (int)pid);
	int r = look(AT_FDCWD, link, 0, ret);

	return r < 0 ? error_errno(err, r, "cannot look at '%s'", link) : 0;
}

enum clock_order file_age_since(const struct file_age *age, const struct moment *then)
{
	enum clock_order born = age->born_usec ? clock_compare(age->born_usec, then) : CLOCK_BEFORE;
	enum clock_order written = clock_compare(age->written_usec, then);

	if (born == CLOCK_AFTER || written == CLOCK_AFTER)
		return CLOCK_AFTER;
	if (born == CLOCK_EITHER || written == CLOCK_EITHER)
		return CLOCK_EITHER;
	return clock_compare(age->changed_usec, then) == CLOCK_BEFORE ? CLOCK_BEFORE : CLOCK_EITHER;
}
