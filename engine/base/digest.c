#include "engine/base/digest.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/alloc.h"

#define SHA256_LEN 32
#define NO_LOAD_CONFIG UINT64_C(0x80) /* OPENSSL_INIT_NO_LOAD_CONFIG */
#define CRC32C_POLYNOMIAL 0x82f63b78U /* reflected */

typedef unsigned char *(*sha256_fn)(const unsigned char *d, size_t n, unsigned char *md);
typedef int (*init_fn)(uint64_t options, const void *settings);

static sha256_fn bind_sha256(void)
{
	static sha256_fn fn;
	init_fn init = NULL;
	void *lib;

	if (fn)
		return fn;
	lib = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
	if (lib) {
		*(void **)&init = dlsym(lib, "OPENSSL_init_crypto");
		*(void **)&fn = dlsym(lib, "SHA256");
	}
	/* else it reads openssl.cnf, which can load anything, and leaves the time on it */
	if (init)
		init(NO_LOAD_CONFIG, NULL);
	if (!fn) {
		fprintf(stderr, "harden: cannot use libcrypto: %s\n", dlerror());
		_exit(EXIT_FAILURE);
	}
	return fn;
}

void digest_hex(const void *bytes, size_t n, char ret_hex[DIGEST_HEX_LEN + 1])
{
	unsigned char md[SHA256_LEN];

	bind_sha256()(bytes ? bytes : "", n, md);
	for (size_t i = 0; i < SHA256_LEN; i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", md[i]);
}

char *digest_new(const void *bytes, size_t n)
{
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(bytes, n, hex);
	return xstrdup(hex);
}

uint32_t crc32c(uint32_t crc, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	crc = ~crc;
	while (n--) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >> 1) ^ CRC32C_POLYNOMIAL : crc >> 1;
	}
	return ~crc;
}
