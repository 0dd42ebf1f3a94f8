#include "engine/host/write/bus-timer.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/effect/live.h"
#include "engine/effect/program-trust.h"

#define SECOND UINT64_C(1000000)
#define OWN_PROGRAM "/proc/self/exe"
#define DELETED " (deleted)"
/* For a run that is at work when the time comes: the longest there is, as nobody starts this one again. */
#define PATIENCE "596h"

/*
 * Its undo may fail for what passes: a dockerd that is frozen, a disk that is full. A run that finds nothing to
 * do, or is held still, changes nothing; the one that has undone it takes the timer away.
 */
static const uint64_t again_usec[] = {30 * SECOND, 120 * SECOND, 600 * SECOND, 3600 * SECOND, 0};

static const char description[] = "Undo a run of harden that nobody confirmed in time";

int live_check_program(const char *program, struct error *err)
{
	int r = program_is_roots(program, err);

	if (r == -EPERM)
		return error_wrap(err, r,
				  "the timer would run '%s' as root, so install harden where only "
				  "root can write",
				  program);
	return r < 0 ? error_wrap(err, r, "the timer could not run '%s'", program) : 0;
}

/*
 * The file that this process was started from, or the one that was installed in its place since: then the
 * kernel says of ours that it is deleted. It is run later, as root: by then it has to be what it is now.
 */
static int own_program(char **ret, struct error *err)
{
	char path[PATH_MAX];
	ssize_t n = readlink(OWN_PROGRAM, path, sizeof(path) - 1);
	size_t stem;
	int r;

	if (n < 0)
		return error_errno(err, -errno, "cannot read '" OWN_PROGRAM "'");
	path[n] = '\0';
	stem = stem_length(path, DELETED);
	if (stem > 0)
		path[stem] = '\0';
	r = live_check_program(path, err);
	if (r >= 0)
		*ret = xstrdup(path);
	return r;
}

int live_arm(struct effector *e, const char *name, uint64_t usec, struct error *err)
{
	struct live *l = (struct live *)e;
	CLEANUP(strv_clear) struct strv argv = {0};
	CLEANUP(freep) char *program = NULL;
	struct bus *bus;
	int r = own_program(&program, err);

	if (r >= 0)
		r = live_bus(l, &bus, err);
	if (r < 0)
		return r;
	strv_add(&argv, program);
	strv_add(&argv, "recover");
	strv_add(&argv, "--lock-timeout");
	strv_add(&argv, PATIENCE);
	r = bus_timer_start(bus,
			    &(const struct bus_timer){.name = name,
						      .description = description,
						      .argv = &argv,
						      .usec = usec,
						      .again = again_usec},
			    err);
	if (r < 0)
		live_bus_lost(l, r);
	return r;
}

void live_disarm(struct effector *e, const char *name)
{
	struct live *l = (struct live *)e;
	struct bus *bus;
	int r = live_bus(l, &bus, NULL);

	if (r >= 0)
		r = bus_timer_stop(bus, name, NULL);
	if (r < 0)
		live_bus_lost(l, r);
}
