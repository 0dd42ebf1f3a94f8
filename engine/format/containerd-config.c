#include "engine/format/containerd-config.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"

/* Where in a statement the text is. */
enum part {
	PART_KEY,
	PART_HEADER, /* "[table]" */
	PART_VALUE,
};

struct scan {
	const char *at;
	enum part part;
	size_t depth; /* of brackets in a value: lines do not end it there */
	bool in_table; /* behind the first header nothing is the file's own any more */
	char *key; /* its last part */
	size_t nparts; /* of the key */
	struct containerd_config *ret;
};

void containerd_config_clear(struct containerd_config *c)
{
	strv_clear(&c->imports);
	strv_clear(&c->paths);
}

/* Behind the closing quotes; NULL: there are none. `n` of them: one, or three for a string of several lines. */
static const char *string_end(const char *p, char quote, size_t n)
{
	const char three[] = {quote, quote, quote, '\0'};

	for (; *p; p++) {
		if (n == 1 && *p == '\n')
			return NULL;
		if (quote == '"' && *p == '\\' && p[1])
			p++;
		else if (strncmp(p, three, n) == 0)
			break;
	}
	if (!*p)
		return NULL;
	/* up to two quotes may stand in front of the closing three */
	for (int i = 0; n == 3 && i < 2 && p[3] == quote; i++)
		p++;
	return p + n;
}

/* The escapes of a basic string are JSON's, but for a few that nobody needs in a path. NULL: one of these. */
static char *unescaped(const char *raw)
{
	CLEANUP(freep) char *text = xasprintf("\"%s\"", raw);
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	char *ret = xstrdup_null(json_string_value(value));

	json_decref(value);
	return ret;
}

/* The string at s->at, which moves behind it. *ret is NULL where its escapes are not known; *ret_first always is. */
static int read_string(struct scan *s, char **ret, char *ret_first, struct error *err)
{
	char quote = *s->at;
	size_t n = s->at[1] == quote && s->at[2] == quote ? 3 : 1;
	const char *start = s->at + n, *end = string_end(start, quote, n);
	CLEANUP(freep) char *raw = NULL;

	if (!end)
		return error_set(err, -EBADMSG, "a string in it is not closed");
	s->at = end;
	if (n == 3 && *start == '\n')
		start++;
	raw = xstrndup(start, (size_t)(end - start) - n);
	*ret_first = *raw;
	*ret = quote == '"' && strchr(raw, '\\') ? unescaped(raw) : TAKE_PTR(raw);
	return 0;
}

/* containerd finds its keys by any case. */
static bool is_imports(const struct scan *s)
{
	return !s->in_table && s->nparts == 1 && s->key && strcasecmp(s->key, "imports") == 0;
}

static int take_string(struct scan *s, struct error *err)
{
	CLEANUP(freep) char *text = NULL;
	char first = '\0';
	int r = read_string(s, &text, &first, err);

	if (r < 0 || s->part == PART_HEADER)
		return r;
	/* a text (its escapes may be TOML's own), and no path, whatever it goes on with */
	if (!text && s->part == PART_VALUE && !is_imports(s) && first != '/' && first != '\\')
		return 0;
	if (!text)
		return error_set(err, -EBADMSG, "a string in it has an escape that is not known");
	if (s->part == PART_KEY) {
		free(s->key);
		s->key = TAKE_PTR(text);
		s->nparts++;
	} else if (is_imports(s)) {
		strv_add(&s->ret->imports, text);
	} else if (text[0] == '/') {
		strv_add_once(&s->ret->paths, text);
	}
	return 0;
}

static void end_line(struct scan *s)
{
	if (s->depth > 0)
		return;
	s->part = PART_KEY;
	s->nparts = 0;
}

static void take_bare_key(struct scan *s)
{
	size_t n = strcspn(s->at, " \t\r\n.=[]#\"'");

	free(s->key);
	s->key = xstrndup(s->at, n);
	s->nparts++;
	s->at += n;
}

/* A byte that is of no string, no comment and no key. */
static void take_byte(struct scan *s)
{
	char c = *s->at++;

	if (c == '\n') {
		end_line(s);
	} else if (s->part == PART_KEY && c == '[') {
		s->part = PART_HEADER;
		s->in_table = true;
	} else if (s->part == PART_KEY && c == '=') {
		s->part = PART_VALUE;
	} else if (s->part == PART_VALUE && strchr("[{", c)) {
		s->depth++;
	} else if (s->part == PART_VALUE && strchr("]}", c) && s->depth > 0) {
		s->depth--;
	}
}

int containerd_config_read(const char *text, struct containerd_config *ret, struct error *err)
{
	struct scan s = {.at = text, .ret = ret};
	int r = 0;

	while (r == 0 && *s.at) {
		if (*s.at == '#')
			s.at += strcspn(s.at, "\n");
		else if (*s.at == '"' || *s.at == '\'')
			r = take_string(&s, err);
		else if (s.part == PART_KEY && !strchr(" \t\r\n.=[]", *s.at))
			take_bare_key(&s);
		else
			take_byte(&s);
	}
	free(s.key);
	return r;
}
