#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/format/certificate.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#include <fcntl.h>
#include <unistd.h>

/*
 * The certificates in samples/tls were made with openssl for this test: a CA, a good server's
 * ("server"), and others with one mistake each; another CA, and one that the first has issued; the first, as
 * it was before it was renewed with its key ("ca-old").
 */

#define DIRECTORY "/etc/docker/tls"
#define NOW INT64_C(1780000000) /* in 2026 */
#define YEAR INT64_C(31557600)

/* "ca+middle": both, one behind the other. */
static void read_sample(const char *names, struct buf *ret)
{
	CLEANUP(strv_clear) struct strv all = {0};

	strv_split(&all, names, "+");
	for (size_t i = 0; i < all.count; i++) {
		CLEANUP(freep) char *path = xasprintf(SAMPLES "/tls/%s.pem", all.items[i]);
		CLEANUP(buf_clear) struct buf text = {0};
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		assert_true(fd >= 0);
		assert_int_equal(fd_read_all(fd, 1U << 20, &text), 0);
		close(fd);
		buf_append(ret, text.data, text.len);
	}
}

static void put(struct fake_view *f, const char *path, const char *sample)
{
	CLEANUP(buf_clear) struct buf text = {0};

	read_sample(sample, &text);
	fake_file(f, path, 0400, buf_str(&text));
}

static void put_place(struct fake_view *f, const char *name, const char *path)
{
	strv_add(&facts_add_place(&f->facts, name)->paths, path);
}

static void fill(struct fake_view *f, const char *ca, const char *server, const char *key)
{
	fake_view_init(f);
	f->facts.today = NOW;
	fake_dir(f, DIRECTORY, 0755);
	put(f, DIRECTORY "/ca.pem", ca);
	put(f, DIRECTORY "/server-cert.pem", server);
	put(f, DIRECTORY "/server-key.pem", key);
	put_place(f, "tlscacert", DIRECTORY "/ca.pem");
	put_place(f, "tlscert", DIRECTORY "/server-cert.pem");
	put_place(f, "tlskey", DIRECTORY "/server-key.pem");
}

static const struct row {
	const char *ca, *server, *key;
	enum verdict verdict;
	const char *reason;
} rows[] = {
	{"ca", "server", "server-key", VERDICT_PASS, "fit together"},
	{"ca", "nameless", "server-key", VERDICT_FAIL, "no subject alternative names"},
	{"ca", "both", "server-key", VERDICT_FAIL, "would do as a client's certificate"},
	{"ca", "client", "client-key", VERDICT_FAIL, "no subject alternative names"},
	{"ca", "longer", "server-key", VERDICT_FAIL, "outlives its CA"},
	{"ca", "server", "client-key", VERDICT_FAIL, "is not the key of"},
	{"ca", "server", "encrypted-key", VERDICT_FAIL, "is encrypted"},
	{"ca", "server", "ca", VERDICT_FAIL, "there is no private key in"},
	{"ca", "weak", "weak-key", VERDICT_FAIL, "is signed with MD5 or SHA-1"},
	{"server", "server", "server-key", VERDICT_FAIL, "is not the certificate of a CA"},
	{"weak", "server", "server-key", VERDICT_FAIL, "MD5 or SHA-1"},
	{"ca-key", "server", "server-key", VERDICT_FAIL, "there is no certificate in it"},
	{"other-ca", "server", "server-key", VERDICT_FAIL, "was not issued by"},
	{"other-ca+ca", "server", "server-key", VERDICT_PASS, "fit together"},
	{"ca-key+other-ca+ca", "server", "server-key", VERDICT_PASS, "fit together"},
	{"other-ca+ca", "longer", "server-key", VERDICT_FAIL, "outlives its CA"},
	/* the same CA before it was renewed, in whatever order */
	{"ca-old", "server", "server-key", VERDICT_FAIL, "outlives its CA"},
	{"ca-old+ca", "server", "server-key", VERDICT_PASS, "fit together"},
	{"ca+ca-old", "server", "server-key", VERDICT_PASS, "fit together"},
	{"ca-old+ca", "longer", "server-key", VERDICT_FAIL, "outlives its CA"},
	{"ca-old+ca", "by-middle+middle", "server-key", VERDICT_PASS, "fit together"},
	{"ca+weak", "server", "server-key", VERDICT_FAIL, "' is signed with MD5 or SHA-1"},
	{"ca+client", "server", "server-key", VERDICT_FAIL,
	 "'/CN=client' in '" DIRECTORY "/ca.pem' is not the certificate of a CA"},
	{"other-ca+ca", "by-middle+middle", "server-key", VERDICT_PASS, "fit together"},
	{"ca", "by-middle", "server-key", VERDICT_FAIL, "was not issued by"},
	{"other-ca", "by-middle+middle", "server-key", VERDICT_FAIL, "was not issued by"},
	{"ca", "server+weak", "server-key", VERDICT_FAIL, "MD5 or SHA-1"},
};

static void test_material(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_tls, "aspect=material");

		fill(&f, row->ca, row->server, row->key);
		fake_diff(&f, &module_tls, want, &d);
		if (d.verdict != row->verdict || !strstr(d.reason, row->reason))
			fail_msg("%s, %s, %s: %s (%s)", row->ca, row->server, row->key,
				 verdict_to_string(d.verdict), d.reason);
		assert_int_equal(d.fix != NULL, d.verdict == VERDICT_FAIL);
		assert_null(strstr(d.reason, "BEGIN"));
	}
}

static void test_expiry(void **state)
{
	static const struct {
		int64_t today;
		enum verdict verdict;
		const char *reason;
		const char *ca, *server; /* NULL: ca, server */
	} cases[] = {
		{NOW + YEAR, VERDICT_PASS, "no certificate expires within 30 days"},
		{NOW + 90 * YEAR, VERDICT_PASS, "no certificate expires"},
		{NOW + 200 * YEAR, VERDICT_FAIL, "has expired"},
		{NOW - 20 * YEAR, VERDICT_FAIL, "is not valid yet"},
		{NOW + 105 * YEAR, VERDICT_FAIL, "'/CN=test ca' in '", "other-ca+ca", "other-ca"},
		{NOW + 105 * YEAR, VERDICT_FAIL, "'/CN=server' in '", "other-ca",
		 "other-ca+server"},
		{NOW + 105 * YEAR, VERDICT_PASS, "no certificate expires", "other-ca", "other-ca"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_tls, "aspect=expiry");

		fill(&f, cases[i].ca ? cases[i].ca : "ca",
		     cases[i].server ? cases[i].server : "server", "server-key");
		f.facts.today = cases[i].today;
		fake_diff(&f, &module_tls, want, &d);
		if (d.verdict != cases[i].verdict || !strstr(d.reason, cases[i].reason))
			fail_msg("%zu: %s (%s)", i, verdict_to_string(d.verdict), d.reason);
	}
}

/* Twenty days before the end counts as soon, forty do not. */
static void test_expires_soon(void **state)
{
	CLEANUP(buf_clear) struct buf pem = {0};
	CLEANUP(certificate_clear) struct certificate c = {0};

	read_sample("server", &pem);
	assert_int_equal(certificate_read(pem.data, pem.len, &c, NULL), 0);
	for (int days = 20; days <= 40; days += 20) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_tls, "aspect=expiry");

		fill(&f, "ca", "server", "server-key");
		f.facts.today = c.not_after - days * 86400;
		fake_diff(&f, &module_tls, want, &d);
		assert_verdict(&d, days == 20 ? VERDICT_FAIL : VERDICT_PASS);
		if (days == 20)
			assert_non_null(strstr(d.reason, "expires in 20 days"));
	}
}

static void test_keys(void **state)
{
	static const struct {
		const char *path, *sample, *path2, *sample2;
		enum verdict verdict;
		const char *reason;
	} cases[] = {
		{NULL, NULL, NULL, NULL, VERDICT_PASS, "neither"},
		{DIRECTORY "/ca-key.pem", "ca-key", NULL, NULL, VERDICT_FAIL,
		 "'" DIRECTORY "/ca-key.pem' is the private key of the CA"},
		{"/root/.docker/notes.txt", "ca-key", NULL, NULL, VERDICT_FAIL,
		 "is the private key of the CA"},
		{"/root/.docker/cert.pem", "client", "/root/.docker/key.pem", "client-key",
		 VERDICT_FAIL, "'/root/.docker/key.pem' is the key of the client's certificate"},
		{"/root/.docker/cert.pem", "client", NULL, NULL, VERDICT_PASS, "neither"},
		{DIRECTORY "/ca-key.pem", "ca-key-encrypted", NULL, NULL, VERDICT_NOT_MEASURED,
		 "'" DIRECTORY "/ca-key.pem' is an encrypted private key"},
		{"/root/.docker/k", "encrypted-key", NULL, NULL, VERDICT_NOT_MEASURED,
		 "'/root/.docker/k' is an encrypted private key"},
		{DIRECTORY "/server-key.pem", "encrypted-key", NULL, NULL, VERDICT_PASS, "neither"},
		{DIRECTORY "/ca-key.pem", "ca-key-encrypted", "/root/.docker/k", "ca-key",
		 VERDICT_FAIL, "'/root/.docker/k' is the private key of the CA"},
		{DIRECTORY "/all.pem", "client-key+ca-key", NULL, NULL, VERDICT_FAIL,
		 "is the private key of the CA"},
		{DIRECTORY "/all.pem", "encrypted-key+ca-key", NULL, NULL, VERDICT_FAIL,
		 "is the private key of the CA"},
		{"/srv/ca-key.pem", "ca-key", NULL, NULL, VERDICT_PASS,
		 "neither"}, /* not searched */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_tls, "aspect=ca-key search=/root/.docker,/nowhere");

		fill(&f, "ca", "server", "server-key");
		fake_dir(&f, "/root/.docker", 0700);
		fake_dir(&f, "/srv", 0700);
		if (cases[i].path)
			put(&f, cases[i].path, cases[i].sample);
		if (cases[i].path2)
			put(&f, cases[i].path2, cases[i].sample2);
		fake_diff(&f, &module_tls, want, &d);
		if (d.verdict != cases[i].verdict || !strstr(d.reason, cases[i].reason))
			fail_msg("%zu: %s (%s)", i, verdict_to_string(d.verdict), d.reason);
	}
}

/* The key of each CA of a bundle counts. */
static void test_key_of_a_bundle(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_tls, "aspect=ca-key search=/nowhere");

	fill(&f, "other-ca+ca", "server", "server-key");
	put(&f, DIRECTORY "/ca-key.pem", "ca-key");
	fake_diff(&f, &module_tls, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_non_null(strstr(d.reason, "is the private key of the CA"));
}

static void test_not_configured(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0}, unread = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_tls, "aspect=material");

	fake_view_init(&f);
	str_replace(&facts_add_place(&f.facts, "tlscacert")->absent, "TLS is not configured");
	str_replace(&facts_add_place(&f.facts, "tlscert")->absent, "TLS is not configured");
	str_replace(&facts_add_place(&f.facts, "tlskey")->absent, "TLS is not configured");
	fake_diff(&f, &module_tls, want, &d);
	assert_verdict(&d, VERDICT_NOT_APPLICABLE);
	fake_view_clear(&f);
	fill(&f, "ca", "server", "server-key");
	fake_unreadable(&f, DIRECTORY "/server-key.pem", -EACCES);
	fake_diff(&f, &module_tls, want, &unread);
	assert_verdict(&unread, VERDICT_NOT_MEASURED);
}

/* Cut and changed texts are refused or read, and nothing worse. */
static void test_damaged(void **state)
{
	CLEANUP(buf_clear) struct buf pem = {0};

	read_sample("server", &pem);
	for (size_t n = 0; n < pem.len; n += 7) {
		struct certificate c = {0};

		if (certificate_read(pem.data, n, &c, NULL) == 0)
			assert_true(n > pem.len / 2);
		certificate_clear(&c);
	}
	for (size_t i = 0; i < pem.len; i += 3) {
		struct certificate c = {0};
		char kept = pem.data[i];

		pem.data[i] ^= 0x11;
		certificate_read(pem.data, pem.len, &c, NULL);
		certificate_clear(&c);
		pem.data[i] = kept;
	}
}

static size_t key_bytes, keys_asked;

int __real_certificate_has_key(const struct certificate *c, const void *pem, size_t n);
int __wrap_certificate_has_key(const struct certificate *c, const void *pem, size_t n);

int __wrap_certificate_has_key(const struct certificate *c, const void *pem, size_t n)
{
	key_bytes += n;
	keys_asked++;
	return __real_certificate_has_key(c, pem, n);
}

/* A file of many marks is read once for the CA's certificate, and what is no key not at all. */
static void test_many_keys(void **state)
{
	static const struct {
		const char *unit, *sample; /* behind them; NULL: nothing */
		size_t asked;
	} files[] = {
		{"-----BEGIN X-----\nAA==\n-----END X-----\n", "client-key", 1},
		{"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n", NULL, 1000},
		{"-----BEGIN PRIVATE KEY-----\nAA==\n", "ca-key", 1001}, /* without an end */
		{"-----BEGIN PRIVATE KEY-----", NULL, 1}, /* one line */
		{"-----BEGIN ", NULL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(buf_clear) struct buf text = {0};
		DESIRED(want, &module_tls, "aspect=ca-key search=/root/.docker");

		fill(&f, "ca", "server", "ca"); /* no key lies there */
		fake_dir(&f, "/root/.docker", 0700);
		for (size_t k = 0; k < 1000; k++)
			buf_puts(&text, files[i].unit);
		buf_puts(&text, "\n");
		if (files[i].sample)
			read_sample(files[i].sample, &text);
		else
			buf_puts(&text, "PRIVATE KEY-----\n");
		fake_file(&f, "/root/.docker/all.pem", 0600, buf_str(&text));
		key_bytes = keys_asked = 0;
		fake_diff(&f, &module_tls, want, &d);
		if (keys_asked != files[i].asked || key_bytes > text.len)
			fail_msg("%zu: %zu keys, %zu of %zu bytes", i, keys_asked, key_bytes,
				 text.len);
		assert_verdict(&d, i == 2 ? VERDICT_FAIL : VERDICT_PASS);
	}
}

static bool missing;

void *__real_dlopen(const char *name, int flags);
void *__wrap_dlopen(const char *name, int flags);

void *__wrap_dlopen(const char *name, int flags)
{
	return missing ? NULL : __real_dlopen(name, flags);
}

/* The first test: a library that was bound stays so. */
static void test_without_libcrypto(void **state)
{
	static const char *const aspects[] = {"aspect=material", "aspect=expiry",
					      "aspect=ca-key search=/root"};

	missing = true;
	for (size_t i = 0; i < ARRAY_SIZE(aspects); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_tls, aspects[i]);

		fill(&f, "ca", "server", "server-key");
		fake_diff(&f, &module_tls, want, &d);
		assert_verdict(&d, VERDICT_NOT_MEASURED);
		assert_non_null(strstr(d.reason, "cannot load 'libcrypto.so.3'"));
		assert_null(d.fix);
	}
	missing = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_libcrypto),
		cmocka_unit_test(test_material),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_expires_soon),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_key_of_a_bundle),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_not_configured),
		cmocka_unit_test(test_damaged),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
