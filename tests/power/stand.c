#include "tests/power/stand.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "tests/power/bench.h"

struct stand stand_make(const char *work, const char *name)
{
	struct stand p = {.host = xasprintf("%s/%s.0/host", work, name)};

	for (size_t i = 0; i < MAX_DISKS; i++) {
		p.folders[i] = xasprintf("%s/%s.%zu", work, name, i);
		mkdir(p.folders[i], 0700);
	}
	return p;
}

void stand_clear(struct stand *p)
{
	for (size_t i = 0; i < MAX_DISKS; i++)
		free(p->folders[i]);
	free(p->host);
}

/* What of the host is on each disk. */
static const char *const places[MAX_DISKS] = {"", "/var/lib", "/var/lib/harden"};

int stand_mount_disk(const struct bench *b, const struct stand *p, const struct device *devices,
		     size_t i)
{
	CLEANUP(freep) char *top = xasprintf("%s/host", p->folders[i]);
	CLEANUP(freep) char *place = xasprintf("%s%s", p->host, places[i]);
	int r = filesystem_mount(b->fs, &devices[i], p->folders[i]);

	if (r < 0 || i == 0)
		return r;
	return mount(top, place, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

int stand_mount(const struct bench *b, const struct stand *p, const struct device *devices)
{
	int r = 0;

	for (size_t i = 0; i < b->ndisks && r >= 0; i++)
		r = stand_mount_disk(b, p, devices, i);
	if (r < 0)
		stand_unmount(b, p);
	return r;
}

/* Something of the kernel's may still look at it for a moment. */
static void unmount(const char *folder)
{
	for (int i = 0; i < 200 && umount2(folder, 0) < 0 && errno == EBUSY; i++)
		usleep(1000);
}

void stand_unmount(const struct bench *b, const struct stand *p)
{
	for (size_t i = b->ndisks; i > 0; i--) {
		CLEANUP(freep) char *place = xasprintf("%s%s", p->host, places[i - 1]);

		if (i > 1)
			unmount(place);
		unmount(p->folders[i - 1]);
	}
}

int stand_move_out(const struct bench *b, const struct stand *p, size_t i)
{
	CLEANUP(freep)
	char *command = xasprintf("mkdir -p -m 0700 '%s%s' && cp -a '%s%s' '%s/host'", p->host,
				  places[i], p->host, places[i], p->folders[i]);
	int r = filesystem_mount(b->fs, &b->devices[i], p->folders[i]);

	if (r < 0)
		return r;
	r = system(command) == 0 ? 0 : -EIO; /* NOLINT: paths of our own */
	unmount(p->folders[i]);
	return r < 0 ? r : stand_mount_disk(b, p, b->devices, i);
}
