/*
 * A tree seen from its directories' descriptors: the same, in the same order, as by the questions that
 * walk to each path; and what of it is shown when the same is asked again.
 */

#include "tests/unit/temp-directory.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <sys/acl.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "engine/base/buf.h"
#include "engine/host/read/tree.h"
#include "engine/plan/overlay-view.h"

#define DEEP (2 * TREE_MAX_OPEN + 10)
#define NOBODY 65534

struct seen {
	struct buf text;
	size_t shown, more[TREE_CLASS_COUNT];
	struct strv failures;
};

static void seen_clear(struct seen *s)
{
	buf_clear(&s->text);
	strv_clear(&s->failures);
}

static enum tree_class class_of(const void *context, const char *path, const struct node *n)
{
	return n->kind == NODE_SYMLINK ? TREE_LEFT : n->mode & 022 ? TREE_AGAIN : TREE_FINE;
}

static enum tree_class take(void *context, const char *path, const struct node *n)
{
	struct seen *s = context;
	bool link = n->kind == NODE_SYMLINK;

	s->shown++;
	buf_printf(&s->text, "%s %s", path, node_kind_to_string(n->kind));
	if (!link && n->kind != NODE_UNKNOWN)
		buf_printf(&s->text, " %04o %u:%u %s %s", n->mode, n->uid, n->gid,
			   n->acl ? n->acl : "-", n->default_acl ? n->default_acl : "-");
	buf_putc(&s->text, '\n');
	return class_of(context, path, n);
}

static void count(void *context, enum tree_class class, size_t n)
{
	struct seen *s = context;

	s->more[class] += n;
}

static void fail_at(void *context, const struct error *why)
{
	struct seen *s = context;

	strv_add(&s->failures, error_text(why));
}

static bool is_file_7(const void *context, const char *name)
{
	return strcmp(name, "f7") == 0;
}

static struct tree_visitor visitor_of(struct seen *s)
{
	return (struct tree_visitor){.asker = "test",
				     .file_acls = true,
				     .entry = take,
				     .class_of = class_of,
				     .more = count,
				     .failed = fail_at,
				     .context = s};
}

/* --- what is there ------------------------------------------------------------------------ */

static void set_acl(const struct temp_directory *t, const char *name, acl_type_t type,
		    const char *text)
{
	CLEANUP(freep) char *path = xasprintf("%s/%s", t->path, name);
	acl_t acl = acl_from_text(text);

	assert_int_equal(acl_set_file(path, type, acl), 0);
	acl_free(acl);
}

/* Names that are sorted otherwise with what is below them: "a/x" stands before "a-b". */
static void make_tree(const struct temp_directory *t)
{
	static const char *const directories[] = {"t",     "t/a",       "t/a-b",       "t/a.b",
						  "t/a/b", "t/a/empty", "t/long-name", "t/with"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		assert_int_equal(mkdirat(t->fd, directories[i], 0755), 0);
		for (int k = 0; k < 12; k++) {
			CLEANUP(freep) char *name = xasprintf("%s/f%d", directories[i], k);

			if (!strstr(name, "empty"))
				temp_directory_write(t, name, "");
		}
	}
	temp_directory_write(t, "t/long-name-that-goes-on", "");
	temp_directory_write(t, "t/long-name-that-goes", "");
	temp_directory_write(t, "t/\xc3\xa4", "");
	assert_int_equal(fchmodat(t->fd, "t/a/f3", 0666, 0), 0);
	assert_int_equal(fchmodat(t->fd, "t/a-b/f3", 04755, 0), 0);
	assert_int_equal(symlinkat("f1", t->fd, "t/a/link"), 0);
	assert_int_equal(symlinkat("/none", t->fd, "t/a/link-to-nothing"), 0);
	assert_int_equal(symlinkat("a", t->fd, "t/link-to-directory"), 0);
	assert_int_equal(mkfifoat(t->fd, "t/fifo", 0600), 0);
	set_acl(t, "t/with/f5", ACL_TYPE_ACCESS,
		"user::rw-,user:7:rwx,group::r--,mask::rwx,other::r--");
	set_acl(t, "t/with", ACL_TYPE_DEFAULT,
		"user::rw-,user:7:rwx,group::r--,mask::rwx,other::r--");
}

static size_t open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Before the first directory is opened, which is in the mounts of then. */
static bool own_mounts;

static void have_own_mounts(void)
{
	own_mounts =
		unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

/* --- the tests ---------------------------------------------------------------------------- */

static bool observe_with_few_descriptors(const struct temp_directory *t, const char *directory,
					 const struct tree_visitor *visitor)
{
	struct rlimit before, few;
	bool complete;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = open_descriptors() + TREE_MAX_OPEN + 8;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	complete = observe_tree(&t->root, directory, visitor);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	return complete;
}

static void assert_same(const struct temp_directory *t, const char *directory)
{
	const struct facts facts = {.offline = true};
	struct overlay_view *view = overlay_view_new(&t->root, &facts, NULL);
	CLEANUP(seen_clear) struct seen whole = {0}, by_names = {0};
	const struct tree_visitor one = visitor_of(&whole), other = visitor_of(&by_names);
	CLEANUP(freep) char *before = getcwd(NULL, 0), *after = NULL;
	size_t descriptors = open_descriptors();
	bool complete = observe_with_few_descriptors(t, directory, &one);

	assert_int_equal(complete,
			 !strstr(buf_str(&whole.text), "unknown") && whole.failures.count == 0);
	assert_int_equal(open_descriptors(), descriptors);
	after = getcwd(NULL, 0);
	assert_string_equal(before, after);
	tree_by_names(overlay_view_host(view), directory, &other);
	assert_true(whole.shown > 1);
	assert_string_equal(buf_str(&whole.text), buf_str(&by_names.text));
	assert_true(strv_equal(&whole.failures, &by_names.failures));
	overlay_view_free(view);
}

static void test_same(void **state)
{
	make_tree(*state);
	assert_same(*state, "/t");
	assert_same(*state, "/");
}

/* A file of a file system without access lists, mounted among others: it speaks for itself alone. */
static void test_a_mount_without_access_lists(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *over = xasprintf("%s/t/with/f0", t->path);

	make_tree(t);
	if (!own_mounts || mount("/proc/version", over, NULL, MS_BIND, NULL) < 0)
		SKIP_BECAUSE("no mount can be made here");
	assert_same(t, "/t");
	assert_int_equal(umount(over), 0);
}

/* Deeper than there are directories open at one time, with something to do on the way back. */
static void test_deep(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(buf_clear) struct buf path = {0};

	buf_puts(&path, "t");
	for (int i = 0; i < DEEP; i++) {
		CLEANUP(freep) char *last = NULL;

		assert_int_equal(mkdirat(t->fd, buf_str(&path), 0755), 0);
		last = xasprintf("%s/z", buf_str(&path));
		temp_directory_write(t, last, "");
		buf_puts(&path, "/d");
	}
	assert_same(t, "/t");
}

struct mover {
	const struct temp_directory *temp;
	struct seen seen;
};

/* Takes a directory that is being read elsewhere, as soon as the walk is at the deepest one. */
static enum tree_class take_and_move(void *context, const char *path, const struct node *n)
{
	struct mover *m = context;
	int fd = m->temp->fd;

	if (strlen(path) == strlen("/t") + 2 * (DEEP - 1))
		assert_int_equal(renameat(fd, "t/d/d", fd, "away"), 0);
	return take(&m->seen, path, n);
}

static void fail_moved(void *context, const struct error *why)
{
	fail_at(&((struct mover *)context)->seen, why);
}

/* The walk does not come out somewhere else then: it says what it could not look at. */
static void test_moved_meanwhile(void **state)
{
	struct mover m = {.temp = *state};
	CLEANUP(buf_clear) struct buf path = {0};
	const struct tree_visitor visitor = {
		.asker = "test", .entry = take_and_move, .failed = fail_moved, .context = &m};

	buf_puts(&path, "t");
	for (int i = 0; i < DEEP; i++) {
		assert_int_equal(mkdirat(m.temp->fd, buf_str(&path), 0755), 0);
		buf_puts(&path, "/d");
	}
	temp_directory_write(m.temp, "t/d/z", "");
	temp_directory_write(m.temp, "t/d/d/z", "");
	temp_directory_write(m.temp, "z-root", "");
	assert_false(observe_tree(&m.temp->root, "/t", &visitor));
	assert_int_equal(m.seen.failures.count, 1);
	assert_non_null(strstr(m.seen.failures.items[0], "cannot list '/t/d'"));
	assert_non_null(strstr(buf_str(&m.seen.text), "/t/d/d/z"));
	assert_null(strstr(buf_str(&m.seen.text), "/t/d/z"));
	assert_null(strstr(buf_str(&m.seen.text), "z-root"));
	seen_clear(&m.seen);
}

/* What an ordinary user may not list, or not look into. */
static void test_closed(void **state)
{
	const struct temp_directory *t = *state;

	if (geteuid() != 0)
		SKIP_BECAUSE("needs root");
	make_tree(t);
	assert_int_equal(fchmodat(t->fd, "t/a", 0700, 0), 0);
	assert_int_equal(fchmodat(t->fd, "t/a-b", 0744, 0), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	assert_same(t, "/t");
	assert_int_equal(seteuid(0), 0);
}

static void test_wanted_names(void **state)
{
	CLEANUP(seen_clear) struct seen seen = {0};
	struct tree_visitor visitor = visitor_of(&seen);

	make_tree(*state);
	visitor.wants = is_file_7;
	assert_true(observe_tree(&((struct temp_directory *)*state)->root, "/t", &visitor));
	assert_int_equal(seen.shown, 8 + 7 + 3); /* directories, files of that name, links */
}

static struct edit *edit_mode(struct edits *edits, const char *path, const char *mode)
{
	edits_clear(edits);
	return edits_add(edits, "c.c", path, subject_path(SCHEME_MODE), NULL, mode);
}

/* What is as wanted is a number from the second time on; what is planned is seen. */
static void test_again(void **state)
{
	const struct temp_directory *t = *state;
	const struct facts facts = {.offline = true};
	struct overlay_view *view = overlay_view_new(&t->root, &facts, NULL);
	CLEANUP(seen_clear) struct seen first = {0}, again = {0}, planned = {0};
	const struct tree_visitor one = visitor_of(&first), two = visitor_of(&again),
				  three = visitor_of(&planned);
	CLEANUP(edits_clear) struct edits edits = {0};
	size_t more;

	make_tree(t);
	view_tree(overlay_view_host(view), "/t", &one);
	view_tree(overlay_view_base(view), "/t", &two);
	more = again.more[TREE_FINE] + again.more[TREE_LEFT];
	assert_int_equal(first.shown, again.shown + more);
	assert_int_equal(again.more[TREE_LEFT], 2);
	assert_string_equal(buf_str(&again.text), "/t dir 0755 0:0 - -\n"
						  "/t/a/f3 file 0666 0:0 - -\n"
						  "/t/a/link symlink\n"
						  "/t/with/f5 file 0674 0:0 "
						  "user::rw-,user:7:rwx,group::r--,mask::rwx,"
						  "other::r-- -\n");
	assert_int_equal(overlay_view_edit(view, edit_mode(&edits, "/t/a-b/f1", "0600"), NULL), 1);
	assert_int_equal(overlay_view_edit(view, edit_mode(&edits, "/t/a/f3", "0644"), NULL), 1);
	view_tree(overlay_view_base(view), "/t", &three);
	assert_non_null(strstr(buf_str(&planned.text), "/t/a/f3 file 0644 0:0 - -\n"
						       "/t/a/link symlink\n"
						       "/t/a-b/f1 file 0600 0:0 - -\n"));
	assert_int_equal(planned.shown, again.shown + 1);
	/* each once, whatever becomes of it */
	more = planned.more[TREE_FINE] + planned.more[TREE_LEFT];
	assert_int_equal(planned.shown + more, first.shown);
	overlay_view_free(view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_same),
		TEMP_DIRECTORY_TEST(test_a_mount_without_access_lists),
		TEMP_DIRECTORY_TEST(test_deep),
		TEMP_DIRECTORY_TEST(test_moved_meanwhile),
		TEMP_DIRECTORY_TEST(test_closed),
		TEMP_DIRECTORY_TEST(test_wanted_names),
		TEMP_DIRECTORY_TEST(test_again),
	};

	have_own_mounts();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
