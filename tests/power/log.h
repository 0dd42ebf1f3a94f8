#pragma once

/*
 * What the disks were told, in one order: each write with its bytes, each flush, and the marks
 * that the program under test set. The recorder writes it to a file; here it is read back.
 */

#include <stddef.h>
#include <stdint.h>

#define MAX_DISKS 3

enum log_kind { LOG_WRITE, LOG_FLUSH, LOG_MARK };

struct log_head {
	uint32_t kind, disk;
	uint64_t offset, length;
};

struct log_entry {
	struct log_head head;
	const unsigned char *bytes; /* of a write */
	char mark[32]; /* of a mark */
	uint64_t key; /* of a write: random, its share in the name of a state */
};

struct log {
	struct log_entry *entries;
	size_t count;
	void *map;
	size_t map_size;
};

/* 0 or negative errno. */
int log_read(const char *path, struct log *ret);
void log_clear(struct log *l);

/* The place of the first such mark, `count` when there is none. */
size_t log_find(const struct log *l, const char *mark);
size_t log_count(const struct log *l, enum log_kind kind);

/* A number that looks random and always is the same for the same x. */
uint64_t mix64(uint64_t x);
