#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/certificate.h"
#include "modules/common/tls-keys.h"
#include "modules/registry.h"

#define DAY (24 * 60 * 60)
#define RSA_BITS 3072
#define OTHER_BITS 256

/*
 * The certificates that guard the Engine API on the network: whether they are what a client and
 * a server need, whether they end soon, and whether a key lies here that must not. They are made
 * by the CA of the site, never here: the key of a CA does not belong onto the host that it guards.
 */

enum aspect { ASPECT_MATERIAL, ASPECT_EXPIRY, ASPECT_CA_KEY, ASPECT_COUNT };

static const char *const aspect_names[ASPECT_COUNT] = {"material", "expiry", "ca-key"};

struct tls_desired {
	int aspect;
	long days;
	struct strv search;
};

/* What the daemon's settings name; texts of certificates and the key as they are. */
struct material {
	struct certificates cas,
		servers; /* the server's own comes first, those behind it lead to its CA */
	struct buf key;
	const char *ca_path, *server_path, *key_path;
};

static void material_clear(struct material *m)
{
	certificates_clear(&m->cas);
	certificates_clear(&m->servers);
	buf_wipe(&m->key);
}

static int aspect_parse(const char *text)
{
	for (int i = 0; i < ASPECT_COUNT; i++)
		if (strcmp(aspect_names[i], text) == 0)
			return i;
	return -EINVAL;
}

/* The one path of a place; NULL and a verdict when there is none. */
static const char *one_path(const struct view *v, const char *name, struct delta *ret)
{
	const struct place *p = facts_place(v->facts, name);

	if (p && p->paths.count > 0)
		return p->paths.items[0];
	if (!p || p->unknown)
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s",
			    p ? p->unknown : "the daemon's files are not known");
	else
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "%s",
			    p->absent ? p->absent : "TLS is not configured");
	return NULL;
}

static int read_certificates(const struct view *v, const char *path, struct certificates *ret,
			     struct error *err)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	int r = view_content(v, path, &text, err);

	if (r < 0)
		return r;
	r = certificates_read(text.data, text.len, ret, &why);
	return r < 0 ? error_set_at(err, r, path, "'%s': %s", path, error_text(&why)) : 0;
}

/* true: all three are there and read. */
static bool load(const struct view *v, struct material *m, struct delta *ret)
{
	CLEANUP(error_clear) struct error why = {0};
	int r;

	m->ca_path = one_path(v, "tlscacert", ret);
	m->server_path = one_path(v, "tlscert", ret);
	m->key_path = one_path(v, "tlskey", ret);
	if (!m->ca_path || !m->server_path || !m->key_path)
		return false;
	r = read_certificates(v, m->ca_path, &m->cas, &why);
	if (r == 0)
		r = read_certificates(v, m->server_path, &m->servers, &why);
	if (r == 0)
		r = view_content(v, m->key_path, &m->key, &why);
	if (r == -EINVAL) /* dockerd would not start with it */
		delta_raise(ret, VERDICT_FAIL, "%s", error_text(&why));
	else if (r < 0)
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s", error_text(&why));
	return r == 0;
}

/* How one of a file is called: of several, by its subject; the caller frees it. */
static char *name_of(const struct certificates *all, size_t i, const char *path)
{
	return all->count == 1 ? xasprintf("'%s'", path)
			       : xasprintf("'%s' in '%s'", all->items[i].subject, path);
}

static void judge_strength(const struct certificates *all, const char *path, struct tally *t)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct certificate *c = &all->items[i];
		CLEANUP(freep) char *name = name_of(all, i, path);

		if (c->weak_signature)
			tally_note(t, VERDICT_FAIL, "%s is signed with MD5 or SHA-1", name);
		if (c->key_bits < (c->is_rsa ? RSA_BITS : OTHER_BITS))
			tally_note(t, VERDICT_FAIL, "the key of %s has %d bits, %d are needed",
				   name, c->key_bits, c->is_rsa ? RSA_BITS : OTHER_BITS);
		if (c->version != 3)
			tally_note(t, VERDICT_FAIL, "%s is of version %ld, not 3", name,
				   c->version);
	}
}

/*
 * Of all that issued it the one that ends last: a CA that was renewed with its key stands twice in a file, in
 * whatever order, and who verifies takes the one that is valid.
 */
static const struct certificate *find_issuer(const struct certificates *all,
					     const struct certificate *c)
{
	const struct certificate *best = NULL;

	for (size_t i = 0; i < all->count; i++) {
		const struct certificate *one = &all->items[i];

		if (one != c && (!best || one->not_after > best->not_after) &&
		    certificate_issued_by(c, one))
			best = one;
	}
	return best;
}

/* The certificate in the CA's file that the server's leads to, over those that stand behind it. */
static const struct certificate *find_root(const struct material *m)
{
	const struct certificate *at = &m->servers.items[0];

	for (size_t i = 0; at && i < m->servers.count; i++) {
		const struct certificate *root = find_issuer(&m->cas, at);

		if (root)
			return root;
		at = find_issuer(&m->servers, at);
	}
	return NULL;
}

static void judge_issuer(const struct material *m, struct tally *t)
{
	const struct certificate *s = &m->servers.items[0], *root = find_root(m);

	if (!root)
		tally_note(t, VERDICT_FAIL, "'%s' was not issued by '%s'", m->server_path,
			   m->ca_path);
	else if (s->not_after > root->not_after)
		tally_note(t, VERDICT_FAIL, "'%s' outlives its CA", m->server_path);
	for (size_t i = 0; i < m->cas.count; i++)
		if (strcmp(s->subject, m->cas.items[i].subject) == 0)
			tally_note(t, VERDICT_FAIL, "'%s' has the name of its CA", m->server_path);
}

static void judge_server(const struct material *m, struct tally *t)
{
	const struct certificate *s = &m->servers.items[0];

	judge_issuer(m, t);
	if (!s->has_names)
		tally_note(t, VERDICT_FAIL,
			   "'%s' has no subject alternative names: clients refuse it",
			   m->server_path);
	if (!s->for_servers)
		tally_note(t, VERDICT_FAIL, "'%s' is not for servers", m->server_path);
	if (s->for_clients)
		tally_note(t, VERDICT_FAIL, "'%s' would do as a client's certificate, too",
			   m->server_path);
}

static void judge_key(const struct material *m, struct tally *t)
{
	int r = certificate_has_key(&m->servers.items[0], m->key.data, m->key.len);

	if (r == -EACCES)
		tally_note(t, VERDICT_FAIL, "'%s' is encrypted: dockerd cannot read it",
			   m->key_path);
	else if (r < 0)
		tally_note(t, VERDICT_FAIL, "there is no private key in '%s'", m->key_path);
	else if (r == 0)
		tally_note(t, VERDICT_FAIL, "'%s' is not the key of '%s'", m->key_path,
			   m->server_path);
}

static void judge_material(const struct material *m, struct tally *t)
{
	for (size_t i = 0; i < m->cas.count; i++) {
		CLEANUP(freep) char *name = name_of(&m->cas, i, m->ca_path);

		if (!m->cas.items[i].is_ca)
			tally_note(t, VERDICT_FAIL, "%s is not the certificate of a CA", name);
	}
	judge_strength(&m->cas, m->ca_path, t);
	judge_strength(&m->servers, m->server_path, t);
	judge_server(m, t);
	judge_key(m, t);
	tally_note(t, VERDICT_PASS, "CA, server certificate and key fit together");
}

static void judge_end(const struct certificate *c, const char *name, int64_t today, long days,
		      struct tally *t)
{
	int64_t left = (c->not_after - today) / DAY;

	if (c->not_after <= today)
		tally_note(t, VERDICT_FAIL, "%s has expired", name);
	else if (c->not_before > today)
		tally_note(t, VERDICT_FAIL, "%s is not valid yet", name);
	else if (left < days)
		tally_note(t, VERDICT_FAIL, "%s expires in %ld days", name, (long)left);
	else
		tally_note(t, VERDICT_PASS, "no certificate expires within %ld days", days);
}

static void judge_ends(const struct certificates *all, const char *path, int64_t today, long days,
		       struct tally *t)
{
	for (size_t i = 0; i < all->count; i++) {
		CLEANUP(freep) char *name = name_of(all, i, path);

		judge_end(&all->items[i], name, today, days, t);
	}
}

static void judge(const struct tls_desired *want, const struct view *v, const struct material *m,
		  struct tally *t)
{
	if (want->aspect == ASPECT_MATERIAL) {
		judge_material(m, t);
	} else if (want->aspect == ASPECT_EXPIRY) {
		judge_ends(&m->cas, m->ca_path, v->facts->today, want->days, t);
		judge_ends(&m->servers, m->server_path, v->facts->today, want->days, t);
	} else {
		tls_keys_judge(v, &want->search, &m->cas, m->key_path, t);
	}
}

static const char *const fixes[ASPECT_COUNT] = {
	[ASPECT_MATERIAL] =
		"have the CA of the site issue it anew: with the host's names as subject "
		"alternative names, for servers alone, EC P-256 or RSA 3072 and more",
	[ASPECT_EXPIRY] =
		"have the CA of the site issue it anew, put it in place and restart dockerd, "
		"which reads it only then",
	[ASPECT_CA_KEY] =
		"move the key to the machine of the CA, or of the client, and take it off "
		"this host",
};

static int tls_diff(const void *desired, const struct view *now, struct delta *ret,
		    struct error *err)
{
	const struct tls_desired *want = desired;
	CLEANUP(material_clear) struct material m = {0};
	struct tally t = {0};

	if (!load(now, &m, ret)) {
		if (ret->verdict == VERDICT_FAIL)
			str_replace(&ret->fix, fixes[want->aspect]);
		return 0;
	}
	judge(want, now, &m, &t);
	tally_finish(&t, ret);
	if (ret->verdict == VERDICT_FAIL)
		str_replace(&ret->fix, fixes[want->aspect]);
	return 0;
}

static int tls_check(const void *desired, struct error *err)
{
	const struct tls_desired *want = desired;

	if (want->days < 0)
		return error_set(err, -EINVAL, "'days' cannot be %ld", want->days);
	if ((want->aspect == ASPECT_CA_KEY) != (want->search.count > 0))
		return error_set(err, -EINVAL, "'search' goes with 'aspect: ca-key'");
	return 0;
}

static const struct field fields[] = {
	{.key = "aspect",
	 .type = FIELD_ENUM,
	 .offset = offsetof(struct tls_desired, aspect),
	 .required = true,
	 .parse = aspect_parse,
	 .def = -1,
	 .help = "material, expiry or ca-key"},
	{.key = "days",
	 .type = FIELD_INT,
	 .offset = offsetof(struct tls_desired, days),
	 .def = 30,
	 .help = "of expiry: how many must be left"},
	{.key = "search",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct tls_desired, search),
	 .help = "of ca-key: directories in which keys are looked for, beside the daemon's own"},
	{0},
};

const struct module module_tls = {
	.name = "tls",
	.summary = "certificates and keys of the Engine API",
	.desired_size = sizeof(struct tls_desired),
	.fields = fields,
	.check = tls_check,
	.diff = tls_diff,
};
