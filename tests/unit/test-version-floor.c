#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/day.h"
#include "engine/base/str.h"
#include "engine/baseline/builtin.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define ENGINE "of=engine floors=23.0.15,25.0.13,26.1.5,28.3.3"
#define RUNC "of=runc floors=1.2.8,1.3.3"
#define KERNEL "of=kernel floors=5.2 newest-installed=true"

static const struct row {
	const char *name, *want, *version; /* a version of the engine, of runc, of the kernel */
	enum docker_install install;
	enum verdict verdict;
} rows[] = {
	{"at its floor", ENGINE, "26.1.5", DOCKER_CE, VERDICT_PASS},
	{"above it", ENGINE, "26.1.10", DOCKER_CE, VERDICT_PASS},
	{"below it", ENGINE, "26.1.4", DOCKER_CE, VERDICT_FAIL},
	{"of a series that is fixed no more", ENGINE, "24.0.9", DOCKER_CE, VERDICT_FAIL},
	{"older than all", ENGINE, "20.10.24", DOCKER_CE, VERDICT_FAIL},
	{"of a newer series than the list", ENGINE, "29.7.2", DOCKER_CE, VERDICT_NOT_MEASURED},
	{"not compared as text", ENGINE, "28.10.0", DOCKER_CE, VERDICT_PASS},
	{"the distribution's", ENGINE, "20.10.24+dfsg1", DOCKER_DISTRO, VERDICT_MANUAL},
	{"the distribution's, new enough", ENGINE, "26.1.5+dfsg1", DOCKER_DISTRO, VERDICT_PASS},
	{"a candidate of its floor", ENGINE, "26.1.5-rc.1", DOCKER_CE, VERDICT_FAIL},
	{"a candidate above it", ENGINE, "26.1.6-rc.1", DOCKER_CE, VERDICT_PASS},
	{"a candidate as packages write it", ENGINE, "26.1.5~rc2-1", DOCKER_CE, VERDICT_FAIL},
	{"a build before its floor", ENGINE, "28.3.3-dev", DOCKER_CE, VERDICT_FAIL},
	{"a candidate of a newer series", ENGINE, "29.0.0-beta.2", DOCKER_CE, VERDICT_NOT_MEASURED},
	{"a package's own number", ENGINE, "5:26.1.5-1~debian.12~bookworm", DOCKER_CE,
	 VERDICT_PASS},
	{"not known", ENGINE, NULL, DOCKER_CE, VERDICT_NOT_MEASURED},
	{"no Docker", ENGINE, NULL, DOCKER_NONE, VERDICT_NOT_APPLICABLE},
	{"runc", RUNC, "runc 1.2.9", DOCKER_CE, VERDICT_PASS},
	{"runc below", RUNC, "runc 1.2.7", DOCKER_CE, VERDICT_FAIL},
	{"runc is not told of", RUNC, "containerd 1.7.0", DOCKER_CE, VERDICT_NOT_MEASURED},
	{"the newest kernel", KERNEL, "6.1.0-26-amd64", DOCKER_NONE, VERDICT_PASS},
	{"a newer kernel waits", KERNEL, "6.1.0-9-amd64", DOCKER_NONE, VERDICT_FAIL},
};

/* "runc 1.2.9" */
static void put_component(struct docker_facts *d, const char *text)
{
	CLEANUP(freep) char *name = xstrndup(text, strcspn(text, " "));

	component_add(d, name, strchr(text, ' ') + 1);
}

static void put_version(struct fake_view *f, const struct row *row)
{
	f->facts.docker.install = row->install;
	str_replace(&f->facts.docker.version, NULL);
	if (!row->version)
		return;
	if (starts_with(row->want, "of=kernel"))
		f->facts.kernel = xstrdup(row->version);
	else if (starts_with(row->want, "of=engine"))
		f->facts.docker.version = xstrdup(row->version);
	else
		put_component(&f->facts.docker, row->version);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_version_floor, row->want);

		fake_view_init(&f);
		fake_dir(&f, "/lib/modules", 0755);
		fake_dir(&f, "/lib/modules/6.1.0-9-amd64", 0755);
		fake_dir(&f, "/lib/modules/6.1.0-26-amd64", 0755);
		put_version(&f, row);
		fake_diff(&f, &module_version_floor, want, &d);
		if (d.verdict != row->verdict || !d.reason)
			fail_msg("%s: %s (%s)", row->name, verdict_to_string(d.verdict), d.reason);
		if (d.verdict == VERDICT_FAIL && !d.fix)
			fail_msg("%s: nobody is told what to do", row->name);
	}
}

/* Another flavour is another kernel, whatever its number; what is no kernel has none. */
static void test_newest_kernel(void **state)
{
	static const struct {
		const char *running, *installed;
		bool newer;
	} kernels[] = {
		{"6.1.0-25-amd64", "6.1.0-26-amd64", true},
		{"6.1.0-25-amd64", "6.1.0-25-amd64", false},
		{"6.1.0-25-amd64", "6.1.0-26-cloud-amd64", false},
		{"6.1.0-25-amd64", "6.1.0-25-rt-amd64", false},
		{"6.1.0-25-cloud-amd64", "6.1.0-26-amd64", false},
		{"6.1.0-25-cloud-amd64", "6.1.0-26-cloud-amd64", true},
		{"6.1.0-25-686", "6.1.0-26-686-pae", false},
		{"6.1.0-25-686-pae", "6.1.0-26-686-pae", true},
		{"6.1.0-25-amd64", "6.12.57+deb13-amd64", true},
		{"6.12.57+deb13-amd64", "6.12.63+deb14-amd64", true},
		{"6.8.0-45-generic", "6.8.0-47-lowlatency", false},
		{"6.8.0-45-generic", "6.8.0-47-generic", true},
		{"5.14.0-427.13.1.el9_4.x86_64", "5.14.0-503.el9_5.x86_64", true},
		{"5.14.0-427.13.1.el9_4.x86_64", "5.14.0-503.el9_5.x86_64+debug", false},
		{"5.14.0-427.13.1.el9_4.x86_64+rt", "5.14.0-503.el9_5.x86_64+rt", true},
		{"6.6.5-arch1-1", "6.6.7-arch2-1", true},
		{"6.6.5-arch1-1", "6.6.7-zen1-1", false},
		{"6.1.99", "6.1.100", true},
		{"5.14.0-427.13.1.el9_4.x86_64", "kabi-current", false},
		{"6.1.0-25-amd64", "extramodules-amd64", false},
		{"6.1.0-25-amd64", "z-amd64", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(freep) char *path = xasprintf("/lib/modules/%s", kernels[i].installed);
		DESIRED(want, &module_version_floor, "of=kernel floors=5.2 newest-installed=true");

		fake_view_init(&f);
		fake_dir(&f, "/lib/modules", 0755);
		fake_dir(&f, path, 0755);
		f.facts.kernel = xstrdup(kernels[i].running);
		fake_diff(&f, &module_version_floor, want, &d);
		if (d.verdict != (kernels[i].newer ? VERDICT_FAIL : VERDICT_PASS))
			fail_msg("%s, %s: %s", kernels[i].running, kernels[i].installed, d.reason);
	}
}

/* What the shipped list says: of=engine, containerd or runc, some days after its day. */
static const struct listed_row {
	size_t resource; /* engine, containerd, runc */
	const char *version;
	int days;
	enum verdict verdict;
	const char *says;
} listed[] = {
	{0, "29.0.0", 1, VERDICT_FAIL, "CVE-2026-34040, CVE-2026-41567"},
	{0, "29.5.1", 1, VERDICT_FAIL, "below 29.5.2"},
	{0, "29.5.2", 1, VERDICT_PASS, "29.5.2"},
	{0, "29.7.2", 1, VERDICT_PASS, "29.7.2"},
	{0, "25.0.16", 1, VERDICT_FAIL, "CVE-2026-42306"},
	{0, "25.0.17", 1, VERDICT_PASS, "25.0.17"},
	{0, "28.1.0", 1, VERDICT_FAIL, "below 29.5.2"},
	{0, "28.2.1", 1, VERDICT_FAIL, "CVE-2025-54388"},
	{0, "23.0.15", 1, VERDICT_FAIL, "CVE-2025-54410"},
	{0, "28.5.2+dfsg4", 1, VERDICT_MANUAL, "CVE-2026-41568"},
	{0, "30.0.0", 1, VERDICT_NOT_MEASURED, "newer series"},
	{0, "29.5.2-rc.1", 1, VERDICT_FAIL, "below 29.5.2"},
	{0, "29.5.1-rc.1", 1, VERDICT_FAIL, "CVE-2026-42306"},
	{0, "29.7.2", 0, VERDICT_PASS, "29.7.2"},
	{0, "29.7.2", -1, VERDICT_PASS, "29.7.2"},
	{0, "29.7.2", -2, VERDICT_NOT_MEASURED, "clock is before 2026-11-28"},
	{0, "29.0.0", -900, VERDICT_FAIL, "CVE-2026-34040"},
	{0, "29.7.2", 179, VERDICT_PASS, "29.7.2"},
	{0, "29.7.2", 180, VERDICT_NOT_MEASURED, "180 days old"},
	{0, "29.0.0", 900, VERDICT_FAIL, "CVE-2026-34040"},
	{1, "containerd 1.7.32", 1, VERDICT_FAIL, "CVE-2026-53488"},
	{1, "containerd 1.7.33", 1, VERDICT_PASS, "1.7.33"},
	{1, "containerd 2.1.8", 1, VERDICT_FAIL, "CVE-2026-50195"},
	{1, "containerd 2.1.9+unknown", 1, VERDICT_PASS, "2.1.9"},
	{1, "containerd 2.2.4", 1, VERDICT_FAIL, "below 2.2.5"},
	{1, "containerd v2.2.5", 1, VERDICT_PASS, "2.2.5"},
	{1, "containerd 2.3.1", 1, VERDICT_FAIL, "below 2.3.2"},
	{1, "containerd 2.3.6", 1, VERDICT_PASS, "2.3.6"},
	{1, "containerd 2.4.0", 1, VERDICT_NOT_MEASURED, "newer series"},
	{2, "runc 1.1.11", 1, VERDICT_FAIL, "CVE-2024-21626"},
	{2, "runc 1.3.6+ds1", 1, VERDICT_PASS, "1.3.6"},
	{2, "runc 1.7.0", 1, VERDICT_NOT_MEASURED, "newer series"},
};

static void judge_listed(const struct control *c, const struct listed_row *row)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	int64_t day = 0;

	assert_true(day_parse("2026-11-28", &day));
	fake_view_init(&f);
	f.facts.docker.install = strstr(row->version, "dfsg") ? DOCKER_DISTRO : DOCKER_CE;
	f.facts.today = (day + row->days) * DAY_SECONDS;
	if (row->resource == 0)
		str_replace(&f.facts.docker.version, row->version);
	else
		put_component(&f.facts.docker, row->version);
	fake_diff(&f, c->resources[row->resource].module, c->resources[row->resource].desired, &d);
	if (d.verdict != row->verdict || !d.reason || !strstr(d.reason, row->says))
		fail_msg("%s after %d days: %s (%s)", row->version, row->days,
			 verdict_to_string(d.verdict), d.reason ? d.reason : "");
}

static void test_shipped_list(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(baseline_clear) struct baseline b = {0};
	const struct control *c;

	if (builtin_load(&b, modules_all, NULL, &err) < 0)
		fail_msg("%s", error_text(&err));
	c = baseline_find(&b, "host.engine-version");
	assert_non_null(c);
	assert_int_equal(c->nresources, 3);
	for (size_t i = 0; i < ARRAY_SIZE(listed); i++)
		judge_listed(c, &listed[i]);
}

/* The reason that a part of the shipped list gives for a version; the caller frees it. */
static char *reason_of(const struct resource *r, const char *part, const char *version)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;

	fake_view_init(&f);
	f.facts.docker.install = DOCKER_CE;
	assert_true(day_parse("2026-11-28", &f.facts.today));
	f.facts.today *= DAY_SECONDS;
	str_replace(&f.facts.docker.version, version);
	component_add(&f.facts.docker, part, version);
	fake_diff(&f, r->module, r->desired, &d);
	return xasprintf("%s: %s", verdict_to_string(d.verdict), d.reason);
}

/* The release before, of the same series; NULL where it is the first. */
static char *release_before(const char *release)
{
	const char *dot = strrchr(release, '.');
	long last = strtol(dot + 1, NULL, 10);

	return last == 0 ? NULL : xasprintf("%.*s.%ld", (int)(dot - release), release, last - 1);
}

static const struct strv *list_of(const struct resource *r, const char *key)
{
	for (const struct field *f = r->module->fields; f->key; f++)
		if (strcmp(f->key, key) == 0)
			return (const struct strv *)((const char *)r->desired + f->offset);
	fail_msg("no field '%s'", key);
	return NULL;
}

static void check_edge(const struct resource *r, const char *part, const char *hole,
		       const char *fixed)
{
	CLEANUP(freep) char *name = xstrndup(hole, strcspn(hole, " :"));
	CLEANUP(freep) char *before = release_before(fixed);
	CLEANUP(freep) char *candidate = xasprintf("%s-rc.1", fixed);
	CLEANUP(freep) char *at = reason_of(r, part, fixed);
	CLEANUP(freep) char *early = reason_of(r, part, candidate);
	CLEANUP(freep) char *below = before ? reason_of(r, part, before) : NULL;

	if (strstr(at, name))
		fail_msg("%s %s is told of %s: %s", part, fixed, name, at);
	if (!strstr(early, "fail: ") || !strstr(early, name))
		fail_msg("%s %s is not told of %s: %s", part, candidate, name, early);
	if (below && (!strstr(below, "fail: ") || !strstr(below, name)))
		fail_msg("%s %s is not told of %s: %s", part, before, name, below);
}

/* Each hole of the shipped list at each release that closes it, and no release at a floor has one. */
static void check_part(const struct resource *r, const char *part, size_t *edges)
{
	const struct strv *holes = list_of(r, "holes"), *floors = list_of(r, "floors");

	for (size_t i = 0; i < holes->count; i++) {
		const char *hole = holes->items[i], *from = strstr(hole, " from ");
		CLEANUP(strv_clear) struct strv fixed = {0};

		strv_split(&fixed, strchr(hole, ':') + 2, ", ");
		for (size_t k = 0; k < fixed.count; k++, (*edges)++)
			check_edge(r, part, hole, fixed.items[k]);
		assert_true(starts_with(hole, "CVE-"));
		if (from) {
			CLEANUP(freep) char *first = xstrndup(from + 6, strcspn(from + 6, ":"));
			CLEANUP(freep) char *has = reason_of(r, part, first);

			assert_non_null(strstr(has, "CVE-2025-54388"));
		}
	}
	for (size_t i = 0; i < floors->count; i++) {
		CLEANUP(freep) char *at = reason_of(r, part, floors->items[i]);

		if (!starts_with(at, "pass: "))
			fail_msg("a floor is not fit: %s", at);
	}
}

static void test_each_hole(void **state)
{
	static const char *const parts[] = {"engine", "containerd", "runc"};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(baseline_clear) struct baseline b = {0};
	const struct control *c;
	size_t edges = 0;

	if (builtin_load(&b, modules_all, NULL, &err) < 0)
		fail_msg("%s", error_text(&err));
	c = baseline_find(&b, "host.engine-version");
	assert_non_null(c);
	for (size_t i = 0; i < c->nresources; i++)
		check_part(&c->resources[i], parts[i], &edges);
	assert_true(edges > 40);
}

static void test_a_bad_list_is_refused(void **state)
{
	static const char *const bad[] = {"CVE-2025-1", "CVE-2025-1:", "CVE-2025-1: soon",
					  "CVE-2025-1 from here: 1.2", ": 1.2"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(error_clear) struct error err = {0};
		DESIRED(want, &module_version_floor, RUNC);
		struct strv *holes =
			(struct strv *)((char *)want + module_version_floor.fields[2].offset);

		assert_string_equal(module_version_floor.fields[2].key, "holes");
		strv_add(holes, bad[i]);
		assert_int_equal(module_version_floor.check(want, &err), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_newest_kernel),
		cmocka_unit_test(test_shipped_list),
		cmocka_unit_test(test_each_hole),
		cmocka_unit_test(test_a_bad_list_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
