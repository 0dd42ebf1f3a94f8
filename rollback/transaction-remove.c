#include "rollback/transaction-remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/host/write/write.h"
#include "rollback/journal.h"

/* Removes all files in a directory but the one of that name. One level: that is all a transaction has. */
static int empty_tree(int at, const char *name, const char *but)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!dir) {
		close_fd(&fd);
		return errno == ENOENT ? 0 : -errno;
	}
	while (r == 0 && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    strcmp_null(entry->d_name, but) == 0)
			continue;
		if (unlinkat(fd, entry->d_name, 0) == 0 || errno == ENOENT)
			continue;
		r = errno == EISDIR ? empty_tree(fd, entry->d_name, NULL) : -errno;
		if (r == 0 && unlinkat(fd, entry->d_name, AT_REMOVEDIR) < 0 && errno != ENOENT)
			r = -errno;
	}
	closedir(dir);
	return r;
}

static int open_all(const struct state *state)
{
	int all = openat(state->fd, "txn", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return all < 0 ? -errno : all;
}

/*
 * By a rename, which needs no room: as long as the journal is there, what it counts on must be there too, and
 * without either name it counts as lost.
 */
static int rename_journal(int all, const char *id)
{
	CLEANUP(close_fd)
	int directory = openat(all, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (directory < 0)
		return errno == ENOENT ? 0 : -errno;
	return renameat(directory, JOURNAL_FILE, directory, JOURNAL_NEW) < 0 && errno != ENOENT
		       ? -errno
		       : 0;
}

static int unlink_journal(int all, const char *id)
{
	CLEANUP(close_fd)
	int directory = openat(all, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (directory < 0)
		return errno == ENOENT ? 0 : -errno;
	if (unlinkat(directory, JOURNAL_NEW, 0) < 0 && errno != ENOENT)
		return -errno;
	return unlinkat(all, id, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

static int cannot_remove(const char *id, int r, struct error *err)
{
	return r < 0 ? error_errno(err, r, "cannot remove the directory of transaction '%s'", id)
		     : 0;
}

int transaction_empty_directory(const struct state *state, const char *id, struct error *err)
{
	CLEANUP(close_fd) int all = open_all(state);
	int r = all < 0 ? all : rename_journal(all, id);

	return cannot_remove(id, r < 0 ? r : empty_tree(all, id, JOURNAL_NEW), err);
}

int transaction_remove_emptied(const struct state *state, const char *id, struct error *err)
{
	CLEANUP(close_fd) int all = open_all(state);

	return cannot_remove(id, all < 0 ? all : unlink_journal(all, id), err);
}

int transaction_remove_directory(const struct state *state, const char *id, struct error *err)
{
	int r = transaction_empty_directory(state, id, err);

	if (r >= 0)
		r = write_sync_fs(state->fd, err);
	return r < 0 ? r : transaction_remove_emptied(state, id, err);
}
