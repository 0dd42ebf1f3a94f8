#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/alloc.h"
#include "engine/base/day.h"
#include "engine/base/str.h"
#include "engine/format/daemon-keys.h"
#include "modules/common/kernel-name.h"
#include "modules/registry.h"

#define MODULES "/lib/modules"

/*
 * Versions that run here against what is known of them: for each series of releases that is still
 * maintained the first release without known holes, and the holes by their names. That is data of
 * the baseline, and it ages: what is newer than the list, or judged by a list that nobody has kept
 * for half a year, is not measured.
 */

#define LIST_LASTS_DAYS 180

enum part { PART_ENGINE, PART_CONTAINERD, PART_RUNC, PART_KERNEL, PART_COUNT };

static const char *const part_names[PART_COUNT] = {"engine", "containerd", "runc", "kernel"};

struct floor_desired {
	int of;
	struct strv floors;
	struct strv holes;
	char *as_of;
	bool newest_installed;
};

static int part_parse(const char *text)
{
	for (int i = 0; i < PART_COUNT; i++)
		if (strcmp(part_names[i], text) == 0)
			return i;
	return -EINVAL;
}

/* Where the number of a release begins: behind the epoch of a package, and the "v" of a tag. */
static const char *number_of(const char *version)
{
	size_t epoch = strspn(version, "0123456789");

	if (epoch && version[epoch] == ':')
		version += epoch + 1;
	return version + strcspn(version, "0123456789");
}

/* The number of a release: "v1.7.24~ds1", "6.1.0-25-amd64" up to what is none of its digits. */
static char *release_of(const char *version)
{
	const char *start = number_of(version);

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
	for (size_t i = 0; i < f->docker.ncomponents; i++)
		if (strcmp(f->docker.components[i].name, name) == 0)
			return xstrdup(f->docker.components[i].version);
	return NULL;
}

/*
 * Whether the two are of one series, whose releases follow each other: of the engine all of one
 * major number ("28.10.0" follows "28.3.3"), of the others those with the minor one, too.
 */
static bool same_series(enum part part, const char *a, const char *b)
{
	const char *dot = strchr(a, '.');
	const char *end = dot && part != PART_ENGINE ? strchr(dot + 1, '.') : dot;
	size_t n = end ? (size_t)(end - a) : strlen(a);

	return strncmp(a, b, n) == 0 && (b[n] == '.' || b[n] == '\0');
}

/* "29.5.2-rc.1" comes before 29.5.2, and may lack what that fixes. */
static bool is_prerelease(const char *version)
{
	static const char *const words[] = {"rc", "beta", "alpha", "dev", "pre"};
	const char *at = number_of(version);

	at += strspn(at, "0123456789.");
	for (size_t i = 0; strchr("-~", *at) && i < ARRAY_SIZE(words); i++)
		if (*at && skip_prefix_case(at + 1, words[i]))
			return true;
	return false;
}

/* Whether the version is older than a release. */
static bool is_before(const char *version, const char *release)
{
	CLEANUP(freep) char *number = release_of(version);
	int order = engine_version_compare(number, release);

	return order < 0 || (order == 0 && is_prerelease(version));
}

/* The floor of the version's own series; else the lowest of a later one, else NULL. */
static const char *floor_for(enum part part, const struct strv *floors, const char *version)
{
	const char *next = NULL;

	for (size_t i = 0; i < floors->count; i++) {
		const char *floor = floors->items[i];

		if (same_series(part, floor, version))
			return floor;
		if (engine_version_compare(floor, version) > 0 &&
		    (!next || engine_version_compare(floor, next) < 0))
			next = floor;
	}
	return next;
}

/* "CVE-2025-54388 from 28.2.0: 28.3.3" taken apart. `from` is NULL where there always was one. */
struct hole {
	char *name, *from;
	struct strv fixed;
};

static void hole_clear(struct hole *h)
{
	free(h->name);
	free(h->from);
	strv_clear(&h->fixed);
	*h = (struct hole){0};
}

static bool is_release(const char *text)
{
	return *text && text[strspn(text, "0123456789.")] == '\0';
}

static int hole_parse(const char *text, struct hole *ret)
{
	const char *colon = strchr(text, ':');
	const char *from = strstr(text, " from ");
	size_t n = strcspn(text, " :");

	if (!colon || n == 0)
		return -EINVAL;
	ret->name = xstrndup(text, n);
	if (from && from < colon)
		ret->from = xstrndup(from + 6, (size_t)(colon - from) - 6);
	for (const char *at = colon + 1; *at;) {
		at += strspn(at, ", ");
		n = strcspn(at, ", ");
		if (n > 0)
			strv_add_owned(&ret->fixed, xstrndup(at, n));
		at += n;
	}
	for (size_t i = 0; i < ret->fixed.count; i++)
		if (!is_release(ret->fixed.items[i]))
			return -EINVAL;
	return ret->fixed.count && (!ret->from || is_release(ret->from)) ? 0 : -EINVAL;
}

/* The names of the holes that a version has, separated by ", "; NULL where it has none. */
static char *holes_of(const struct floor_desired *want, const char *version)
{
	CLEANUP(freep) char *release = release_of(version);
	CLEANUP(strv_clear) struct strv names = {0};

	for (size_t i = 0; i < want->holes.count; i++) {
		CLEANUP(hole_clear) struct hole h = {0};
		const char *fixed;

		if (hole_parse(want->holes.items[i], &h) < 0 ||
		    (h.from && engine_version_compare(release, h.from) < 0))
			continue;
		fixed = floor_for((enum part)want->of, &h.fixed, release);
		if (fixed && is_before(version, fixed))
			strv_add(&names, h.name);
	}
	return names.count ? strv_join(&names, ", ") : NULL;
}

/* The distribution fixes its packages without raising the number. */
static bool vendor_fixes(const struct facts *f, enum part part, const char *version)
{
	return part == PART_KERNEL || f->docker.install == DOCKER_DISTRO ||
	       strstr(version, "+dfsg") || strstr(version, "~ds");
}

/* A series that the list does not reach up to. Kernels follow each other in one line. */
static bool is_newer_than_list(const struct floor_desired *want, const char *release)
{
	enum part part = (enum part)want->of;

	if (part == PART_KERNEL)
		return false;
	for (size_t i = 0; i < want->floors.count; i++)
		if (same_series(part, want->floors.items[i], release) ||
		    engine_version_compare(want->floors.items[i], release) > 0)
			return false;
	return true;
}

/* Nothing is known against it: whether the list can say so. */
static void judge_unknown_holes(const struct floor_desired *want, const struct facts *f,
				const char *version, const char *release, struct delta *ret)
{
	const char *name = part_names[want->of];
	int64_t day = 0;
	bool dated = want->as_of && day_parse(want->as_of, &day);
	int64_t age = dated ? f->today / DAY_SECONDS - day : 0;

	if (is_newer_than_list(want, release)) {
		delta_raise(ret, VERDICT_NOT_MEASURED,
			    "%s %s is of a newer series than the list of known holes%s%s", name,
			    version, dated ? " of " : "", dated ? want->as_of : "");
	} else if (dated && age < -1) { /* one day: elsewhere it is tomorrow already */
		delta_raise(ret, VERDICT_NOT_MEASURED,
			    "%s %s is not below a known floor, but this host's clock is before %s, "
			    "the day of the list: how old that is cannot be told",
			    name, version, want->as_of);
		str_replace(&ret->fix, "set the clock");
		return;
	} else if (age >= LIST_LASTS_DAYS) {
		delta_raise(ret, VERDICT_NOT_MEASURED,
			    "%s %s is not below a known floor, but the list of known holes is of "
			    "%s, %lld days old",
			    name, version, want->as_of, (long long)age);
	} else {
		delta_raise(ret, VERDICT_PASS, "%s %s is not below a known floor", name, version);
		return;
	}
	str_replace(&ret->fix, "install a newer harden, or give the list in a baseline of the "
			       "site");
}

static void judge(const struct floor_desired *want, const struct facts *f, const char *version,
		  struct delta *ret)
{
	const char *name = part_names[want->of];
	CLEANUP(freep) char *release = release_of(version);
	CLEANUP(freep) char *holes = holes_of(want, version);
	const char *floor = floor_for((enum part)want->of, &want->floors, release);

	if (!floor || !is_before(version, floor)) {
		judge_unknown_holes(want, f, version, release, ret);
	} else if (vendor_fixes(f, (enum part)want->of, version)) {
		delta_raise(ret, VERDICT_MANUAL,
			    "%s %s is below %s%s%s%s; the distribution fixes its packages without "
			    "raising the number: its own list of security fixes decides",
			    name, version, floor, holes ? " (" : "", holes ? holes : "",
			    holes ? ")" : "");
		str_replace(&ret->fix, "hold the package's version against the distribution's "
				       "security tracker, and install its updates");
	} else {
		delta_raise(ret, VERDICT_FAIL,
			    "%s %s is below %s, the first of its series without known holes%s%s",
			    name, version, floor, holes ? ": " : "", holes ? holes : "");
		ret->fix = xasprintf("update it to %s or later; plan against the new version "
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
		if (kernel_is_newer(names.items[i], newest))
			newest = names.items[i];
	if (newest == running)
		delta_raise(ret, VERDICT_PASS, "no newer kernel than %s is installed", running);
	else
		delta_raise(ret, VERDICT_FAIL, "kernel %s runs, %s is installed", running, newest);
	if (newest != running)
		str_replace(&ret->fix, "boot the newer kernel");
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
	int64_t day;

	for (size_t i = 0; i < want->floors.count; i++)
		if (!is_release(want->floors.items[i]))
			return error_set(err, -EINVAL, "'%s' is not a release such as 26.1.5",
					 want->floors.items[i]);
	for (size_t i = 0; i < want->holes.count; i++) {
		CLEANUP(hole_clear) struct hole h = {0};

		if (hole_parse(want->holes.items[i], &h) < 0)
			return error_set(err, -EINVAL,
					 "'%s' is not a hole such as 'CVE-2025-54388 from 28.2.0: "
					 "28.3.3'",
					 want->holes.items[i]);
	}
	if (want->as_of && !day_parse(want->as_of, &day))
		return error_set(err, -EINVAL, "'%s' is not a day such as 2026-11-28", want->as_of);
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
	{.key = "holes",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct floor_desired, holes),
	 .help = "known holes and the releases without them: 'CVE-2025-54388 from 28.2.0: 28.3.3'"},
	{.key = "as-of",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct floor_desired, as_of),
	 .help = "the day of the list; nothing passes by it once it is 180 days old"},
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
