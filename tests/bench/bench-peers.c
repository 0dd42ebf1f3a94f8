/*
 * What others take to look at the same. Each is measured only where it is installed; nothing is
 * installed for it. Those that know no dry run get only what is in order, so that they change
 * nothing, and every round is like the one before.
 */

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "tests/bench/bench.h"

/* The most files that a peer gets: beyond, it takes minutes. 0: it is left out. */
struct most {
	size_t quick, full;
};

/* NULL where it is not measured; the row says why. */
static struct contender *add_peer(struct bench *b, struct work *w, const char *name,
				  const char *program, struct most most)
{
	size_t size = w->size ? w->size : 1; /* a host is one */

	if (!in_path(program))
		work_add_why(w, name, STATE_NOT_INSTALLED, NULL);
	else if (size > (b->quick ? most.quick : most.full))
		work_add_why(w, name, STATE_LEFT_OUT, "it takes too long for so many");
	else
		return work_add(w, name, ROLE_PEER, program);
	return NULL;
}

static void add_words(struct contender *c, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		strv_add(&c->argv, words[i]);
}

#define ADD_WORDS(c, ...)                                                                          \
	add_words(c, (const char *const[]){__VA_ARGS__},                                           \
		  ARRAY_SIZE(((const char *const[]){__VA_ARGS__})))

static char *policy(const struct bench *b, const char *name, const struct buf *text)
{
	char *path = xasprintf("%s/%s", b->directory, name);

	make_text(path, text);
	return path;
}

/* --- systemd-tmpfiles ----------------------------------------------------------- */

static bool has_dry_run(const struct bench *b)
{
	CLEANUP(strv_clear) struct strv argv = {0};
	CLEANUP(freep) char *said = xasprintf("%s/said", b->directory);
	struct run r;

	strv_split(&argv, "systemd-tmpfiles --dry-run --create /dev/null", " ");
	run_command(&argv, said, false, b->deadline_ms, &r);
	return r.status == 0;
}

static void add_tmpfiles(struct bench *b, struct work *w, const char *root, const struct buf *lines,
			 bool all_right)
{
	bool dry = in_path("systemd-tmpfiles") && has_dry_run(b);
	const char *name = dry ? "systemd-tmpfiles --dry-run" : "systemd-tmpfiles --create";
	struct contender *c;

	if (!dry && !all_right && in_path("systemd-tmpfiles")) {
		work_add_why(w, "systemd-tmpfiles", STATE_LEFT_OUT, "it knows no dry run here");
		return;
	}
	c = add_peer(b, w, name, "systemd-tmpfiles", (struct most){100000, 1000000});
	if (c) {
		CLEANUP(freep) char *path = policy(b, "bench.conf", lines);

		if (dry)
			strv_add(&c->argv, "--dry-run");
		ADD_WORDS(c, "--create");
		strv_addf(&c->argv, "--root=%s", root);
		strv_add(&c->argv, path);
	}
}

/* --- policies of others, of one head and as many entries ---------------------------- */

struct language {
	const char *name, *program, *file;
	struct most list, tree;
	const char *head, *foot;
	const char *entry_head; /* before the path of a single file, and behind it */
	const char *entry_foot;
	const char *tree_head; /* the same of a tree */
	const char *tree_foot;
	const char *options; /* before the file's name */
};

static const struct language languages[] = {
	{.name = "CFEngine (cf-agent -n)",
	 .program = "cf-agent",
	 .file = "bench.cf",
	 .list = {1000, 10000},
	 .tree = {10000, 100000},
	 .head = "body common control { bundlesequence => { \"bench\" }; }\n"
		 "body perms bench_mode { mode => \"go-w\"; rxdirs => \"false\"; }\n"
		 "body depth_search bench_deep { depth => \"inf\"; }\n"
		 "bundle agent bench\n{\nfiles:\n",
	 .foot = "}\n",
	 .entry_head = "  \"",
	 .entry_foot = "\" perms => bench_mode;\n",
	 .tree_head = "  \"",
	 .tree_foot = "\" perms => bench_mode, depth_search => bench_deep;\n",
	 .options = "-n -K -f"},
	{.name = "Ansible (--check)",
	 .program = "ansible-playbook",
	 .file = "bench.yml",
	 .list = {0, 60},
	 .tree = {0, 10000},
	 .head = "- hosts: localhost\n  gather_facts: false\n  tasks:\n",
	 .foot = "",
	 .entry_head = "    - file: { path: \"",
	 .entry_foot = "\", mode: \"0644\" }\n",
	 .tree_head = "    - file: { path: \"",
	 .tree_foot = "\", mode: \"go-w\", recurse: true, state: directory }\n",
	 .options = "-i localhost, -c local --check"},
	{.name = "Puppet (--noop)",
	 .program = "puppet",
	 .file = "bench.pp",
	 .list = {0, 1000},
	 .tree = {0, 10000},
	 .head = "",
	 .foot = "",
	 .entry_head = "file { '",
	 .entry_foot = "': ensure => file, mode => 'go-w' }\n",
	 .tree_head = "file { '",
	 .tree_foot = "': ensure => directory, recurse => true, mode => 'go-w' }\n",
	 .options = "apply --noop"},
};

static void add_language(struct bench *b, struct work *w, const char *root,
			 const struct language *l, bool tree)
{
	struct contender *c = add_peer(b, w, l->name, l->program, tree ? l->tree : l->list);
	CLEANUP(buf_clear) struct buf text = {0};

	if (!c)
		return;
	buf_puts(&text, l->head);
	if (tree)
		buf_printf(&text, "%s%s/tree%s", l->tree_head, root, l->tree_foot);
	for (size_t i = 0; !tree && i < w->size; i++) {
		CLEANUP(freep) char *path = tree_path("/tree", i);

		buf_printf(&text, "%s%s%s%s", l->entry_head, root, path, l->entry_foot);
	}
	buf_puts(&text, l->foot);
	strv_split(&c->argv, l->options, " ");
	strv_add_owned(&c->argv, policy(b, l->file, &text));
}

static void add_languages(struct bench *b, struct work *w, const char *root, bool tree)
{
	for (size_t i = 0; i < ARRAY_SIZE(languages); i++)
		add_language(b, w, root, &languages[i], tree);
}

/* --- all of them ------------------------------------------------------------------------ */

void peers_of_tree(struct bench *b, struct work *w, const char *root, bool all_right)
{
	const struct most any = {10000000, 10000000};
	CLEANUP(freep) char *tree = xasprintf("%s/tree", root);
	CLEANUP(buf_clear) struct buf lines = {0};
	struct contender *c = add_peer(b, w, "find -perm /022", "find", any);

	if (c)
		ADD_WORDS(c, tree, "-perm", "/022");
	c = all_right ? add_peer(b, w, "chmod -R -c go-w", "chmod", any) : NULL;
	if (c)
		ADD_WORDS(c, "-R", "-c", "go-w", tree);
	buf_puts(&lines, "Z /tree ~0755 - - -\n");
	add_tmpfiles(b, w, root, &lines, all_right);
	add_languages(b, w, root, true);
}

void peers_of_list(struct bench *b, struct work *w, const char *root)
{
	CLEANUP(buf_clear) struct buf lines = {0};

	for (size_t i = 0; i < w->size; i++) {
		CLEANUP(freep) char *path = tree_path("/tree", i);

		buf_printf(&lines, "z %s 0644 - - -\n", path);
	}
	add_tmpfiles(b, w, root, &lines, true);
	add_languages(b, w, root, false);
}

void peers_of_host(struct bench *b, struct work *w)
{
	const struct most full = {0, 1};
	struct contender *c;

	c = add_peer(b, w, "lynis", "lynis", full);
	if (c)
		ADD_WORDS(c, "audit", "system", "--quick", "--no-log");
	c = add_peer(b, w, "OpenSCAP, SSG standard", "oscap", full);
	if (c) {
		ADD_WORDS(c, "xccdf", "eval", "--profile", "standard",
			  "/usr/share/xml/scap/ssg/content/ssg-debian12-ds.xml");
		c->accepts = 2; /* something is not as its profile wants it */
	}
}
