#include "engine/facts/container-disk.h"

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/format/container-info.h"
#include "engine/host/read/observe.h"

int container_read_disk(const struct root *root, const char *directory, struct buf *ret_config,
			struct container *ret, struct error *err)
{
	CLEANUP(freep) char *config = path_join(directory, "config.v2.json");
	CLEANUP(freep) char *host = path_join(directory, "hostconfig.json");
	CLEANUP(buf_clear) struct buf host_text = {0};
	int r = observe_content(root, config, ret_config, err);

	if (r >= 0)
		r = observe_content(root, host, &host_text, err);
	return r < 0 ? r : container_info_read_disk(ret_config, &host_text, ret, err);
}
