#include "tests/power/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/read/root.h"

#define PAGE 4096

static void mark_used(struct layout *l, size_t disk, uint64_t offset, uint64_t length)
{
	for (size_t page = offset / PAGE; page <= (offset + length - 1) / PAGE; page++)
		l->used[disk][page] = 1;
}

static int load(struct layout *l, size_t disk, const char *base)
{
	CLEANUP(close_fd) int fd = open(base, O_RDONLY | O_CLOEXEC);
	size_t size = l->pages * PAGE;
	off_t data = 0, hole = 0;

	if (fd < 0)
		return -errno;
	l->disks[disk] =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
	if (l->disks[disk] == MAP_FAILED)
		return -errno;
	l->used[disk] = xcalloc(l->pages, 1);
	while ((data = lseek(fd, hole, SEEK_DATA)) >= 0) {
		hole = lseek(fd, data, SEEK_HOLE);
		mark_used(l, disk, (uint64_t)data, (uint64_t)(hole - data));
	}
	return 0;
}

int layout_open(struct layout *l, struct bench *b, enum base base, const struct log *log)
{
	int r = 0;

	*l = (struct layout){.bench = b, .log = log, .pages = (b->fs->megabytes << 20) / PAGE};
	l->settled = xcalloc(MAX_DISKS, sizeof(*l->settled));
	for (size_t i = 0; i < b->ndisks && r >= 0; i++)
		r = load(l, i, b->bases[base][i]);
	return r;
}

void layout_close(struct layout *l)
{
	for (size_t i = 0; i < l->bench->ndisks; i++) {
		if (l->disks[i])
			munmap(l->disks[i], l->pages * PAGE);
		free(l->used[i]);
	}
	free(l->pending.items);
	free(l->settled);
	*l = (struct layout){0};
}

static void settle(struct layout *l, size_t entry)
{
	const struct log_entry *e = &l->log->entries[entry];

	memcpy(l->disks[e->head.disk] + e->head.offset, e->bytes, e->head.length);
	mark_used(l, e->head.disk, e->head.offset, e->head.length);
}

void layout_advance(struct layout *l, size_t at)
{
	for (; l->at < at; l->at++) {
		const struct log_head *h = &l->log->entries[l->at].head;

		if (h->kind != LOG_FLUSH)
			continue;
		for (size_t i = l->settled[h->disk]; i < l->at; i++) {
			const struct log_head *w = &l->log->entries[i].head;

			if (w->kind == LOG_WRITE && w->disk == h->disk)
				settle(l, i);
		}
		l->settled[h->disk] = l->at;
	}
	log_pending(l->log, at, &l->pending);
}

static int write_disk(const struct layout *l, size_t disk, int fd)
{
	const unsigned char *used = l->used[disk];

	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)(l->pages * PAGE)) <
	    0)
		return -errno;
	for (size_t page = 0; page < l->pages;) {
		size_t end = page;

		while (end < l->pages && used[end])
			end++;
		if (end > page && pwrite(fd, l->disks[disk] + page * PAGE, (end - page) * PAGE,
					 (off_t)(page * PAGE)) != (ssize_t)((end - page) * PAGE))
			return -EIO;
		page = end > page ? end : page + 1;
	}
	return 0;
}

static int write_pending(const struct layout *l, const struct cut *cut, size_t disk, int fd)
{
	for (size_t j = 0; j < l->pending.count; j++) {
		const struct log_entry *e = &l->log->entries[l->pending.items[j]];
		size_t n = cut_bytes(cut, l->log, &l->pending, j);

		if (e->head.disk == disk && n &&
		    pwrite(fd, e->bytes, n, (off_t)e->head.offset) != (ssize_t)n)
			return -EIO;
	}
	return 0;
}

int layout_write(struct layout *l, const struct cut *cut)
{
	for (size_t i = 0; i < l->bench->ndisks; i++) {
		CLEANUP(close_fd) int fd = open(l->bench->images[i], O_RDWR | O_CLOEXEC);
		int r = fd < 0 ? -errno : write_disk(l, i, fd);

		if (r >= 0)
			r = write_pending(l, cut, i, fd);
		if (r < 0)
			return r;
		device_forget(&l->bench->devices[i]);
	}
	return 0;
}
