#include "cli/process.h"

#include <errno.h>
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
	"TERM", "NO_COLOR", "CLICOLOR_FORCE", "SUDO_UID", "SUDO_USER",
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

/* What an apply and its way back need at the very most; each is far above what was seen. */
static const struct {
	int resource;
	rlim_t least;
	const char *what, *option;
} limits[] = {
	{RLIMIT_NOFILE, 64, "descriptors", "-n"},
	{RLIMIT_FSIZE, 64 << 20, "bytes in a file", "-f"},
	{RLIMIT_AS, 512 << 20, "bytes of address space", "-v"},
	{RLIMIT_DATA, 512 << 20, "bytes of data", "-d"},
};

static void raise_limits(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct rlimit now;

		if (getrlimit(limits[i].resource, &now) < 0 || now.rlim_cur >= limits[i].least)
			continue;
		now.rlim_cur = now.rlim_max;
		setrlimit(limits[i].resource, &now);
	}
}

int process_check_limits(struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct rlimit now;

		if (getrlimit(limits[i].resource, &now) < 0 || now.rlim_cur >= limits[i].least)
			continue;
		return error_set(
			err, -ERANGE,
			"this process may have %llu %s, and neither a change nor its way "
			"back is safe below %llu: raise the limit (ulimit %s) and try again",
			(unsigned long long)now.rlim_cur, limits[i].what,
			(unsigned long long)limits[i].least, limits[i].option);
	}
	return 0;
}

/* Who ignores these says that the process shall not be stopped by them: nohup, a shell's "&". */
static bool is_the_callers(int s)
{
	static const int kept[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU};

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (kept[i] == s)
			return true;
	return false;
}

/*
 * What is ignored or blocked is so across exec: without SIGCHLD no child could be waited for, and a
 * blocked signal would not end what asks for an answer.
 */
static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	for (int s = 1; s < NSIG; s++)
		if (!is_the_callers(s))
			signal(s, SIG_DFL); /* but for KILL and STOP */
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void process_harden(void)
{
	umask(077);
	reset_signals();
	fill_standard_descriptors();
	close_range(STDERR_FILENO + 1, UINT_MAX, 0);
	forbid_dumps();
	clean_environment();
	raise_limits();
	signal(SIGPIPE, SIG_IGN); /* a reader that goes away must not end an apply half-way */
	signal(SIGXFSZ, SIG_IGN); /* nor must a limit: a write that fails is undone */
	choose_characters();
	setlocale(LC_MESSAGES, "");
}
