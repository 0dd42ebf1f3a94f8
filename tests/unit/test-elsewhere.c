#include "tests/test.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/read/elsewhere.h"
#include "engine/host/read/root.h"
#include "tests/unit/temp-directory.h"

/* A procfs in which our namespaces are PID 1's, but for those named; "-": PID 1's is not readable. */
static const struct {
	const char *net, *pid, *mnt, *etc; /* /etc of PID 1 */
	const char *want_network, *want_processes, *want_files;
} rows[] = {
	{"same", "same", "same", "/etc", NULL, NULL, NULL},
	{"other", "same", "same", "/etc", "another network namespace", NULL, NULL},
	{"same", "other", "same", "/etc", NULL, "pid namespace of its own", NULL},
	{"same", "same", "other", "/etc", NULL, NULL, NULL}, /* and shows the same */
	{"same", "same", "other", "/usr", NULL, NULL, "'/etc' is not the host's"},
	{"same", "same", "other", "/nothing", NULL, NULL, "'/etc' is not the host's"},
	{"same", "same", "same", "/usr", NULL, NULL, NULL},
	{"-", "-", "-", "/usr", NULL, NULL, NULL},
};

static void make_namespace(const char *proc, const char *name, const char *how)
{
	CLEANUP(freep) char *own = xasprintf("%s/self/ns/%s", proc, name);
	CLEANUP(freep) char *first = xasprintf("%s/1/ns/%s", proc, name);

	assert_int_equal(symlink("/usr", own), 0);
	if (strcmp(how, "-") != 0)
		assert_int_equal(symlink(strcmp(how, "same") == 0 ? "/usr" : "/", first), 0);
}

static void make_directory(const char *proc, const char *name)
{
	CLEANUP(freep) char *path = xasprintf("%s/%s", proc, name);

	assert_int_equal(mkdir(path, 0700), 0);
}

/* As PID 1 sees "/": all is as here but for /etc. */
static void make_root(const char *proc, const char *etc)
{
	CLEANUP(freep) char *root = xasprintf("%s/1/root", proc);
	CLEANUP(freep) char *place = xasprintf("%s/1/root/etc", proc);

	if (strcmp(etc, "/etc") == 0) {
		assert_int_equal(symlink("/", root), 0);
		return;
	}
	assert_int_equal(mkdir(root, 0700), 0);
	assert_int_equal(symlink(etc, place), 0);
}

static void assert_says(const char *text, const char *want)
{
	if (!want)
		assert_null(text);
	else if (!text || !strstr(text, want))
		fail_msg("'%s' does not say '%s'", text ? text : "(nothing)", want);
}

static void test_namespaces(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(elsewhere_clear) struct elsewhere e = {0};
		void *fresh = NULL;
		const char *proc;

		temp_directory_setup(&fresh);
		proc = ((struct temp_directory *)fresh)->path;
		make_directory(proc, "self");
		make_directory(proc, "self/ns");
		make_directory(proc, "1");
		make_directory(proc, "1/ns");
		make_namespace(proc, "net", rows[i].net);
		make_namespace(proc, "pid", rows[i].pid);
		make_namespace(proc, "mnt", rows[i].mnt);
		make_root(proc, rows[i].etc);
		elsewhere_look(proc, "/nothing", &e);
		assert_says(e.network, rows[i].want_network);
		assert_says(e.processes, rows[i].want_processes);
		if (rows[i].want_files && strcmp(rows[i].etc, "/etc") != 0)
			assert_non_null(e.files); /* "/" or "/etc": whichever comes first */
		else
			assert_null(e.files);
		temp_directory_teardown(&fresh);
	}
}

/* A listener in sight is one of ours, and this process stands where PID 1 of its namespace does. */
static void test_listener_in_sight(void **state)
{
	struct temp_directory *temp = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	CLEANUP(elsewhere_clear) struct elsewhere e = {0};
	CLEANUP(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/bus", temp->path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	elsewhere_look("/nothing", address.sun_path, &e);
	assert_null(e.processes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test_setup_teardown(test_listener_in_sight, temp_directory_setup,
						temp_directory_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
