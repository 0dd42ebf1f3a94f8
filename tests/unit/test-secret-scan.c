#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/format/secret-option.h"
#include "engine/format/secret-scan.h"
#include "engine/format/secret.h"

/* Put together at run time, so that nobody takes this file for one that holds keys. */
#define DIGITS16                                                                                   \
	"ABCDEFGH"                                                                                 \
	"IJKLMNOP"
#define LETTERS36                                                                                  \
	"abcdefghijklmnopqrstuvwxyz"                                                               \
	"0123456789"

static const struct pair {
	const char *name, *value;
	bool secret;
} pairs[] = {
	{"DB_PASSWORD", "hunter2", true},
	{"PGPASSWORD", "hunter2", true},
	{"dbPassword", "hunter2", true},
	{"app.secret-key", "abcd1234", true},
	{"API_KEY", "x1y2z3", true},
	{"GITHUB", "ghp_" LETTERS36, true},
	{"ANYTHING", "AKIA" DIGITS16, true},
	{"DATABASE_URL", "postgres://u:hunter2@db/x", true},
	{"KEY",
	 "-----BEGIN RSA "
	 "PRIVATE KEY-----\nMII",
	 true},
	{"X", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln", true},
	{"REDIS_URL", "redis://:hunter2@cache:6379", true},
	{"MYSQL_ROOT_PW", "hunter2", true},
	{"db_pw", "hunter2", true},
	{"BINDPW", "hunter2", true},
	{"DB_PASSWORD", "/hunter+2", true},
	{"DB_PASSWORD", "/aB3x9Q", true},
	{"DB_PASSWORD", "$hunter2!", true},
	{"DB_PASSWORD", "$6$salt$hunter2", true},
	{"DB_PASSWORD", "$2y$10$hunter2", true},
	{"DB_PASSWORD", "$argon2id$v=19$hunter2", true},
	{"DB_PASSWORD", ".hunter2", true},
	{"DB_PASSWORD", "<hunter2", true},
	{"DB_PASSWORD", "%hunter2", true},
	/* what images are full of */
	{"DB_PW", "/run/secrets/db-pw", false},
	{"DB_PW", "./pw.txt", false},
	{"DB_PW", "~/.pw", false},
	{"DB_PW", "$A:$B", false},
	{"DB_PW", "<pw>", false},
	{"DB_PW", "%PW%", false},
	{"COLOR_PWM", "fast", false},
	{"GPG_KEY", "E3FF2839C048B25C084DEBE9B26995E310250568", false},
	{"PYTHON_GET_PIP_SHA256",
	 "dfe9fd5c28dc98b5ac17979a953ea550cec37ae1b47a5116007395bfacff2ab9", false},
	{"MYSQL_ALLOW_EMPTY_PASSWORD", "yes", false},
	{"POSTGRES_PASSWORD_FILE", "/run/secrets/pw", false},
	{"TOKEN", "$TOKEN", false},
	{"TOKEN", "${TOKEN}", false},
	{"TOKEN", "", false},
	{"TOKEN_TTL", "3600s", false},
	{"PWD", "srv", false},
	{"COMPASS", "north", false},
	{"PASSENGER_HOST", "x", false},
	{"KEYBOARD", "us-intl-keyboard", false},
	{"DATABASE_URL", "postgres://db:5432/x", false},
	{"DATABASE_URL", "postgres://u:$PW@db/x", false},
	{"SECRETARY", "alice", false},
	{"X", "npm_config_cache", false},
};

static void test_pairs(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		const char *what = secret_value(pairs[i].name, pairs[i].value);

		if (!!what != pairs[i].secret)
			fail_msg("%s: %s", pairs[i].name, what ? what : "nothing");
		if (what)
			assert_null(strstr(what, pairs[i].value));
	}
}

/* What is found in an image is what is hidden when it is shown, and the other way round: one table for both. */
static void test_found_and_hidden(void **state)
{
	static const char *const scripts[] = {
		"curl -u me:hunter2 h",
		"curl -ume:hunter2 h",
		"curl -fsSLu me:hunter2 h",
		"curl -sku me:hunter2 h",
		"curl -skume:hunter2 h",
		"curl -U me:hunter2 h",
		"curl --user me:hunter2 h",
		"curl --proxy-user me:hunter2 h",
		"curl -H 'PRIVATE-TOKEN: hunter2' h",
		"curl -sH 'PRIVATE-TOKEN: hunter2' h",
		"curl -H \"X-Auth-Token: hunter2\" h",
		"mysql -phunter2 db",
		"mysql -uroot -sNphunter2 db",
		"docker exec db mysqldump -phunter2 db",
		"docker exec -it db mysql -phunter2 db",
		"kubectl exec db -- mysql -phunter2 db",
		"sudo mysql -phunter2 db",
		"sudo -u postgres mysql -phunter2 db",
		"sudo -n mysql -phunter2 db",
		"sudo -u root env A=b mysql -phunter2 db",
		"sudo -u root -E mysql -phunter2 db",
		"env A=b mysql -phunter2 db",
		"A=b /usr/bin/mysql -phunter2 db",
		"timeout 5 mysql -phunter2 db",
		"sh -c mysql -phunter2 db",
		"if mysql -phunter2 db",
		"wget --password hunter2 h",
		"wget --header 'PRIVATE-TOKEN: hunter2' h",
		"sshpass -p hunter2 ssh h",
		"sshpass -phunter2 ssh h",
		"sshpass -vphunter2 ssh h",
		"docker login -u me -p hunter2",
		"redis-cli -a hunter2 ping",
		"redis-cli -u redis://:hunter2@host ping",
		"ldapsearch -xw hunter2",
		"ldapsearch -xLLL -D cn=x -w hunter2",
		"smbclient //h/s -U me%hunter2",
		"mongodump -p hunter2",
		"MYSQL_ROOT_PW=hunter2 make",
		"db_pw=hunter2 make",
		"ROOTPW=hunter2 make",
		"tool --db-pw hunter2",
		"tool --token $'hunter2'",
		"tool --token $'it\\'s hunter2'",
		"PASS='a'\\''hunter2' make",
		"PASS='a'\"'\"'hunter2' make",
		"PASS='a'\"hunter2\" make",
		"PASS=a'hunter2' make",
		"PASS=\"a\"hunter2 make",
		"PASS=$'hunter2' make",
		"export 'PASS=a'\\''hunter2'",
		"mysql '-pa'\\''hunter2' db",
		"sshpass -p 'a'\\''hunter2' ssh h",
		"PASS='$hunter2!' make",
		"PASS=/hunter2+x= make",
		"A_TOKEN=/xK9hunter2 make",
	};

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		CLEANUP(strv_clear) struct strv found = {0};
		CLEANUP(freep) char *shown = secret_hide(scripts[i]), *again = secret_hide(shown);

		secret_in_shell(scripts[i], &found);
		if (found.count == 0 || strstr(shown, "hunter2"))
			fail_msg("%s: %zu found, shown as %s", scripts[i], found.count, shown);
		assert_string_equal(again, shown);
		for (size_t k = 0; k < found.count; k++)
			assert_null(strstr(found.items[k], "hunter2"));
	}
}

/* What takes no secret, and what only stands for one. */
static void test_nothing_found(void **state)
{
	static const char *const scripts[] = {
		"curl -u \"$USER:$PW\" h",
		"curl -fsSL -o /tmp/x https://h/x",
		"curl -H 'Accept: text/html' h",
		"curl -H \"PRIVATE-TOKEN: $TOKEN\" h",
		"curl -H \"PRIVATE-TOKEN: ${TOKEN}\" h",
		"mysql -p db",
		"mysql -p\"$PW\" db",
		"mysql -P 3306 db",
		"sshpass -e ssh h",
		"sshpass -f /run/secrets/pw ssh h",
		"sshpass -p \"$PW\" ssh h",
		"docker run -u 1000:1000 --user app:app x",
		"install -o www -g www -m 755 a b",
		"tool -u app:app",
		"mkdir -p /srv/pw",
		"DB_PW=/run/secrets/db_pw make",
		"DB_PW=$DB_PW make",
		"DB_PW=${A}-${B} make",
		"DB_PW=\"$A/b\" make",
		"DB_PW=<password> make",
		"DB_PW=$(cat /run/secrets/x) make",
		"redis-cli -u redis://:$PW@host ping",
		"redis-cli -u redis://host ping",
		"wget -U \"Mozilla/5.0 (X11; Linux x86_64; rv:109.0)\" h",
		"wget -U Mozilla:5 -u a:b h",
		"sudo wget -qU 'a: b' h",
		"install -d mysql -pm700",
		"sudo install -d mysql -pm700",
		"sudo -u root install -d mysql -pm700",
		"chown -R mysql -pm700",
		"ls mysql -pm700; mkdir zip -Pm700",
	};

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		CLEANUP(strv_clear) struct strv found = {0};

		secret_in_shell(scripts[i], &found);
		if (found.count)
			fail_msg("%s: %s", scripts[i], found.items[0]);
	}
}

static const struct row {
	const char *script, *want;
} rows[] = {
	{"apt-get update && apt-get install -y passwd", ""},
	{"export DB_PASSWORD=hunter2 && make", "DB_PASSWORD"},
	{"mysql --password=hunter2 x", "--password"},
	{"mysql --password hunter2 x", "--password"},
	{"mysql --password \"$PW\" x", ""},
	{"npm config set //r/:_authToken=npm_" LETTERS36, "an npm token"},
	{"git clone https://bob:hunter2@git.local/x", "a login in a URL"},
	{"curl -u bob:hunter2 https://x", "-u"},
	{"curl -u bob https://x", ""},
	{"curl -H 'Authorization: Bearer abcdefghijk' https://x", "an Authorization header"},
	{"curl -H \"Authorization: Bearer $T\" https://x", ""},
	{"echo root:hunter2 | chpasswd", "a password for chpasswd"},
	{"echo \"root:$PW\" | chpasswd", ""},
	{"docker login -u bob -p hunter2", "-p"},
	{"mkdir -p /srv && install -p a:b c", ""},
	{"TOKEN=$(cat /run/secrets/t) make", ""},
	{"PASSWORD= make", ""},
	{"A_TOKEN=hunter2 make; A_TOKEN=hunter3 make", "A_TOKEN"},
};

static void test_scripts(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv found = {0};
		CLEANUP(freep) char *have = NULL;

		secret_in_shell(rows[i].script, &found);
		have = strv_join(&found, ",");
		if (strcmp(have, rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].script, have);
		assert_null(strstr(have, "hunter"));
	}
}

static void test_files(void **state)
{
	static const char *const secret[] = {"/root/.ssh/id_rsa", "/id_ed25519",
					     "/home/a/.aws/credentials", "/app/vault.kdbx"};
	static const char *const other[] = {"/root/.ssh/id_rsa.pub", "/root/.ssh/my_id_rsa",
					    "/credentials", "/usr/share/config.json"};

	for (size_t i = 0; i < ARRAY_SIZE(secret); i++)
		assert_true(secret_file(secret[i]));
	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		assert_false(secret_file(other[i]));
}

static size_t asked;

bool __real_secret_option_program(const char *name, size_t n);
bool __wrap_secret_option_program(const char *name, size_t n);

bool __wrap_secret_option_program(const char *name, size_t n)
{
	asked++;
	return __real_secret_option_program(name, n);
}

/* Each word is asked for once, however many options stand behind it. */
static void test_words_of_one_command(void **state)
{
	const size_t n = 10000;
	CLEANUP(buf_clear) struct buf script = {0};
	CLEANUP(strv_clear) struct strv found = {0};

	buf_puts(&script, "mysql");
	while (script.len < n * 3)
		buf_puts(&script, " -a");
	asked = 0;
	secret_in_shell(buf_str(&script), &found);
	assert_int_equal(found.count, 0);
	if (asked > n + 1)
		fail_msg("%zu times for %zu words", asked, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_found_and_hidden),
		cmocka_unit_test(test_nothing_found),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_words_of_one_command),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
