#include "engine/host/write/package-view.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/read/root.h"
#include "engine/host/write/deb-unpack.h"

#define SCRATCH "/tmp" /* hidden in this namespace by a tmpfs */
#define ROOM "mode=0700,size=3g"
#define OVERLAY (MS_RDONLY | MS_NODEV)

struct packages {
	int *fds;
	size_t count;
};

static void packages_close(struct packages *p)
{
	for (size_t i = 0; i < p->count; i++)
		close_fd(&p->fds[i]);
	free(p->fds);
}

/* Before anything is hidden: they may well lie in /tmp. */
static int open_all(const struct strv *files, struct packages *ret, struct error *err)
{
	ret->fds = xcalloc(files->count, sizeof(*ret->fds));
	for (; ret->count < files->count; ret->count++) {
		const char *file = files->items[ret->count];
		int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

		ret->fds[ret->count] = fd;
		if (fd < 0)
			return error_errno_at(err, -errno, file, "cannot open '%s'", file);
	}
	return 0;
}

static int make_scratch(struct error *err)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("packages", SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV, ROOM) < 0 ||
	    mkdir(SCRATCH "/usr", 0755) < 0)
		return error_errno(err, -errno, "cannot have a view of the host of its own");
	return 0;
}

/*
 * The package's programs before the host's, and the host's configuration before the package's: only where there
 * is any, as overlays are no more than two deep, and the trial lays one over /etc, too.
 */
static int lay_over(struct error *err)
{
	static const char usr[] = "lowerdir=" SCRATCH "/usr:/usr";
	static const char etc[] = "lowerdir=/etc:" SCRATCH "/etc";

	if (mount("packages", "/usr", "overlay", OVERLAY, usr) < 0 ||
	    (access(SCRATCH "/etc", F_OK) == 0 &&
	     mount("packages", "/etc", "overlay", OVERLAY, etc) < 0))
		return error_errno(err, -errno, "cannot lay the packages over this host");
	return 0;
}

/* Directories that no package names are as open as dpkg would make them: what runs there may not be root. */
static int unpack_and_lay_over(const struct packages *all, const struct strv *files,
			       struct error *err)
{
	mode_t before = umask(022);
	int r = make_scratch(err);

	for (size_t i = 0; r >= 0 && i < all->count; i++)
		r = error_about(err, deb_unpack(all->fds[i], files->items[i], SCRATCH, err),
				files->items[i]);
	umask(before);
	return r < 0 ? r : lay_over(err);
}

int package_view_enter(const struct strv *files, struct error *err)
{
	CLEANUP(packages_close) struct packages all = {0};
	int r = deb_unpack_ready(err);

	if (r >= 0)
		r = open_all(files, &all, err);
	return r < 0 ? r : unpack_and_lay_over(&all, files, err);
}
