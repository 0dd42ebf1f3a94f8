#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/host/read/proc.h"

/* What limits containers can be given, by what /proc is played to hold; NULL: not readable. */

#define ALL "         0          0 4294967295\n"
#define BOUNDED "CapBnd:\t000001fffeffffff\n"
#define FULL "CapBnd:\t000001ffffffffff\n"
#define LIMITS                                                                                     \
	"Limit                     Soft Limit           Hard Limit           Units     \n"         \
	"Max core file size        unlimited            unlimited            bytes     \n"         \
	"Max processes             100                  200                  processes \n"         \
	"Max open files            1024                 20000                files     \n"

static const struct row {
	const char *name, *status, *limits, *map;
	const char *process;
	long uid;
	const char *unknown; /* NULL: known */
	uint64_t nofile, nproc; /* 0: no ceiling */
} rows[] = {
	{"may raise", FULL, LIMITS, ALL, "containerd", 0, NULL, 1048576, 0},
	{"may not", BOUNDED, LIMITS, ALL, "containerd", 0, NULL, 20000, 200},
	{"root of another user namespace", FULL, LIMITS, "0 100000 65536\n", "containerd", 0, NULL,
	 20000, 200},
	{"another's", BOUNDED, LIMITS, ALL, "containerd", 1000, "does not run", 1048576, 0},
	{"another program", BOUNDED, LIMITS, ALL, "dockerd", 0, "does not run", 1048576, 0},
	{"hidden", NULL, LIMITS, ALL, "containerd", 0, "not readable", 1048576, 0},
	{"hidden limits", BOUNDED, NULL, ALL, "containerd", 0, "not readable", 1048576, 0},
};

static const struct row *now;

int __wrap_proc_read(const char *path, struct buf *ret, struct error *err);

int __wrap_proc_read(const char *path, struct buf *ret, struct error *err)
{
	const char *text = strcmp(path, "/proc/7/status") == 0         ? now->status
			   : strcmp(path, "/proc/7/limits") == 0       ? now->limits
			   : strcmp(path, "/proc/1/uid_map") == 0      ? now->map
			   : strcmp(path, "/proc/sys/fs/nr_open") == 0 ? "1048576\n"
								       : NULL;

	if (!text)
		return error_set(err, -EACCES, "not readable");
	buf_puts(ret, text);
	return 0;
}

static uint64_t lowest(const struct docker_facts *d, const char *name)
{
	uint64_t ret = 0;

	for (size_t i = 0; i < d->nceilings; i++)
		if (strcmp(d->ceilings[i].name, name) == 0 &&
		    (ret == 0 || d->ceilings[i].most < ret))
			ret = d->ceilings[i].most;
	return ret;
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(freep) char *name = xstrdup(rows[i].process);
		struct process p = {7, rows[i].uid, name};
		struct gather g = {.facts = &f, .processes = {&p, 1}};
		const char *unknown;

		now = &rows[i];
		gather_ceilings(&g);
		unknown = f.docker.ceilings_unknown;
		if (!unknown != !now->unknown || (unknown && !strstr(unknown, now->unknown)))
			fail_msg("%s: %s", now->name, unknown ? unknown : "known");
		if (lowest(&f.docker, "nofile") != now->nofile ||
		    lowest(&f.docker, "nproc") != now->nproc || lowest(&f.docker, "core") != 0)
			fail_msg("%s: wrong ceiling", now->name);
	}
}

static void test_offline(void **state)
{
	CLEANUP(facts_clear) struct facts f = {.offline = true};
	struct gather g = {.facts = &f};

	gather_ceilings(&g);
	assert_non_null(f.docker.ceilings_unknown);
	assert_int_equal(f.docker.nceilings, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_offline),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
