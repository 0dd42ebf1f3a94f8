#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/host/read/proc.h"
#include "tests/unit/temp-directory.h"

#define MODULES "lib/modules/6.1.0/"

static const char *disabled, *bounding; /* what /proc is played to hold; NULL: not readable */

int __wrap_proc_read(const char *path, struct buf *ret, struct error *err);

int __wrap_proc_read(const char *path, struct buf *ret, struct error *err)
{
	const char *text = strstr(path, "modules_disabled") ? disabled : bounding;

	if (!text)
		return error_set(err, -EACCES, "not readable");
	buf_puts(ret, text);
	return 0;
}

static const struct row {
	const char *name;
	const char *dirs[2], *file; /* in the root; NULL: none */
	const char *list; /* modules.dep */
	const char *disabled, *bounding;
	const char *says; /* NULL: br_netfilter can be had */
} rows[] = {
	{"loaded",
	 {"proc/sys/net/bridge"},
	 "proc/sys/net/bridge/bridge-nf-call-iptables",
	 "",
	 "1",
	 "CapBnd:\t0\n",
	 NULL},
	{"loaded, and its key is hidden",
	 {"proc/sys/net/bridge", MODULES "kernel"},
	 MODULES "kernel/br_netfilter.ko",
	 "kernel/br_netfilter.ko: kernel/bridge.ko\n",
	 "0",
	 "CapBnd:\tffff\n",
	 "bridge-nf-call-iptables' (br_netfilter)"},
	{"can be loaded",
	 {MODULES "kernel"},
	 MODULES "kernel/br_netfilter.ko",
	 "kernel/bridge.ko:\nkernel/br_netfilter.ko: kernel/bridge.ko\n",
	 "0\n",
	 "Name:\tinit\nCapBnd:\t000001ffffffffff\n",
	 NULL},
	{"can be loaded, packed",
	 {MODULES "kernel"},
	 MODULES "kernel/br_netfilter.ko.xz",
	 "kernel/br_netfilter.ko.xz:\n",
	 "0\n",
	 "CapBnd:\t000001ffffffffff\n",
	 NULL},
	{"listed, and its file is gone",
	 {MODULES "kernel"},
	 NULL,
	 "kernel/br_netfilter.ko:\n",
	 "0",
	 "CapBnd:\t000001ffffffffff\n",
	 "has no such module"},
	{"not listed",
	 {MODULES "kernel"},
	 MODULES "kernel/br_netfilter.ko",
	 "kernel/bridge.ko:\n",
	 "0",
	 "CapBnd:\t000001ffffffffff\n",
	 "'/lib/modules/6.1.0' has no such module"},
	{"only a name that ends so",
	 {MODULES "kernel"},
	 MODULES "kernel/xbr_netfilter.ko",
	 "kernel/xbr_netfilter.ko:\n",
	 "0",
	 "CapBnd:\t000001ffffffffff\n",
	 "has no such module"},
	{"no list",
	 {MODULES},
	 NULL,
	 NULL,
	 "0",
	 "CapBnd:\t000001ffffffffff\n",
	 "has no such module"},
	{"no more modules",
	 {MODULES "kernel"},
	 MODULES "kernel/br_netfilter.ko",
	 "kernel/br_netfilter.ko:\n",
	 "1\n",
	 "CapBnd:\t000001ffffffffff\n",
	 "loads no more modules"},
	{"no right to load",
	 {MODULES "kernel"},
	 MODULES "kernel/br_netfilter.ko",
	 "kernel/br_netfilter.ko:\n",
	 "0\n",
	 "CapBnd:\t000001fffffeffff\n",
	 "nobody here may load"},
	{"nothing told of rights",
	 {MODULES "kernel"},
	 MODULES "kernel/br_netfilter.ko",
	 "kernel/br_netfilter.ko:\n",
	 NULL,
	 NULL,
	 NULL},
};

static void write_file(const struct temp_directory *t, const char *path, const char *text)
{
	int fd = openat(t->fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void make_dirs(const struct temp_directory *t, const char *path)
{
	for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
		CLEANUP(freep) char *part = xstrndup(path, (size_t)(slash - path));

		if (*part)
			mkdirat(t->fd, part, 0755);
	}
	mkdirat(t->fd, path, 0755);
}

static void run_row(const struct row *row)
{
	void *state = NULL;
	struct temp_directory *t;
	CLEANUP(facts_clear) struct facts f = {.kernel = xstrdup("6.1.0")};
	struct gather g = {.facts = &f};

	assert_int_equal(temp_directory_setup(&state), 0);
	t = state;
	for (size_t i = 0; i < 2 && row->dirs[i]; i++)
		make_dirs(t, row->dirs[i]);
	if (row->list && starts_with(row->dirs[0], MODULES))
		write_file(t, MODULES "modules.dep", row->list);
	if (row->list && row->dirs[1])
		write_file(t, MODULES "modules.dep", row->list);
	if (row->file)
		write_file(t, row->file, "");
	disabled = row->disabled;
	bounding = row->bounding;
	g.root = &t->root;
	gather_kernel(&g);
	if (!row->says != !f.docker.kernel_modules ||
	    (row->says && !strstr(f.docker.kernel_modules, row->says)))
		fail_msg("%s: %s", row->name, f.docker.kernel_modules);
	temp_directory_teardown(&state);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run_row(&rows[i]);
}

/* Of an image, and where the kernel has no name, nothing is said. */
static void test_not_looked_at(void **state)
{
	struct temp_directory *t = *state;
	CLEANUP(facts_clear) struct facts f = {0};
	struct gather g = {.facts = &f, .root = &t->root};

	gather_kernel(&g);
	assert_null(f.docker.kernel_modules);
	f.kernel = xstrdup("6.1.0");
	f.offline = true;
	gather_kernel(&g);
	assert_null(f.docker.kernel_modules);
	f.offline = false;
	gather_kernel(&g);
	assert_non_null(f.docker.kernel_modules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test_setup_teardown(test_not_looked_at, temp_directory_setup,
						temp_directory_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
