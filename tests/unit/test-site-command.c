#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/effect/program-trust.h"
#include "engine/effect/site-command.h"
#include "engine/host/write/command.h"
#include "tests/unit/temp-directory.h"

static void write_program(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* How the program ends, and what is said of that; NULL: it did well. */
static void test_run(void **state)
{
	static const struct {
		const char *text, *said;
		int code;
	} rows[] = {
		{"#!/bin/sh\nexit 0\n", NULL, 0},
		{"#!/bin/sh\necho fine; exit 0\n", NULL, 0},
		{"#!/bin/sh\nexit 3\n", "failed (exit code 3)", -EIO},
		{"#!/bin/sh\necho first\necho the last >&2\nexit 3\n",
		 "failed (exit code 3): the last", -EIO},
		{"#!/bin/sh\necho why; kill -9 $$\n", "was ended by signal 9: why", -EIO},
		{"#!/nothing/is/there\n", "what runs the script", -ENOENT},
		{"#!/bin/sh -e\nfalse\n", "failed (exit code 1)", -EIO},
		{"#! /usr/bin/env sh\nexit 0\n", NULL, 0},
		/* neither arguments nor the caller's environment and standard input */
		{"#!/bin/sh\n[ $# = 0 ] && [ -z \"$HARDEN_TEST\" ] && ! read x\n", NULL, 0},
		/* who holds its output is not waited for */
		{"#!/bin/sh\nsleep 100 & exit 0\n", NULL, 0},
	};
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *path = xasprintf("%s/program", t->path);

	setenv("HARDEN_TEST", "1", 1);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(error_clear) struct error err = {0};
		int r;

		write_program(path, rows[i].text, 0700);
		r = site_command_run(path, NULL, &err);
		if (r != rows[i].code || (rows[i].said && !strstr(error_text(&err), rows[i].said)))
			fail_msg("row %zu: %d, %s", i, r, r < 0 ? error_text(&err) : "");
	}
}

/* It is ended in time, with what it started. */
static void test_deadline(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *path = xasprintf("%s/program", t->path);
	CLEANUP(buf_clear) struct buf said = {0};
	double begin = clock_ms();

	write_program(path, "#!/bin/sh\necho begun\nsleep 100\n", 0700);
	assert_int_equal(command_run(path, 300, NULL, &said, NULL), -ETIMEDOUT);
	assert_true(clock_ms() - begin < 50000);
	assert_string_equal(buf_str(&said), "begun\n");
}

/* Who could change the program, or put another in its place, is not run as root. */
static void test_trust(void **state)
{
	static const struct {
		mode_t directory, file;
		uid_t owner, above; /* of the file, of its directory */
		const char *name;
		int code;
	} rows[] = {
		{0755, 0755, 0, 0, "program", 0},
		{0700, 0100, 0, 0, "program", 0},
		{0755, 0644, 0, 0, "program", -EPERM}, /* not to be executed */
		{0755, 0775, 0, 0, "program", -EPERM},
		{0755, 0757, 0, 0, "program", -EPERM},
		{0755, 0755, 1000, 0, "program", -EPERM},
		{0755, 0755, 0, 1000, "program", -EPERM},
		{0777, 0755, 0, 0, "program", -EPERM},
		{01777, 0755, 0, 0, "program", 0}, /* others cannot take its name away */
		{0755, 0755, 0, 0, "link", 0},
		{0777, 0755, 0, 0, "link", -ELOOP},
		{0755, 0755, 0, 0, "", -EPERM}, /* a directory */
		{0755, 0755, 0, 0, "nothing", -ENOENT},
		{0755, 0755, 0, 0, "program/", -ENOTDIR},
	};

	const struct temp_directory *t = *state;

	if (geteuid() != 0)
		SKIP_BECAUSE("files of others take root");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *directory = xasprintf("%s/%zu", t->path, i);
		CLEANUP(freep) char *program = xasprintf("%s/program", directory);
		CLEANUP(freep) char *link = xasprintf("%s/link", directory);
		CLEANUP(freep) char *path = xasprintf("%s/%s", directory, rows[i].name);
		CLEANUP(error_clear) struct error err = {0};
		int r;

		assert_int_equal(mkdir(directory, 0700), 0);
		write_program(program, "#!/bin/sh\n", rows[i].file);
		assert_int_equal(symlink("program", link), 0);
		assert_int_equal(chown(program, rows[i].owner, 0), 0);
		assert_int_equal(chown(directory, rows[i].above, 0), 0);
		assert_int_equal(chmod(program, rows[i].file), 0);
		assert_int_equal(chmod(directory, rows[i].directory), 0);
		r = program_is_roots(path, &err);
		if (r != rows[i].code)
			fail_msg("row %zu: %d, %s", i, r, r < 0 ? error_text(&err) : "");
	}
	assert_int_equal(program_is_roots("bin/true", NULL), -EINVAL);
	assert_int_equal(program_is_roots("/bin/../bin/true", NULL), -EINVAL);
}

static char *with_directory(const char *line, const char *directory)
{
	const char *at = strstr(line, "%s");

	return at ? xasprintf("%.*s%s%s", (int)(at - line), line, directory, at + 2)
		  : xstrdup(line);
}

/* What runs the script is run as root as well. %s is the directory of the program below, named `run`. */
static void test_interpreter(void **state)
{
	static const struct {
		mode_t directory, file; /* of what runs it */
		uid_t owner;
		const char *line;
		int code;
	} rows[] = {
		{0755, 0755, 0, "#!%s/run", 0},
		{0755, 0755, 0, "#! \t%s/run -x", 0},
		{0755, 0777, 0, "#!%s/run", -EPERM},
		{0755, 0775, 0, "#!%s/run -x", -EPERM},
		{0755, 0755, 1000, "#!%s/run", -EPERM},
		{0777, 0755, 0, "#!%s/run", -EPERM},
		{01777, 0755, 0, "#!%s/run", 0},
		{0755, 0777, 0, "#!/usr/bin/env %s/run", -EPERM},
		{0755, 0777, 0, "#!/usr/bin/env -S A=b -u C %s/run -x", -EPERM},
		{0755, 0777, 0, "#!/usr/bin/env -S%s/run", -EPERM},
		{0755, 0755, 0, "#!/usr/bin/env -S%s/run", 0},
		{0755, 0755, 0, "#!/usr/bin/env no-such-program-%s", -EPERM}, /* a relative path */
		{0755, 0755, 0, "#!/usr/bin/env no-such-program", -ENOENT},
		{0755, 0755, 0, "#!run", -EPERM},
		{0755, 0755, 0, "#!", -EPERM},
		/* no such line: it is a program, or the kernel does not take it */
		{0755, 0777, 0, " #!%s/run", 0},
		{0755, 0777, 0, "\177ELF %s/run", 0},
	};
	const struct temp_directory *t = *state;

	if (geteuid() != 0)
		SKIP_BECAUSE("files of others take root");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *directory = xasprintf("%s/%zu", t->path, i);
		CLEANUP(freep) char *run = xasprintf("%s/run", directory);
		CLEANUP(freep) char *path = xasprintf("%s/%zu.script", t->path, i);
		CLEANUP(freep) char *line = with_directory(rows[i].line, directory);
		CLEANUP(freep) char *text = xasprintf("%s\n", line);
		CLEANUP(error_clear) struct error err = {0};
		int r;

		assert_int_equal(mkdir(directory, 0700), 0);
		write_program(run, "", rows[i].file);
		assert_int_equal(chown(run, rows[i].owner, 0), 0);
		assert_int_equal(chmod(run, rows[i].file), 0);
		assert_int_equal(chmod(directory, rows[i].directory), 0);
		write_program(path, text, 0755);
		r = program_is_roots(path, &err);
		if (r != rows[i].code)
			fail_msg("%s: %d, %s", rows[i].line, r, r < 0 ? error_text(&err) : "");
	}
}

/* A script that is run by a script; one that is run by itself is started by nobody. */
static void test_chain(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *last = xasprintf("%s/last", t->path);
	CLEANUP(freep) char *middle = xasprintf("%s/middle", t->path);
	CLEANUP(freep) char *first = xasprintf("%s/first", t->path);
	CLEANUP(freep) char *to_last = xasprintf("#!%s\n", last);
	CLEANUP(freep) char *to_middle = xasprintf("#!%s\n", middle);

	if (geteuid() != 0)
		SKIP_BECAUSE("files of others take root");
	write_program(last, "", 0755);
	write_program(middle, to_last, 0755);
	write_program(first, to_middle, 0755);
	assert_int_equal(program_is_roots(first, NULL), 0);
	assert_int_equal(chmod(last, 0757), 0);
	assert_int_equal(program_is_roots(first, NULL), -EPERM);
	write_program(last, to_last, 0755);
	assert_int_equal(program_is_roots(first, NULL), -ELOOP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_run),   TEMP_DIRECTORY_TEST(test_deadline),
		TEMP_DIRECTORY_TEST(test_trust), TEMP_DIRECTORY_TEST(test_interpreter),
		TEMP_DIRECTORY_TEST(test_chain),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
