#include "engine/format/certificate.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/base/day.h"

#define LIBCRYPTO "libcrypto.so.3"
#define NO_LOAD_CONFIG UINT64_C(0x80) /* OPENSSL_INIT_NO_LOAD_CONFIG */
#define NAME_MAX_TEXT 512

/* Numbers of openssl's headers; part of the library's ABI. */
enum {
	NID_MD5 = 4,
	NID_SHA1 = 64,
	NID_ALT_NAMES = 85,
	KEY_RSA = 6,
	USAGE_SERVER = 0x1,
	USAGE_CLIENT = 0x2,
	VERSION_3 = 2, /* counted from 0 */
};

typedef int (*password_fn)(char *to, int size, int writing, void *data);

static struct {
	int (*init)(uint64_t options, const void *settings);
	void *(*bio_new)(const void *bytes, int n);
	int (*bio_free)(void *bio);
	void *(*read_x509)(void *bio, void **x, password_fn password, void *data);
	void *(*read_key)(void *bio, void **key, password_fn password, void *data);
	void (*x509_free)(void *x);
	void (*key_free)(void *key);
	const void *(*not_before)(const void *x);
	const void *(*not_after)(const void *x);
	int (*to_tm)(const void *asn1_time, struct tm *tm);
	void *(*subject)(const void *x);
	void *(*issuer)(const void *x);
	char *(*oneline)(const void *name, char *to, int size);
	int (*name_cmp)(const void *a, const void *b);
	int (*check_ca)(void *x);
	uint32_t (*extended_usage)(void *x);
	int (*extension)(const void *x, int nid, int after);
	void *(*public_key)(const void *x);
	int (*key_eq)(const void *a, const void *b);
	int (*key_bits)(const void *key);
	int (*key_id)(const void *key);
	int (*verify)(void *x, void *key);
	int (*signature_nid)(const void *x);
	int (*signature_parts)(int nid, int *digest, int *key);
	long (*version)(const void *x);
	void (*clear_errors)(void);
} crypto;

static int bind_crypto(struct error *err)
{
	const struct {
		const char *name;
		void *slot;
	} symbols[] = {
		{"OPENSSL_init_crypto", &crypto.init},
		{"BIO_new_mem_buf", &crypto.bio_new},
		{"BIO_free", &crypto.bio_free},
		{"PEM_read_bio_X509", &crypto.read_x509},
		{"PEM_read_bio_PrivateKey", &crypto.read_key},
		{"X509_free", &crypto.x509_free},
		{"EVP_PKEY_free", &crypto.key_free},
		{"X509_get0_notBefore", &crypto.not_before},
		{"X509_get0_notAfter", &crypto.not_after},
		{"ASN1_TIME_to_tm", &crypto.to_tm},
		{"X509_get_subject_name", &crypto.subject},
		{"X509_get_issuer_name", &crypto.issuer},
		{"X509_NAME_oneline", &crypto.oneline},
		{"X509_NAME_cmp", &crypto.name_cmp},
		{"X509_check_ca", &crypto.check_ca},
		{"X509_get_extended_key_usage", &crypto.extended_usage},
		{"X509_get_ext_by_NID", &crypto.extension},
		{"X509_get0_pubkey", &crypto.public_key},
		{"EVP_PKEY_eq", &crypto.key_eq},
		{"EVP_PKEY_get_bits", &crypto.key_bits},
		{"EVP_PKEY_get_base_id", &crypto.key_id},
		{"X509_verify", &crypto.verify},
		{"X509_get_signature_nid", &crypto.signature_nid},
		{"OBJ_find_sigid_algs", &crypto.signature_parts},
		{"X509_get_version", &crypto.version},
		{"ERR_clear_error", &crypto.clear_errors},
	};
	void *lib;

	if (crypto.clear_errors)
		return 0;
	lib = dlopen(LIBCRYPTO, RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		return error_set(err, -ENOSYS, "cannot load '%s': %s", LIBCRYPTO, dlerror());
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		void *fn = dlsym(lib, symbols[i].name);

		if (!fn)
			return error_set(err, -ENOSYS, "'%s' has no '%s'", LIBCRYPTO,
					 symbols[i].name);
		*(void **)symbols[i].slot = fn;
	}
	crypto.init(NO_LOAD_CONFIG, NULL); /* its file could load anything */
	return 0;
}

/* Nobody is asked for the password of a key. */
static int no_password(char *to, int size, int writing, void *data)
{
	*(bool *)data = true;
	return -1;
}

static int64_t seconds_of(const void *asn1_time)
{
	struct tm tm = {0};

	if (crypto.to_tm(asn1_time, &tm) != 1)
		return 0;
	return day_number(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * DAY_SECONDS +
	       tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
}

static bool is_weak(const void *x509)
{
	int digest = 0, key = 0;

	return crypto.signature_parts(crypto.signature_nid(x509), &digest, &key) == 1 &&
	       (digest == NID_MD5 || digest == NID_SHA1);
}

static void fill(struct certificate *c)
{
	char subject[NAME_MAX_TEXT] = "";
	uint32_t usage = crypto.extended_usage(c->x509);
	void *key = crypto.public_key(c->x509);

	crypto.oneline(crypto.subject(c->x509), subject, sizeof(subject));
	c->subject = xstrdup(subject);
	c->not_before = seconds_of(crypto.not_before(c->x509));
	c->not_after = seconds_of(crypto.not_after(c->x509));
	c->version = crypto.version(c->x509) + 1;
	c->is_ca = crypto.check_ca(c->x509) == 1;
	c->has_names = crypto.extension(c->x509, NID_ALT_NAMES, -1) >= 0;
	c->for_servers = usage & USAGE_SERVER;
	c->for_clients = usage & USAGE_CLIENT;
	c->weak_signature = is_weak(c->x509);
	c->is_rsa = key && crypto.key_id(key) == KEY_RSA;
	c->key_bits = key ? crypto.key_bits(key) : 0;
}

int certificate_read(const void *pem, size_t n, struct certificate *ret, struct error *err)
{
	bool asked = false;
	void *bio;
	int r = bind_crypto(err);

	if (r < 0)
		return r;
	if (n == 0 || n > INT_MAX)
		return error_set(err, -EINVAL, "there is no certificate in it");
	bio = crypto.bio_new(pem, (int)n);
	*ret = (struct certificate){.x509 = crypto.read_x509(bio, NULL, no_password, &asked)};
	crypto.bio_free(bio);
	crypto.clear_errors();
	if (!ret->x509)
		return error_set(err, -EINVAL, "there is no certificate in it");
	fill(ret);
	return 0;
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
	void *bio, *key;
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
