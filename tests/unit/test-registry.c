#include "tests/test.h"

#include <ctype.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "modules/container/container.h"
#include "modules/registry.h"

/* Every module can be shown, loaded and run: what the loader, the manual and `explain` rely on. */
static void test_modules_are_whole(void **state)
{
	size_t n = 0;

	for (; modules_all[n]; n++) {
		const struct module *m = modules_all[n];

		assert_non_null(m->summary);
		assert_non_null(m->diff);
		assert_non_null(m->check);
		assert_true(m->desired_size > 0);
		assert_true(m->fields[0].required); /* it names the resource */
		assert_ptr_equal(module_find(modules_all, m->name), m);
	}
	assert_true(n >= 15);
}

static void read_manual(struct buf *ret)
{
	int fd = open(SAMPLES "/../../../packaging/harden-baseline.5", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_read_all(fd, 1U << 20, ret), 0);
	close(fd);
}

/* Whether the text is in a line that begins an entry: ".It Cm apparmor , selinux". */
static bool has_item(const char *manual, const char *text)
{
	static const char begin[] = "\n.It Cm";

	for (const char *at = strstr(manual, begin); at; at = strstr(at + 1, begin)) {
		const char *found = strstr(at + 1, text), *end = strchr(at + 1, '\n');

		if (found && end && found < end)
			return true;
	}
	return false;
}

static const struct container_aspect *const aspects[] = {
	container_identity_aspects, container_namespace_aspects, container_limit_aspects,
	container_mount_aspects,    container_network_aspects,   container_life_aspects,
};

/* It has each aspect of containers, too. */
static void test_manual_has_each_aspect(void **state)
{
	CLEANUP(buf_clear) struct buf manual = {0};
	const char *list;

	read_manual(&manual);
	list = strstr(buf_str(&manual), "Aspects of containers");
	assert_non_null(list);
	for (size_t i = 0; i < ARRAY_SIZE(aspects); i++)
		for (const struct container_aspect *a = aspects[i]; a->name; a++) {
			CLEANUP(freep) char *last = xasprintf(" %s\n", a->name);
			CLEANUP(freep) char *more = xasprintf(" %s , ", a->name);

			if (!has_item(list, last) && !has_item(list, more))
				fail_msg("harden-baseline(5) has no aspect '%s'", a->name);
		}
}

/* The sources of the tests with rows for containers, one behind the other. */
static void read_rows(struct buf *ret)
{
	glob_t found;

	assert_int_equal(glob(SAMPLES "/../test-container*.c", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		int fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);

		assert_true(fd >= 0);
		assert_int_equal(fd_read_all(fd, 1U << 20, ret), 0);
		close(fd);
	}
	globfree(&found);
}

static void test_each_aspect_has_rows(void **state)
{
	CLEANUP(buf_clear) struct buf rows = {0};

	read_rows(&rows);
	for (size_t i = 0; i < ARRAY_SIZE(aspects); i++)
		for (const struct container_aspect *a = aspects[i]; a->name; a++) {
			CLEANUP(freep) char *alone = xasprintf("aspect=%s\"", a->name);
			CLEANUP(freep) char *more = xasprintf("aspect=%s ", a->name);

			if (!strstr(buf_str(&rows), alone) && !strstr(buf_str(&rows), more))
				fail_msg("no tests/unit/test-container*.c has a row for '%s'",
					 a->name);
		}
}

/* The manual has each kind, with its settings in the order of the table. */
static void test_manual_has_each_kind(void **state)
{
	CLEANUP(buf_clear) struct buf manual = {0};

	read_manual(&manual);
	for (size_t n = 0; modules_all[n]; n++) {
		CLEANUP(buf_clear) struct buf entry = {0};

		buf_printf(&entry, ".It Cm %s\n%c%s.\nSettings:\n.Cm ", modules_all[n]->name,
			   toupper(modules_all[n]->summary[0]), modules_all[n]->summary + 1);
		for (const struct field *f = modules_all[n]->fields; f->key; f++)
			buf_printf(&entry, "%s%s", f == modules_all[n]->fields ? "" : " , ",
				   f->key);
		buf_puts(&entry, " .\n");
		if (!strstr(buf_str(&manual), buf_str(&entry)))
			fail_msg("harden-baseline(5) has no entry\n%s", buf_str(&entry));
	}
}

static size_t size_of(enum field_type type)
{
	switch (type) {
	case FIELD_STRING_LIST:
		return sizeof(struct strv);
	case FIELD_BOOL:
		return sizeof(bool);
	case FIELD_ENUM:
		return sizeof(int);
	default:
		return sizeof(long);
	}
}

static void test_fields_are_whole(void **state)
{
	for (const struct module *const *m = modules_all; *m; m++)
		for (const struct field *f = (*m)->fields; f->key; f++) {
			if (!f->help || strlen(f->help) > 100 ||
			    f->help[strlen(f->help) - 1] == '.')
				fail_msg("%s.%s has no good help", (*m)->name, f->key);
			assert_true(f->offset + size_of(f->type) <= (*m)->desired_size);
			assert_int_equal(f->type == FIELD_ENUM, f->parse != NULL);
			for (const struct field *g = f + 1; g->key; g++) {
				assert_string_not_equal(f->key, g->key);
				assert_true(f->offset + size_of(f->type) <= g->offset ||
					    g->offset + size_of(g->type) <= f->offset);
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modules_are_whole),
		cmocka_unit_test(test_manual_has_each_kind),
		cmocka_unit_test(test_manual_has_each_aspect),
		cmocka_unit_test(test_each_aspect_has_rows),
		cmocka_unit_test(test_fields_are_whole),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
