/*
 * Preloaded into the program, makes some of its calls of renameat2() fail with EIO, asks it to
 * stop in the middle, or plays an older kernel. HARDEN_FAULT is read before main(), which forgets
 * the environment:
 *
 *     fail N M     calls N to M fail (M 0: all from N on)
 *     signal N S   at call N, signal S is raised; the call itself goes on
 *     old 0 0      there is no openat2()
 *     bare 0 0     none of the libraries that are bound late is installed
 *     parsed 0 0   each JSON text that is parsed is told on stderr, as its length and a sum
 */

#include <dlfcn.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

typedef int (*renameat2_fn)(int, const char *, int, const char *, unsigned);

typedef long (*syscall_fn)(long, ...);
typedef void *(*dlopen_fn)(const char *, int);
typedef json_t *(*json_loadb_fn)(const char *, size_t, size_t, json_error_t *);

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
long syscall(long number, ...);
void *dlopen(const char *name, int flags);

static char what[16];
static int first, second, calls;

__attribute__((constructor)) static void read_order(void)
{
	const char *order = getenv("HARDEN_FAULT");

	if (order && sscanf(order, "%15s %d %d", what, &first, &second) != 3)
		abort();
	if (strcmp(what, "signal") == 0)
		signal(second, SIG_DFL); /* whoever started the test may have it ignored: nohup */
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

/* The reason has to be the loader's own. */
void *dlopen(const char *name, int flags)
{
	dlopen_fn real;

	*(void **)&real = dlsym(RTLD_NEXT, "dlopen");
	if (name && strcmp(what, "bare") == 0)
		return real("/nowhere/lib", flags);
	return real(name, flags);
}

json_t *json_loadb(const char *bytes, size_t n, size_t flags, json_error_t *error)
{
	json_loadb_fn real;
	unsigned long sum = 5381;

	for (size_t i = 0; i < n; i++)
		sum = sum * 33 + (unsigned char)bytes[i];
	if (strcmp(what, "parsed") == 0)
		fprintf(stderr, "parsed %zu %lx\n", n, sum);
	*(void **)&real = dlsym(RTLD_NEXT, "json_loadb");
	return real(bytes, n, flags, error);
}

/* All that it may be given are registers. */
long syscall(long number, ...)
{
	syscall_fn real;
	long a[6];
	va_list rest;

	va_start(rest, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(rest, long);
	va_end(rest);
	if (number == SYS_openat2 && strcmp(what, "old") == 0) {
		errno = ENOSYS;
		return -1;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
