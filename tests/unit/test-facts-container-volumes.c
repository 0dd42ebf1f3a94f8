#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "tests/unit/temp-directory.h"

#define OPTIONS(type, device)                                                                      \
	"{\"MountType\":\"" type "\",\"MountOpts\":\"\",\"MountDevice\":\"" device                 \
	"\",\"Quota\":{\"Size\":0}}"
#define OPTIONS_FILE "srv/volumes/v/opts.json"
#define BARE "loses the mount of its volume 'v' on the host, where '/srv/volumes/v/_data'"

/* The data root /var/lib/docker is a link to /srv/docker, and the volumes of that one to /srv/volumes. */
static const struct {
	const char *version, *options; /* of opts.json; NULL: there is none */
	bool directory; /* it is one, so that it cannot be read */
	bool mounted, no_table; /* on the host now; its mounts are not known */
	bool stopped, bind; /* the container, its mount */
	const char *loses; /* NULL: nothing */
	bool may, empty;
} rows[] = {
	{"20.10.24+dfsg1", OPTIONS("none", "/srv/data"), .mounted = true, .loses = BARE},
	{"20.10.24+dfsg1", OPTIONS("nfs", ":/x"), .mounted = true, .loses = BARE},
	{"20.10.24+dfsg1", OPTIONS("", "/srv/data"), .mounted = true, .loses = BARE},
	{"20.10.24+dfsg1", OPTIONS("tmpfs", "tmpfs"), .mounted = true, .loses = BARE,
	 .empty = true},
	{"20.10.24+dfsg1", OPTIONS("ramfs", ""), .mounted = true, .loses = BARE, .empty = true},
	{"20.10.24+dfsg1", OPTIONS("tmpfs", "tmpfs")}, /* gone already */
	{"20.10.24+dfsg1", OPTIONS("tmpfs", "tmpfs"), .mounted = true, .stopped = true},
	{"20.10.24+dfsg1", OPTIONS("tmpfs", "tmpfs"), .mounted = true, .bind = true},
	{"20.10.24+dfsg1", OPTIONS("", "")}, /* one with a size alone */
	{"20.10.24+dfsg1", OPTIONS("", ""), .mounted = true},
	{"20.10.24+dfsg1", NULL, .mounted = true}, /* by hand */
	{"20.10.24+dfsg1", NULL},
	{"20.10.24+dfsg1", NULL, .no_table = true},
	{"20.10.24+dfsg1", OPTIONS("nfs", ":/x"), .no_table = true, .loses = BARE},
	{"20.10.24+dfsg1", "", .mounted = true, .loses = BARE, .may = true},
	{"20.10.24+dfsg1", "[]", .mounted = true, .loses = BARE, .may = true},
	{"20.10.24+dfsg1", "", .directory = true, .mounted = true, .loses = BARE, .may = true},
	{"20.10.24+dfsg1", "", .directory = true},
	{"25.0.3", OPTIONS("nfs", ":/x"), .mounted = true, .loses = BARE},
	{"26.0.2", OPTIONS("nfs", ":/x"), .mounted = true, .loses = BARE},
	{NULL, OPTIONS("nfs", ":/x"), .mounted = true, .loses = BARE},
	{"26.1.5+dfsg1", OPTIONS("nfs", ":/x"), .mounted = true},
	{"26.1.5+dfsg1", OPTIONS("tmpfs", "tmpfs"), .mounted = true},
	{"28.5.2+dfsg1", OPTIONS("none", "/srv/data"), .mounted = true},
};

static const char *const directories[] = {
	"var", "var/lib", "srv", "srv/docker", "srv/volumes", "srv/volumes/v",
};

/* The data root with the volume's directory, and nothing in that. */
static void lay_out(const struct temp_directory *t)
{
	unlinkat(t->fd, OPTIONS_FILE, 0);
	unlinkat(t->fd, OPTIONS_FILE, AT_REMOVEDIR);
	for (size_t k = 0; k < ARRAY_SIZE(directories); k++)
		mkdirat(t->fd, directories[k], 0755);
	if (symlinkat("/srv/docker", t->fd, "var/lib/docker") < 0)
		assert_int_equal(errno, EEXIST);
	if (symlinkat("/srv/volumes", t->fd, "srv/docker/volumes") < 0)
		assert_int_equal(errno, EEXIST);
}

static struct container *set_up(struct temp_directory *t, struct facts *f, size_t i)
{
	struct container *c = container_list_add(&f->docker.containers);
	CLEANUP(buf_clear) struct buf mounts = {0};

	lay_out(t);
	if (rows[i].directory)
		assert_int_equal(mkdirat(t->fd, OPTIONS_FILE, 0755), 0);
	else if (rows[i].options)
		temp_directory_write(t, OPTIONS_FILE, rows[i].options);
	f->docker.data_root = xstrdup("/var/lib/docker");
	f->docker.version = xstrdup_null(rows[i].version);
	buf_puts(&mounts, "1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
			  "2 1 0:9 / /srv/volumes/w/_data rw shared:2 - tmpfs tmpfs rw\n");
	if (rows[i].mounted)
		buf_puts(&mounts, "3 1 0:7 / /srv/volumes/v/_data rw - nfs h:/x rw\n");
	if (!rows[i].no_table)
		f->mounts = xstrdup(buf_str(&mounts));
	c->running = !rows[i].stopped;
	for (int k = 0; k < 2; k++) { /* in two places of the container */
		struct container_mount *m = container_add_mount(c);

		m->type = xstrdup(rows[i].bind ? "bind" : "volume");
		m->volume = rows[i].bind ? NULL : xstrdup("v");
	}
	containers_known(&f->docker.containers);
	return c;
}

static void test_mounts(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct temp_directory *t = *state;
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g = {.facts = &f, .root = &t->root};
		struct container *c = set_up(t, &f, i);
		const char *has;

		gather_container_losses(&g);
		has = c->loses.count ? c->loses.items[0] : NULL;
		if (c->loses.count != !!rows[i].loses ||
		    (has && (!strstr(has, "lose") || !strstr(has, strchr(rows[i].loses, ' ')))) ||
		    (has && starts_with(has, "may ") != rows[i].may) ||
		    (has && !strstr(has, "gets an empty one") == rows[i].empty) ||
		    c->empty_volumes.count != rows[i].empty)
			fail_msg("row %zu: %s", i, has ? has : "-");
	}
}

/* Told alike, in whatever order dockerd tells its mounts: a consent is to these words. */
static void test_order(void **state)
{
	static const char *const names[] = {"v", "a", "v2"};
	CLEANUP(freep) char *first = NULL;

	for (size_t turn = 0; turn < ARRAY_SIZE(names); turn++) {
		struct temp_directory *t = *state;
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g = {.facts = &f, .root = &t->root};
		struct container *c = set_up(t, &f, 0);
		CLEANUP(freep) char *told = NULL;

		str_replace(&f.docker.data_root, NULL);
		for (size_t k = 0; k < c->nmounts; k++)
			str_replace(&c->mounts[k].volume, names[(turn + k) % ARRAY_SIZE(names)]);
		for (size_t k = c->nmounts; k < ARRAY_SIZE(names); k++) {
			struct container_mount *m = container_add_mount(c);

			m->type = xstrdup("volume");
			m->volume = xstrdup(names[(turn + k) % ARRAY_SIZE(names)]);
		}
		gather_container_losses(&g);
		assert_int_equal(c->loses.count, ARRAY_SIZE(names));
		told = strv_join(&c->loses, ", ");
		if (!first)
			first = TAKE_PTR(told);
		else
			assert_string_equal(told, first);
	}
}

/* Where the volumes are is not known: each may be one. */
static void test_no_data_root(void **state)
{
	struct temp_directory *t = *state;
	CLEANUP(facts_clear) struct facts f = {0};
	struct gather g = {.facts = &f, .root = &t->root};
	struct container *c = set_up(t, &f, 0);

	str_replace(&f.docker.data_root, NULL);
	gather_container_losses(&g);
	assert_int_equal(c->loses.count, 1);
	assert_true(starts_with(c->loses.items[0], "may lose the mount of its volume 'v'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_mounts),
		TEMP_DIRECTORY_TEST(test_order),
		TEMP_DIRECTORY_TEST(test_no_data_root),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
