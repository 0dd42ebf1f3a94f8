/* Whose proxies are listed, and when that is not known: by processes that are played. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/read/proc.h"
#include "engine/host/read/proxies.h"

#define ALL " -proto tcp -host-ip 0.0.0.0 -host-port 80 -container-ip 172.17.0.2 -container-port 80"

static const struct row {
	const char *args, *net; /* of the one process; net NULL: its link fails */
	int error;
	int result;
	const char *ports;
} rows[] = {
	{"/usr/bin/docker-proxy" ALL, "net:[1]", 0, 0, "80/tcp on 0.0.0.0"},
	{"/usr/bin/docker-proxy" ALL " -use-listen-fd", "net:[1]", 0, 0, "80/tcp on 0.0.0.0"},
	{"/opt/own-proxy" ALL, "net:[1]", 0, 0, "80/tcp on 0.0.0.0"}, /* userland-proxy-path */
	{"/usr/bin/docker-proxy" ALL, "net:[2]", 0, 0, ""},
	{"/usr/bin/docker-proxy" ALL, NULL, -EACCES, -EACCES, ""},
	{"/usr/bin/docker-proxy" ALL, NULL, -ENOENT, 0, ""}, /* it ended meanwhile */
	{"/usr/bin/docker-proxy" ALL, NULL, -ESRCH, 0, ""},
	{"/usr/bin/nginx", NULL, -EACCES, 0, ""}, /* nobody asks */
	{"/usr/bin/x -host-ip 0.0.0.0 -host-port 80 -proto tcp", "net:[1]", 0, 0, ""},
};

static const struct row *played;

int __wrap_proc_each(void (*found)(void *data, pid_t pid, const struct strv *args), void *data,
		     struct error *err);
int __wrap_proc_link(const char *path, char **ret, struct error *err);

int __wrap_proc_each(void (*found)(void *data, pid_t pid, const struct strv *args), void *data,
		     struct error *err)
{
	CLEANUP(strv_clear) struct strv args = {0};

	strv_split(&args, played->args, " ");
	found(data, 7, &args);
	return 0;
}

int __wrap_proc_link(const char *path, char **ret, struct error *err)
{
	const char *net = strcmp(path, "/proc/self/ns/net") == 0 ? "net:[1]" : played->net;

	if (!net)
		return error_set(err, played->error, "no link");
	*ret = xstrdup(net);
	return 0;
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv ports = {0};
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(freep) char *list = NULL;
		int r;

		played = &rows[i];
		r = proxies_list(&ports, &err);
		list = strv_join(&ports, " ");
		if (r != rows[i].result || strcmp(list, rows[i].ports) != 0)
			fail_msg("row %zu: %d, '%s'", i, r, list);
		assert_int_equal(err.text != NULL, r < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
