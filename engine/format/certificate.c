#include "engine/format/certificate.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/base/day.h"
#include "engine/base/late.h"

#define NAME_MAX_TEXT 512

static struct {
	__typeof__(&OPENSSL_init_crypto) init;
	__typeof__(&BIO_new_mem_buf) bio_new;
	__typeof__(&BIO_free) bio_free;
	__typeof__(&PEM_read_bio_X509) read_x509;
	__typeof__(&PEM_read_bio_PrivateKey) read_key;
	__typeof__(&X509_free) x509_free;
	__typeof__(&EVP_PKEY_free) key_free;
	__typeof__(&X509_get0_notBefore) not_before;
	__typeof__(&X509_get0_notAfter) not_after;
	__typeof__(&ASN1_TIME_to_tm) to_tm;
	__typeof__(&X509_get_subject_name) subject;
	__typeof__(&X509_get_issuer_name) issuer;
	__typeof__(&X509_NAME_oneline) oneline;
	__typeof__(&X509_NAME_cmp) name_cmp;
	__typeof__(&X509_check_ca) check_ca;
	__typeof__(&X509_get_extended_key_usage) extended_usage;
	__typeof__(&X509_get_ext_by_NID) extension;
	__typeof__(&X509_get0_pubkey) public_key;
	__typeof__(&EVP_PKEY_eq) key_eq;
	__typeof__(&EVP_PKEY_get_bits) key_bits;
	__typeof__(&EVP_PKEY_get_base_id) key_id;
	__typeof__(&X509_verify) verify;
	__typeof__(&X509_get_signature_nid) signature_nid;
	__typeof__(&OBJ_find_sigid_algs) signature_parts;
	__typeof__(&X509_get_version) version;
	__typeof__(&ERR_clear_error) clear_errors;
} crypto;

static const struct late_symbol symbols[] = {
	LATE_SYMBOL(crypto.init, OPENSSL_init_crypto),
	LATE_SYMBOL(crypto.bio_new, BIO_new_mem_buf),
	LATE_SYMBOL(crypto.bio_free, BIO_free),
	LATE_SYMBOL(crypto.read_x509, PEM_read_bio_X509),
	LATE_SYMBOL(crypto.read_key, PEM_read_bio_PrivateKey),
	LATE_SYMBOL(crypto.x509_free, X509_free),
	LATE_SYMBOL(crypto.key_free, EVP_PKEY_free),
	LATE_SYMBOL(crypto.not_before, X509_get0_notBefore),
	LATE_SYMBOL(crypto.not_after, X509_get0_notAfter),
	LATE_SYMBOL(crypto.to_tm, ASN1_TIME_to_tm),
	LATE_SYMBOL(crypto.subject, X509_get_subject_name),
	LATE_SYMBOL(crypto.issuer, X509_get_issuer_name),
	LATE_SYMBOL(crypto.oneline, X509_NAME_oneline),
	LATE_SYMBOL(crypto.name_cmp, X509_NAME_cmp),
	LATE_SYMBOL(crypto.check_ca, X509_check_ca),
	LATE_SYMBOL(crypto.extended_usage, X509_get_extended_key_usage),
	LATE_SYMBOL(crypto.extension, X509_get_ext_by_NID),
	LATE_SYMBOL(crypto.public_key, X509_get0_pubkey),
	LATE_SYMBOL(crypto.key_eq, EVP_PKEY_eq),
	LATE_SYMBOL(crypto.key_bits, EVP_PKEY_get_bits),
	LATE_SYMBOL(crypto.key_id, EVP_PKEY_get_base_id),
	LATE_SYMBOL(crypto.verify, X509_verify),
	LATE_SYMBOL(crypto.signature_nid, X509_get_signature_nid),
	LATE_SYMBOL(crypto.signature_parts, OBJ_find_sigid_algs),
	LATE_SYMBOL(crypto.version, X509_get_version),
	LATE_SYMBOL(crypto.clear_errors, ERR_clear_error),
};

static int bind_crypto(struct error *err)
{
	static struct late_library library = {"libcrypto.so.3", symbols, ARRAY_SIZE(symbols)};
	bool first = !library.bound;
	int r = late_bind(&library, err);

	if (r == 0 && first)
		crypto.init(OPENSSL_INIT_NO_LOAD_CONFIG, NULL); /* its file could load anything */
	return r;
}

/* Nobody is asked for the password of a key. */
static int no_password(char *to, int size, int writing, void *data)
{
	*(bool *)data = true;
	return -1;
}

static int64_t seconds_of(const ASN1_TIME *asn1_time)
{
	struct tm tm = {0};

	if (crypto.to_tm(asn1_time, &tm) != 1)
		return 0;
	return day_number(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * DAY_SECONDS +
	       tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
}

static bool is_weak(const X509 *x509)
{
	int digest = 0, key = 0;

	return crypto.signature_parts(crypto.signature_nid(x509), &digest, &key) == 1 &&
	       (digest == NID_md5 || digest == NID_sha1);
}

static void fill(struct certificate *c)
{
	char subject[NAME_MAX_TEXT] = "";
	uint32_t usage = crypto.extended_usage(c->x509);
	EVP_PKEY *key = crypto.public_key(c->x509);

	crypto.oneline(crypto.subject(c->x509), subject, sizeof(subject));
	c->subject = xstrdup(subject);
	c->not_before = seconds_of(crypto.not_before(c->x509));
	c->not_after = seconds_of(crypto.not_after(c->x509));
	c->version = crypto.version(c->x509) + 1;
	c->is_ca = crypto.check_ca(c->x509) == 1;
	c->has_names = crypto.extension(c->x509, NID_subject_alt_name, -1) >= 0;
	c->for_servers = usage & XKU_SSL_SERVER;
	c->for_clients = usage & XKU_SSL_CLIENT;
	c->weak_signature = is_weak(c->x509);
	c->is_rsa = key && crypto.key_id(key) == EVP_PKEY_RSA;
	c->key_bits = key ? crypto.key_bits(key) : 0;
}

/* How many the text may have: so many times it is worth to read. */
static size_t count_marks(const char *pem, size_t n)
{
	static const char mark[] = "-----BEGIN CERTIFICATE-----";
	size_t count = 0;

	for (const char *p = pem; (p = memmem(p, n - (size_t)(p - pem), mark, strlen(mark))); p++)
		count++;
	return count;
}

/* At most so many certificates of the text, from its start on. */
static int read_some(const void *pem, size_t n, size_t limit, struct certificates *ret,
		     struct error *err)
{
	bool asked = false;
	BIO *bio;
	int r = bind_crypto(err);

	if (r < 0)
		return r;
	if (n == 0 || n > INT_MAX)
		return error_set(err, -EINVAL, "there is no certificate in it");
	bio = crypto.bio_new(pem, (int)n);
	for (size_t i = 0; i < limit; i++) {
		struct certificate one = {.x509 = crypto.read_x509(bio, NULL, no_password, &asked)};

		if (!one.x509)
			continue;
		fill(&one);
		*(struct certificate *)array_append(&ret->items, &ret->count, sizeof(one)) = one;
	}
	crypto.bio_free(bio);
	crypto.clear_errors();
	if (ret->count == 0)
		return error_set(err, -EINVAL, "there is no certificate in it");
	return 0;
}

int certificate_read(const void *pem, size_t n, struct certificate *ret, struct error *err)
{
	struct certificates all = {0};
	int r = read_some(pem, n, 1, &all, err);

	if (r == 0)
		*ret = all.items[0];
	free(all.items);
	return r;
}

int certificates_read(const void *pem, size_t n, struct certificates *ret, struct error *err)
{
	return read_some(pem, n, n ? count_marks(pem, n) : 0, ret, err);
}

void certificates_clear(struct certificates *c)
{
	for (size_t i = 0; i < c->count; i++)
		certificate_clear(&c->items[i]);
	free(c->items);
	*c = (struct certificates){0};
}

void certificate_clear(struct certificate *c)
{
	if (c->x509)
		crypto.x509_free(c->x509);
	free(c->subject);
	*c = (struct certificate){0};
}

bool certificate_issued_by(const struct certificate *c, const struct certificate *issuer)
{
	bool good = crypto.name_cmp(crypto.issuer(c->x509), crypto.subject(issuer->x509)) == 0 &&
		    crypto.verify(c->x509, crypto.public_key(issuer->x509)) == 1;

	crypto.clear_errors();
	return good;
}

int certificate_has_key(const struct certificate *c, const void *pem, size_t n)
{
	bool encrypted = false;
	EVP_PKEY *key;
	BIO *bio;
	int same;

	if (n == 0 || n > INT_MAX)
		return -EINVAL;
	bio = crypto.bio_new(pem, (int)n);
	key = crypto.read_key(bio, NULL, no_password, &encrypted);
	crypto.bio_free(bio);
	crypto.clear_errors();
	if (!key)
		return encrypted ? -EACCES : -EINVAL;
	same = crypto.key_eq(crypto.public_key(c->x509), key);
	crypto.key_free(key);
	return same == 1;
}
