#include "tests/test.h"

#include "engine/base/clock.h"
#include "engine/format/unit-scan.h"
#include "engine/host/ask/unit-files.h"
#include "tests/unit/temp-directory.h"

/*
 * Drop-ins that systemd cannot load, of which it says for ever that they wait to be read: each was tried with
 * 257, whose NeedDaemonReload= stayed "yes" after any number of readings.
 */

#define UNIT "harden-test.service"

static char *path_of(const struct temp_directory *t, const char *name)
{
	return xasprintf("%s/%s", t->path, name);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void test_unloadable(void **state)
{
	const struct temp_directory *t = *state;
	static const struct {
		const char *name, *text, *leads_to, *why;
	} rows[] = {
		{"good", "[Service]\nLimitNOFILE=1024\n"},
		{"empty", ""}, /* masks another */
		{"no-section", "LimitNOFILE=1024\n"},
		{"no-value", "[Service]\nfoo\n"},
		{"spaced", "  [Service] \t\r\nA=b\n"},
		{"list", "[Service]\nEnvironment=A=[b\n"},
		{"unended", "[Service"},
		{"no-bracket", "[Service\nfoo\n",
		 .why = "is read up to line 1, which begins a section and does not end with ']'"},
		{"later", "[Unit]\nA=b\n [Service \nC=d\n",
		 .why = "is read up to line 3, which begins a section and does not end with ']'"},
		{"joined", "[Service]\nExecStart=/x \\\n[b\nA=c\n"},
		{"comment", "[Service]\n# x \\\n[b\n",
		 .why = "is read up to line 3, which begins a section and does not end with ']'"},
		{"null", .leads_to = "/dev/null"}, /* masks another */
		{"dangling", .leads_to = "/nowhere/at/all", .why = "is a link that leads nowhere"},
		{"loop", .leads_to = "loop", .why = "is a link that leads to itself"},
		{"directory", .why = "is a directory"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *path = path_of(t, rows[i].name), *why = NULL;
		const char *wanted = rows[i].why;

		if (strcmp(rows[i].name, "unended") == 0)
			wanted = "is read up to line 1, which begins a section and does not end "
				 "with ']'";
		if (rows[i].text)
			put(path, rows[i].text);
		else if (rows[i].leads_to)
			assert_int_equal(symlink(rows[i].leads_to, path), 0);
		else
			assert_int_equal(mkdir(path, 0755), 0);
		why = dropin_unloadable(path);
		if (strcmp_null(why, wanted) != 0)
			fail_msg("%s: %s", rows[i].name, why ? why : "-");
	}
}

/* One rule, read in two layers: which line it is at which systemd reads no further. */
static void test_as_the_scan(void **state)
{
	static const char *const words[] = {"[",  "]",    "[Service]", "#",   ";",
					    " ",  "\t",   "\r\n",      "\n",  "\n",
					    "\\", "\\\n", "a",         "A=b", "[x"};
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *path = path_of(t, "random");
	unsigned seed = 1, faults = 0;

	for (int i = 0; i < 20000; i++) {
		CLEANUP(unit_scan_clear) struct unit_scan scan = {0};
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(freep) char *why = NULL, *line = NULL;

		for (int n = rand_r(&seed) % 12; n >= 0; n--)
			buf_puts(&text, words[(unsigned)rand_r(&seed) % ARRAY_SIZE(words)]);
		put(path, buf_str(&text));
		unit_scan(&text, "Service", "A", &scan);
		why = dropin_unloadable(path);
		line = xasprintf("line %zu,", scan.cut);
		faults += scan.cut != 0;
		if (scan.cut ? !why || !strstr(why, line) : why != NULL)
			fail_msg("'%s': %zu, %s", buf_str(&text), scan.cut, why ? why : "-");
	}
	assert_in_range(faults, 2000, 18000);
}

static void test_gone_or_strange(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *gone = path_of(t, "gone"), *fifo = path_of(t, "fifo"), *why = NULL;

	why = dropin_unloadable(gone);
	assert_null(why);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	why = dropin_unloadable(fifo); /* and does not wait for a writer */
	assert_null(why);
}

/* Only beside such a one does no change wait, and only where nothing is younger than the reading. */
static void test_were_read(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *fragment = path_of(t, UNIT), *good = path_of(t, "a.conf");
	CLEANUP(freep) char *bad = path_of(t, "b.conf"), *gone = path_of(t, "c.conf");
	const uint64_t hour = UINT64_C(3600) * 1000000;
	uint64_t now = clock_usec(CLOCK_REALTIME);
	const struct {
		const char *fragment, *first, *second;
		struct moment read;
		bool were_read;
	} rows[] = {
		{fragment, good, bad, {now + hour, now + hour}, true},
		{NULL, bad, NULL, {now + hour, now + hour}, true},
		{fragment, good, bad, {now - hour, now - hour}, false}, /* written since */
		{fragment, good, bad, {now + hour, now - hour}, false}, /* the clock was set back */
		{fragment, good, bad, {0}, false}, /* nobody tells when it was */
		{fragment,
		 good,
		 NULL,
		 {now + hour, now + hour},
		 false}, /* systemd knows why it says so */
		{fragment, gone, bad, {now + hour, now + hour}, false},
		{gone, bad, NULL, {now + hour, now + hour}, false},
	};

	put(fragment, "[Service]\n");
	put(good, "[Service]\n");
	assert_int_equal(symlink("/nowhere/at/all", bad), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv dropins = {0}, told = {0};
		bool were_read;

		strv_add(&dropins, rows[i].first);
		if (rows[i].second)
			strv_add(&dropins, rows[i].second);
		were_read = unit_files_were_read(UNIT, rows[i].fragment, &dropins, &rows[i].read,
						 &told);
		if (were_read != rows[i].were_read)
			fail_msg("row %zu", i);
		if (were_read)
			assert_non_null(
				strstr(told.items[0], "b.conf (it is a link that leads nowhere)"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unloadable, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_as_the_scan, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_gone_or_strange, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_were_read, temp_directory_setup,
						temp_directory_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
