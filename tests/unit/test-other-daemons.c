#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define CI "pid 7, unit docker-ci.service, config /etc/docker-ci/daemon.json"
#define USER "pid 9, user 1000, unit docker.service, config in its user's directory"

static const struct row {
	const char *others[2], *elsewhere, *want;
	bool offline;
	enum verdict verdict;
	const char *reason;
	const char *unit, *clash; /* one reads docker.service's file, and does not run */
} rows[] = {
	{{NULL}, NULL, "program=dockerd", false, VERDICT_PASS, "no other dockerd runs"},
	{{CI},
	 NULL,
	 "program=dockerd",
	 false,
	 VERDICT_NOT_MEASURED,
	 "another dockerd runs (" CI "): not looked at"},
	{{CI, USER},
	 NULL,
	 "program=dockerd",
	 false,
	 VERDICT_NOT_MEASURED,
	 "another dockerd runs (" CI "): not looked at; another dockerd runs (" USER
	 "): not looked at"},
	{{CI, USER},
	 NULL,
	 "program=dockerd allow=*docker-ci.service*",
	 false,
	 VERDICT_NOT_MEASURED,
	 "another dockerd runs (" USER "): not looked at"},
	{{CI},
	 NULL,
	 "program=dockerd allow=*docker-ci.service*",
	 false,
	 VERDICT_PASS,
	 "no other dockerd runs"},
	{{NULL},
	 "dockerd runs beside docker.service: pid 7",
	 "program=dockerd",
	 false,
	 VERDICT_NOT_MEASURED,
	 "dockerd runs beside docker.service: pid 7"},
	{{NULL}, NULL, "program=dockerd", true, VERDICT_NOT_APPLICABLE, "nothing runs in an image"},
	{{NULL},
	 NULL,
	 "program=dockerd",
	 false,
	 VERDICT_NOT_MEASURED,
	 "another dockerd reads '/d.json', too (unit b.service): not looked at",
	 "b.service"},
	{{NULL},
	 NULL,
	 "program=dockerd",
	 false,
	 VERDICT_FAIL,
	 "another dockerd (unit b.service) does not start with '/d.json', which it reads, too: "
	 "there and among its flags: live-restore",
	 "b.service",
	 "live-restore"},
	{{NULL},
	 NULL,
	 "program=dockerd allow=*b.service*",
	 false,
	 VERDICT_PASS,
	 "no other dockerd runs",
	 "b.service",
	 "live-restore"},
};

static void fill_reader(struct facts *f, const struct row *row)
{
	struct config_reader *r = facts_add_reader(f);

	str_replace(&f->docker.config_file, "/d.json");
	r->text = xasprintf("unit %s", row->unit);
	if (row->clash)
		strv_add(&r->clashes, row->clash);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_other_daemons, rows[i].want);

		fake_view_init(&f);
		f.facts.offline = rows[i].offline;
		f.facts.docker.elsewhere = xstrdup_null(rows[i].elsewhere);
		for (size_t k = 0; k < 2 && rows[i].others[k]; k++)
			strv_add(&f.facts.docker.others, rows[i].others[k]);
		if (rows[i].unit)
			fill_reader(&f.facts, &rows[i]);
		fake_diff(&f, &module_other_daemons, want, &d);
		assert_verdict(&d, rows[i].verdict);
		assert_string_equal(d.reason, rows[i].reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
