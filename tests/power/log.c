#include "tests/power/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/read/root.h"

uint64_t mix64(uint64_t x)
{
	x += 0x9e3779b97f4a7c15U;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
	return x ^ (x >> 31);
}

static void take_entries(struct log *l)
{
	const unsigned char *at = l->map, *end = at + l->map_size;

	while ((size_t)(end - at) >= sizeof(struct log_head)) {
		struct log_entry *e = array_append(&l->entries, &l->count, sizeof(*e));

		memcpy(&e->head, at, sizeof(e->head));
		at += sizeof(e->head);
		if (e->head.kind == LOG_FLUSH)
			continue;
		e->bytes = at;
		e->key = mix64(l->count);
		if (e->head.kind == LOG_MARK)
			memcpy(e->mark, at,
			       e->head.length < sizeof(e->mark) ? e->head.length
								: sizeof(e->mark) - 1);
		at += e->head.length;
	}
}

int log_read(const char *path, struct log *ret)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	*ret = (struct log){.map_size = (size_t)st.st_size};
	if (st.st_size == 0)
		return 0;
	ret->map = mmap(NULL, ret->map_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (ret->map == MAP_FAILED)
		return -errno;
	take_entries(ret);
	return 0;
}

void log_clear(struct log *l)
{
	if (l->map)
		munmap(l->map, l->map_size);
	free(l->entries);
	*l = (struct log){0};
}

size_t log_find(const struct log *l, const char *mark)
{
	size_t i = 0;

	while (i < l->count &&
	       (l->entries[i].head.kind != LOG_MARK || strcmp(l->entries[i].mark, mark) != 0))
		i++;
	return i;
}

size_t log_count(const struct log *l, enum log_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++)
		n += l->entries[i].head.kind == kind;
	return n;
}
