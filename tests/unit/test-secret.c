#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/format/secret.h"
#include "tests/subject-text.h"

#define PW "MARKER" /* in every secret, in none of what stays */

static void test_hidden(void **state)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{"http://me:" PW "@proxy:3128/", "http://(hidden)@proxy:3128/"},
		{"https://" PW "@host", "https://(hidden)@host"},
		{"\"http://me:" PW "@a\",\"http://b\"", "\"http://(hidden)@a\",\"http://b\""},
		{"http://me:p@" PW "@proxy", "http://(hidden)@proxy"},
		{"http://@" PW "@proxy", "http://(hidden)@proxy"},
		{"http://me:" PW "=,[{@proxy a@b", "http://(hidden)@proxy a@b"},
		{"--http-proxy=me:" PW "@proxy:3128 -H fd://",
		 "--http-proxy=(hidden)@proxy:3128 -H fd://"},
		{"me:" PW "@proxy", "(hidden)@proxy"},
		{"\"HTTP_PROXY=http://me:" PW "@p\" \"NO_PROXY=a,b\"",
		 "\"HTTP_PROXY=http://(hidden)@p\" \"NO_PROXY=a,b\""},
		{"{\"splunk-token\":\"" PW "\",\"max-size\":\"1m\"}",
		 "{\"splunk-token\":\"(hidden)\",\"max-size\":\"1m\"}"},
		{"{\"a-token\": \"x\\\"" PW "\", \"b\": 1}",
		 "{\"a-token\": \"(hidden)\", \"b\": 1}"},
		{"\"{\\\"my-token\\\":\\\"" PW "\\\",\\\"b\\\":1}\"",
		 "\"{\\\"my-token\\\":\\\"(hidden)\\\",\\\"b\\\":1}\""},
		{"--log-opt splunk-token=" PW " --debug",
		 "--log-opt splunk-token=(hidden) --debug"},
		{"REGISTRY_PASSWORD='" PW " x' B=1", "REGISTRY_PASSWORD='(hidden)' B=1"},
		{"Secret_Key=" PW, "Secret_Key=(hidden)"},
		{"apikey=" PW ",b", "apikey=(hidden)"},
		{"apikey=" PW ",next=b", "apikey=(hidden),next=b"},
		{"pass=a," PW " b", "pass=(hidden) b"},
		{"--registry-password " PW " --debug", "--registry-password (hidden) --debug"},
		{"(from flag: map[gelf-pass:" PW " max-size:1m], from file: map[])",
		 "(from flag: map[gelf-pass:(hidden) max-size:1m], from file: map[])"},
		{"Authorization: Bearer " PW, "Authorization: Bearer (hidden)"},
		{"{\"authorization\": \"Basic " PW "\"}", "{\"authorization\": \"(hidden)\"}"},
		{"[\"a=b\",\"password:" PW " x, y\"]", "[\"a=b\",\"password:(hidden)\"]"},
		{"{'token': '" PW "', 'a': 1}", "{'token': '(hidden)', 'a': 1}"},
		{"==[[pass=" PW "]", "==[[pass=(hidden)"},
		/* signs that an address must spell otherwise, and that people write */
		{"http://me:a " PW "@proxy:1", "http://(hidden)@proxy:1"},
		{"http://me:a/" PW "@proxy:1 x", "http://(hidden)@proxy:1 x"},
		{"http://me:a#" PW "?@" PW "@proxy\" b", "http://(hidden)@proxy\" b"},
		{"http://me:1a/" PW "@proxy", "http://(hidden)@proxy"},
		/* lists and objects, whatever is in them */
		{"{\"token\": [\"a]\", \"" PW "\"], \"b\": 1}", "{\"token\": (hidden), \"b\": 1}"},
		{"{\"token\":{\"a\":[\"\\\"]}\",\"" PW "\"]},\"b\":1}",
		 "{\"token\":(hidden),\"b\":1}"},
		{"\"{\\\"token\\\":[\\\"a]\\\\\\\"]\\\",\\\"" PW "\\\"],\\\"b\\\":1}\"",
		 "\"{\\\"token\\\":(hidden),\\\"b\\\":1}\""},
		{"{\"token\": [\"" PW, "{\"token\": (hidden)"},
		{"{\"token\" : \"" PW "\"}", "{\"token\" : \"(hidden)\"}"},
		/* arguments as a list */
		{"[\"--token\", \"" PW "\", \"-v\"]", "[\"--token\", \"(hidden)\", \"-v\"]"},
		{"\"[\\\"--token\\\",\\\"" PW "\\\"]\"", "\"[\\\"--token\\\",\\\"(hidden)\\\"]\""},
		/* quotes around the name, too */
		{"--label \"token=a " PW "\" -D", "--label \"token=(hidden)\" -D"},
		{"\"--label=db.token=a " PW "\" -D", "\"--label=db.token=(hidden)\" -D"},
		{"[\\\"token=a " PW "\\\", \\\"b\\\"]", "[\\\"token=(hidden)\\\", \\\"b\\\"]"},
		{"'DB_PASS=a\" " PW "' is odd", "'DB_PASS=(hidden)' is odd"},
		/* an escaped quote within quotes within quotes */
		{"\"{\\\"token\\\":\\\"a\\\\\\\" " PW "\\\"}\"",
		 "\"{\\\"token\\\":\\\"(hidden)\\\"}\""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *shown = secret_hide(rows[i].text);
		CLEANUP(freep) char *again = secret_hide(shown);

		assert_string_equal(shown, rows[i].shown);
		assert_string_equal(again, shown);
		assert_true(secret_in(subject_path(SCHEME_NONE), rows[i].text));
	}
}

/* How a value with any sign in it is written where it stands. */
static char *written(const char *format, const char *login)
{
	CLEANUP(buf_clear) struct buf b = {0};
	bool in_quotes = strchr(format, '"'), nested = strstr(format, "\\\"");

	buf_append(&b, format, strcspn(format, "%"));
	for (const char *c = login; *c; c++) {
		if (in_quotes && strchr("\"\\", *c))
			buf_puts(&b, nested ? "\\\\\\" : "\\");
		buf_putc(&b, *c);
	}
	buf_puts(&b, strchr(format, '%') + 1);
	return buf_take(&b);
}

/* Any sign in the password of a URL, with an @ before it, behind it, or none: no part of it is shown. */
static void test_any_sign_in_password(void **state)
{
	static const char *const logins[] = {"me:MARKER?MARKER", "me:a@MARKER?MARKER",
					     "me:MARKER?a@MARKER", "me:a@MARKER?a@MARKER",
					     "me:MARKER??a@MARKER"};
	static const char *const texts[] = {
		"http://%@host:1",
		"--http-proxy=http://%@host:1 -D",
		"\"http://%@host:1\", \"b\"",
		"{\"a\":\"http://%@host:1\",\"b\":\"x@y\"}",
		"\"HTTP_PROXY=http://%@host:1\" b",
		"'http://%@host:1' is odd, and 'x@y'",
		"\"{\\\"a\\\":\\\"http://%@host:1\\\"}\"",
	};

	(void)state;
	for (size_t t = 0; t < ARRAY_SIZE(texts); t++)
		for (size_t l = 0; l < ARRAY_SIZE(logins); l++)
			for (char c = ' '; c < 127; c++) {
				CLEANUP(freep) char *login = xstrdup(logins[l]), *text = NULL;
				CLEANUP(freep) char *shown = NULL;

				/* these end what they are in */
				if ((c == '\'' && *texts[t] == '\'') ||
				    (c == ' ' && !strpbrk(texts[t], "\"'") && l % 4))
					continue;
				for (char *at = login; *at; at++)
					*at = *at == '?' ? c : *at;
				text = written(texts[t], login);
				shown = secret_hide(text);
				if (strstr(shown, PW) || !strstr(shown, "(hidden)@host:1"))
					fail_msg("%s: %s", text, shown);
			}
}

/* Secrets by what the program of a command takes: S is in each, and in nothing that is shown. */
static void test_options(void **state)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{"curl -u me:S https://h", "curl -u me:(hidden) https://h"},
		{"/usr/bin/curl -sf -u 'me:S S' -d x", "/usr/bin/curl -sf -u 'me:(hidden)' -d x"},
		{"curl -ume:S h", "curl -ume:(hidden) h"},
		{"curl '-ume:S S' h", "curl '-ume:(hidden)' h"},
		{"curl -u me:S\\ S h", "curl -u me:(hidden) h"},
		{"curl -u  1000:S", "curl -u  1000:(hidden)"},
		{"curl -fsSLu me:S h", "curl -fsSLu me:(hidden) h"},
		{"curl -skume:S h", "curl -skume:(hidden) h"},
		{"curl -sH 'PRIVATE-TOKEN: S' h", "curl -sH 'PRIVATE-TOKEN: (hidden)' h"},
		{"[\"curl\",\"-sku\",\"me:S\"]", "[\"curl\",\"-sku\",\"me:(hidden)\"]"},
		{"mysql -sNpS db", "mysql -sNp(hidden) db"},
		{"tool --token $'S' -v", "tool --token $'(hidden)' -v"},
		{"PASS='S'\\''S' B=1", "PASS='(hidden)' B=1"},
		{"PASS='S'\"'\"'S' B=1", "PASS='(hidden)' B=1"},
		{"PASS='S'S B=1", "PASS=(hidden) B=1"},
		{"sh -c \"PASS='S'\" \"b c\"", "sh -c \"PASS='(hidden)'\" \"b c\""},
		{"[\"PASS=S\",\"B=1\"]", "[\"PASS=(hidden)\",\"B=1\"]"},
		{"sh -c \"tool --token S\" \"b c\"", "sh -c \"tool --token (hidden)\" \"b c\""},
		{"redis-cli -u redis://:S@h", "redis-cli -u redis://(hidden)@h"},
		{"curl --user me:S h", "curl --user me:(hidden) h"},
		{"curl --user=me:S h", "curl --user=me:(hidden) h"},
		{"curl --user=\"me:S S\" h", "curl --user=\"me:(hidden)\" h"},
		{"curl -U me:S --proxy-user me:S", "curl -U me:(hidden) --proxy-user me:(hidden)"},
		{"sh -c \"curl -u \\\"me:S S\\\" h\"", "sh -c \"curl -u \\\"me:(hidden)\\\" h\""},
		{"[\"curl\", \"-u\", \"me:S S\", \"h\"]",
		 "[\"curl\", \"-u\", \"me:(hidden)\", \"h\"]"},
		{"[\"curl\",\"-u\",\"me:S\"]", "[\"curl\",\"-u\",\"me:(hidden)\"]"},
		{"\"[\\\"curl\\\",\\\"-u\\\",\\\"me:S\\\"]\"",
		 "\"[\\\"curl\\\",\\\"-u\\\",\\\"me:(hidden)\\\"]\""},
		{"mycurl.sh -u me:S", "mycurl.sh -u me:(hidden)"},
		{"docker run curlimages/curl:8 -u me:S h",
		 "docker run curlimages/curl:8 -u me:(hidden) h"},
		{"curl -H 'X-Auth-Token: S S' h", "curl -H 'X-Auth-Token: (hidden)' h"},
		{"curl -H \"Authorization: Bearer S\" h",
		 "curl -H \"Authorization: Bearer (hidden)\" h"},
		{"curl --header=\"authorization: Foo S\" h",
		 "curl --header=\"authorization: (hidden)\" h"},
		{"curl -HAuthorization:S h", "curl -HAuthorization:(hidden) h"},
		{"curl -H Authorization:\\ Token\\ S h",
		 "curl -H Authorization:\\ Token\\ (hidden) h"},
		{"curl -H Private-Token: S -d x", "curl -H Private-Token: (hidden) -d x"},
		{"curl -b x -H \"Cookie: sid=S; b=S\"", "curl -b x -H \"Cookie: (hidden)\""},
		{"Authorization: token S", "Authorization: token (hidden)"},
		{"Authorization: odd S", "Authorization: (hidden)"},
		{"'Authorization: odd S S' h", "'Authorization: (hidden)' h"},
		{"wget --password=S --user=me h", "wget --password=(hidden) --user=me h"},
		{"wget --http-password=S h", "wget --http-password=(hidden) h"},
		{"mysql -h db -uroot -pS shop", "mysql -h db -uroot -p(hidden) shop"},
		{"mysqldump '-pS S' shop", "mysqldump '-p(hidden)' shop"},
		{"mysqladmin -p'S S' status", "mysqladmin -p'(hidden)' status"},
		{"docker exec db mysql -u root -pS", "docker exec db mysql -u root -p(hidden)"},
		{"mariadb-dump --password=S", "mariadb-dump --password=(hidden)"},
		{"sshpass -p S ssh h", "sshpass -p (hidden) ssh h"},
		{"sshpass -pS ssh h", "sshpass -p(hidden) ssh h"},
		{"docker login -u me -p S h", "docker login -u me -p (hidden) h"},
		{"docker login --password S h", "docker login --password (hidden) h"},
		{"vault login -token S", "vault login -token (hidden)"},
		{"tool --token  S", "tool --token  (hidden)"},
		{"tool --token\tS", "tool --token\t(hidden)"},
		{"redis-cli -a S ping", "redis-cli -a (hidden) ping"},
		{"mongodump -u me -p S", "mongodump -u me -p (hidden)"},
		{"ldapsearch -D cn=x -w S", "ldapsearch -D cn=x -w (hidden)"},
		{"smbclient //h/s -U me%S", "smbclient //h/s -U me%(hidden)"},
		{"lftp -u me,S h", "lftp -u me,(hidden) h"},
		{"snmpget -v2c -c S h", "snmpget -v2c -c (hidden) h"},
		{"openssl enc -k S -in x", "openssl enc -k (hidden) -in x"},
		{"openssl rsa -passin pass:S", "openssl rsa -passin pass:(hidden)"},
		{"mosquitto_pub -u me -P S", "mosquitto_pub -u me -P (hidden)"},
		{"7z x -pS a.7z", "7z x -p(hidden) a.7z"},
		{"env PGPASSWORD=S psql", "env PGPASSWORD=(hidden) psql"},
		{"docker run -e DB_PASS=S -p 8080:80 x",
		 "docker run -e DB_PASS=(hidden) -p 8080:80 x"},
		/* what a shell ends a word at may be a part of a secret, and what it does not is one */
		{"tool --token S<S -v", "tool --token (hidden) -v"},
		{"tool --token S>S -v", "tool --token (hidden) -v"},
		{"tool --token <S> -v", "tool --token (hidden) -v"},
		{"tool --token S`S -v", "tool --token (hidden) -v"},
		{"tool --token S\\S -v", "tool --token (hidden) -v"},
		{"tool --token S\\\\S -v", "tool --token (hidden) -v"},
		{"tool --token S\\ S -v", "tool --token (hidden) -v"},
		{"tool --token=S\\<S -v", "tool --token=(hidden) -v"},
		{"PASS=S\\;S<S B=1", "PASS=(hidden) B=1"},
		{"PASS=S\\", "PASS=(hidden)"},
		{"PASS='S'S<S B=1", "PASS=(hidden) B=1"},
		{"map[token:S<S a:b]", "map[token:(hidden) a:b]"},
		{"\"PASS=S<S\" \"b\"", "\"PASS=(hidden)\" \"b\""},
		{"[\\\"PASS=S>S\\\",\\\"b\\\"]", "[\\\"PASS=(hidden)\\\",\\\"b\\\"]"},
		{"curl -u me:S<S h", "curl -u me:(hidden) h"},
		{"mysql -pS>S h", "mysql -p(hidden) h"},
		{"sshpass -p S\\\\S`S h", "sshpass -p (hidden) h"},
		{"http://me:S<S@proxy:1 x", "http://(hidden)@proxy:1 x"},
		{"http://me:S`S\\S@proxy:1 x", "http://(hidden)@proxy:1 x"},
		{"a; mysql -pS; ssh -p22 h", "a; mysql -p(hidden); ssh -p22 h"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *shown = secret_hide(rows[i].text);
		CLEANUP(freep) char *again = secret_hide(shown);

		assert_string_equal(shown, rows[i].shown);
		assert_string_equal(again, shown);
	}
}

/* What looks a little like it and is none stays as it is. */
static void test_kept(void **state)
{
	static const char *const rows[] = {
		"[\"token:/run/x\",\"secret:5000\"]",
		"",
		"https://docs.docker.com/a@b",
		"http://@proxy/", /* nobody at all; once without an end */
		"fd://",
		"repo/image:1.2@sha256:0123",
		"image:1.2@sha256:0123",
		"getty@tty1.service",
		"the key is a secret: do not tell",
		"token: of the swarm",
		/* what stands in place of a secret already */
		"\"splunk-token\": (hidden, sha256 8ca5\xe2\x80\xa6) }",
		"\"splunk-token\": \"(hidden, sha256 8ca5...)\" }",
		"--password (hidden, sha256 8ca5...) --rm",
		"{\"tlskey\":\"/etc/docker/key.pem\"}",
		"password=",
		"a\nb: c@d",
		"tcp://127.0.0.1:2375",
		"'/etc/passwd': no space left on device",
		"cannot open '/run/secrets': it is not there",
		"control 'site.password': 'mode' of '/etc/passwd' is not as planned",
		"site-secrets.yaml:3:7: unknown key",
		"/etc/passwd:12: a line has too few fields",
		"option '--token' wants a value",
		"auth=true",
		"http://host:8080/a@b and c",
		"tcp://host:2375: see a@b",
		"[\"--token\", 1]",
		"option '--token', 'x'",
		"{\"pass\": false}",
		"docker run -u 1000:1000 --user app:app -p 8080:80 mysql",
		"docker run --name mysql -p3306:3306 x",
		"tool -u 33:33",
		"dockerd -H fd:// -p /run/docker.pid",
		"ssh -p 22 h -u me",
		"mysql -p shop",
		"systemctl --user restart a.service",
		"curl -H 'Accept: text/html' -u me h",
		"mysql -h db; ssh -p22 h",
		"wget -U \"Mozilla/5.0 (X11; rv:109.0)\" h",
		"curl -u",
		"sshpass -p",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *shown = secret_hide(rows[i]);

		assert_string_equal(shown, rows[i]);
		assert_false(secret_in(subj("json:/labels"), rows[i]));
	}
	assert_null(secret_hide(NULL));
}

static void test_mark(void **state)
{
	CLEANUP(freep) char *digest = secret_digest("{\"b\": 1, \"a\": 2}");
	CLEANUP(freep) char *of_value = secret_mark("{\"a\":2,\"b\":1}", false);
	CLEANUP(freep) char *of_digest = secret_mark(digest, false);
	CLEANUP(freep) char *shown = secret_mark("x", true);
	CLEANUP(freep) char *more = secret_hide("DB_PASS=(hidden)" PW);
	CLEANUP(freep) char *within = secret_hide("https://(hidden)" PW "@h");

	assert_string_equal(of_value, of_digest);
	assert_int_equal(strlen(of_value), strlen("(hidden, sha256 ab12...)"));
	assert_string_equal(shown, "(hidden, sha256 2d71\xe2\x80\xa6)"); /* of "x" */
	assert_null(secret_mark(NULL, false));
	/* a secret that begins like one that is hidden */
	assert_null(strstr(more, PW));
	assert_null(strstr(within, PW));
}

static void test_named_by_the_subject(void **state)
{
	assert_true(secret_in(subj("json:/log-opts/splunk-token"), "\"x\""));
	assert_true(secret_in(subj("kv:DOCKER_PASSWORD"), "x"));
	assert_true(secret_in(subj("aug:Shellvars.lns:DB_PASSWORD"), "x"));
	assert_true(secret_in(subj("aug:Systemd.lns:Service/Environment/DB_PASS/value"), "x"));
	assert_true(secret_in(subj("docker:registry-auth"), "\"x\""));
	assert_true(secret_in(subj("unit:Service/SetCredential"), "x"));
	assert_false(secret_in(subj("json:/registry-auth"), "true"));
	assert_false(secret_in(subj("json:/log-opts/max-size"), "\"x\""));
	assert_false(secret_in(subj("json:/log-opts/splunk-token"), NULL));
	assert_false(secret_in(subj("rule:-w /etc/token -p wa"), "loaded"));
	assert_false(secret_in(subj("mode"), "0644"));
}

static void test_shown_through_its_key(void **state)
{
	static const struct {
		const char *key, *value, *shown;
	} rows[] = {
		{"DB_PASSWORD", PW, SECRET_HIDDEN},
		{"/log-opts/gelf-pass", "\"" PW "\"", SECRET_HIDDEN},
		{"/log-opts/gelf-pass", "(hidden, sha256 8ca5...)", "(hidden, sha256 8ca5...)"},
		{"DB_PASSWORD", "(hidden)" PW, SECRET_HIDDEN},
		{"DB_HOST", "db", "db"},
		{NULL, "http://me:" PW "@a", "http://(hidden)@a"},
		{"labels", "db_pwd=" PW, "db_pwd=(hidden)"},
		{"auth", "true", "true"},
		{"proxies", "\"" PW "\"", SECRET_HIDDEN}, /* of the wrong type */
		{"/log-opts", "\"" PW "\"", SECRET_HIDDEN},
		{"log-opts", "{\"tag\":\"a\"}", "{\"tag\":\"a\"}"},
		{"log-level", "\"info\"", "\"info\""},
		{"auth", NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *shown = secret_show(rows[i].key, rows[i].value);

		if (rows[i].shown)
			assert_string_equal(shown, rows[i].shown);
		else
			assert_null(shown);
	}
}

/* Ten times the text takes some ten times as long, whatever it is made of. */
static void test_linear(void **state)
{
	static const char *const units[] = {
		"=",           "[",         ",",         "a=",
		"[a",          "a:",        "\"",        "--a ",
		"://",         "@",         "{",         "\\",
		"\\\\",        "\\\"",      "://a:b c",  "://a:b",
		"token",       "'",         "\"token\"", ": ",
		"%",           "<",         "]",         "token.a ",
		"\"token ",    "#",         "curl ",     "-u ",
		"-u \"",       "-u a:",     "'-u",       "mysql -p",
		"mysql '-p",   "-H ",       "-H \"a:",   "Authorization: ",
		"\\ ",         "--token  ", "pass=a'b ", "pass='a'\\''",
		"pass='a'\"b", "pass=a$'",  "-sku ",
	};
	const size_t n = 1000000;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		CLEANUP(buf_clear) struct buf text = {0};
		uint64_t start = clock_usec(CLOCK_PROCESS_CPUTIME_ID), took;
		char *shown;

		while (text.len < n)
			buf_puts(&text, units[i]);
		shown = secret_hide(buf_str(&text));
		assert_true(strlen(shown) == text.len || strstr(shown, SECRET_HIDDEN));
		free(shown);
		took = clock_usec(CLOCK_PROCESS_CPUTIME_ID) - start;
		if (took > 5000000) /* of the processor alone; once it took minutes */
			fail_msg("1 MB of '%s' take %ju us", units[i], (uintmax_t)took);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_any_sign_in_password),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_mark),
		cmocka_unit_test(test_named_by_the_subject),
		cmocka_unit_test(test_shown_through_its_key),
		cmocka_unit_test(test_linear),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
