#include "engine/effect/left-root.h"

#include "engine/base/alloc.h"
#include "engine/host/read/disk-use.h"

char *left_root_size(const struct root *root, const char *path)
{
	CLEANUP(error_clear) struct error err = {0};
	struct disk_use use;

	return disk_use(root, path, &use, &err) < 0
		       ? xasprintf("its size is not known: %s", error_text(&err))
		       : disk_use_text(&use);
}

char *left_root_text(const struct root *root, const char *path)
{
	CLEANUP(freep) char *size = left_root_size(root, path);

	return xasprintf(
		"'%s' stays (%s): dockerd made it for users that are mapped, and it may "
		"hold what they made; once nothing of that is wanted, 'rm -r %s' removes it",
		path, size, path);
}
