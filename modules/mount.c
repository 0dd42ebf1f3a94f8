#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "modules/common/place.h"
#include "modules/registry.h"

#define MOUNTINFO "/proc/self/mountinfo"

/*
 * Whether a directory lies on a file system apart from others. What counts is the device that holds
 * it: a directory of "/" that is bound to its own place is a mount, and no other file system.
 */

struct mount_desired {
	struct strv path;
	struct strv apart_from;
	bool image_store;
};

/* A line of mountinfo (proc_pid_mountinfo(5)): what is mounted where. */
struct mounted {
	char *device; /* "8:1" */
	char *point;
};

/* Octal escapes (\040) stand for blanks and the like. */
static char *unescape(const char *text)
{
	CLEANUP(buf_clear) struct buf out = {0};

	for (; *text; text++) {
		if (text[0] == '\\' && strspn(text + 1, "01234567") >= 3) {
			buf_putc(&out, (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
					      (text[3] - '0')));
			text += 3;
		} else {
			buf_putc(&out, *text);
		}
	}
	return buf_take(&out);
}

static void mounted_clear(struct mounted *m)
{
	free(m->device);
	free(m->point);
	*m = (struct mounted){0};
}

/* The mount that holds the path: the longest one above it, of equal ones the last. */
static void find_mount(const struct strv *lines, const char *path, struct mounted *ret)
{
	for (size_t i = 0; i < lines->count; i++) {
		CLEANUP(strv_clear) struct strv words = {0};
		CLEANUP(freep) char *point = NULL;

		strv_split(&words, lines->items[i], " ");
		if (words.count < 5)
			continue;
		point = unescape(words.items[4]);
		if (!path_is_within(path, point) ||
		    (ret->point && strlen(point) < strlen(ret->point)))
			continue;
		mounted_clear(ret);
		ret->device = xstrdup(words.items[2]);
		ret->point = TAKE_PTR(point);
	}
}

static void examine(const struct mount_desired *want, const struct strv *lines, const char *path,
		    struct tally *tally)
{
	CLEANUP(mounted_clear) struct mounted here = {0};

	find_mount(lines, path, &here);
	if (!here.device) {
		tally_note(tally, VERDICT_NOT_MEASURED, "no mount is known that holds '%s'", path);
		return;
	}
	for (size_t i = 0; i < want->apart_from.count; i++) {
		CLEANUP(mounted_clear) struct mounted other = {0};

		find_mount(lines, want->apart_from.items[i], &other);
		if (strcmp_null(other.device, here.device) != 0)
			continue;
		tally_note(tally, VERDICT_FAIL, "'%s' is on the file system of '%s'", path,
			   want->apart_from.items[i]);
		return;
	}
	tally_note(tally, VERDICT_PASS, "'%s' is on the file system mounted at '%s'", path,
		   here.point);
}

/* False: there is nothing to look at, or it is not known where; the delta says so. */
static bool applies(const struct mount_desired *want, const struct facts *f, struct delta *ret)
{
	if (f->offline) {
		delta_raise(ret, VERDICT_NOT_MEASURED, "nothing is mounted in an image");
		return false;
	}
	if (want->image_store && !f->docker.driver && f->docker.install != DOCKER_NONE) {
		delta_raise(ret, VERDICT_NOT_MEASURED, "where the images are is not known%s%s",
			    f->docker.not_measured ? ": " : "",
			    f->docker.not_measured ? f->docker.not_measured : "");
		return false;
	}
	if (want->image_store && !f->docker.image_store) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE,
			    "the images are not in the image store of containerd");
		return false;
	}
	return true;
}

static int mount_diff(const void *desired, const struct view *now, struct delta *ret,
		      struct error *err)
{
	const struct mount_desired *want = desired;
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(strv_clear) struct strv paths = {0};
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	struct tally tally = {0};
	int r;

	if (!applies(want, now->facts, ret))
		return 0;
	r = places_expand(now, &want->path, &paths, &tally, err);
	if (r < 0)
		return r;
	r = view_content(now, MOUNTINFO, &text, &why);
	if (r < 0) {
		tally_clear(&tally);
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		return 0;
	}
	strv_split(&lines, buf_str(&text), "\n");
	for (size_t i = 0; i < paths.count; i++)
		examine(want, &lines, paths.items[i], &tally);
	tally_finish(&tally, ret);
	if (ret->verdict == VERDICT_FAIL)
		ret->fix = xstrdup("stop docker.socket, docker.service and containerd, copy the "
				   "data to a file system of its own (rsync -aHAX --numeric-ids), "
				   "mount it there by /etc/fstab, and start them again");
	return 0;
}

static int mount_check(const void *desired, struct error *err)
{
	const struct mount_desired *want = desired;

	for (size_t i = 0; i < want->apart_from.count; i++)
		if (want->apart_from.items[i][0] != '/')
			return error_set(err, -EINVAL, "'%s' is not an absolute path",
					 want->apart_from.items[i]);
	return 0;
}

static const struct field fields[] = {
	{.key = "path",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct mount_desired, path),
	 .required = true,
	 .help = "directories, or places of the host such as @data-root"},
	{.key = "apart-from",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct mount_desired, apart_from),
	 .required = true,
	 .help = "directories whose file systems it must not share"},
	{.key = "image-store",
	 .type = FIELD_BOOL,
	 .offset = offsetof(struct mount_desired, image_store),
	 .help = "only where images are kept by containerd's image store"},
	{0},
};

const struct module module_mount = {
	.name = "mount",
	.summary = "a directory on a file system of its own",
	.desired_size = sizeof(struct mount_desired),
	.fields = fields,
	.check = mount_check,
	.diff = mount_diff,
};
