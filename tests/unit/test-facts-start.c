#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/facts/sockets.h"
#include "engine/facts/variables.h"
#include "engine/host/read/observe.h"
#include "tests/unit/temp-directory.h"

static void assert_variable(const struct environment *env, const char *name, const char *want)
{
	const struct variable *v = environment_find(env, name);

	if (!want) {
		assert_null(v);
		return;
	}
	assert_non_null(v);
	assert_string_equal(v->value, want);
}

static void test_environment_file(void **state)
{
	static const struct {
		const char *text, *want; /* of the variable A */
	} rows[] = {
		{"A=b c  \n", "b c"},
		{"A=1\nA=2\n", "2"},
		{"export A=b\n", NULL},
		{"1=b\nA-B=c\nA=d\n", "d"},
		{"A=it's rack 7\nB=c", "it's rack 7"},
		{"N=it's rack 7\nA=b\n", "b"},
		{"A='b\tc'\n", "b\tc"},
		{"A='b\rc'\n", NULL}, /* what systemd does not pass on */
		{"A=b\nN=\xe4\n", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(environment_clear) struct environment env = {0};

		environment_parse(rows[i].text, "/etc/default/docker", false, &env);
		assert_variable(&env, "A", rows[i].want);
	}
}

static void test_expansion(void **state)
{
	static const struct {
		const char *line, *want; /* words with | between; those of a variable in <> */
	} rows[] = {
		{"/d -H fd://", "/d|-H|fd://"},
		{"/d $OPTS", "/d|<--icc=false>|<-D>"},
		{"/d $NONE -D", "/d|-D"},
		{"/d $ODD -D", "/d|<anb>|<c>|<it s>|-D"},
		{"/d ${ODD}", "/d|<a\\nb \"c\" 'it s>"},
		{"/d ${OPTS}", "/d|<--icc=false -D>"},
		{"/d --label=${NAME}-1", "/d|<--label=web-1>"},
		{"/d --label=${NONE}x", "/d|--label=x"},
		{"/d --label=$$HOME", "/d|--label=$HOME"},
		{"/d a$NAME", "/d|a$NAME"},
		{"/d --label=p=100%%", "/d|--label=p=100%"},
		{"/d \"a b\"", "/d|a b"},
		{"", ""},
	};
	CLEANUP(environment_clear) struct environment env = {0};

	environment_parse("OPTS=--icc=false -D\nNAME=web\nODD=a\\\\nb \"c\" 'it s\n", "/e", false,
			  &env);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(words_clear) struct words words = {0};
		CLEANUP(strv_clear) struct strv have = {0};
		CLEANUP(freep) char *text = NULL;

		words_expand(rows[i].line, &env, &words);
		for (size_t k = 0; k < words.count; k++) {
			bool from = words.items[k].variable != NULL;

			assert_int_equal(from, words.items[k].file != NULL);
			strv_addf(&have, "%s%s%s", from ? "<" : "", words.items[k].text,
				  from ? ">" : "");
		}
		text = strv_join(&have, "|");
		assert_string_equal(text, rows[i].want);
	}
}

/* Before systemd 254 a backslash at the end of a comment took the next line into it. */
static void test_comment_of_a_version(void **state)
{
	static const struct {
		const char *version, *want;
	} rows[] = {{"252.39-1~deb12u2", NULL}, {"257.8-1", "b"}, {NULL, "b"}};
	const struct temp_directory *t = *state;

	temp_directory_write(t, "env", "# note \\\nA=b\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(environment_clear) struct environment env = {0};
		CLEANUP(facts_clear) struct facts facts = {0};
		struct gather g = {.facts = &facts, .root = &t->root, .packages_read = true};
		struct unit_facts *u = facts_add_unit(&facts, "docker.service");

		if (rows[i].version)
			buf_printf(&g.packages,
				   "Package: systemd\nStatus: install ok installed\nVersion: %s\n",
				   rows[i].version);
		strv_add(&u->environment_files, "/env");
		environment_read(&g, u, &env);
		assert_variable(&env, "A", rows[i].want);
		buf_clear(&g.packages);
	}
}

/* All that sets a variable of a unit, in systemd's order: line, files by pattern, and what unsets. */
static void test_environment_of_a_unit(void **state)
{
	const struct temp_directory *t = *state;
	struct facts facts = {0};
	struct gather g = {.facts = &facts, .root = &t->root};
	CLEANUP(environment_clear) struct environment env = {0};
	struct unit_facts *u = facts_add_unit(&facts, "docker.service");

	assert_int_equal(mkdirat(t->fd, "env.d", 0755), 0);
	temp_directory_write(t, "env.d/b.conf", "A=of b\nB=of b\n");
	temp_directory_write(t, "env.d/a.conf", "A=of a\nC=of a\nD=of a\n");
	temp_directory_write(t, "env.d/.hidden.conf", "A=hidden\n");
	temp_directory_write(t, "env.d/c.other", "A=other\n");
	temp_directory_write(t, "docker.service",
			     "[Service]\nEnvironment=A=line B=line \"E=100%%\" 2=x\n"
			     "UnsetEnvironment=C D=another F\n");
	u->fragment = xstrdup("/docker.service");
	strv_add(&u->environment_files, "/env.d/*.conf");
	strv_add(&u->environment_files, "/gone/*");
	environment_read(&g, u, &env);
	assert_variable(&env, "A", "of b");
	assert_variable(&env, "B", "of b");
	assert_variable(&env, "C", NULL);
	assert_variable(&env, "D", "of a");
	assert_variable(&env, "E", "100%");
	assert_variable(&env, "2", NULL);
	facts_clear(&facts);
}

/* As systemd writes it for the process, byte for byte: what the next start has is compared with that. */
static void test_values_in_a_unit(void **state)
{
	static const struct {
		const char *text, *want; /* of the variable A */
	} rows[] = {
		{"\"A=--x --label=h=%H\"", "--x --label=h=web1"},
		{"A=%m-%v-%n", "0123-6.1-docker.service"},
		{"A=%%H%%%H", "%H%web1"},
		{"A=%h%", "%h%"}, /* not known here */
		{"\"A=-x \\\n  -y\"", "-x    -y"},
		{"\"A=-x \\\n# note\n\t-y\" B=c", "-x  \t-y"},
	};
	const struct temp_directory *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *text = xasprintf("[Service]\nEnvironment=%s\n", rows[i].text);
		CLEANUP(facts_clear) struct facts facts = {0};
		struct gather g = {.facts = &facts, .root = &t->root};
		CLEANUP(environment_clear) struct environment env = {0};
		struct unit_facts *u = facts_add_unit(&facts, "docker.service");

		facts.hostname = xstrdup("web1");
		facts.machine_id = xstrdup("0123");
		facts.kernel = xstrdup("6.1");
		temp_directory_write(t, "docker.service", text);
		u->fragment = xstrdup("/docker.service");
		environment_read(&g, u, &env);
		assert_variable(&env, "A", rows[i].want);
	}
}

/* Flags may come from a file that a specifier names; where that is not known, not all flags are. */
static void test_specifiers(void **state)
{
	static const struct {
		const char *file, *level; /* NULL: no flag is seen */
		const char *unknown; /* NULL: all flags are known */
	} rows[] = {
		{"-/default/%p", "\"debug\"", NULL},
		{"/default/%N", "\"debug\"", NULL},
		{"-/default/docker", "\"debug\"", NULL},
		{"-/default/%i", NULL, NULL},
		{"-/default/%H", NULL, "'EnvironmentFile=-/default/%H'"},
		{"-/default/%p\nEnvironmentFile=/%b", "\"debug\"", "'EnvironmentFile=/%b'"},
		{"/%b\nEnvironmentFile=\nEnvironmentFile=/default/%p", "\"debug\"", NULL},
	};
	struct temp_directory *t = *state;

	assert_int_equal(mkdirat(t->fd, "default", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "etc", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "etc/systemd", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "etc/systemd/system", 0755), 0);
	temp_directory_write(t, "default/docker", "OPTS=-l debug\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts facts = {0};
		struct gather g = {.facts = &facts, .root = &t->root};
		struct unit_facts *u = facts_add_unit(&facts, "docker.service");
		const struct docker_facts *d = &facts.docker;
		const struct setting *level;
		CLEANUP(freep)
		char *text = xasprintf("[Service]\nEnvironmentFile=%s\n"
				       "ExecStart=/usr/bin/dockerd $OPTS\n",
				       rows[i].file);

		temp_directory_write(t, "etc/systemd/system/docker.service", text);
		unit_on_disk(&g, u);
		gather_next_flags(&g);
		gather_listeners(&g);
		level = settings_find(&d->next, "log-level");
		if (strcmp_null(level ? level->value : NULL, rows[i].level) != 0 ||
		    !d->start_unknown != !rows[i].unknown || !d->tcp_unknown != !rows[i].unknown ||
		    (d->start_unknown && !strstr(d->start_unknown, rows[i].unknown)))
			fail_msg("%s: %s, %s", rows[i].file, level ? level->value : "-",
				 d->start_unknown ? d->start_unknown : "-");
	}
}

/* Flags of files that systemd has not read are those of a start after it has, and of none before. */
static void test_not_read_yet(void **state)
{
	static const struct {
		const char *what;
		bool waits; /* systemd says so */
		const char *start; /* on the disk */
		const char *unread; /* the level then; NULL: the default */
		bool known;
	} rows[] = {
		{"all is read", false, "/usr/bin/dockerd -l debug", NULL, false},
		{"a flag waits", true, "/usr/bin/dockerd -l debug", "\"debug\"", true},
		{"a flag waits to go", true, "/usr/bin/dockerd", NULL, true},
		{"a wrapper waits", true, "/bin/wrapper -l debug", NULL, false},
	};
	struct temp_directory *t = *state;

	assert_int_equal(mkdirat(t->fd, "etc", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "etc/systemd", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "etc/systemd/system", 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts facts = {0};
		struct gather g = {.facts = &facts, .root = &t->root};
		struct unit_facts *u = facts_add_unit(&facts, "docker.service");
		const struct docker_facts *d = &facts.docker;
		const struct setting *level;
		CLEANUP(freep) char *text = xasprintf("[Service]\nExecStart=%s\n", rows[i].start);

		temp_directory_write(t, "etc/systemd/system/docker.service", text);
		u->exec_start = xstrdup("/usr/bin/dockerd -l warn");
		u->need_daemon_reload = rows[i].waits;
		gather_next_flags(&g);
		level = settings_find(&d->next, "log-level");
		assert_non_null(level);
		assert_string_equal(level->value, "\"warn\"");
		level = settings_find(&d->next_unread, "log-level");
		if (strcmp_null(level ? level->value : NULL, rows[i].unread) != 0 ||
		    d->units_wait != rows[i].known)
			fail_msg("%s: %s", rows[i].what, level ? level->value : "-");
	}
}

/* Whose arguments are dockerd's is told by the whole name, and by what the file is. */
static void test_wrappers(void **state)
{
	static const struct {
		const char *program, *text; /* of its file */
		bool known;
	} rows[] = {
		{"/bin/dockerd", "\177ELF", true},
		{"/bin/dockerd-ce", "\177ELF", true},
		{"/bin/dockerd", "#!/bin/sh\nexec /real/dockerd --icc=false\n", false},
		{"/bin/dockerd-wrapper", "\177ELF", false},
		{"/bin/dockerd.sh", "\177ELF", false},
		{"/bin/dockerd-rootless.sh", "#!/bin/sh\n", false},
		{"/bin/dockerdx", "\177ELF", false},
		{"/gone/dockerd", NULL, true}, /* its name is all there is */
	};
	const struct temp_directory *t = *state;

	assert_int_equal(mkdirat(t->fd, "bin", 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts facts = {0};
		struct gather g = {.facts = &facts, .root = &t->root};
		struct unit_facts *u = facts_add_unit(&facts, "docker.service");

		if (rows[i].text)
			temp_directory_write(t, rows[i].program + 1, rows[i].text);
		u->exec_start = xasprintf("%s -D", rows[i].program);
		gather_next_flags(&g);
		if (!facts.docker.start_unknown != rows[i].known ||
		    (facts.docker.nnext_flags > 0) != rows[i].known)
			fail_msg("%s: %s", rows[i].program,
				 facts.docker.start_unknown ? facts.docker.start_unknown : "known");
	}
}

static void test_pattern(void **state)
{
	static const struct {
		const char *pattern, *want;
	} rows[] = {
		{"/d/*", "/d/a /d/b"},   {"/?/b", "/d/b /e/b"}, {"/d/a", "/d/a"},
		{"/none/a", "/none/a"},  {"/none/*", ""},       {"/d/[!b]", "/d/a"},
		{"//d//*", "/d/a /d/b"}, {"/d/.*", "/d/.c"},
	};
	const struct temp_directory *t = *state;

	mkdirat(t->fd, "d", 0755);
	mkdirat(t->fd, "e", 0755);
	temp_directory_write(t, "d/a", "");
	temp_directory_write(t, "d/b", "");
	temp_directory_write(t, "d/.c", "");
	temp_directory_write(t, "e/b", "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv have = {0};
		CLEANUP(freep) char *text = NULL;

		observe_glob(&t->root, rows[i].pattern, &have);
		text = strv_join(&have, " ");
		assert_string_equal(text, rows[i].want);
	}
}

static void test_set_so(void **state)
{
	static const struct {
		const char *has, *name, *value;
		bool so;
	} rows[] = {
		{"A=1 B=2", "B", "2", true},
		{"A=1 B=2", "B", "3", false},
		{"A=1 BB=2", "B", "2", false},
		{"A=1", "DOCKER_OPTS", "", true}, /* DOCKER_OPTS="" in a file is not a change */
		{"A=1 DOCKER_OPTS=", "DOCKER_OPTS", "", true},
		{"A=1 DOCKER_OPTS=-D", "DOCKER_OPTS", "", false},
		{"A=1", "DOCKER_OPTS", "-D", false},
		{"A=1", "PATH", "", false}, /* without one there is a default */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *name = xstrdup(rows[i].name), *value = xstrdup(rows[i].value);
		const struct variable v = {.name = name, .value = value};
		CLEANUP(strv_clear) struct strv has = {0};

		strv_split(&has, rows[i].has, " ");
		assert_int_equal(variable_is_set_so(&has, &v), rows[i].so);
	}
}

/* A variable is not looked for in all that came before. */
static void test_many_variables(void **state)
{
	const size_t count = 200000;
	CLEANUP(environment_clear) struct environment env = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	double start = clock_ms();

	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "VARIABLE_%zu=%zu\n", i, i);
	buf_puts(&text, "VARIABLE_7=last\n");
	environment_parse(buf_str(&text), "/e", false, &env);
	assert_int_equal(env.count, count);
	assert_variable(&env, "VARIABLE_7", "last");
	assert_variable(&env, "VARIABLE_199999", "199999");
	assert_null(environment_find(&env, "VARIABLE_"));
	if (clock_ms() - start > 5000) /* once it took a minute */
		fail_msg("%zu variables take %.0f ms", count, clock_ms() - start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_so),
		cmocka_unit_test(test_many_variables),
		cmocka_unit_test(test_environment_file),
		cmocka_unit_test(test_expansion),
		TEMP_DIRECTORY_TEST(test_environment_of_a_unit),
		TEMP_DIRECTORY_TEST(test_values_in_a_unit),
		TEMP_DIRECTORY_TEST(test_comment_of_a_version),
		TEMP_DIRECTORY_TEST(test_wrappers),
		TEMP_DIRECTORY_TEST(test_pattern),
		TEMP_DIRECTORY_TEST(test_specifiers),
		TEMP_DIRECTORY_TEST(test_not_read_yet),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
