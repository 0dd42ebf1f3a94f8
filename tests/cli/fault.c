/*
 * Preloaded into the program, makes some of its calls of renameat2() fail with EIO, or asks it
 * to stop in the middle. HARDEN_FAULT is read before main(), which forgets the environment:
 *
 *     fail N M     calls N to M fail (M 0: all from N on)
 *     signal N S   at call N, signal S is raised; the call itself goes on
 */

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int (*renameat2_fn)(int, const char *, int, const char *, unsigned);

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);

static char what[16];
static int first, second, calls;

__attribute__((constructor)) static void read_order(void)
{
	const char *order = getenv("HARDEN_FAULT");

	if (order && sscanf(order, "%15s %d %d", what, &first, &second) != 3)
		abort();
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	renameat2_fn real;

	*(void **)&real = dlsym(RTLD_NEXT, "renameat2");
	calls++;
	if (strcmp(what, "fail") == 0 && calls >= first && (second == 0 || calls <= second)) {
		errno = EIO;
		return -1;
	}
	if (strcmp(what, "signal") == 0 && calls == first)
		raise(second);
	return real(from_fd, from, to_fd, to, flags);
}
