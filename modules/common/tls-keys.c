#include "modules/common/tls-keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"

#define MAX_FILE (1U << 20)
#define BEGIN_MARK "-----BEGIN "
#define DASHES "-----"
#define KEY_MARK "PRIVATE KEY-----"
#define CERTIFICATE_MARK "-----BEGIN CERTIFICATE-----"

/* Certificates for clients that lie in the directories: their keys are client keys. */
struct clients {
	struct certificate *items;
	char **paths;
	size_t count, npaths;
};

/* What the keys that are found are compared with. */
struct keys {
	const struct certificates *cas;
	const char *server_key;
};

static void clients_clear(struct clients *c)
{
	for (size_t i = 0; i < c->count; i++) {
		certificate_clear(&c->items[i]);
		free(c->paths[i]);
	}
	free(c->items);
	free(c->paths);
}

/* 1: a plain file of a sane size, its bytes in *ret; 0: something else; negative: not readable. */
static int read_small(const struct view *v, const char *path, struct buf *ret, struct error *err)
{
	CLEANUP(node_clear) struct node node = {0};
	int r = view_node(v, path, &node, err);

	if (r < 0 || node.kind != NODE_FILE || node.size > MAX_FILE)
		return r < 0 ? r : 0;
	r = view_content(v, path, ret, err);
	return r < 0 ? r : 1;
}

static void list(const struct view *v, const struct strv *directories, struct strv *ret,
		 struct tally *tally)
{
	for (size_t i = 0; i < directories->count; i++) {
		CLEANUP(error_clear) struct error why = {0};
		CLEANUP(strv_clear) struct strv names = {0};
		int r = view_children(v, directories->items[i], &names, &why);

		if (r < 0 && r != -ENOENT && r != -ENOTDIR)
			tally_note(tally, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		for (size_t k = 0; r >= 0 && k < names.count; k++)
			strv_addf(ret, "%s/%s", directories->items[i], names.items[k]);
	}
}

static void take_client(struct clients *c, const char *path, const struct buf *text)
{
	struct certificate one = {0};

	if (!strstr(buf_str(text), CERTIFICATE_MARK) ||
	    certificate_read(text->data, text->len, &one, NULL) < 0)
		return;
	if (!one.for_clients || one.for_servers || one.is_ca) {
		certificate_clear(&one);
		return;
	}
	*(struct certificate *)array_append(&c->items, &c->count, sizeof(one)) = one;
	*(char **)array_append(&c->paths, &c->npaths, sizeof(char *)) = xstrdup(path);
}

/* The next private key in the text, from its mark to behind its end, or to the next mark; NULL: there is none. */
static const char *next_key(const char *text, const char **ret_end)
{
	for (const char *p = text; (p = strstr(p, BEGIN_MARK)); p += strcspn(p, "\n")) {
		size_t n = strcspn(p, "\r\n");

		while (n > 0 && strchr(" \t", p[n - 1]))
			n--;
		if (!ends_with_n(p, n, KEY_MARK))
			continue;
		*ret_end = strstr(p + n, DASHES);
		if (!*ret_end)
			*ret_end = p + strlen(p);
		else if (!starts_with(*ret_end, BEGIN_MARK))
			*ret_end += strcspn(*ret_end, "\n");
		return p;
	}
	return NULL;
}

/*
 * Whether one of the private keys in the text is the certificate's; -EACCES: one is encrypted. Each is given on
 * alone: a file of many marks is not read once for each of them.
 */
static int has_key(const struct certificate *c, const struct buf *text)
{
	const char *end = buf_str(text), *key;
	int best = 0;

	while (best != 1 && (key = next_key(end, &end))) {
		int r = certificate_has_key(c, key, (size_t)(end - key));

		if (r == 1 || r == -EACCES)
			best = r;
	}
	return best;
}

/* The one that it is the key of, NULL: of none; *encrypted, where that cannot be told. */
static const struct certificate *find_owner(const struct certificate *all, size_t count,
					    const struct buf *text, bool *encrypted)
{
	for (size_t i = 0; i < count; i++) {
		int r = has_key(&all[i], text);

		if (r == 1)
			return &all[i];
		*encrypted = *encrypted || r == -EACCES;
	}
	return NULL;
}

static void judge_key(const char *path, const struct buf *text, const struct keys *k,
		      const struct clients *clients, struct tally *tally)
{
	bool encrypted = false;
	const struct certificate *client;

	if (find_owner(k->cas->items, k->cas->count, text, &encrypted)) {
		tally_note(tally, VERDICT_FAIL, "'%s' is the private key of the CA", path);
		return;
	}
	client = find_owner(clients->items, clients->count, text, &encrypted);
	if (client)
		tally_note(tally, VERDICT_FAIL, "'%s' is the key of the client's certificate '%s'",
			   path, clients->paths[client - clients->items]);
	else if (encrypted && strcmp(path, k->server_key) != 0) /* dockerd can read its own */
		tally_note(tally, VERDICT_NOT_MEASURED,
			   "'%s' is an encrypted private key: it may be the CA's", path);
}

static void add_directory_of(const char *path, struct strv *ret)
{
	CLEANUP(freep) char *directory = path_parent(path);

	strv_add_once(ret, directory);
}

static void each_file(const struct view *v, const struct strv *files, struct clients *clients,
		      const struct keys *keys, struct tally *tally)
{
	for (size_t i = 0; i < files->count; i++) {
		CLEANUP(error_clear) struct error why = {0};
		CLEANUP(buf_wipe) struct buf text = {0};
		int r = read_small(v, files->items[i], &text, &why);

		if (r < 0)
			tally_note(tally, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		else if (r == 1 && !keys)
			take_client(clients, files->items[i], &text);
		else if (r == 1 && strstr(buf_str(&text), KEY_MARK))
			judge_key(files->items[i], &text, keys, clients, tally);
	}
}

void tls_keys_judge(const struct view *v, const struct strv *directories,
		    const struct certificates *cas, const char *server_key, struct tally *tally)
{
	const struct keys keys = {.cas = cas, .server_key = server_key};
	CLEANUP(clients_clear) struct clients clients = {0};
	CLEANUP(strv_clear) struct strv all = {0};
	CLEANUP(strv_clear) struct strv files = {0};
	struct tally unread = {0};

	strv_add_all(&all, directories);
	add_directory_of(server_key, &all);
	list(v, &all, &files, tally);
	each_file(v, &files, &clients, NULL, &unread); /* told of once, below */
	tally_clear(&unread);
	each_file(v, &files, &clients, &keys, tally);
	tally_note(tally, VERDICT_PASS,
		   "neither the CA's key nor a client's lies beside the daemon's");
}
