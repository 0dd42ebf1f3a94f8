#include "cli/process.h"

#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"

/* All that may be known from outside: how to speak, and who called sudo. */
static const char *const kept_variables[] = {
	"LANG", "LANGUAGE", "LC_ALL",         "LC_CTYPE", "LC_MESSAGES",
	"TERM", "NO_COLOR", "CLICOLOR_FORCE", "SUDO_UID",
};

static void clean_environment(void)
{
	char *values[ARRAY_SIZE(kept_variables)];

	for (size_t i = 0; i < ARRAY_SIZE(kept_variables); i++)
		values[i] = xstrdup_null(getenv(kept_variables[i]));
	clearenv();
	for (size_t i = 0; i < ARRAY_SIZE(kept_variables); i++) {
		if (values[i])
			setenv(kept_variables[i], values[i], 1);
		free(values[i]);
	}
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
}

/* A file that we open must never become stdin, stdout or stderr. */
static void fill_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/*
 * A process that is not dumpable has a /proc/self that belongs to the first root: in a user
 * namespace, and for ordinary users, it could not use its own descriptors by name any more.
 */
static void forbid_dumps(void)
{
	const struct rlimit none = {0};

	setrlimit(RLIMIT_CORE, &none);
	if (geteuid() != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return;
	if (access("/proc/self/fd/0", F_OK) < 0 || access("/proc/self/mountinfo", R_OK) < 0)
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/* A terminal that shows UTF-8 does so even where the locale that says it is not installed. */
static void choose_characters(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	if (setlocale(LC_CTYPE, ""))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *value = getenv(variables[i]);

		if (!value || !*value)
			continue;
		if (strcasestr(value, ".utf-8") || strcasestr(value, ".utf8"))
			setlocale(LC_CTYPE, "C.UTF-8");
		return;
	}
}

void process_harden(void)
{
	umask(077);
	fill_standard_descriptors();
	close_range(STDERR_FILENO + 1, UINT_MAX, 0);
	forbid_dumps();
	clean_environment();
	signal(SIGPIPE, SIG_IGN); /* a reader that goes away must not end an apply half-way */
	choose_characters();
	setlocale(LC_MESSAGES, "");
}
