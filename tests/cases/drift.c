#include "tests/cases/drift.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/plan/plan-json.h"
#include "engine/plan/plan-refresh.h"
#include "tests/cases/bench.h"
#include "tests/cases/files.h"

enum drift { DRIFT_BYTE, DRIFT_MODE, DRIFT_COUNT };

static const char *const drift_names[DRIFT_COUNT] = {"a byte or its target", "a bit of its mode"};

/* Blanks become other blanks, so that what can be read can still be read; others turn over a bit. */
static char other_byte(char c)
{
	return c == '\n' ? ' ' : c == ' ' ? '\n' : (char)(c ^ 1);
}

/* Changes the last byte, or gives an empty file one, and puts the times back. */
static int change_byte(const char *file)
{
	struct stat st;
	char c = ' ';
	int fd = open(file, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;

	if (r == 0 && st.st_size > 0) {
		r = pread(fd, &c, 1, --st.st_size) == 1 ? 0 : -EIO;
		c = other_byte(c);
	}
	if (r == 0 && pwrite(fd, &c, 1, st.st_size) != 1)
		r = -EIO;
	if (r == 0 && futimens(fd, (const struct timespec[]){st.st_atim, st.st_mtim}) < 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	return r;
}

/* Leads a link elsewhere. */
static int change_target(const char *file)
{
	CLEANUP(freep) char *other = NULL;
	char target[PATH_MAX];
	ssize_t n = readlink(file, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	other = xasprintf("%.*s.other", (int)n, target);
	return unlink(file) < 0 || symlink(other, file) < 0 ? -errno : 0;
}

static int change_mode(const char *file)
{
	struct stat st;

	if (lstat(file, &st) < 0 || chmod(file, (st.st_mode & 07777) ^ S_IXOTH) < 0)
		return -errno;
	return 0;
}

/* What is not there yet somebody else makes, as far as the plan would have to make it. */
static int make(const char *file, bool is_dir, struct error *err)
{
	CLEANUP(freep) char *parent = xstrndup(file, (size_t)(strrchr(file, '/') - file));
	int r = make_directories(is_dir ? file : parent, err);

	return r == 0 && !is_dir ? write_whole(file, &(struct buf){.data = NULL}, err) : r;
}

/* 1: there is nothing of that sort to change on this path. */
static int drift(const struct sandbox *s, const struct change *change, enum drift what,
		 struct error *err)
{
	CLEANUP(freep) char *file = sandbox_file(s, change->path);
	const struct node *node = &change->images[0].node;
	bool is_dir = change->images[change->nimages - 1].node.kind == NODE_DIR;
	int r;

	if (node->kind == NODE_ABSENT)
		return what == DRIFT_BYTE ? make(file, is_dir, err) : 1;
	if (node->kind == NODE_SYMLINK && what == DRIFT_BYTE)
		r = change_target(file);
	else if (node->kind == NODE_SYMLINK ||
		 (what == DRIFT_BYTE && !change->images[0].has_content))
		return 1;
	else if (node->flags)
		r = set_flags(file, 0); /* all that somebody could change at once */
	else
		r = what == DRIFT_BYTE ? change_byte(file) : change_mode(file);
	return r < 0 ? error_errno(err, r, "cannot change '%s'", file) : 0;
}

/* Whether the message names the path, or one of its directories, which changed with it. */
static bool names(const char *text, const char *path)
{
	for (const char *end = path + strlen(path); end > path; end--) {
		CLEANUP(freep) char *quoted = xasprintf("'%.*s'", (int)(end - path), path);

		if ((*end == '/' || *end == '\0') && strstr(text, quoted))
			return true;
	}
	return false;
}

/* Notes what should not be: -ESTALE is what should. */
static void expect_stale(int r, const struct error *why, const char *path, const char *what,
			 const char *who, struct strv *notes)
{
	if (r == -ESTALE && names(error_text(why), path))
		return;
	strv_addf(notes, "%s: %s changed, and %s says %s%s", path, what, who,
		  r < 0 ? error_text(why) : "nothing", r < 0 && r != -ESTALE ? " (not stale)" : "");
}

/* A saved plan meets the host, and the transaction does, too. */
static void meet(struct bench *b, const struct buf *saved, const char *path, const char *what,
		 struct strv *notes)
{
	CLEANUP(plan_clear) struct plan read = {0};
	CLEANUP(error_clear) struct error refresh = {0}, run = {0};
	int r = plan_from_json(&read, "saved", saved, &refresh);

	if (r >= 0)
		r = plan_refresh(&read, &b->sandbox.root, &b->world.facts, &refresh);
	expect_stale(r, &refresh, path, what, "the saved plan", notes);
	r = bench_run(b, &b->plan, "apply", NULL, &run);
	expect_stale(r, &run, path, what, "apply", notes);
}

static int try(const struct test_case *c, size_t index, enum drift what, struct strv *notes,
	       struct error *err)
{
	CLEANUP(bench_close) struct bench b = BENCH_INIT;
	CLEANUP(snapshot_clear) struct snapshot before = {0}, after = {0};
	CLEANUP(buf_clear) struct buf saved = {0};
	CLEANUP(freep) char *path = NULL;
	int r = bench_open(&b, c, err);

	if (r >= 0)
		r = case_plan(c, &b.sandbox.root, &b.world.facts, &b.plan, err);
	if (r >= 0)
		r = plan_to_json(&b.plan, false, &saved, err);
	if (r >= 0)
		r = drift(&b.sandbox, &b.plan.changes[index], what, err);
	if (r != 0)
		return r;
	path = xstrdup(b.plan.changes[index].path);
	r = bench_open_state(&b, err);
	if (r >= 0)
		r = snapshot_take(&before, b.sandbox.path, err);
	if (r < 0)
		return r;
	meet(&b, &saved, path, drift_names[what], notes);
	r = snapshot_take(&after, b.sandbox.path, err);
	if (r >= 0)
		snapshot_compare(&before, &after, COMPARE_TRACES, notes);
	return r;
}

void drift_refused(const struct test_case *c, const struct plan *plan, struct strv *notes)
{
	for (size_t i = 0; i < plan->nchanges; i++) {
		for (int what = 0; what < DRIFT_COUNT; what++) {
			CLEANUP(error_clear) struct error err = {0};

			if (try(c, i, (enum drift)what, notes, &err) < 0)
				strv_addf(notes, "%s: %s", plan->changes[i].path, error_text(&err));
		}
	}
}
