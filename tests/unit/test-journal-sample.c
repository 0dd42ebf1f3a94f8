/*
 * A transaction as the first version wrote it on a real host (samples/journal-1): later versions
 * must read it. And what recovery makes of it where it is another version's, another machine's,
 * or damaged.
 */

#include "tests/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "rollback/history.h"
#include "rollback/journal.h"
#include "rollback/recover.h"
#include "tests/unit/journal-bytes.h"
#include "tests/unit/temp-directory.h"

/* The state directory of a host, with the sample as its one transaction. */
struct host {
	struct temp_directory *temp;
	struct state state;
	int directory; /* of the transaction */
};

static void copy_file(const char *from, int to_at, const char *to)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	int fd = openat(to_at, to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	get_at(AT_FDCWD, from, &bytes);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, bytes.data, bytes.len), 0);
	close(fd);
}

static void copy_blobs(int directory)
{
	DIR *dir = opendir(SAMPLE "/blobs");
	struct dirent *entry;

	assert_non_null(dir);
	assert_int_equal(mkdirat(directory, "blobs", 0700), 0);
	while ((entry = readdir(dir))) {
		CLEANUP(freep) char *from = xasprintf(SAMPLE "/blobs/%s", entry->d_name);
		CLEANUP(freep) char *to = xasprintf("blobs/%s", entry->d_name);

		if (entry->d_name[0] != '.')
			copy_file(from, directory, to);
	}
	closedir(dir);
}

static void host_open(struct host *h, void **state)
{
	*h = (struct host){.temp = *state, .state = STATE_INIT, .directory = -1};
	assert_int_equal(mkdirat(h->temp->fd, "var", 0755), 0);
	assert_int_equal(mkdirat(h->temp->fd, "var/lib", 0755), 0);
	assert_int_equal(mkdirat(h->temp->fd, "etc", 0755), 0);
	assert_int_equal(mkdirat(h->temp->fd, "etc/docker", 0755), 0);
	assert_int_equal(mkdirat(h->temp->fd, "etc/audit", 0755), 0);
	assert_int_equal(mkdirat(h->temp->fd, "etc/audit/rules.d", 0755), 0);
	assert_int_equal(state_open(&h->state, &h->temp->root, true, NULL), 0);
	h->directory = state_open_txn(&h->state, SAMPLE_ID, true, NULL);
	assert_true(h->directory >= 0);
	copy_file(SAMPLE "/journal", h->directory, JOURNAL_FILE);
	copy_file(SAMPLE "/staged", h->directory, "staged");
	copy_blobs(h->directory);
}

static void host_close(struct host *h)
{
	state_close(&h->state);
	close_fd(&h->directory);
}

static void test_sample_is_read(void **state)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary s = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(host_close) struct host h;
	const struct change *c;

	host_open(&h, state);
	if (history_load(&h.state, NULL, &s, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_string_equal(s.id, SAMPLE_ID);
	assert_int_equal(s.state, TRANSACTION_COMMITTED);
	assert_string_equal(s.kind, "apply");
	assert_int_equal(s.started_usec / 1000000, 1795316299);
	assert_null(s.of);
	assert_null(s.note);
	assert_int_equal(s.plan.nchanges, 2);
	assert_int_equal(s.plan.nstages, 3);
	c = plan_find_change(&s.plan, "/etc/docker/daemon.json");
	assert_non_null(c);
	assert_int_equal(c->images[0].node.mode, 0666);
	assert_string_equal(buf_str(&c->images[0].content), "{\n  \"log-level\": \"info\"\n}\n");
	assert_int_equal(c->images[c->nimages - 1].node.mode, 0644);
	assert_non_null(strstr(buf_str(&c->images[c->nimages - 1].content), "\"icc\": false"));
}

/* J7: a blob that is not what its name says is not used. */
static void test_sample_blob(void **state)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary s = {0};
	CLEANUP(host_close) struct host h;
	CLEANUP(freep) char *command = NULL;

	host_open(&h, state);
	command =
		xasprintf("for f in '%s" STATE_DIR "/txn/" SAMPLE_ID "'/blobs/*; do printf X | dd "
			  "of=\"$f\" bs=1 conv=notrunc status=none; done",
			  h.temp->path);
	assert_int_equal(system(command), 0);
	assert_int_equal(history_load(&h.state, NULL, &s, NULL), -EBADMSG);
}

/* Cuts the sample's journal behind the record of this number. */
static void cut_sample(const struct host *h, size_t records)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	CLEANUP(close_fd) int fd = openat(h->directory, JOURNAL_FILE, O_WRONLY | O_CLOEXEC);

	get_at(h->directory, JOURNAL_FILE, &bytes);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)offset_of(&bytes, records)), 0);
}

static int run_recover(struct host *h, struct recovery *ret)
{
	struct effector *offline = effector_offline();
	int r = recover(&h->state, &h->temp->root, offline, false, ret, NULL);

	offline->ops->free(offline);
	return r;
}

static void assert_host_file(const struct host *h, const char *path, const char *text)
{
	CLEANUP(buf_clear) struct buf bytes = {0};

	get_at(h->temp->fd, path, &bytes);
	assert_string_equal(buf_str(&bytes), text);
}

/*
 * The journal of another machine, in the middle of its run: what lies here is none of its images,
 * so it is named and left alone, and the machine's own files stay.
 */
static void test_foreign_machine(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(host_close) struct host h;

	host_open(&h, state);
	cut_sample(&h, 3);
	temp_directory_write(h.temp, "etc/docker/daemon.json", "{\"ours\": true}");
	temp_directory_write(h.temp, "etc/audit/rules.d/60-harden-docker.rules", "ours\n");
	assert_int_equal(run_recover(&h, &recovery), -EUCLEAN);
	assert_int_equal(recovery.left.count, 2);
	assert_non_null(strstr(recovery.left.items[0], "was changed by somebody else"));
	assert_host_file(&h, "etc/docker/daemon.json", "{\"ours\": true}");
	assert_host_file(&h, "etc/audit/rules.d/60-harden-docker.rules", "ours\n");
}

/* recover() with a newer version's journal: named, and neither it nor the host is touched. */
static void test_newer_is_left_alone(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(buf_clear) struct buf before = {0}, after = {0};
	CLEANUP(host_close) struct host h;
	int fd;

	host_open(&h, state);
	fd = openat(h.directory, JOURNAL_FILE, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "HARDENJ2", MAGIC_LEN, 0), MAGIC_LEN);
	close(fd);
	get_at(h.directory, JOURNAL_FILE, &before);
	temp_directory_write(h.temp, "etc/docker/.daemon.json.harden-aaf59f1", "staged by it\n");
	assert_int_equal(run_recover(&h, &recovery), -EUCLEAN);
	assert_int_equal(recovery.left.count, 1);
	assert_non_null(strstr(recovery.left.items[0], "newer harden"));
	get_at(h.directory, JOURNAL_FILE, &after);
	assert_true(buf_equal(&before, &after));
	assert_host_file(&h, "etc/docker/.daemon.json.harden-aaf59f1", "staged by it\n");
}

/* A list of staged files that names others removes nothing. */
static void test_damaged_list(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(host_close) struct host h;
	int fd;

	host_open(&h, state);
	cut_sample(&h, 3);
	/* died before it had one */
	assert_int_equal(renameat(h.directory, JOURNAL_FILE, h.directory, JOURNAL_NEW), 0);
	fd = openat(h.directory, "staged", O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_int_equal(write(fd, "/etc/passwd", sizeof("/etc/passwd")), sizeof("/etc/passwd"));
	close(fd);
	temp_directory_write(h.temp, "etc/passwd", "root\n");
	assert_int_equal(run_recover(&h, &recovery), -EUCLEAN);
	assert_host_file(&h, "etc/passwd", "root\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_sample_is_read),
		TEMP_DIRECTORY_TEST(test_sample_blob),
		TEMP_DIRECTORY_TEST(test_foreign_machine),
		TEMP_DIRECTORY_TEST(test_newer_is_left_alone),
		TEMP_DIRECTORY_TEST(test_damaged_list),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
