#pragma once

/*
 * X.509 certificates and private keys in PEM (RFC 7468): what a file says, never what a key is.
 * By libcrypto, bound at the first use. Text in, facts out; nothing is trusted or fetched.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"

struct certificate {
	void *x509; /* libcrypto's; NULL: none */
	char *subject; /* "/CN=host" */
	int64_t not_before, not_after; /* seconds since 1970 */
	long version; /* 3, 1 */
	bool is_ca; /* basic constraints say so, in a certificate of version 3 */
	bool has_names; /* subject alternative names: what clients compare */
	bool for_servers, for_clients; /* by the extended key usage; without one, both */
	bool weak_signature; /* MD5 or SHA-1 */
	bool is_rsa;
	int key_bits;
};

/* The first certificate of the text. -EINVAL: there is none. -ENOSYS: no libcrypto. */
int certificate_read(const void *pem, size_t n, struct certificate *ret, struct error *err);
void certificate_clear(struct certificate *c);

/* A bundle, or a certificate with those that stand between it and its CA, in the text's order. */
struct certificates {
	struct certificate *items;
	size_t count;
};

/* All certificates of the text; one that is damaged is left out, as dockerd does. As certificate_read(). */
int certificates_read(const void *pem, size_t n, struct certificates *ret, struct error *err);
void certificates_clear(struct certificates *c);

/* Whether `issuer` signed it, by name and by key. */
bool certificate_issued_by(const struct certificate *c, const struct certificate *issuer);

/*
 * Whether the text's private key is the certificate's: 1, 0. -EINVAL: there is no key in it;
 * -EACCES: it is encrypted.
 */
int certificate_has_key(const struct certificate *c, const void *pem, size_t n);
