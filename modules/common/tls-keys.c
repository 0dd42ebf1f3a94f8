#include "modules/common/tls-keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"

#define MAX_FILE (1U << 20)
#define KEY_MARK "PRIVATE KEY-----"
#define CERTIFICATE_MARK "-----BEGIN CERTIFICATE-----"

/* Certificates for clients that lie in the directories: their keys are client keys. */
struct clients {
	struct certificate *items;
	char **paths;
	size_t count, npaths;
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

static void judge_key(const char *path, const struct buf *text, const struct certificate *ca,
		      const struct clients *clients, struct tally *tally)
{
	if (certificate_has_key(ca, text->data, text->len) == 1) {
		tally_note(tally, VERDICT_FAIL, "'%s' is the private key of the CA", path);
		return;
	}
	for (size_t i = 0; i < clients->count; i++) {
		if (certificate_has_key(&clients->items[i], text->data, text->len) != 1)
			continue;
		tally_note(tally, VERDICT_FAIL, "'%s' is the key of the client's certificate '%s'",
			   path, clients->paths[i]);
		return;
	}
}

static void add_directory_of(const char *path, struct strv *ret)
{
	CLEANUP(freep) char *directory = path_parent(path);

	strv_add_once(ret, directory);
}

static void each_file(const struct view *v, const struct strv *files, struct clients *clients,
		      const struct certificate *ca, struct tally *tally)
{
	for (size_t i = 0; i < files->count; i++) {
		CLEANUP(error_clear) struct error why = {0};
		CLEANUP(buf_wipe) struct buf text = {0};
		int r = read_small(v, files->items[i], &text, &why);

		if (r < 0)
			tally_note(tally, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		else if (r == 1 && !ca)
			take_client(clients, files->items[i], &text);
		else if (r == 1 && strstr(buf_str(&text), KEY_MARK))
			judge_key(files->items[i], &text, ca, clients, tally);
	}
}

void tls_keys_judge(const struct view *v, const struct strv *directories,
		    const struct certificate *ca, const char *server_key, struct tally *tally)
{
	CLEANUP(clients_clear) struct clients clients = {0};
	CLEANUP(strv_clear) struct strv all = {0};
	CLEANUP(strv_clear) struct strv files = {0};
	struct tally unread = {0};

	strv_add_all(&all, directories);
	add_directory_of(server_key, &all);
	list(v, &all, &files, tally);
	each_file(v, &files, &clients, NULL, &unread); /* told of once, below */
	tally_clear(&unread);
	each_file(v, &files, &clients, ca, tally);
	tally_note(tally, VERDICT_PASS,
		   "neither the CA's key nor a client's lies beside the daemon's");
}
