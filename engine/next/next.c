#include "engine/next/next.h"

#include "engine/base/macros.h"
#include "engine/host/write/package-view.h"
#include "engine/next/parts.h"

int next_with_packages(const struct strv *files, struct error *err)
{
	return package_view_enter(files, err);
}

void next_look(const struct view *v, bool with_packages, struct foresights *ret)
{
	static void (*const parts[])(struct next *) = {
		next_units,  next_config, next_sight, next_mounts,  next_ports,
		next_kernel, next_userns, next_tls,   next_plugins,
	};
	struct next n = {
		.view = v, .docker = &v->facts->docker, .with_packages = with_packages, .ret = ret};

	if (n.docker->install == DOCKER_NONE) {
		foresight_add(ret, NEXT_UNIT, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "there is no Docker here%s, and nothing of it to come back",
			      with_packages ? ", nor would be with these packages" : "");
		return;
	}
	if (n.docker->unsupported) {
		foresight_add(ret, NEXT_UNIT, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "what starts this Docker at a boot is not looked at: %s",
			      n.docker->unsupported);
		return;
	}
	boot_set_read(v, &n.boot);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		parts[i](&n);
	boot_set_clear(&n.boot);
}
