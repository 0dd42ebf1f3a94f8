/*
 * floor-walk THREADS DIRECTORY [acl]: what a tree costs at the least: getdents64() and one statx() an
 * entry, by so many threads that share the directories; with `acl` also one lgetxattr() an entry, by the
 * name in the working directory, which each thread has of its own. Prints how many entries have a
 * mode with a bit of 022, or an access list. Nothing of harden's is in it.
 */

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define THREADS_MOST 64
#define ACL "system.posix_acl_access"
#define BUFFER ((size_t)256 * 1024)

struct found {
	struct found *next;
	char path[];
};

/* Directories that nobody has read yet, and how many are being read. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct found *first;
	size_t reading;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};

static bool with_acls;

static void give(const char *above, const char *name)
{
	size_t n = strlen(above) + strlen(name) + 2;
	struct found *f = malloc(sizeof(*f) + n);

	if (!f)
		abort();
	snprintf(f->path, n, "%s/%s", above, name);
	pthread_mutex_lock(&shared.lock);
	f->next = shared.first;
	shared.first = f;
	pthread_cond_signal(&shared.change);
	pthread_mutex_unlock(&shared.lock);
}

/* The next directory; NULL when all are read. `done`: the caller has read one. */
static struct found *take(bool done)
{
	struct found *f;

	pthread_mutex_lock(&shared.lock);
	shared.reading -= done;
	while (!shared.first && shared.reading > 0)
		pthread_cond_wait(&shared.change, &shared.lock);
	f = shared.first;
	if (f) {
		shared.first = f->next;
		shared.reading++;
	} else {
		pthread_cond_broadcast(&shared.change);
	}
	pthread_mutex_unlock(&shared.lock);
	return f;
}

static size_t look(int fd, const struct dirent64 *e, const char *path)
{
	struct statx st;

	if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
		return 0;
	if (statx(fd, e->d_name, AT_SYMLINK_NOFOLLOW,
		  STATX_TYPE | STATX_MODE | STATX_UID | STATX_GID, &st) < 0)
		return 0;
	if (S_ISDIR(st.stx_mode))
		give(path, e->d_name);
	if (with_acls && lgetxattr(e->d_name, ACL, NULL, 0) > 0)
		return 1;
	return (st.stx_mode & 022) != 0;
}

static size_t read_directory(const char *path, char *buffer)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	size_t wrong = 0;
	long n;

	if (fd < 0 || (with_acls && fchdir(fd) < 0)) {
		perror(path);
		exit(1);
	}
	while ((n = syscall(SYS_getdents64, fd, buffer, BUFFER)) > 0)
		for (long at = 0; at < n;) {
			const struct dirent64 *e = (const void *)(buffer + at);

			wrong += look(fd, e, path);
			at += e->d_reclen;
		}
	close(fd);
	return wrong;
}

static void *work(void *ret)
{
	char *buffer = malloc(BUFFER);
	size_t *wrong = ret;
	struct found *f;

	if (!buffer || (with_acls && unshare(CLONE_FS) < 0))
		abort();
	for (bool done = false; (f = take(done)); done = true) {
		*wrong += read_directory(f->path, buffer);
		free(f);
	}
	free(buffer);
	return NULL;
}

int main(int argc, char **argv)
{
	size_t wrong[THREADS_MOST] = {0}, sum = 0, n = argc >= 3 ? strtoul(argv[1], NULL, 10) : 0;
	pthread_t threads[THREADS_MOST];

	if (n < 1 || n > THREADS_MOST || argv[2][0] != '/') {
		fprintf(stderr, "usage: floor-walk THREADS /DIRECTORY [acl]\n");
		return 64;
	}
	with_acls = argc > 3 && strcmp(argv[3], "acl") == 0;
	give(argv[2], ".");
	for (size_t i = 1; i < n; i++)
		if (pthread_create(&threads[i], NULL, work, &wrong[i]) != 0)
			abort();
	work(&wrong[0]);
	for (size_t i = 1; i < n; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < n; i++)
		sum += wrong[i];
	printf("%zu\n", sum);
	return 0;
}
