/*
 * The program on a host that is not well with some of what is in its files. HARDEN_UNWELL, read before main()
 * forgets the environment, has a line for each way to break it: words "PATH=TEXT", below --root, that all have
 * to be so; behind the word "says" they are told, too. "look N": it is not well when it is looked at for the N-th time, whatever is there. "stop N": a
 * signal, INT, comes then. "start CONTROL": dockerd would not start with it, which its trial says before
 * anything is written. "pause FILE": it is looked at until FILE is there, and FILE.at says that this goes on.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/context.h"
#include "cli/effector.h"
#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/base/str.h"

int effector_open_for_real(struct context *c,
			   struct effector **ret) __asm__("__real_effector_open");
int effector_open_here(struct context *c, struct effector **ret) __asm__("__wrap_effector_open");

static struct strv lines;
static const struct context *host;
static struct effector_ops ops;
static int looks;

__attribute__((constructor)) static void read_order(void)
{
	const char *order = getenv("HARDEN_UNWELL");

	if (order)
		strv_split(&lines, order, "\n");
}

/* "etc/docker/daemon.json=icc" */
static bool is_so(const char *word)
{
	CLEANUP(freep) char *path = xstrndup(word, strcspn(word, "="));
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(close_fd) int fd = openat(host->root.fd, path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && fd_read_all(fd, 1 << 20, &text) >= 0 &&
	       strstr(buf_str(&text), word + strlen(path) + 1);
}

static void pause_until(const char *file)
{
	CLEANUP(freep) char *at = xasprintf("%s.at", file);
	CLEANUP(close_fd) int fd = open(at, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	for (int i = 0; fd >= 0 && i < 600 && access(file, F_OK) < 0; i++)
		usleep(50000);
}

static bool is_broken_by(const char *line)
{
	CLEANUP(strv_clear) struct strv words = {0};

	strv_split(&words, line, " ");
	if (strcmp(words.items[0], "look") == 0)
		return looks == atoi(words.items[1]);
	if (strcmp(words.items[0], "stop") == 0) {
		if (looks == atoi(words.items[1]))
			raise(SIGINT);
		return false;
	}
	if (strcmp(words.items[0], "start") == 0)
		return false;
	if (strcmp(words.items[0], "pause") == 0) {
		pause_until(words.items[1]);
		return false;
	}
	for (size_t i = 0; i < words.count; i++)
		if (strcmp(words.items[i], "says") != 0 && !is_so(words.items[i]))
			return false;
	return true;
}

static int health(struct effector *e, const struct stopped_list *may_stop, int gate_ms,
		  struct error *err)
{
	looks++;
	for (size_t i = 0; i < lines.count; i++)
		if (is_broken_by(lines.items[i]))
			return error_set(err, -EIO, "the container 'web' is not well%s%s",
					 starts_with(lines.items[i], "says ") ? ": " : "",
					 starts_with(lines.items[i], "says ") ? lines.items[i]
									      : "");
	return interrupt_wait(e->interrupt, 0, err);
}

static bool is_planned(const struct plan *plan, const char *control)
{
	for (size_t i = 0; i < plan->nfindings; i++)
		if (plan->findings[i].state == FINDING_PLANNED &&
		    strcmp(plan->findings[i].control, control) == 0)
			return true;
	return false;
}

static int trial(struct effector *e, const struct facts *f, const struct plan *plan, char **ret_why,
		 struct error *err)
{
	for (size_t i = 0; i < lines.count; i++) {
		const char *control = skip_prefix(lines.items[i], "start ");

		if (control && is_planned(plan, control))
			return error_set(err, -EPERM, "dockerd would not start: '%s'", control);
	}
	return 1;
}

int effector_open_here(struct context *c, struct effector **ret)
{
	int code = effector_open_for_real(c, ret);

	host = c;
	ops = *(*ret)->ops;
	ops.health = health;
	ops.trial = trial;
	(*ret)->ops = &ops;
	return code;
}
