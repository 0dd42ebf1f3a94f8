#include "engine/format/subject-key.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/format/json-util.h"

static void append_escaped(struct buf *b, const char *name)
{
	for (; *name; name++) {
		if (*name == '~')
			buf_puts(b, "~0");
		else if (*name == '/')
			buf_puts(b, "~1");
		else
			buf_putc(b, *name);
	}
}

char *json_pointer(const char *key, const char *member)
{
	CLEANUP(buf_clear) struct buf b = {0};

	buf_putc(&b, '/');
	append_escaped(&b, key);
	if (member) {
		buf_putc(&b, '/');
		append_escaped(&b, member);
	}
	return buf_take(&b);
}

/* One step of RFC 6901: ~1 is /, ~0 is ~, nothing else may follow a tilde. */
static char *unescape_token(const char *token, size_t n)
{
	CLEANUP(buf_clear) struct buf out = {0};

	for (size_t i = 0; i < n; i++) {
		if (token[i] != '~') {
			buf_putc(&out, token[i]);
			continue;
		}
		if (++i >= n || (token[i] != '0' && token[i] != '1'))
			return NULL;
		buf_putc(&out, token[i] == '0' ? '~' : '/');
	}
	return buf_take(&out);
}

/* A key that JSON can hold: it would be written as another one otherwise. */
static bool is_utf8(const char *s)
{
	CLEANUP(json_decrefp) json_t *j = json_string(s);

	return j != NULL;
}

int json_pointer_split(const char *pointer, struct strv *ret, struct error *err)
{
	const char *at = pointer;

	if ((*at && *at != '/') || !is_utf8(pointer))
		return error_set(err, -EINVAL, "not a JSON pointer: '%s'", pointer);
	while (*at == '/') {
		size_t n = strcspn(++at, "/");
		char *token = unescape_token(at, n);

		if (!token)
			return error_set(err, -EINVAL, "not a JSON pointer: '%s'", pointer);
		strv_add_owned(ret, token);
		at += n;
	}
	return 0;
}

char *json_pointer_parent(const char *pointer)
{
	const char *last = strrchr(pointer, '/');

	return last && last > pointer ? xstrndup(pointer, (size_t)(last - pointer)) : NULL;
}

bool json_pointer_begins(const char *pointer, const char *name)
{
	size_t n = strlen(name);

	return *pointer == '/' && strncmp(pointer + 1, name, n) == 0 &&
	       (pointer[1 + n] == '\0' || pointer[1 + n] == '/');
}

static char *take_name(struct subject s, bool last)
{
	CLEANUP(strv_clear) struct strv names = {0};

	if (s.scheme != SCHEME_JSON || json_pointer_split(s.key, &names, NULL) < 0 ||
	    names.count == 0)
		return NULL;
	return xstrdup(names.items[last ? names.count - 1 : 0]);
}

char *subject_json_first(struct subject s)
{
	return take_name(s, false);
}

char *subject_setting(struct subject s)
{
	CLEANUP(freep) char *section = NULL;
	const char *name;

	if (s.scheme == SCHEME_UNIT)
		return subject_key_split(s.key, &section, &name) ? xstrdup(name) : NULL;
	return take_name(s, true);
}

bool subject_key_split(const char *key, char **ret_part, const char **ret_name)
{
	const char *slash = strchr(key, '/');

	if (!slash || slash == key || !slash[1])
		return false;
	*ret_part = xstrndup(key, (size_t)(slash - key));
	*ret_name = slash + 1;
	return true;
}
