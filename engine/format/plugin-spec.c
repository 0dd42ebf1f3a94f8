#include "engine/format/plugin-spec.h"

#include <jansson.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/json-util.h"

void plugin_sockets(const char *name, struct strv *ret)
{
	strv_addf(ret, "/run/docker/plugins/%s.sock", name);
	strv_addf(ret, "/run/docker/plugins/%s/%s.sock", name, name);
}

void plugin_specs(const char *name, struct strv *ret)
{
	strv_addf(ret, "/etc/docker/plugins/%s.spec", name);
	strv_addf(ret, "/usr/lib/docker/plugins/%s.spec", name);
	strv_addf(ret, "/etc/docker/plugins/%s.json", name);
	strv_addf(ret, "/usr/lib/docker/plugins/%s.json", name);
}

char *plugin_spec_address(const char *path, const struct buf *text)
{
	CLEANUP(json_decrefp) json_t *spec = NULL;

	if (!ends_with(path, ".json"))
		return trim(buf_str(text), " \t\r\n");
	spec = json_loadb(buf_str(text), text->len, 0, NULL);
	return xstrdup_null(json_text_of(spec, "Addr"));
}
