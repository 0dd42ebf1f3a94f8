#include "engine/host/acl-text.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/strv.h"

/* The kernel's layout (linux/posix_acl_xattr.h): a header, then entries, all little-endian. */
#define XATTR_VERSION 2
#define NO_ID UINT32_MAX

struct xattr_header {
	uint32_t version;
};

struct xattr_entry {
	uint16_t tag;
	uint16_t perm;
	uint32_t id;
};

/* Tags have the kernel's numbers, which are also the order of entries. */
enum tag {
	TAG_USER_OBJ = 0x01,
	TAG_USER = 0x02,
	TAG_GROUP_OBJ = 0x04,
	TAG_GROUP = 0x08,
	TAG_MASK = 0x10,
	TAG_OTHER = 0x20,
};

struct entry {
	unsigned tag;
	unsigned perm; /* r 4, w 2, x 1 */
	uint32_t id; /* NO_ID unless USER or GROUP */
};

struct entries {
	struct entry *items;
	size_t count;
	unsigned tags; /* all of them */
};

static void entries_clear(struct entries *e)
{
	free(e->items);
}

static bool is_named(unsigned tag)
{
	return tag == TAG_USER || tag == TAG_GROUP;
}

static void add_entry(struct entries *e, struct entry entry)
{
	*(struct entry *)array_append(&e->items, &e->count, sizeof(entry)) = entry;
	e->tags |= entry.tag;
}

static int compare_entries(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->tag != b->tag)
		return a->tag < b->tag ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

/* Sorts, and says what is wrong with them as an ACL (NULL: nothing); the kernel's own rules. */
static const char *complete(struct entries *e)
{
	const unsigned needed = TAG_USER_OBJ | TAG_GROUP_OBJ | TAG_OTHER;

	if (e->count == 0)
		return "it is empty";
	qsort(e->items, e->count, sizeof(*e->items), compare_entries);
	for (size_t i = 1; i < e->count; i++)
		if (compare_entries(&e->items[i - 1], &e->items[i]) == 0)
			return "it has an entry twice";
	if ((e->tags & needed) != needed)
		return "it lacks an entry for the owner, the group or others";
	if (e->tags & (TAG_USER | TAG_GROUP) && !(e->tags & TAG_MASK))
		return "it lacks a mask";
	return NULL;
}

static bool decode_entry(const unsigned char *bytes, struct entry *ret)
{
	struct xattr_entry raw;

	memcpy(&raw, bytes, sizeof(raw));
	*ret = (struct entry){.tag = le16toh(raw.tag), .perm = le16toh(raw.perm), .id = NO_ID};
	if (is_named(ret->tag))
		ret->id = le32toh(raw.id);
	switch (ret->tag) {
	case TAG_USER_OBJ:
	case TAG_USER:
	case TAG_GROUP_OBJ:
	case TAG_GROUP:
	case TAG_MASK:
	case TAG_OTHER:
		return ret->perm <= 7;
	default:
		return false;
	}
}

static bool decode(const unsigned char *bytes, size_t len, struct entries *e)
{
	struct xattr_header header;

	if (len < sizeof(header))
		return false;
	memcpy(&header, bytes, sizeof(header));
	if (le32toh(header.version) != XATTR_VERSION)
		return false;
	if ((len - sizeof(header)) % sizeof(struct xattr_entry))
		return false;
	for (size_t at = sizeof(header); at < len; at += sizeof(struct xattr_entry)) {
		struct entry entry;

		if (!decode_entry(bytes + at, &entry))
			return false;
		add_entry(e, entry);
	}
	return true;
}

static const char *tag_name(unsigned tag)
{
	if (tag & (TAG_USER_OBJ | TAG_USER))
		return "user";
	if (tag & (TAG_GROUP_OBJ | TAG_GROUP))
		return "group";
	return tag == TAG_MASK ? "mask" : "other";
}

static char *print(const struct entries *e)
{
	CLEANUP(buf_clear) struct buf text = {0};

	for (size_t i = 0; i < e->count; i++) {
		const struct entry *n = &e->items[i];

		buf_printf(&text, "%s%s:", i ? "," : "", tag_name(n->tag));
		if (is_named(n->tag))
			buf_printf(&text, "%u", n->id);
		buf_printf(&text, ":%c%c%c", n->perm & 4 ? 'r' : '-', n->perm & 2 ? 'w' : '-',
			   n->perm & 1 ? 'x' : '-');
	}
	return buf_take(&text);
}

int acl_text_from_xattr(const void *value, size_t len, bool access, char **ret_text,
			struct error *err)
{
	CLEANUP(entries_clear) struct entries e = {0};
	const char *wrong;

	if (!decode(value, len, &e))
		return error_set(err, -EINVAL, "%zu bytes are no access control list", len);
	if (e.count == 0) {
		*ret_text = NULL;
		return 0;
	}
	wrong = complete(&e);
	if (wrong)
		return error_set(err, -EINVAL, "the access control list is not valid: %s", wrong);
	*ret_text = access && e.count == 3 ? NULL : print(&e);
	return 0;
}

static bool parse_tag(const char *word, bool named, unsigned *ret)
{
	static const struct {
		const char *name;
		unsigned plain, named; /* 0: not allowed */
	} tags[] = {
		{"user", TAG_USER_OBJ, TAG_USER},
		{"group", TAG_GROUP_OBJ, TAG_GROUP},
		{"mask", TAG_MASK, 0},
		{"other", TAG_OTHER, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		bool is_short = word[0] == tags[i].name[0] && !word[1];

		if (!is_short && strcmp(word, tags[i].name) != 0)
			continue;
		*ret = named ? tags[i].named : tags[i].plain;
		return *ret != 0;
	}
	return false;
}

static bool parse_id(const char *word, uint32_t *ret)
{
	unsigned long long id;

	if (!*word || word[strspn(word, "0123456789")] || strlen(word) > 10)
		return false;
	id = strtoull(word, NULL, 10);
	*ret = (uint32_t)id;
	return id < NO_ID;
}

static bool parse_perm(const char *word, unsigned *ret)
{
	static const char letters[] = "rwx";

	*ret = 0;
	for (; *word; word++) {
		const char *at = strchr(letters, *word);

		if (at && *ret & 4U >> (at - letters))
			return false;
		if (at)
			*ret |= 4U >> (at - letters);
		else if (*word != '-')
			return false;
	}
	return true;
}

/* "user:1000:rwx" */
static bool parse_entry(char *text, struct entry *ret)
{
	char *id = strchr(text, ':');
	char *perm = id ? strchr(id + 1, ':') : NULL;

	if (!perm || !perm[1])
		return false;
	*id++ = '\0';
	*perm++ = '\0';
	*ret = (struct entry){.id = NO_ID};
	return parse_tag(text, *id, &ret->tag) && (!*id || parse_id(id, &ret->id)) &&
	       parse_perm(perm, &ret->perm);
}

static int parse(const char *text, struct entries *e, struct error *err)
{
	CLEANUP(strv_clear) struct strv parts = {0};
	const char *wrong;

	strv_split(&parts, text, ", \t\n");
	for (size_t i = 0; i < parts.count; i++) {
		CLEANUP(freep) char *copy = xstrdup(parts.items[i]);
		struct entry entry;

		if (!parse_entry(copy, &entry))
			return error_set(err, -EINVAL, "'%s' is no entry of an access control list",
					 parts.items[i]);
		add_entry(e, entry);
	}
	wrong = complete(e);
	if (wrong)
		return error_set(err, -EINVAL, "'%s' is no access control list: %s", text, wrong);
	return 0;
}

int acl_text_to_xattr(const char *text, struct buf *ret_value, struct error *err)
{
	CLEANUP(entries_clear) struct entries e = {0};
	struct xattr_header header = {.version = htole32(XATTR_VERSION)};
	int r;

	r = parse(text, &e, err);
	if (r < 0)
		return r;
	buf_set(ret_value, &header, sizeof(header));
	for (size_t i = 0; i < e.count; i++) {
		struct xattr_entry raw = {
			.tag = htole16((uint16_t)e.items[i].tag),
			.perm = htole16((uint16_t)e.items[i].perm),
			.id = htole32(e.items[i].id),
		};

		buf_append(ret_value, &raw, sizeof(raw));
	}
	return 0;
}

int acl_text_mode(const char *text, mode_t *ret_mode, struct error *err)
{
	CLEANUP(entries_clear) struct entries e = {0};
	mode_t mode = 0;
	int r;

	r = parse(text, &e, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < e.count; i++) {
		const struct entry *n = &e.items[i];

		if (n->tag == TAG_USER_OBJ)
			mode |= n->perm << 6;
		else if (n->tag == (e.tags & TAG_MASK ? TAG_MASK : TAG_GROUP_OBJ))
			mode |= n->perm << 3;
		else if (n->tag == TAG_OTHER)
			mode |= n->perm;
	}
	*ret_mode = mode;
	return 0;
}
