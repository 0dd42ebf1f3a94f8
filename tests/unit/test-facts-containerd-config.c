/* Which files containerd reads, and which these name: those of the places by which they are judged. */

#include "tests/unit/temp-directory.h"

#include "engine/facts/gather.h"

#define MAIN "/etc/containerd/config.toml"

struct file {
	const char *path, *text;
};

static const struct {
	const char *what, *start; /* ExecStart= of containerd.service; NULL: there is none */
	struct file files[4];
	const char *config, *config_ways; /* NULL: it is not known */
	const char *named, *named_ways;
} rows[] = {
	{"no config file", "/usr/bin/containerd", {{NULL}}, "", MAIN, "", ""},
	{"nothing imported", NULL, {{MAIN, "root = 1\n"}}, MAIN, "", "", ""},
	{"a file of somebody's",
	 "/usr/bin/containerd",
	 {{MAIN, "imports = ['/home/alice/x.toml']\n"}, {"/home/alice/x.toml", ""}},
	 MAIN " /home/alice/x.toml",
	 "",
	 "",
	 ""},
	{"from the file's directory, and that file's, and one that is not there",
	 "/usr/bin/containerd",
	 {{MAIN, "imports = ['d/../d/x.toml']\n"},
	  {"/etc/containerd/d/x.toml", "imports = ['y.toml', '" MAIN "', 'none.toml']"},
	  {"/etc/containerd/d/y.toml", "imports = ['x.toml']"}},
	 MAIN " /etc/containerd/d/x.toml /etc/containerd/d/y.toml",
	 "/etc/containerd/d/none.toml",
	 "",
	 ""},
	{"a pattern: whoever adds a file is obeyed",
	 "/usr/bin/containerd",
	 {{MAIN, "imports = ['/home/alice/*.toml']"}, {"/home/alice/b.toml", ""}},
	 MAIN " /home/alice/b.toml",
	 "/home/alice/*.toml",
	 "",
	 ""},
	{"brackets alone are no pattern",
	 "/usr/bin/containerd",
	 {{MAIN, "imports = ['/home/alice/[b].toml']"}, {"/home/alice/b.toml", ""}},
	 MAIN,
	 "/home/alice/[b].toml",
	 "",
	 ""},
	{"what is named: a program, a directory, and a socket that is not there",
	 "/usr/bin/containerd",
	 {{MAIN, "imports = ['/home/alice/x.toml']\n"},
	  {"/home/alice/x.toml",
	   "[a]\nBinaryName = '/home/alice/runc'\nbin_dir = '/home/alice'\naddress = '/home/s'\n"},
	  {"/home/alice/runc", ""}},
	 MAIN " /home/alice/x.toml",
	 "",
	 "/home/alice/runc",
	 "/home/alice /home/alice/* /home/s"},
	{"by its command line, with a variable of the unit",
	 "/usr/bin/containerd --log-level warn --config=${CONFIG}\nEnvironment=CONFIG=/home/c.toml",
	 {{MAIN, "imports = ['/home/alice/x.toml']"}, {"/home/c.toml", ""}},
	 "/home/c.toml",
	 "",
	 "",
	 ""},
	{"with a short flag",
	 "/usr/bin/containerd -c /home/c.toml",
	 {{NULL}},
	 "",
	 "/home/c.toml",
	 "",
	 ""},
	{"one that cannot be told",
	 "/usr/bin/containerd --config %h/c.toml",
	 {{NULL}},
	 NULL,
	 NULL,
	 NULL,
	 NULL},
	{"what cannot be read names nobody knows what",
	 "/usr/bin/containerd",
	 {{MAIN, "x = 'a\n"}},
	 MAIN,
	 "",
	 NULL,
	 NULL},
};

static void make_directories(const struct temp_directory *t)
{
	static const char *const directories[] = {
		"etc",     "etc/containerd",  "etc/containerd/d",      "home", "home/alice", "usr",
		"usr/lib", "usr/lib/systemd", "usr/lib/systemd/system"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		assert_int_equal(mkdirat(t->fd, directories[i], 0755), 0);
}

static void write_host(const struct temp_directory *t, size_t i)
{
	static const char unit[] = "usr/lib/systemd/system/containerd.service";
	CLEANUP(freep)
	char *text = xasprintf("[Service]\nExecStart=%s\n", rows[i].start ? rows[i].start : "");

	unlinkat(t->fd, unit, 0);
	if (rows[i].start)
		temp_directory_write(t, unit, text);
	for (size_t k = 0; k < ARRAY_SIZE(rows); k++)
		for (size_t n = 0; n < ARRAY_SIZE(rows[k].files) && rows[k].files[n].path; n++)
			unlinkat(t->fd, rows[k].files[n].path + 1, 0);
	for (size_t n = 0; n < ARRAY_SIZE(rows[i].files) && rows[i].files[n].path; n++)
		temp_directory_write(t, rows[i].files[n].path + 1, rows[i].files[n].text);
}

static void assert_place(const struct facts *f, size_t i, const char *name, const char *paths,
			 const char *ways)
{
	const struct place *p = facts_place(f, name);
	CLEANUP(freep) char *have = NULL, *have_ways = NULL;

	assert_non_null(p);
	if ((p->unknown != NULL) != (paths == NULL))
		fail_msg("%s: %s: %s", rows[i].what, name, p->unknown ? p->unknown : "is known");
	if (!paths)
		return;
	have = strv_join(&p->paths, " ");
	have_ways = strv_join(&p->ways, " ");
	if (strcmp(have, paths) != 0 || strcmp(have_ways, ways) != 0)
		fail_msg("%s: %s: '%s', ways '%s'", rows[i].what, name, have, have_ways);
}

static void test_files_that_containerd_obeys(void **state)
{
	const struct temp_directory *t = *state;

	make_directories(t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};

		write_host(t, i);
		assert_int_equal(facts_gather(&f, &t->root, NULL, 0, NULL), 0);
		assert_place(&f, i, "containerd-config", rows[i].config, rows[i].config_ways);
		assert_place(&f, i, "containerd-named", rows[i].named, rows[i].named_ways);
	}
}

/* By a link to its own directory a file may import itself for ever, by longer and longer names. */
static void test_a_circle_of_links_ends(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(facts_clear) struct facts f = {0};

	make_directories(t);
	temp_directory_write(t, &MAIN[1], "imports = ['d/l/config.toml']");
	temp_directory_write(t, "etc/containerd/d/config.toml", "imports = ['l/config.toml']");
	assert_int_equal(symlinkat(".", t->fd, "etc/containerd/d/l"), 0);
	assert_int_equal(facts_gather(&f, &t->root, NULL, 0, NULL), 0);
	assert_true(facts_place(&f, "containerd-config")->paths.count >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_files_that_containerd_obeys),
		TEMP_DIRECTORY_TEST(test_a_circle_of_links_ends),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
