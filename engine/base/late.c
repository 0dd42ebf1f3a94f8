#include "engine/base/late.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

int late_bind(struct late_library *lib, struct error *err)
{
	void *so;

	if (lib->bound)
		return 0;
	so = dlopen(lib->soname, RTLD_LAZY | RTLD_LOCAL);
	if (!so)
		return error_set(err, -ENOSYS, "cannot load '%s': %s", lib->soname, dlerror());
	for (size_t i = 0; i < lib->count; i++) {
		void *fn = dlsym(so, lib->symbols[i].name);

		if (!fn) {
			dlclose(so);
			return error_set(err, -ENOSYS, "'%s' has no '%s'", lib->soname,
					 lib->symbols[i].name);
		}
		memcpy(lib->symbols[i].slot, &fn, sizeof(fn));
	}
	lib->bound = true;
	return 0;
}
