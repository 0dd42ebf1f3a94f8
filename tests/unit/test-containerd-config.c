/* What a config file of containerd's names, however it is written. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/containerd-config.h"

static const struct {
	const char *what, *text;
	const char *imports, *paths; /* NULL: it cannot be read */
} rows[] = {
	{"nothing", "", "", ""},
	{"what Docker ships", "#imports = [\"/a\"]\ndisabled_plugins = [\"cri\"]\n#root = \"/b\"\n",
	 "", ""},
	{"one", "version = 2\nimports = [\"/a.toml\"]\n", "/a.toml", ""},
	{"over lines, with comments and a comma behind the last",
	 "imports = [ # \"/x\"\n  '/a.toml', # ]\n  \"b/*.toml\",\n]\nroot = \"/r\"\n",
	 "/a.toml b/*.toml", "/r"},
	{"a quoted key, in another case", "\"Imports\"=['/a']", "/a", ""},
	{"escapes", "\"\\u0069mports\" = [\"\\u002fa\\\\b\"]", "/a\\b", ""},
	{"strings of several lines", "imports = ['''\n/a''', \"\"\"/b\"\"\"]\n", "/a /b", ""},
	{"a quote in front of the closing three", "x = \"\"\"/a\"\"\"\"\nimports = ['/b']", "/b",
	 "/a\""},
	{"escaped quotes", "x = \"a\\\"b\"\nimports = ['/b']", "/b", ""},
	{"a table's is none of the file's", "[plugins]\nimports = [\"/a\"]\n", "", "/a"},
	{"nor one below another key", "x.imports = ['/a']\nimports = ['/b']", "/b", "/a"},
	{"what runtimes name, each once",
	 "[plugins.\"/no\".runtimes.runc.options]\n BinaryName = \"/b/runc\"\n"
	 "[proxy_plugins]\n x = { type = \"snapshot\", address = '/b/x.sock' }\n"
	 "[[y]]\n path = \"/b/runc\"\n args = [[\"/b/k\"], [\"k\"]]\n",
	 "", "/b/runc /b/x.sock /b/k"},
	{"carriage returns", "imports = [\"/a\"]\r\nroot = '/r'\r\n", "/a", "/r"},
	{"a string that is not closed", "imports = [\"/a]\n", NULL, NULL},
	{"... of several lines", "x = '''a\n", NULL, NULL},
	{"an escape that nobody knows", "imports = [\"/\\q\"]", NULL, NULL},
	{"... of a file", "imports = [\"a\\U0001F600\"]", NULL, NULL},
	{"... of a path", "root = \"/\\U0001F600\"", NULL, NULL},
	{"... of what may be one", "root = \"\\U0000002Fa\"", NULL, NULL},
	{"... of a key", "\"a\\U00000069\" = 1", NULL, NULL},
	{"... of what is neither", "x = \"a \\U0001F600\\e\"\nimports = ['/b']\nroot = '/r'", "/b",
	 "/r"},
	{"lines that go on", "x = \"\"\"\na \\\n  b\"\"\"\nimports = ['/b']\nroot = '/r'", "/b",
	 "/r"},
};

static void test_what_is_named(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(containerd_config_clear) struct containerd_config c = {0};
		CLEANUP(freep) char *imports = NULL, *paths = NULL;
		int r = containerd_config_read(rows[i].text, &c, NULL);

		if (r != (rows[i].imports ? 0 : -EBADMSG))
			fail_msg("%s: %d", rows[i].what, r);
		if (!rows[i].imports)
			continue;
		imports = strv_join(&c.imports, " ");
		paths = strv_join(&c.paths, " ");
		if (strcmp(imports, rows[i].imports) != 0 || strcmp(paths, rows[i].paths) != 0)
			fail_msg("%s: imports '%s', paths '%s'", rows[i].what, imports, paths);
	}
}

/* Wherever a text ends, the reading ends with it. */
static void test_any_beginning(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t n = 0; n < strlen(rows[i].text); n++) {
			CLEANUP(containerd_config_clear) struct containerd_config c = {0};
			CLEANUP(freep) char *text = xstrndup(rows[i].text, n);

			containerd_config_read(text, &c, NULL);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_named),
		cmocka_unit_test(test_any_beginning),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
