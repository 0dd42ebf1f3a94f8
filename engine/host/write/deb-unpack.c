#include "engine/host/write/deb-unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/base/late.h"
#include "engine/base/str.h"

#define BLOCK (64U << 10)

static struct {
	__typeof__(&archive_entry_hardlink) entry_hardlink;
	__typeof__(&archive_entry_pathname) entry_pathname;
	__typeof__(&archive_entry_set_hardlink) entry_set_hardlink;
	__typeof__(&archive_entry_set_pathname) entry_set_pathname;
	__typeof__(&archive_errno) errno_of;
	__typeof__(&archive_error_string) error_string;
	__typeof__(&archive_read_data) read_data;
	__typeof__(&archive_read_extract2) read_extract2;
	__typeof__(&archive_read_free) read_free;
	__typeof__(&archive_read_new) read_new;
	__typeof__(&archive_read_next_header) read_next_header;
	__typeof__(&archive_read_open) read_open;
	__typeof__(&archive_read_open_fd) read_open_fd;
	__typeof__(&archive_read_support_filter_bzip2) support_filter_bzip2;
	__typeof__(&archive_read_support_filter_gzip) support_filter_gzip;
	__typeof__(&archive_read_support_filter_lzma) support_filter_lzma;
	__typeof__(&archive_read_support_filter_none) support_filter_none;
	__typeof__(&archive_read_support_filter_xz) support_filter_xz;
	__typeof__(&archive_read_support_filter_zstd) support_filter_zstd;
	__typeof__(&archive_read_support_format_ar) support_format_ar;
	__typeof__(&archive_read_support_format_tar) support_format_tar;
	__typeof__(&archive_write_disk_new) write_disk_new;
	__typeof__(&archive_write_disk_set_options) write_disk_set_options;
	__typeof__(&archive_write_free) write_free;
} la;

static const struct late_symbol symbols[] = {
	LATE_SYMBOL(la.entry_hardlink, archive_entry_hardlink),
	LATE_SYMBOL(la.entry_pathname, archive_entry_pathname),
	LATE_SYMBOL(la.entry_set_hardlink, archive_entry_set_hardlink),
	LATE_SYMBOL(la.entry_set_pathname, archive_entry_set_pathname),
	LATE_SYMBOL(la.errno_of, archive_errno),
	LATE_SYMBOL(la.error_string, archive_error_string),
	LATE_SYMBOL(la.read_data, archive_read_data),
	LATE_SYMBOL(la.read_extract2, archive_read_extract2),
	LATE_SYMBOL(la.read_free, archive_read_free),
	LATE_SYMBOL(la.read_new, archive_read_new),
	LATE_SYMBOL(la.read_next_header, archive_read_next_header),
	LATE_SYMBOL(la.read_open, archive_read_open),
	LATE_SYMBOL(la.read_open_fd, archive_read_open_fd),
	LATE_SYMBOL(la.support_filter_bzip2, archive_read_support_filter_bzip2),
	LATE_SYMBOL(la.support_filter_gzip, archive_read_support_filter_gzip),
	LATE_SYMBOL(la.support_filter_lzma, archive_read_support_filter_lzma),
	LATE_SYMBOL(la.support_filter_none, archive_read_support_filter_none),
	LATE_SYMBOL(la.support_filter_xz, archive_read_support_filter_xz),
	LATE_SYMBOL(la.support_filter_zstd, archive_read_support_filter_zstd),
	LATE_SYMBOL(la.support_format_ar, archive_read_support_format_ar),
	LATE_SYMBOL(la.support_format_tar, archive_read_support_format_tar),
	LATE_SYMBOL(la.write_disk_new, archive_write_disk_new),
	LATE_SYMBOL(la.write_disk_set_options, archive_write_disk_set_options),
	LATE_SYMBOL(la.write_free, archive_write_free),
};

static struct late_library library = {"libarchive.so.13", symbols, ARRAY_SIZE(symbols)};

/* The package, the archive of files in it, and where these go. */
struct job {
	struct archive *outer, *inner, *disk;
	const char *name, *directory;
	char block[BLOCK];
};

static void job_clear(struct job *j)
{
	if (j->inner)
		la.read_free(j->inner);
	if (j->outer)
		la.read_free(j->outer);
	if (j->disk)
		la.write_free(j->disk);
}

int deb_unpack_ready(struct error *err)
{
	return late_bind(&library, err);
}

static int refused(const struct job *j, struct archive *a, struct error *err)
{
	const char *why = la.error_string(a);
	int code = la.errno_of(a);

	return error_set(err, code == ENOSPC ? -EFBIG : -EINVAL, "cannot unpack '%s': %s", j->name,
			 why ? why : "it is no Debian package");
}

static la_ssize_t read_member(struct archive *inner, void *data, const void **ret)
{
	struct job *j = data;

	*ret = j->block;
	return la.read_data(j->outer, j->block, sizeof(j->block));
}

/* The member "data.tar", however it is packed. */
static int find_data(struct job *j, struct error *err)
{
	struct archive_entry *entry;
	int r;

	while ((r = la.read_next_header(j->outer, &entry)) == ARCHIVE_OK) {
		const char *name = la.entry_pathname(entry);

		if (starts_with(name, "data.tar"))
			return 0;
	}
	return r == ARCHIVE_EOF ? error_set(err, -EINVAL, "'%s' is no Debian package", j->name)
				: refused(j, j->outer, err);
}

/* dpkg leaves configuration alone that is there. */
static bool is_there(const char *place)
{
	CLEANUP(freep) char *path = xasprintf("/%s", place);
	struct stat st;

	return lstat(path, &st) == 0;
}

/* "./usr/bin/x" and "bin/x" as "usr/bin/x"; NULL: it is none of what is taken. The caller frees it. */
static char *place_of(const char *name)
{
	static const char *const merged[] = {"bin/", "sbin/", "lib/", "lib64/"};

	if (!name)
		return NULL;
	while (starts_with(name, "./") || *name == '/')
		name += *name == '/' ? 1 : 2;
	if (starts_with(name, "usr/") || (starts_with(name, "etc/") && !is_there(name)))
		return xstrdup(name);
	for (size_t i = 0; i < ARRAY_SIZE(merged); i++)
		if (starts_with(name, merged[i]))
			return xasprintf("usr/%s", name);
	return NULL;
}

/* The names that it has on the disk; false: it is not taken. */
static bool place_entry(const struct job *j, struct archive_entry *entry)
{
	CLEANUP(freep) char *place = place_of(la.entry_pathname(entry)), *path = NULL;
	const char *hard = la.entry_hardlink(entry);
	CLEANUP(freep) char *target = hard ? place_of(hard) : NULL, *from = NULL;

	if (!place || (hard && !target))
		return false;
	path = xasprintf("%s/%s", j->directory, place);
	la.entry_set_pathname(entry, path);
	if (target) {
		from = xasprintf("%s/%s", j->directory, target);
		la.entry_set_hardlink(entry, from);
	}
	return true;
}

static int unpack_all(struct job *j, struct error *err)
{
	struct archive_entry *entry;
	int r;

	while ((r = la.read_next_header(j->inner, &entry)) == ARCHIVE_OK)
		if (place_entry(j, entry) &&
		    la.read_extract2(j->inner, entry, j->disk) != ARCHIVE_OK)
			return refused(j, j->inner, err);
	return r == ARCHIVE_EOF ? 0 : refused(j, j->inner, err);
}

/*
 * What Debian packages are packed with (deb(5)), and no more: for others libarchive starts programs, as root and on
 * bytes that nobody has looked at. A library that was built without one of these warns that it would do the same.
 */
static int support_filters(struct archive *a, struct error *err)
{
	int (*const filters[])(struct archive *) = {
		la.support_filter_none, la.support_filter_gzip,  la.support_filter_xz,
		la.support_filter_lzma, la.support_filter_bzip2, la.support_filter_zstd,
	};

	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		if (filters[i](a) != ARCHIVE_OK)
			return error_set(err, -ENOSYS,
					 "this host's libarchive starts other programs to unpack");
	return 0;
}

int deb_unpack(int fd, const char *name, const char *directory, struct error *err)
{
	CLEANUP(job_clear) struct job j = {.name = name, .directory = directory};
	int r = deb_unpack_ready(err);

	if (r < 0)
		return r;
	j.outer = xcheck(la.read_new());
	j.inner = xcheck(la.read_new());
	j.disk = xcheck(la.write_disk_new());
	la.write_disk_set_options(j.disk, ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
						  ARCHIVE_EXTRACT_SECURE_SYMLINKS);
	la.support_format_ar(j.outer);
	la.support_format_tar(j.inner);
	r = support_filters(j.inner, err);
	if (r < 0)
		return r;
	if (la.read_open_fd(j.outer, fd, BLOCK) != ARCHIVE_OK)
		return refused(&j, j.outer, err);
	r = find_data(&j, err);
	if (r < 0)
		return r;
	if (la.read_open(j.inner, &j, NULL, read_member, NULL) != ARCHIVE_OK)
		return refused(&j, j.inner, err);
	return unpack_all(&j, err);
}
