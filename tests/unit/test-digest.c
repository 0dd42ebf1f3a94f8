#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"

/* The examples that NIST gives for FIPS 180-4, and the digest of nothing. */
static void test_sha256_known_answers(void **state)
{
	static const struct {
		const char *text, *hex;
	} rows[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *hex = digest_new(rows[i].text, strlen(rows[i].text));

		assert_string_equal(hex, rows[i].hex);
	}
}

static void test_sha256_of_a_million_letters(void **state)
{
	CLEANUP(freep) char *text = xcalloc(1, 1000000);
	char hex[DIGEST_HEX_LEN + 1];

	memset(text, 'a', 1000000);
	digest_hex(text, 1000000, hex);
	assert_string_equal(hex,
			    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Of 260 texts, so that each length of the last block is among them; by another implementation. */
static void test_sha256_of_each_length(void **state)
{
	unsigned char text[260];
	char all[sizeof(text) * DIGEST_HEX_LEN + 1];
	CLEANUP(freep) char *hex = NULL;

	for (size_t n = 0; n < sizeof(text); n++) {
		for (size_t i = 0; i < n; i++)
			text[i] = (unsigned char)(i * 7 + n);
		digest_hex(text, n, all + n * DIGEST_HEX_LEN);
	}
	hex = digest_new(all, sizeof(all) - 1);
	assert_string_equal(hex,
			    "145cd3e43ac5b4d9743cd774b509c1f5e8c24fa39143c5b8573240eef3ff1493");
}

static void test_sha256_of_null_and_of_nul(void **state)
{
	CLEANUP(freep) char *none = digest_new(NULL, 0);
	CLEANUP(freep) char *nul = digest_new("\0", 1);

	assert_string_equal(none,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_string_equal(nul,
			    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

/* RFC 3720, appendix B.4; the RFC lists the bytes of the check sum in the order on the wire. */
static void test_crc32c_of_rfc3720(void **state)
{
	static const struct {
		unsigned char first;
		int step;
		uint32_t crc;
	} rows[] = {
		{0x00, 0, 0x8a9136aa},
		{0xff, 0, 0x62a8ab43},
		{0x00, 1, 0x46dd794e},
		{0x1f, -1, 0x113fdb5c},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned char bytes[32];

		for (int k = 0; k < 32; k++)
			bytes[k] = (unsigned char)(rows[i].first + k * rows[i].step);
		assert_int_equal(crc32c(0, bytes, sizeof(bytes)), rows[i].crc);
	}
}

/* The fifth of the RFC: a SCSI read (10) command PDU. */
static void test_crc32c_of_an_iscsi_command(void **state)
{
	static const unsigned char pdu[48] = {
		[0] = 0x01,  [1] = 0xc0,  [16] = 0x14, [22] = 0x04,
		[27] = 0x14, [31] = 0x18, [32] = 0x28, [40] = 0x02,
	};

	assert_int_equal(crc32c(0, pdu, sizeof(pdu)), 0xd9963a56);
}

static void test_crc32c_goes_on(void **state)
{
	static const char text[] = "123456789";

	assert_int_equal(crc32c(0, text, 9), 0xe3069283); /* the usual check value */
	for (size_t cut = 0; cut <= 9; cut++)
		assert_int_equal(crc32c(crc32c(0, text, cut), text + cut, 9 - cut), 0xe3069283);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256_known_answers),
		cmocka_unit_test(test_sha256_of_a_million_letters),
		cmocka_unit_test(test_sha256_of_each_length),
		cmocka_unit_test(test_sha256_of_null_and_of_nul),
		cmocka_unit_test(test_crc32c_of_rfc3720),
		cmocka_unit_test(test_crc32c_of_an_iscsi_command),
		cmocka_unit_test(test_crc32c_goes_on),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
