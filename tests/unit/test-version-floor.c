#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
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
	{"of a series that is mended no more", ENGINE, "24.0.9", DOCKER_CE, VERDICT_FAIL},
	{"older than all", ENGINE, "20.10.24", DOCKER_CE, VERDICT_FAIL},
	{"newer than all", ENGINE, "29.7.2", DOCKER_CE, VERDICT_PASS},
	{"not compared as text", ENGINE, "28.10.0", DOCKER_CE, VERDICT_PASS},
	{"the distribution's", ENGINE, "20.10.24+dfsg1", DOCKER_DISTRO, VERDICT_MANUAL},
	{"the distribution's, new enough", ENGINE, "26.1.5+dfsg1", DOCKER_DISTRO, VERDICT_PASS},
	{"not known", ENGINE, NULL, DOCKER_CE, VERDICT_NOT_MEASURED},
	{"no Docker", ENGINE, NULL, DOCKER_NONE, VERDICT_NOT_APPLICABLE},
	{"runc", RUNC, "runc 1.2.9", DOCKER_CE, VERDICT_PASS},
	{"runc below", RUNC, "runc 1.2.7", DOCKER_CE, VERDICT_FAIL},
	{"runc is not told of", RUNC, "containerd 1.7.0", DOCKER_CE, VERDICT_NOT_MEASURED},
	{"the newest kernel", KERNEL, "6.1.0-26-amd64", DOCKER_NONE, VERDICT_PASS},
	{"a newer kernel waits", KERNEL, "6.1.0-9-amd64", DOCKER_NONE, VERDICT_FAIL},
};

static void put_version(struct fake_view *f, const struct row *row)
{
	f->facts.docker.install = row->install;
	str_replace(&f->facts.docker.version, NULL);
	if (!row->version)
		return;
	if (strncmp(row->want, "of=kernel", 9) == 0)
		f->facts.kernel = xstrdup(row->version);
	else if (strncmp(row->want, "of=engine", 9) == 0)
		f->facts.docker.version = xstrdup(row->version);
	else
		strv_add(&f->facts.docker.components, row->version);
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
		if (d.verdict == VERDICT_FAIL && !d.mend)
			fail_msg("%s: nobody is told what to do", row->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
