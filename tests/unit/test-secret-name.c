#include "tests/test.h"

#include <string.h>

#include "engine/base/macros.h"
#include "engine/format/secret-name.h"

static void test_names(void **state)
{
	static const char *const secret[] = {
		"password",       "DB_PASSWORD",
		"PGPASSWORD",     "passwd",
		"MYSQL_PWD",      "pwd",
		"DBPWD",          "pass",
		"gelf-pass",      "dbPass",
		"DBPASS",         "smtp.pass",
		"passphrase",     "KEY_PASSPHRASE",
		"auth",           "REGISTRY_AUTH",
		"auth-header",    "x.auth",
		"authToken",      "Authorization",
		"shared-key",     "fluentd-shared-key",
		"sharedKey",      "SHARED_KEY",
		"access_key",     "AWS_SECRET_ACCESS_KEY",
		"private-key",    "signing_key",
		"encryption-key", "api_key",
		"api-key",        "apikey",
		"ApiKey",         "api.key",
		"splunk-token",   "TOKENS",
		"client_secret",  "credentials",
		"creds",          "psk",
		"WIFI_PSK",       "jwt",
		"MYSQL_ROOT_PW",  "db_pw",
		"dbPw",           "BINDPW",
	};
	static const char *const plain[] = {
		"",
		"a",
		"key",
		"tlskey",
		"max-size",
		"log-opts",
		"authorization-plugins",
		"author",
		"authority",
		"bypass",
		"no-bypass",
		"compass",
		"passive",
		"passthrough",
		"HTTP_PROXY",
		"labels",
		"keyboard",
		"userns-remap",
		"live-restore",
		"monkey",
		"ExecStart",
		"Environment",
		"spin",
		"pwm",
		"pw2svc",
		"pinned",
		"data-root",
		"insecure-registries",
	};

	for (size_t i = 0; i < ARRAY_SIZE(secret); i++)
		if (!secret_name(secret[i], strlen(secret[i])))
			fail_msg("'%s' is the name of a secret", secret[i]);
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (secret_name(plain[i], strlen(plain[i])))
			fail_msg("'%s' is not a name of a secret", plain[i]);
}

static void test_long_names(void **state)
{
	char name[1000];

	for (size_t at = 0; at + 8 <= sizeof(name); at += 7) {
		memset(name, 'x', sizeof(name));
		memcpy(name + at, "password", 8);
		assert_true(secret_name(name, sizeof(name)));
	}
	memset(name, 'x', sizeof(name));
	assert_false(secret_name(name, sizeof(name)));
}

static void test_paths(void **state)
{
	assert_true(secret_path("/log-opts/splunk-token"));
	assert_true(secret_path("Service/Environment[2]/DB_PASS"));
	assert_true(secret_path("Shellvars:DB_PASSWORD"));
	assert_true(secret_path("/auth/user/name"));
	assert_false(secret_path("/log-opts/max-size"));
	assert_false(secret_path(""));
	assert_false(secret_path("Service/Environment"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_paths),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
