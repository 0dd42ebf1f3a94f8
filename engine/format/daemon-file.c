#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/daemon-values.h"
#include "engine/format/json-read.h"
#include "engine/format/json-util.h"

#define BOM "\xef\xbb\xbf"

struct check {
	const char *version; /* NULL: not known */
	const struct strv *flag_keys;
	struct strv *reasons;
};

static bool is_before(const struct check *c, const char *version)
{
	return c->version && engine_version_compare(c->version, version) < 0;
}

static bool is_from(const struct check *c, const char *version)
{
	return c->version && engine_version_compare(c->version, version) >= 0;
}

static void check_elements(struct check *c, const struct daemon_key *k, json_t *value)
{
	const char *name;
	json_t *element;
	size_t i;

	json_array_foreach(value, i, element)
	{
		if (!daemon_has_type(element, k->element))
			strv_addf(c->reasons, "what '%s' holds must be of type %s, not %s", k->key,
				  k->element, daemon_type_name(element));
	}
	json_object_foreach(value, name, element)
	{
		if (!daemon_has_type(element, k->element))
			strv_addf(c->reasons, "'%s' of '%s' must be of type %s, not %s", name,
				  k->key, k->element, daemon_type_name(element));
	}
}

/* Go reads names without regard to case. */
static const json_t *member_of(json_t *object, const char *wanted)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value) if (strcasecmp(name, wanted) == 0) return value;
	return NULL;
}

static void check_storage_driver(struct check *c, const char *driver)
{
	static const struct {
		const char *driver, *removed;
	} gone[] = {{"aufs", "24.0"}, {"overlay", "24.0"}, {"devicemapper", "25.0"}};

	for (size_t i = 0; i < ARRAY_SIZE(gone); i++)
		if (strcmp(driver, gone[i].driver) == 0 && is_from(c, gone[i].removed))
			strv_addf(c->reasons, "storage driver '%s' is gone since engine %s", driver,
				  gone[i].removed);
}

static void check_storage_opts(struct check *c, json_t *opts)
{
	json_t *opt;
	size_t i;

	json_array_foreach(opts, i, opt)
	{
		const char *s = json_string_value(opt);

		if (s && starts_with(s, "dm.") && is_from(c, "25.0"))
			strv_addf(c->reasons, "storage option '%s' is gone since engine 25.0", s);
	}
}

static void check_seccomp(struct check *c, const char *profile)
{
	if (!*profile || *profile == '/' || strcmp(profile, "unconfined") == 0)
		return;
	if (strcmp(profile, "builtin") != 0)
		strv_addf(c->reasons, "'%s' is not a seccomp profile: an absolute path must be",
			  profile);
	else if (is_before(c, "23.0"))
		strv_addf(c->reasons, "seccomp profile 'builtin' is known since engine 23.0 only");
}

/* A directive that was taken out and may still stand there empty. */
static void check_cors(struct check *c, const char *origin)
{
	if (*origin && is_from(c, "28.0"))
		strv_add(c->reasons, "'api-cors-header' is refused since engine 28.0");
}

static void check_content(struct check *c, const char *key, json_t *value)
{
	if (strcmp(key, "storage-opts") == 0)
		check_storage_opts(c, value);
	else if (strcmp(key, "storage-driver") == 0 && json_is_string(value))
		check_storage_driver(c, json_string_value(value));
	else if (strcmp(key, "seccomp-profile") == 0 && json_is_string(value))
		check_seccomp(c, json_string_value(value));
	else if (strcmp(key, "api-cors-header") == 0 && json_is_string(value))
		check_cors(c, json_string_value(value));
}

/* What is a flag's name is taken as a key, too ("label"), though nothing comes of it. */
static const struct daemon_key *known_as(const char *key)
{
	const struct daemon_key *k = daemon_key_find(key);

	return k ? k : daemon_key_find_flag(key);
}

static void check_name(struct check *c, const char *key)
{
	const struct daemon_key *k = known_as(key);

	if (!k)
		strv_addf(c->reasons, "'%s' is not a setting of dockerd", key);
	else if (k->since && is_before(c, k->since))
		strv_addf(c->reasons, "'%s' is known since engine %s only", key, k->since);
	else if (k->removed && is_from(c, k->removed))
		strv_addf(c->reasons, "'%s' is refused since engine %s", key, k->removed);
	if (!c->flag_keys || strcmp(key, "runtimes") == 0)
		return;
	if (strv_contains(c->flag_keys, key) ||
	    (k && strcmp(k->key, key) == 0 && k->flag && strv_contains(c->flag_keys, k->flag)))
		strv_addf(c->reasons, "'%s' is also given as a flag", key);
}

/*
 * dockerd puts the members of an object in the place of its key, unless that key takes an
 * object; "proxies" is treated so although it takes one.
 */
static bool is_flattened(const char *key, const struct daemon_key *k, const json_t *value)
{
	if (!json_is_object(value))
		return false;
	return !k || strcmp(k->type, "object") != 0 || strcmp(key, "proxies") == 0;
}

/* NULL for what comes with a later engine. */
static const struct daemon_key *known_yet(const struct check *c, const char *key)
{
	const struct daemon_key *k = daemon_key_find(key);

	return k && k->since && is_before(c, k->since) ? NULL : k;
}

static void check_member(struct check *c, const char *key, json_t *value)
{
	const struct daemon_key *k = known_yet(c, key);
	const char *inner;
	json_t *unused;

	if (is_flattened(key, k, value)) {
		json_object_foreach(value, inner, unused) check_name(c, inner);
	} else {
		check_name(c, key);
	}
	if (!k || (k->removed && is_from(c, k->removed)))
		return;
	daemon_value_check(c->version, key, value, c->reasons);
	if (k->loose && is_from(c, k->loose))
		return;
	if (!daemon_has_type(value, k->type))
		strv_addf(c->reasons, "'%s' must be of type %s, not %s", key, k->type,
			  daemon_type_name(value));
	else
		check_elements(c, k, value);
	check_content(c, key, value);
}

/* One character as UTF-8. */
static void put_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_putc(b, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_putc(b, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_putc(b, (char)(0xe0 | c >> 12));
		} else {
			buf_putc(b, (char)(0xf0 | c >> 18));
			buf_putc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_putc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_putc(b, (char)(0x80 | (c & 0x3f)));
}

/* A file in UTF-16, as its mark says, in UTF-8; false: it has no such mark. */
static bool from_utf16(const struct buf *text, struct buf *ret)
{
	const unsigned char *p = (const unsigned char *)text->data;
	bool big = text->len >= 2 && p[0] == 0xfe && p[1] == 0xff;
	bool little = text->len >= 2 && p[0] == 0xff && p[1] == 0xfe;
	uint32_t high = 0;

	for (size_t i = 2; (big || little) && i + 1 < text->len; i += 2) {
		uint32_t c = big ? (uint32_t)p[i] << 8 | p[i + 1] : (uint32_t)p[i + 1] << 8 | p[i];

		if (c >= 0xd800 && c < 0xdc00) {
			high = c;
			continue;
		}
		if (c >= 0xdc00 && c < 0xe000)
			c = high ? 0x10000 + ((high - 0xd800) << 10) + (c - 0xdc00) : 0xfffd;
		put_utf8(ret, c);
		high = 0;
	}
	return big || little;
}

/*
 * The file as dockerd reads it: the last of equal keys wins; 20.10 stops behind the first value
 * and refuses an empty file, later ones do the opposite, skip a byte order mark and take UTF-16. 0 with
 * *ret NULL: an empty file that is fine.
 */
static int load(const struct buf *file, const struct check *c, json_t **ret, struct error *err)
{
	bool old = is_before(c, "23.0");
	CLEANUP(buf_clear) struct buf wide = {0};
	const struct buf *text = !old && from_utf16(file, &wide) ? &wide : file;
	bool has_bom = text->len >= 3 && memcmp(text->data, BOM, 3) == 0;
	const char *start = buf_str(text) + (has_bom && !old ? 3 : 0);
	size_t n = text->len - (size_t)(start - buf_str(text));
	size_t loose = JSON_DECODE_ANY | JSON_ALLOW_NUL | (old ? JSON_DISABLE_EOF_CHECK : 0);
	json_error_t why;

	if (n == strspn(start, " \t\r\n"))
		return old ? error_set(err, -EINVAL, "the file is empty (EOF)") : 0;
	*ret = json_read(start, n, JSON_READ_STRICT, NULL);
	if (!*ret)
		*ret = json_read(start, n, loose, &why);
	if (!*ret)
		return json_refused(&why, -EINVAL, err);
	if (!json_is_object(*ret) && !json_is_null(*ret))
		return error_set(err, -EINVAL, "the top level must be of type object, not %s",
				 daemon_type_name(*ret));
	return 0;
}

int daemon_file_check(const struct buf *text, const char *version, const struct strv *flag_keys,
		      struct strv *ret_reasons, struct error *err)
{
	CLEANUP(strv_clear) struct strv reasons = {0};
	CLEANUP(json_decrefp) json_t *top = NULL;
	struct check c = {.version = version, .flag_keys = flag_keys, .reasons = &reasons};
	CLEANUP(error_clear) struct error why = {0};
	const char *key;
	json_t *value;

	if (load(text, &c, &top, &why) < 0)
		strv_add(&reasons, error_text(&why));
	else
		json_object_foreach(top, key, value) check_member(&c, key, value);
	if (reasons.count == 0)
		return 0;
	if (ret_reasons)
		strv_add_all(ret_reasons, &reasons);
	return error_set(err, -EINVAL, "%s", reasons.items[0]);
}

size_t daemon_file_harm(const struct buf *text, struct strv *ret_reasons)
{
	CLEANUP(json_decrefp) json_t *top = NULL;
	struct check c = {0};
	size_t before = ret_reasons->count;
	const char *name;
	json_t *limit;

	if (load(text, &c, &top, NULL) < 0)
		return 0;
	json_object_foreach(json_object_get(top, "default-ulimits"), name, limit)
	{
		const char *inner = json_string_value(member_of(limit, "Name"));

		if (json_is_object(limit) && (!inner || !*inner))
			strv_addf(ret_reasons,
				  "'%s' of 'default-ulimits' has no Name: no container would start",
				  name);
	}
	return ret_reasons->count - before;
}

static void add_setting(const char *key, const json_t *value, struct strv *ret_keys,
			struct strv *ret_values)
{
	strv_add(ret_keys, key);
	strv_add_owned(ret_values, json_dumps(value, JSON_ENCODE_ANY));
}

int daemon_file_settings(const struct buf *text, const char *version, struct strv *ret_keys,
			 struct strv *ret_values, struct error *err)
{
	CLEANUP(json_decrefp) json_t *top = NULL;
	const struct check c = {.version = version};
	const char *key, *inner;
	json_t *value, *member;
	int r = load(text, &c, &top, err);

	if (r < 0)
		return r;
	json_object_foreach(top, key, value)
	{
		if (!is_flattened(key, daemon_key_find(key), value)) {
			add_setting(key, value, ret_keys, ret_values);
			continue;
		}
		json_object_foreach(value, inner, member)
		{
			const struct daemon_key *k = daemon_key_find(inner);

			if (json_object_get(top, inner))
				continue;
			if (strcmp(key, "proxies") == 0 || (k && strcmp(k->type, "boolean") == 0))
				add_setting(inner, member, ret_keys, ret_values);
		}
	}
	return 0;
}
