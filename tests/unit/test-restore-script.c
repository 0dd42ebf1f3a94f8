/*
 * RESTORE, the script that puts a transaction's files back from a rescue shell: what it does is
 * looked at by running it, with /bin/sh and (as root, where it is installed) in a root that has
 * nothing but a busybox. The transactions are real ones, with a stub in place of dockerd.
 */

#include "tests/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/plan/compose.h"
#include "rollback/restore-script.h"
#include "rollback/transaction.h"
#include "tests/own-edits.h"
#include "tests/subject-text.h"
#include "tests/unit/temp-directory.h"

#define BUSYBOX "/bin/busybox"
#define DIED 7
#define BEFORE "a = 1\n"

/* Names that are commands, options, quotes or line ends to a careless script. */
static const char *const names[] = {
	"/etc/plain",           "/etc/it's",    "/etc/two\nlines",
	"/etc/ends\n",          "/etc/-rf",     "/etc/$(touch hit)`id`",
	"/etc/\\back\\'\"",     "/etc/ a  b\t", "/etc/*?[x]$0",
	"/etc/'; touch hit; '",
};

struct stub {
	struct effector base;
	bool dies; /* as by a power cut, when dockerd is to be restarted */
};

static int stub_run(struct effector *e, enum handler handler, const struct effects *towards,
		    struct error *err)
{
	if (((struct stub *)e)->dies)
		_exit(DIED);
	return 0;
}

static int stub_health(struct effector *e, const struct stopped_list *may_stop, int gate_ms,
		       struct error *err)
{
	return 0;
}

static const struct effector_ops stub_ops = {.run = stub_run, .health = stub_health};

struct bench {
	struct temp_directory *temp;
	struct state state;
	struct facts facts;
	struct plan plan;
	struct stub stub;
	char *directory; /* of the transaction, below temp */
};

static void make_directories(const struct temp_directory *t)
{
	static const char *const directories[] = {"etc", "var", "var/lib", "bin"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		assert_int_equal(mkdirat(t->fd, directories[i], 0755), 0);
}

/* All names changed, one file's and one directory's mode, and a new file in a new directory. */
static void make_plan(struct bench *b)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(error_clear) struct error err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		edits_add(&edits, "c", names[i], subj("kv:b"), NULL, "2");
	edits_add(&edits, "c", names[1], subj("mode"), NULL, "0600");
	edits_add(&edits, "c", "/etc/mode only", subj("mode"), NULL, "0600");
	edits_add(&edits, "c", "/etc/directory", subj("mode"), NULL, "0700");
	edits_add(&edits, "c", "/etc/new", subj("exists"), NULL, "dir");
	edits_add_own(&edits, "/etc/new");
	edits_add(&edits, "c", "/etc/new/rules", subj("kv:x"), NULL, "1");
	edits_add_own(&edits, "/etc/new/rules");
	edits_add(&edits, "c", "/etc/wants", subj("link"), NULL, "/etc/new/rules");
	edits_add_own(&edits, "/etc/wants");
	edits_add(&edits, "c", "/etc/to directory", subj("link"), NULL, "/dev/null");
	edits_add(&edits, "c", "/etc/it's gone", subj("link"), NULL, NULL);
	effects_add(&effects, "c", HANDLER_DOCKER_RESTART, subj("docker:icc"), "true", "false");
	effects_add(&effects, "c", HANDLER_SYSCTL, subj("sysctl:net.x.y"), "0 2", "1");
	if (compose_changes(&b->plan, &b->temp->root, &edits, &err) < 0 ||
	    compose_stages(&b->plan, &b->facts, &effects, &err) < 0)
		fail_msg("%s", error_text(&err));
}

static void bench_open(struct bench *b, void **state)
{
	CLEANUP(error_clear) struct error err = {0};

	*b = (struct bench){.temp = *state, .state = STATE_INIT, .stub = {.base = {&stub_ops}}};
	make_directories(b->temp);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		temp_directory_write(b->temp, names[i] + 1, BEFORE);
	temp_directory_write(b->temp, "etc/mode only", BEFORE);
	assert_int_equal(mkdirat(b->temp->fd, "etc/directory", 0755), 0);
	assert_int_equal(symlinkat("directory", b->temp->fd, "etc/to directory"), 0);
	assert_int_equal(symlinkat("-> it's\n$(touch hit)", b->temp->fd, "etc/it's gone"), 0);
	if (state_open(&b->state, &b->temp->root, true, &err) < 0)
		fail_msg("%s", error_text(&err));
	b->facts.docker.config_file = xstrdup(names[0]);
	make_plan(b);
}

static void bench_close(struct bench *b)
{
	state_close(&b->state);
	facts_clear(&b->facts);
	plan_clear(&b->plan);
	free(b->directory);
}

static int run_in_child(const struct transaction_request *q)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct transaction_result result = {0};

		_exit(transaction_run(q, &result, NULL) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

/* Applies the plan, whole or up to the restart; remembers where its directory is. */
static void bench_apply(struct bench *b, bool dies)
{
	const struct transaction_request q = {
		.state = &b->state,
		.root = &b->temp->root,
		.facts = &b->facts,
		.plan = &b->plan,
		.effector = &b->stub.base,
		.kind = "apply",
	};
	CLEANUP(strv_clear) struct strv ids = {0};

	b->stub.dies = dies;
	assert_int_equal(run_in_child(&q), dies ? DIED : 0);
	assert_int_equal(state_transactions(&b->state, &ids, NULL), 0);
	assert_int_equal(ids.count, 1);
	b->directory = xasprintf(STATE_DIR "/txn/%s", ids.items[0]);
}

/* Everything below etc, as text: name, type, mode, owner, time to the second, content. */
static char *tree(const struct bench *b)
{
	CLEANUP(freep)
	char *command = xasprintf("cd '%s/etc' && find . -printf '%%p %%y %%m %%U:%%G ' -type f "
				  "-printf '%%Tc ' -exec cat {} ';' -o -printf '%%l\\n' | sort",
				  b->temp->path);
	CLEANUP(buf_clear) struct buf text = {0};
	FILE *f = popen(command, "re");

	assert_non_null(f);
	assert_int_equal(fd_read_all(fileno(f), 1 << 20, &text), 0);
	assert_int_equal(pclose(f), 0);
	return buf_take(&text);
}

static int run_restore_at(const struct bench *b, const char *options, const char *root)
{
	CLEANUP(freep)
	char *command = xasprintf("sh '%s%s/" RESTORE_FILE "' %s '%s' 2>'%s/said'", b->temp->path,
				  b->directory, options, root, b->temp->path);
	int status = system(command);

	return WEXITSTATUS(status);
}

static int run_restore(const struct bench *b, const char *options)
{
	return run_restore_at(b, options, b->temp->path);
}

/* As it says what is on the host that it runs on: its own root. Directories are made, files written. */
static const struct live_row {
	const char *what;
	bool proc; /* /proc is there */
	const char *comm; /* of a process beside its own; NULL: there is none */
	const char *setting; /* now; NULL: it is not there */
	bool docker, kernel; /* told to be in force, or not known not to be */
} live_rows[] = {
	{"dockerd runs, the setting is ours", true, "dockerd", "1\n", true, true},
	{"it runs, the setting is as before", true, "dockerd", "0\t 2\n", true, false},
	{"nothing has it any more", true, "dockerd-like", "0 2\n", false, false},
	{"no process is dockerd", true, NULL, "1\n", false, true},
	{"nobody can look", false, NULL, NULL, true, true},
};

/* In a root that has one program; its applets are found by busybox's own shell. */
static int run_in_busybox(const struct bench *b)
{
	CLEANUP(freep)
	char *command = xasprintf(
		"cp " BUSYBOX " '%s/bin/busybox' && for a in sh sha256sum cat "
		"chown chmod mv rm rmdir mkdir touch ln readlink sync printf mktemp ls id; do "
		"ln -sf busybox '%s/bin/'$a; done; "
		"chroot '%s' /bin/busybox env -i PATH=/bin /bin/sh '%s/" RESTORE_FILE
		"' 2>'%s/said'",
		b->temp->path, b->temp->path, b->temp->path, b->directory, b->temp->path);
	int status = system(command);

	return WEXITSTATUS(status);
}

static bool is_there(const struct bench *b, const char *name)
{
	return faccessat(b->temp->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void assert_said(const struct bench *b, const char *part)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(close_fd) int fd = openat(b->temp->fd, "said", O_RDONLY | O_CLOEXEC);

	assert_int_equal(fd_read_all(fd, 1 << 20, &text), 0);
	if (!strstr(buf_str(&text), part))
		fail_msg("'%s' is not in: %s", part, buf_str(&text));
}

/* After a whole apply and after one that died: exactly as before, and again. */
static void test_exact(void **state)
{
	for (int dies = 0; dies < 2; dies++) {
		CLEANUP(bench_close) struct bench b;
		CLEANUP(freep) char *before = NULL, *after = NULL, *again = NULL;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		before = tree(&b);
		bench_apply(&b, dies);
		after = tree(&b);
		assert_string_not_equal(before, after);
		assert_int_equal(run_restore(&b, ""), 0);
		free(after);
		after = tree(&b);
		assert_string_equal(before, after);
		assert_int_equal(run_restore(&b, ""), 0);
		again = tree(&b);
		assert_string_equal(before, again);
		assert_false(is_there(&b, "hit"));
		assert_int_not_equal(access("hit", F_OK), 0);
		temp_directory_teardown(&fresh);
	}
	(void)state;
}

/* Why nothing can run in a chroot() of nothing but busybox; NULL: it can. */
static const char *no_busybox(void)
{
	if (geteuid() != 0)
		return "chroot() needs root";
	if (access(BUSYBOX, X_OK) < 0)
		return "there is no " BUSYBOX;
	return system("ldd " BUSYBOX " >/dev/null 2>&1") == 0 ? BUSYBOX " is not a static one"
							      : NULL;
}

static void test_busybox_alone(void **state)
{
	CLEANUP(bench_close) struct bench b = {.state = STATE_INIT};
	CLEANUP(freep) char *before = NULL, *after = NULL;

	if (no_busybox())
		SKIP_BECAUSE(no_busybox());
	bench_open(&b, state);
	before = tree(&b);
	bench_apply(&b, true);
	assert_int_equal(run_in_busybox(&b), 3); /* without a /proc nobody knows what runs */
	after = tree(&b);
	assert_string_equal(before, after);
}

static void lay_proc(const struct bench *b, const struct live_row *row)
{
	static const char *const directories[] = {"proc",     "proc/self",    "proc/1",
						  "proc/sys", "proc/sys/net", "proc/sys/net/x"};

	for (size_t i = 0; row->proc && i < ARRAY_SIZE(directories); i++)
		assert_int_equal(mkdirat(b->temp->fd, directories[i], 0755), 0);
	if (row->proc)
		temp_directory_write(b->temp, "proc/self/comm", "sh\n");
	if (row->comm) {
		CLEANUP(freep) char *line = xasprintf("%s\n", row->comm);

		temp_directory_write(b->temp, "proc/1/comm", line);
	}
	if (row->setting)
		temp_directory_write(b->temp, "proc/sys/net/x/y", row->setting);
}

static bool has_said(const struct bench *b, const char *part)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(close_fd) int fd = openat(b->temp->fd, "said", O_RDONLY | O_CLOEXEC);

	assert_int_equal(fd_read_all(fd, 1 << 20, &text), 0);
	return strstr(buf_str(&text), part);
}

static void check_live(const struct live_row *row)
{
	CLEANUP(bench_close) struct bench b;
	void *fresh = NULL;

	temp_directory_setup(&fresh);
	bench_open(&b, &fresh);
	bench_apply(&b, true);
	lay_proc(&b, row);
	assert_int_equal(run_in_busybox(&b), row->docker || row->kernel ? 3 : 0);
	if (has_said(&b, "docker:icc: false (before: true); until dockerd is started anew") !=
		    row->docker ||
	    has_said(&b, "sysctl:net.x.y: 1 (before: 0 2); until the next boot") != row->kernel ||
	    has_said(&b, "all is as it was before") != (!row->docker && !row->kernel))
		fail_msg("%s", row->what);
	temp_directory_teardown(&fresh);
}

/* On the host itself what runs is not taken back with the files. */
static void test_in_force(void **state)
{
	(void)state;
	if (no_busybox())
		SKIP_BECAUSE(no_busybox());
	for (size_t i = 0; i < ARRAY_SIZE(live_rows); i++)
		check_live(&live_rows[i]);
}

/* One byte of one blob is another: refused before anything is touched. */
static void test_damaged_blob(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *applied = NULL, *after = NULL, *command = NULL;

	bench_open(&b, state);
	bench_apply(&b, false);
	applied = tree(&b);
	command = xasprintf("for f in '%s%s'/blobs/*; do grep -q b \"$f\" || printf X >>\"$f\"; "
			    "done",
			    b.temp->path, b.directory);
	assert_int_equal(system(command), 0);
	assert_int_equal(run_restore(&b, "-f"), 2);
	assert_said(&b, "is damaged: its SHA-256 is not its name");
	after = tree(&b);
	assert_string_equal(applied, after);
}

static void test_missing_blob(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *command = NULL;

	bench_open(&b, state);
	bench_apply(&b, false);
	command = xasprintf("rm '%s%s'/blobs/*", b.temp->path, b.directory);
	assert_int_equal(system(command), 0);
	assert_int_equal(run_restore(&b, ""), 2);
	assert_said(&b, "is missing");
}

/* Somebody's edit stays unless -f is given; the others are put back. */
static void test_foreign(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *before = NULL, *after = NULL;

	bench_open(&b, state);
	before = tree(&b);
	bench_apply(&b, false);
	temp_directory_write(b.temp, "etc/plain", "theirs\n");
	assert_int_equal(run_restore(&b, ""), 1);
	assert_said(&b, "'/etc/plain': was changed by somebody else");
	after = tree(&b);
	assert_non_null(strstr(after, "theirs"));
	assert_null(strstr(after, "b = 2"));
	assert_int_equal(run_restore(&b, "-f"), 0);
	free(after);
	after = tree(&b);
	assert_string_equal(before, after);
}

/* So does a link that somebody led elsewhere. */
static void test_foreign_link(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *before = NULL, *after = NULL;

	bench_open(&b, state);
	before = tree(&b);
	bench_apply(&b, false);
	assert_int_equal(unlinkat(b.temp->fd, "etc/to directory", 0), 0);
	assert_int_equal(symlinkat("new", b.temp->fd, "etc/to directory"), 0);
	assert_int_equal(unlinkat(b.temp->fd, "etc/wants", 0), 0);
	assert_int_equal(symlinkat("theirs", b.temp->fd, "etc/wants"), 0);
	assert_int_equal(run_restore(&b, ""), 1);
	assert_said(&b, "'/etc/to directory': was changed by somebody else");
	assert_said(&b, "'/etc/wants': was changed by somebody else");
	after = tree(&b);
	assert_non_null(strstr(after, "theirs"));
	assert_int_equal(run_restore(&b, "-f"), 0);
	free(after);
	after = tree(&b);
	assert_string_equal(before, after);
}

/* A directory that harden made stays when somebody uses it; that is not a failure. */
static void test_directory_in_use(void **state)
{
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	bench_apply(&b, false);
	temp_directory_write(b.temp, "etc/new/theirs", "x");
	assert_int_equal(run_restore(&b, ""), 0);
	assert_said(&b, "'/etc/new' stays");
	assert_true(is_there(&b, "etc/new/theirs"));
	assert_false(is_there(&b, "etc/new/rules"));
}

/* A link on the way would lead out of the root that was given. */
static void test_link_on_the_way(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *before = NULL, *after = NULL;

	bench_open(&b, state);
	bench_apply(&b, false);
	before = tree(&b);
	assert_int_equal(renameat(b.temp->fd, "etc", b.temp->fd, "real"), 0);
	assert_int_equal(symlinkat("real", b.temp->fd, "etc"), 0);
	assert_int_equal(run_restore(&b, ""), 1);
	assert_said(&b, "is a link");
	assert_int_equal(unlinkat(b.temp->fd, "etc", 0), 0);
	assert_int_equal(renameat(b.temp->fd, "real", b.temp->fd, "etc"), 0);
	after = tree(&b);
	assert_string_equal(before, after);
}

static void test_usage(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *applied = NULL, *after = NULL;

	bench_open(&b, state);
	bench_apply(&b, false);
	applied = tree(&b);
	assert_int_equal(run_restore(&b, "/"), 2);
	assert_int_equal(run_restore(&b, "-x"), 2);
	assert_int_equal(run_restore_at(&b, "", "relative"), 2);
	assert_int_equal(run_restore_at(&b, "", "/nonexistent"), 2);
	after = tree(&b);
	assert_string_equal(applied, after);
}

/* ACLs, attributes and flags are said, not left out. */
static void test_words(void **state)
{
	static const unsigned char value[] = {0, 0xff, '\''};
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	struct change *c = plan_add_change(&plan, "/x'\n");
	const struct strv none = {0};
	struct node *n;
	struct xattr *x;

	c->images = xcalloc(2, sizeof(*c->images));
	c->nimages = 2;
	n = &c->images[0].node;
	*n = (struct node){.kind = NODE_FILE, .mode = 04755, .uid = 1, .gid = 2};
	n->flags = NODE_IMMUTABLE | NODE_APPEND_ONLY;
	n->acl = xstrdup("user::rw-,user:7:r--");
	x = array_append(&n->xattrs, &n->nxattrs, sizeof(*x));
	*x = (struct xattr){xstrdup("user.it's"), xmemdup(value, sizeof(value)), sizeof(value)};
	restore_script_format(&plan, "ID", &none, &text);
	assert_non_null(strstr(buf_str(&text),
			       "begin '/x'\\''\n'\nkept\nowner 1:2\nmode 4755\n"
			       "acl access 'user::rw-,user:7:r--'\nmode 4755\n"
			       "xattr 'user.it'\\''s' 0x00ff27\nplace\nflags ia\n"));
	(void)state;
}

/* By stages, each to the next value. */
static const struct {
	const char *before, *after[3];
	const char *told;
} staged_rows[] = {
	{"1", {"2"}, "'docker:mtu: 2 (before: 1)'"},
	{"1", {"2", "3"}, "'docker:mtu: 3 (before: 1)'"},
	{"1", {"2", "1"}, "'docker:mtu: 2 (before: 1)'"}, /* as a run that was broken off left it */
};

static void test_last_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(staged_rows); i++) {
		CLEANUP(buf_clear) struct buf text = {0};
		const struct strv none = {0};
		struct stage stages[2] = {0};
		struct plan plan = {.stages = stages};
		const char *before = staged_rows[i].before;

		for (size_t k = 0; staged_rows[i].after[k]; k++) {
			effects_add(&stages[k].effects, "c", HANDLER_DOCKER_RESTART,
				    subj("docker:mtu"), before, staged_rows[i].after[k]);
			before = staged_rows[i].after[k];
			plan.nstages = k + 1;
		}
		restore_script_format(&plan, "1", &none, &text);
		if (!strstr(buf_str(&text), staged_rows[i].told))
			fail_msg("%s is not told", staged_rows[i].told);
		for (size_t k = 0; k < plan.nstages; k++)
			effects_clear(&stages[k].effects);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),
		TEMP_DIRECTORY_TEST(test_busybox_alone),
		cmocka_unit_test(test_in_force),
		TEMP_DIRECTORY_TEST(test_damaged_blob),
		TEMP_DIRECTORY_TEST(test_missing_blob),
		TEMP_DIRECTORY_TEST(test_foreign),
		TEMP_DIRECTORY_TEST(test_directory_in_use),
		TEMP_DIRECTORY_TEST(test_foreign_link),
		TEMP_DIRECTORY_TEST(test_link_on_the_way),
		TEMP_DIRECTORY_TEST(test_usage),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_last_value),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
