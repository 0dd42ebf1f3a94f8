#include "tests/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/containers.h"
#include "tests/unit/temp-directory.h"

/* What /proc has: sockets 10 to 99 are of process 7, and the tables of process 1 as the test says. */
static const char *tcp_lines;
static int tcp_error;

int __wrap_proc_link(const char *path, char **ret, struct error *err);
int __wrap_proc_read(const char *path, struct buf *ret, struct error *err);

int __wrap_proc_link(const char *path, char **ret, struct error *err)
{
	const char *fd = skip_prefix(path, "/proc/7/fd/");

	if (!fd)
		return error_set(err, -ENOENT, "no such process");
	*ret = xasprintf("socket:[%s]", fd);
	return 0;
}

int __wrap_proc_read(const char *path, struct buf *ret, struct error *err)
{
	if (strcmp(path, "/proc/1/net/tcp") != 0)
		return error_set(err, -ENOENT, "no such table");
	if (tcp_error)
		return error_set(err, tcp_error, "the table of TCP is not to be read");
	buf_puts(ret, "  sl  local_address rem_address   st\n");
	buf_puts(ret, tcp_lines);
	return 0;
}

struct scene {
	struct facts facts;
	struct gather g;
	struct container_reader reader;
	struct container *c;
};

static void scene_init(struct scene *s, const struct root *root)
{
	*s = (struct scene){.g.root = root};
	s->g.facts = &s->facts;
	s->reader.g = &s->g;
	s->c = container_list_add(&s->facts.docker.containers);
	s->c->host_network = 1;
}

static void scene_clear(struct scene *s)
{
	map_clear(&s->reader.sockets, NULL);
	facts_clear(&s->facts);
}

static void read_all(struct scene *s)
{
	container_know_sockets(&s->reader, s->c, 7);
	containers_read_sockets(&s->reader);
}

static void make_descriptors(struct temp_directory *t)
{
	mkdirat(t->fd, "proc", 0755);
	mkdirat(t->fd, "proc/7", 0755);
	mkdirat(t->fd, "proc/7/fd", 0755);
	for (int i = 10; i < 100; i++) {
		CLEANUP(freep) char *name = xasprintf("proc/7/fd/%d", i);

		temp_directory_write(t, name, "");
	}
}

/* Workers that share a port are told of once, and nothing hides what stands behind many. */
static void test_all_are_told(void **state)
{
	struct temp_directory *t = *state;
	CLEANUP(buf_clear) struct buf lines = {0};
	struct scene s;

	make_descriptors(t);
	for (int i = 10; i < 99; i++) /* one port often, then many others */
		buf_printf(&lines, "  %d: 0100007F:%04X 00000000:0000 0A 0:0 0:0 0 0 0 %d 1\n", i,
			   i < 40 ? 8080 : 8000 + i, i);
	buf_puts(&lines, "  99: 00000000:0016 00000000:0000 0A 0:0 0:0 0 0 0 99 1\n");
	buf_puts(&lines, "  99: 00000000:0017 00000000:0000 0A 0:0 0:0 0 0 0 100 1\n");
	tcp_lines = buf_str(&lines);
	tcp_error = 0;
	scene_init(&s, &t->root);
	read_all(&s);
	assert_int_equal(s.c->listens.count, 1 + 59 - 1 + 1); /* port 8080 is among the 59 */
	assert_true(strv_contains(&s.c->listens, "22/tcp on 0.0.0.0"));
	assert_false(strv_contains(&s.c->listens, "23/tcp on 0.0.0.0")); /* another's */
	assert_null(s.c->unread);
	scene_clear(&s);
}

static void test_unread(void **state)
{
	static const struct {
		int error;
		bool unread;
	} rows[] = {{-EACCES, true}, {-ENOENT, false}};
	struct temp_directory *t = *state;

	make_descriptors(t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene s;

		tcp_error = rows[i].error;
		scene_init(&s, &t->root);
		read_all(&s);
		assert_int_equal(s.c->unread != NULL, rows[i].unread);
		scene_clear(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_all_are_told),
		TEMP_DIRECTORY_TEST(test_unread),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
