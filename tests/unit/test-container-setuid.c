#include "tests/unit/temp-directory.h"

#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/facts/containers.h"

#define NOBODY 65534
#define SOMEBODY 1234

/* A process that has a child with another user, and then takes `parent` itself: its number. */
static pid_t fork_both(uid_t parent, uid_t child)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		uid_t uid;

		setpgid(0, 0);
		uid = fork() == 0 ? child : parent;
		if (setresuid(uid, uid, uid) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		close(ready[1]);
		pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1) + read(ready[0], &byte, 1), 2);
	close(ready[0]);
	return pid;
}

static void test_changed_user(void **state)
{
	static const struct {
		uid_t parent, child;
		bool want;
	} rows[] = {
		{NOBODY, 0, true}, /* sudo */
		{NOBODY, SOMEBODY, true}, /* su -c */
		{NOBODY, NOBODY, false},
		{0, SOMEBODY, false}, /* root's to give */
		{0, 0, false},
	};

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can take another user");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		pid_t pid = fork_both(rows[i].parent, rows[i].child);
		bool got = process_changed_user(pid, rows[i].child);

		kill(-pid, SIGKILL);
		waitpid(pid, NULL, 0);
		if (got != rows[i].want)
			fail_msg("row %zu", i);
	}
	assert_false(process_changed_user(0, 0)); /* no such process */
	assert_false(process_changed_user(getpid(), -1)); /* not known */
}

/* cap_chown+ep, as setcap(8) writes it */
static const char chown_caps[] = "\1\0\0\2\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

struct inside {
	const char *root; /* where it stands; NULL: here */
	const char *run; /* what it becomes; NULL: nothing */
	uid_t uid;
	bool no_new_privileges;
};

static pid_t fork_inside(const struct inside *in)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		if ((in->root && (chroot(in->root) < 0 || chdir("/") < 0)) ||
		    (in->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) ||
		    setresuid(in->uid, in->uid, in->uid) < 0)
			_exit(1);
		if (in->run)
			execl(in->run, in->run, "100", NULL);
		close(ready[1]);
		pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 0);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Who runs with the capabilities of a file, and whom they give nothing. */
static void test_capable(void **state)
{
	static const struct {
		uid_t uid;
		bool no_new_privileges, want;
	} rows[] = {{SOMEBODY, false, true}, {SOMEBODY, true, false}, {0, false, false}};
	struct temp_directory *t = *state;
	CLEANUP(freep) char *path = xasprintf("%s/sleep", t->path);
	CLEANUP(freep) char *copy = xasprintf("cp /bin/sleep %s", path);

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can take another user");
	assert_int_equal(system(copy), 0);
	if (setxattr(path, "security.capability", chown_caps, 20, 0) < 0)
		SKIP_BECAUSE("this file system has no capabilities");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct container c;
		pid_t pid;

		container_init(&c);
		pid = fork_inside(&(struct inside){.run = path,
						   .uid = rows[i].uid,
						   .no_new_privileges = rows[i].no_new_privileges});
		container_read_capable(&c, pid, "sleep");
		end(pid);
		assert_null(c.setuid_unread);
		if (c.capable_programs.count != rows[i].want)
			fail_msg("row %zu", i);
		container_clear(&c);
	}
}

/* Of a process of a container nobody knows which name it has: in a sentence it neither opens nor ends a remark. */
static void test_names(void **state)
{
	static const struct {
		const char *file, *link,
			*want; /* `link` is what it is started by; NULL: the file */
	} rows[] = {
		{"sudo", NULL, "sudo"},
		{"a (seen now: b", NULL, "a [seen now: b"},
		{"a) (about b", NULL, "a] [about b"},
		{"busybox", "crond", "crond"},
		{"busybox", "x (about", "x [about"},
	};
	struct temp_directory *t = *state;
	CLEANUP(freep) char *copy = xasprintf("cp /bin/sleep %s/sleep", t->path);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *link = rows[i].link ? rows[i].link : rows[i].file;
		CLEANUP(freep) char *path = xasprintf("%s/%s", t->path, link), *got = NULL;
		CLEANUP(buf_clear) struct buf status = {0};
		bool runtime = true;
		pid_t pid;

		assert_int_equal(system(copy), 0);
		assert_int_equal(renameat(t->fd, "sleep", t->fd, rows[i].file), 0);
		if (rows[i].link)
			assert_int_equal(symlinkat(rows[i].file, t->fd, link), 0);
		pid = fork_inside(&(struct inside){.run = path, .uid = geteuid()});
		assert_true(process_file(pid, "status", &status, NULL));
		got = process_program(pid, &status, &runtime);
		end(pid);
		assert_string_equal(got, rows[i].want);
		assert_false(runtime);
	}
}

/* Programs that lie there for somebody without rights; a link and a file that nobody runs do not count. */
static void test_programs(void **state)
{
	struct temp_directory *t = *state;
	struct container c;

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can take another user");
	container_init(&c);
	assert_int_equal(mkdirat(t->fd, "bin", 0755), 0);
	temp_directory_write(t, "bin/sudo", "");
	temp_directory_write(t, "bin/ping", "");
	temp_directory_write(t, "bin/caddy", "");
	assert_int_equal(symlinkat("sudo", t->fd, "bin/doas"), 0);
	assert_int_equal(fchmodat(t->fd, "bin/sudo", 04755, 0), 0);
	assert_int_equal(fchmodat(t->fd, "bin/ping", 0755, 0), 0);
	for (int i = 0; i < 2; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/bin/%s", t->path, i ? "caddy" : "ping");

		if (setxattr(path, "security.capability", chown_caps, 20, 0) < 0)
			SKIP_BECAUSE("this file system has no capabilities");
	}
	c.pid = fork_inside(&(struct inside){.root = t->path, .uid = SOMEBODY});
	container_read_setuid(&c);
	end(c.pid);
	assert_null(c.setuid_unread);
	assert_int_equal(c.setuid_programs.count, 2);
	assert_string_equal(c.setuid_programs.items[0], "sudo");
	assert_string_equal(c.setuid_programs.items[1], "ping");
	container_clear(&c);
}

/* Without the right to look into another's process nothing is known of it; of one that ended, all. */
static void test_unread(void **state)
{
	pid_t pid, looker;
	int code = -1;

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can take another user");
	pid = fork_inside(&(struct inside){.uid = SOMEBODY});
	looker = fork();
	if (looker == 0) {
		struct container c, gone;

		container_init(&c);
		container_init(&gone);
		c.pid = pid;
		if (setresuid(NOBODY, NOBODY, NOBODY) < 0)
			_exit(9);
		container_read_setuid(&c);
		code = c.setuid_unread != NULL;
		str_replace(&c.setuid_unread, NULL);
		container_read_capable(&c, pid, "x");
		code |= (c.setuid_unread != NULL) << 1;
		gone.pid = INT_MAX;
		container_read_setuid(&gone);
		container_read_capable(&gone, gone.pid, "x");
		code |= (gone.setuid_unread != NULL) << 2;
		_exit(code);
	}
	waitpid(looker, &code, 0);
	end(pid);
	assert_int_equal(WEXITSTATUS(code), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changed_user),
		cmocka_unit_test_setup_teardown(test_capable, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_names, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_programs, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test(test_unread),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
