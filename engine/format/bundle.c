#include "engine/format/bundle.h"

#include <jansson.h>

#include "engine/base/digest.h"
#include "engine/format/json-util.h"

/* The order of members says nothing, that of rules does. */
static char *digest_of(const json_t *value)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (!json_is_object(value))
		return NULL;
	json_dump_to(value, JSON_COMPACT | JSON_SORT_KEYS, &text);
	return digest_new(text.data, text.len);
}

static char *caps_of(const json_t *process)
{
	const json_t *caps = json_object_get(process, "capabilities");
	CLEANUP(strv_clear) struct strv names = {0};

	json_take_strings(json_object_get(caps, "bounding"), &names);
	strv_sort(&names);
	return strv_join(&names, " ");
}

int bundle_read(const struct buf *text, struct bundle *ret, struct error *err)
{
	json_t *root = json_load_as(text, JSON_OBJECT, "a bundle's config.json", err);
	const json_t *process = json_object_get(root, "process");
	const json_t *host = json_object_get(root, "linux");
	int r = 0;

	if (!root)
		return -EINVAL;
	if (!json_is_object(process) || !json_is_object(host)) {
		r = error_set(err, -EINVAL, "a bundle's config.json has no 'process' or 'linux'");
	} else {
		ret->filter = digest_of(json_object_get(host, "seccomp"));
		ret->caps = caps_of(process);
		ret->apparmor = xstrdup(json_text_of(process, "apparmorProfile"));
	}
	json_decref(root);
	return r;
}

void bundle_clear(struct bundle *b)
{
	free(b->filter);
	free(b->caps);
	free(b->apparmor);
	*b = (struct bundle){0};
}
