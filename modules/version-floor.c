#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "modules/registry.h"

#define MODULES "/lib/modules"

/*
 * Versions that run here against floors: for each series of releases that is still mended, the
 * first release without the known holes. A date says nothing, so the floors are data of the
 * baseline.
 */

enum part { PART_ENGINE, PART_CONTAINERD, PART_RUNC, PART_KERNEL, PART_COUNT };

static const char *const part_names[PART_COUNT] = {"engine", "containerd", "runc", "kernel"};

struct floor_desired {
	int of;
	struct strv floors;
	bool newest_installed;
};

static int part_parse(const char *text)
{
	for (int i = 0; i < PART_COUNT; i++)
		if (strcmp(part_names[i], text) == 0)
			return i;
	return -EINVAL;
}

/* The number of a release: "v1.7.24~ds1", "6.1.0-25-amd64" up to what is none of its digits. */
static char *release_of(const char *version)
{
	const char *start = version + strcspn(version, "0123456789");

	return xstrndup(start, strspn(start, "0123456789."));
}

/* Of a component as the engine names it; NULL: it did not say. The caller frees it. */
static char *running_version(const struct facts *f, enum part part)
{
	const char *name = part_names[part];

	if (part == PART_KERNEL)
		return xstrdup_null(f->kernel);
	if (part == PART_ENGINE)
		return xstrdup_null(f->docker.version);
	for (size_t i = 0; i < f->docker.components.count; i++) {
		const char *line = f->docker.components.items[i];
		size_t n = strlen(name);

		if (strncmp(line, name, n) == 0 && line[n] == ' ')
			return xstrdup(line + n + 1);
	}
	return NULL;
}

/* "26.1" of "26.1.5": releases of one series follow each other. */
static bool same_series(const char *a, const char *b)
{
	const char *dot = strchr(a, '.');
	const char *second = dot ? strchr(dot + 1, '.') : NULL;
	size_t n = second ? (size_t)(second - a) : strlen(a);

	return strncmp(a, b, n) == 0 && (b[n] == '.' || b[n] == '\0');
}

/* The floor of the version's own series; else the lowest of a later one, else NULL. */
static const char *floor_for(const struct strv *floors, const char *version)
{
	const char *next = NULL;

	for (size_t i = 0; i < floors->count; i++) {
		const char *floor = floors->items[i];

		if (same_series(floor, version))
			return floor;
		if (engine_version_compare(floor, version) > 0 &&
		    (!next || engine_version_compare(floor, next) < 0))
			next = floor;
	}
	return next;
}

/* The distribution mends its packages without raising the number. */
static bool vendor_mends(const struct facts *f, enum part part, const char *version)
{
	return part == PART_KERNEL || f->docker.install == DOCKER_DISTRO ||
	       strstr(version, "+dfsg") || strstr(version, "~ds");
}

static void judge(const struct floor_desired *want, const struct facts *f, const char *version,
		  struct delta *ret)
{
	const char *name = part_names[want->of];
	CLEANUP(freep) char *release = release_of(version);
	const char *floor = floor_for(&want->floors, release);

	if (!floor || engine_version_compare(release, floor) >= 0) {
		delta_raise(ret, VERDICT_PASS, "%s %s is not below a known floor", name, version);
	} else if (vendor_mends(f, (enum part)want->of, version)) {
		delta_raise(ret, VERDICT_MANUAL,
			    "%s %s is below %s, but mended by the distribution: its own list of "
			    "security fixes decides",
			    name, version, floor);
		str_replace(&ret->mend, "hold the package's version against the distribution's "
					"security tracker, and install its updates");
	} else {
		delta_raise(ret, VERDICT_FAIL,
			    "%s %s is below %s, the first of its series "
			    "without known holes",
			    name, version, floor);
		ret->mend = xasprintf("update it to %s or later; plan against the new version "
				      "first, since directives are taken out",
				      floor);
	}
}

/* A newer kernel that is installed runs after the next boot only. */
static void judge_newest(const struct view *v, struct delta *ret)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(strv_clear) struct strv names = {0};
	const char *running = v->facts->kernel, *newest = running;
	int r = view_children(v, MODULES, &names, &why);

	if (r < 0 && r != -ENOENT) {
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		return;
	}
	for (size_t i = 0; i < names.count; i++)
		if (strverscmp(names.items[i], newest) > 0)
			newest = names.items[i];
	if (newest == running)
		delta_raise(ret, VERDICT_PASS, "no newer kernel than %s is installed", running);
	else
		delta_raise(ret, VERDICT_FAIL, "kernel %s runs, %s is installed", running, newest);
	if (newest != running)
		str_replace(&ret->mend, "boot the newer kernel");
}

static int floor_diff(const void *desired, const struct view *now, struct delta *ret,
		      struct error *err)
{
	const struct floor_desired *want = desired;
	const struct facts *f = now->facts;
	CLEANUP(freep) char *version = NULL;

	if (f->offline) {
		delta_raise(ret, VERDICT_NOT_MEASURED, "nothing runs in an image");
		return 0;
	}
	if (want->of != PART_KERNEL && f->docker.install == DOCKER_NONE) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "Docker is not installed");
		return 0;
	}
	version = running_version(f, (enum part)want->of);
	if (!version) {
		delta_raise(ret, VERDICT_NOT_MEASURED, "the version of %s is not known%s%s",
			    part_names[want->of], f->docker.not_measured ? ": " : "",
			    f->docker.not_measured ? f->docker.not_measured : "");
		return 0;
	}
	judge(want, f, version, ret);
	if (want->newest_installed && want->of == PART_KERNEL)
		judge_newest(now, ret);
	return 0;
}

static unsigned floor_needs(const void *desired)
{
	const struct floor_desired *want = desired;

	return want->of == PART_CONTAINERD || want->of == PART_RUNC ? FACTS_VERSIONS : 0;
}

static int floor_check(const void *desired, struct error *err)
{
	const struct floor_desired *want = desired;

	for (size_t i = 0; i < want->floors.count; i++)
		if (!*want->floors.items[i] ||
		    want->floors.items[i][strspn(want->floors.items[i], "0123456789.")])
			return error_set(err, -EINVAL, "'%s' is no release such as 26.1.5",
					 want->floors.items[i]);
	return 0;
}

static const struct field fields[] = {
	{.key = "of",
	 .type = FIELD_ENUM,
	 .offset = offsetof(struct floor_desired, of),
	 .required = true,
	 .parse = part_parse,
	 .def = -1,
	 .help = "engine, containerd, runc or kernel"},
	{.key = "floors",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct floor_desired, floors),
	 .required = true,
	 .help = "of each series of releases the first that is fit, such as 26.1.5"},
	{.key = "newest-installed",
	 .type = FIELD_BOOL,
	 .offset = offsetof(struct floor_desired, newest_installed),
	 .help = "of the kernel: none that is newer waits for a boot"},
	{0},
};

const struct module module_version_floor = {
	.name = "version-floor",
	.summary = "a version that is not below the first one without known holes",
	.desired_size = sizeof(struct floor_desired),
	.fields = fields,
	.check = floor_check,
	.needs = floor_needs,
	.diff = floor_diff,
};
