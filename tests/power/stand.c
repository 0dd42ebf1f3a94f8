#include "tests/power/stand.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"

struct stand stand_make(const struct filesystem *fs, size_t ndisks, const char *work,
			const char *name)
{
	struct stand p = {
		.fs = fs, .ndisks = ndisks, .host = xasprintf("%s/%s.0/host", work, name)};

	for (size_t i = 0; i < MAX_DISKS; i++) {
		p.directories[i] = xasprintf("%s/%s.%zu", work, name, i);
		mkdir(p.directories[i], 0700);
	}
	return p;
}

void stand_clear(struct stand *p)
{
	for (size_t i = 0; i < MAX_DISKS; i++)
		free(p->directories[i]);
	free(p->host);
}

/* What of the host is on each disk. */
static const char *const places[MAX_DISKS] = {"", "/var/lib", "/var/lib/harden"};

int stand_mount_disk(const struct stand *p, const struct device *devices, size_t i)
{
	CLEANUP(freep) char *top = xasprintf("%s/host", p->directories[i]);
	CLEANUP(freep) char *place = xasprintf("%s%s", p->host, places[i]);
	int r = filesystem_mount(p->fs, &devices[i], p->directories[i]);

	if (r < 0 || i == 0)
		return r;
	return mount(top, place, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

int stand_mount(const struct stand *p, const struct device *devices)
{
	int r = 0;

	for (size_t i = 0; i < p->ndisks && r >= 0; i++)
		r = stand_mount_disk(p, devices, i);
	if (r < 0)
		stand_unmount(p);
	return r;
}

/* Something of the kernel's may still look at it for a moment. */
static void unmount(const char *directory)
{
	for (int i = 0; i < 200 && umount2(directory, 0) < 0 && errno == EBUSY; i++)
		usleep(1000);
}

void stand_unmount(const struct stand *p)
{
	for (size_t i = p->ndisks; i > 0; i--) {
		CLEANUP(freep) char *place = xasprintf("%s%s", p->host, places[i - 1]);

		if (i > 1)
			unmount(place);
		unmount(p->directories[i - 1]);
	}
}

int stand_move_out(const struct stand *p, const struct device *devices, size_t i)
{
	CLEANUP(freep)
	char *command = xasprintf("mkdir -p -m 0700 '%s%s' && cp -a '%s%s' '%s/host'", p->host,
				  places[i], p->host, places[i], p->directories[i]);
	int r = filesystem_mount(p->fs, &devices[i], p->directories[i]);

	if (r < 0)
		return r;
	r = system(command) == 0 ? 0 : -EIO; /* NOLINT: paths of our own */
	unmount(p->directories[i]);
	return r < 0 ? r : stand_mount_disk(p, devices, i);
}
