#include "tests/test.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "engine/base/alloc.h"
#include "engine/host/ask/docker-log.h"

static void test_lines(void **state)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{"time=\"2026-01-01T00:00:00Z\" level=info msg=\"Loading containers: done.\"",
		 NULL},
		{"time=\"2026-01-01T00:00:00Z\" level=warning msg=\"level of error\"", NULL},
		{"time=\"x\" level=error msg=\"cannot read \\\"a b\\\": no\"",
		 "cannot read \"a b\": no"},
		{"time=\"x\" level=error msg=short error=oops", "short"},
		{"time=\"x\" level=fatal msg=\"it is over\" module=a", "it is over"},
		{"time=\"x\" level=error msg=\"unfinished", "unfinished"},
		{"time=\"x\" level=error msg=\"end\\", "end\\"},
		{"failed to start daemon: level=error msg=x", NULL},
		{"{\"level\":\"error\",\"msg\":\"no\",\"time\":\"x\"}", "no"},
		{"{\"level\":\"info\",\"msg\":\"yes\"}", NULL},
		{"{\"level\":7}", NULL},
		{"{", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *have = docker_log_parse(rows[i].line, strlen(rows[i].line));

		assert_int_equal(strcmp_null(have, rows[i].want), 0);
	}
}

static void test_last_words(void **state)
{
	static const struct {
		const char *line;
		bool want;
	} rows[] = {
		{"failed to start daemon: no space", true},
		{"unable to configure the Docker daemon with file /e: EOF", true},
		{"time=\"x\" level=error msg=\"no\"", false},
		{"{\"level\":\"error\",\"msg\":\"no\"}", false},
		{"2026/11/22 02:27:28 http: superfluous call", false},
		{"", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *have = docker_log_parse_last_words(rows[i].line, strlen(rows[i].line));

		assert_int_equal(have != NULL, rows[i].want);
		if (have)
			assert_string_equal(have, rows[i].line);
	}
}

/* As dockerd 28.5.2 wrote it, and the same with log-format json. */
static void test_lost_networks(void **state)
{
#define LOST                                                                                       \
	"could not create bridge network for id 44 bridge name br-44 while booting up from "       \
	"persistent state: no \\\"x\\\""
	static const struct {
		const char *line, *message; /* NULL: none */
	} rows[] = {
		{"time=\"2026-11-28T18:42:57.242361933Z\" level=warning msg=\"" LOST "\"",
		 "could not create bridge network for id 44 bridge name br-44 while booting up "
		 "from "
		 "persistent state: no \"x\""},
		{"{\"level\":\"warning\",\"msg\":\"" LOST "\"}",
		 "could not create bridge network for id 44 bridge name br-44 while booting up "
		 "from "
		 "persistent state: no \"x\""},
		{"time=\"x\" level=warning msg=\"Could not create macvlan network for id 53 from "
		 "persistent state\"",
		 "Could not create macvlan network for id 53 from persistent state"},
		{"time=\"x\" level=warning msg=\"could not create a thing\"", NULL},
		{"time=\"x\" level=info msg=\"Loading containers: done.\"", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *got = docker_log_parse_lost_network(rows[i].line, strlen(rows[i].line));

		if (strcmp_null(got, rows[i].message) != 0)
			fail_msg("row %zu: %s", i, got ? got : "none");
	}
}

static void test_reloaded(void **state)
{
	static const struct {
		const char *line, *settings; /* NULL: none */
	} rows[] = {
		{"time=\"x\" level=info msg=\"Reloaded configuration: {\\\"mtu\\\":1500}\"",
		 "{\"mtu\":1500}"},
		{"{\"level\":\"info\",\"msg\":\"Reloaded configuration: {\\\"mtu\\\":1500}\"}",
		 "{\"mtu\":1500}"},
		{"time=\"x\" level=info msg=\"Reloaded configuration\" "
		 "config=\"{\\\"mtu\\\":1500,\\\"a\\\":[]}\"",
		 "{\"mtu\":1500,\"a\":[]}"},
		{"{\"level\":\"info\",\"msg\":\"Reloaded configuration\",\"config\":\"{}\"}", "{}"},
		{"time=\"x\" level=info msg=\"Reloaded configuration\"", NULL},
		/* somebody else's words */
		{"time=\"x\" level=info msg=\"he said Reloaded configuration: {}\"", NULL},
		{"Reloaded configuration: {}", NULL},
		{"time=\"x\" level=info msg=\"Got signal to reload configuration\"", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *got = docker_log_parse_reloaded(rows[i].line, strlen(rows[i].line));

		if (strcmp_null(got, rows[i].settings) != 0)
			fail_msg("row %zu: %s", i, got ? got : "none");
	}
}

/* As 20.10.24, 26.1.5 and 28.5.2 wrote it, and the same with log-format json. */
static void test_given_up(void **state)
{
	static const struct {
		const char *line, *found; /* NULL: none */
	} rows[] = {
		{"time=\"x\" level=error msg=\"failed to restore container with containerd\" "
		 "container=3df8 error=\"no \\\"task\\\": refused\" paused=false running=true",
		 "3df8: no \"task\": refused"},
		{"time=\"x\" level=error msg=\"failed to restore container\" container=3df8",
		 "3df8: dockerd does not say why"},
		{"{\"container\":\"3df8\",\"error\":\"refused\",\"level\":\"error\","
		 "\"msg\":\"failed to restore container with containerd\"}",
		 "3df8: refused"},
		{"time=\"x\" level=error msg=\"failed to restore container\"", NULL},
		{"time=\"x\" level=error msg=\"failed to start container\" container=3df8", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *got = docker_log_parse_given_up(rows[i].line, strlen(rows[i].line));

		if (strcmp_null(got, rows[i].found) != 0)
			fail_msg("row %zu: %s", i, got ? got : "none");
	}
}

/* What ended after it had been up did not fail to start, whatever its last words were. */
static void test_up(void **state)
{
	static const struct {
		const char *line;
		bool up;
	} rows[] = {
		{"time=\"x\" level=info msg=\"Daemon has completed initialization\"", true},
		{"time=\"x\" level=info msg=\"API listen on /run/docker.sock\"", true},
		{"time=\"x\" level=info msg=\"Starting up\"", false},
		{"failed to start daemon: invalid mirror", false},
		{"", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(docker_log_is_up(rows[i].line, strlen(rows[i].line)), rows[i].up);
}

static void test_why(void **state)
{
	static const struct {
		const char *printed, *why;
	} rows[] = {
		{"\"dockerd\" accepts no arguments.\nSee 'dockerd --help'.\n\n"
		 "Usage:  dockerd [OPTIONS]\n\nA self-sufficient runtime for containers.\n",
		 "\"dockerd\" accepts no arguments."},
		{"unknown flag: --none\nSee 'dockerd --help'.\n", "unknown flag: --none"},
		{"Flag --graph has been deprecated, use --data-root\nunable to configure: EOF\n"
		 "WARNING: the API is open\ntime=\"x\" level=warning msg=\"more\"\n",
		 "unable to configure: EOF"},
		{"time=\"x\" level=error msg=\"first\"\ntime=\"x\" level=fatal msg=\"last\"\n",
		 "last"},
		{"docker.service: Referenced but unset environment variable evaluates to an empty "
		 "string: DOCKER_OPTS\n",
		 NULL},
		{"moby.service: Referenced but unset environment variable evaluates to an empty "
		 "string: DOCKER_OPTS\n",
		 NULL},
		{"Warning: one\ntime=\"x\" level=info msg=\"up\"\n", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *why = docker_log_find_why(rows[i].printed);

		if (strcmp_null(why, rows[i].why) != 0)
			fail_msg("%zu: %s", i, why);
	}
}

/* --- a journal that is played --- */

static const struct entry {
	const char *run, *message;
} * entries;
static size_t at; /* the entry behind the one that is looked at */

int __wrap_sd_journal_open(sd_journal **ret, int flags);
int __wrap_sd_journal_add_match(sd_journal *j, const void *data, size_t size);
int __wrap_sd_journal_seek_realtime_usec(sd_journal *j, uint64_t usec);
int __wrap_sd_journal_next(sd_journal *j);
int __wrap_sd_journal_get_data(sd_journal *j, const char *field, const void **data, size_t *len);
int __wrap_sd_journal_wait(sd_journal *j, uint64_t usec);
void __wrap_sd_journal_close(sd_journal *j);

int __wrap_sd_journal_open(sd_journal **ret, int flags)
{
	static char nothing; /* nobody looks into it */

	*ret = (sd_journal *)&nothing;
	return 0;
}

int __wrap_sd_journal_add_match(sd_journal *j, const void *data, size_t size)
{
	return 0;
}

int __wrap_sd_journal_seek_realtime_usec(sd_journal *j, uint64_t usec)
{
	at = 0;
	return 0;
}

int __wrap_sd_journal_next(sd_journal *j)
{
	return entries[at].message ? (int)++at : 0;
}

int __wrap_sd_journal_get_data(sd_journal *j, const char *field, const void **data, size_t *len)
{
	static char text[200];
	bool run = strcmp(field, "_SYSTEMD_INVOCATION_ID") == 0;
	const char *value = run ? entries[at - 1].run : entries[at - 1].message;

	if (!value)
		return -ENOENT;
	*len = (size_t)snprintf(text, sizeof(text), "%s=%s", field, value);
	*data = text;
	return 0;
}

int __wrap_sd_journal_wait(sd_journal *j, uint64_t usec)
{
	return 0;
}

void __wrap_sd_journal_close(sd_journal *j)
{
}

/* Who was stopped for the start, and says on its way out what is wrong with a plugin, say. */
static void test_words_of_this_run(void **state)
{
	static const struct entry only_old[] =
		{{"old", "time=\"x\" level=error msg=\"plugin nfsx does not answer\""},
		 {"old", "failed to shut down: x"},
		 {NULL, NULL}},
				  both[] = {{"old", "failed to shut down: x"},
					    {"new", "failed to start daemon: no space"},
					    {"old", "failed to shut down: y"},
					    {NULL, NULL}},
				  errors[] = {{"new", "time=\"x\" level=error msg=\"it is over\""},
					      {"old", "time=\"x\" level=error msg=\"of old\""},
					      {NULL, NULL}},
				  nameless[] = {{NULL, "failed to start daemon: x"}, {NULL, NULL}};
	static const struct {
		const struct entry *entries;
		const char *but, *words;
	} rows[] = {
		{only_old, "old", NULL},
		{only_old, NULL, "failed to shut down: x"},
		{both, "old", "failed to start daemon: no space"},
		{both, NULL, "failed to shut down: y"},
		{errors, "old", "it is over"},
		{nameless, "old", "failed to start daemon: x"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *words = NULL;

		entries = rows[i].entries;
		words = docker_log_last_words(0, rows[i].but);
		if (strcmp_null(words, rows[i].words) != 0)
			fail_msg("row %zu: '%s'", i, words ? words : "nothing");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_words_of_this_run),
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_why),
		cmocka_unit_test(test_lost_networks),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_reloaded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
