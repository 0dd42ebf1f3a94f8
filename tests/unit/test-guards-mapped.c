/*
 * Whom userns-remap would lock out: bind mounts as the ids that containers have by then look at them. Seen in the lab:
 * tests/lab/test-containers.sh.
 */

#include "tests/unit/guard-case.h"

#include <errno.h>
#include <string.h>

#define RANGE "dockremap:100000:65536\n"
#define AT_DATA "' (at '/data'): it is looked at as "
#define LIST "user::rwx,user:101000:rwx,group::r-x,mask::rwx,other::---"

/* One container with one mount of /srv/x/data, below /srv/x (0700, root's). */
static const struct {
	const char *what;
	const char *user;
	long inside; /* of its process; -1: none, or not known */
	const char *type, *ranges; /* NULL: a bind mount, those above */
	mode_t mode;
	unsigned owner, group; /* group 0: as the owner */
	const char *acl;
	enum node_kind kind;
	bool writable, host_users;
	int error; /* of looking at it */
	const char *runc, *runtime; /* versions; NULL: 1.1.5, dockerd's own */
	const char *says; /* what the holds have in them, in this order; NULL: none */
	size_t holds;
} rows[] = {
	{"all may read", NULL, -1, .mode = 0755},
	{"all may read, none write", NULL, -1, .mode = 0755, .writable = true, .holds = 1,
	 .says = "container web, made anew, could not write '/srv/x/data" AT_DATA
		 "id 100000 (its user 0), and belongs to 0:0 with mode 0755"},
	{"root's alone", NULL, -1, .mode = 0700, .holds = 1,
	 .says = "could not read '/srv/x/data" AT_DATA "id 100000 (its user 0)"},
	{"root's alone, to be written", "root", -1, .mode = 0700, .writable = true, .holds = 1,
	 .says = "could not read or write '"},
	{"a directory to be listed alone", NULL, -1, .mode = 0744, .holds = 1,
	 .says = "could not read '"},
	{"a file has nothing to pass", NULL, -1, .mode = 0644, .kind = NODE_FILE},
	{"everybody's", NULL, -1, .mode = 01777, .writable = true},
	{"the mapped root's own", NULL, -1, .mode = 0700, .owner = 100000, .writable = true},
	{"of another mapped id: its root may", NULL, -1, .mode = 0700, .owner = 100033,
	 .writable = true},
	{"... not where the group is none of them", NULL, -1, .mode = 0700, .owner = 100033,
	 .group = 50, .holds = 1, .says = "belongs to 100033:50"},
	{"... others may not", "1000", -1, .mode = 0700, .owner = 100033, .holds = 1,
	 .says = "as id 101000 (its user 1000), and belongs to 100033:100033"},
	{"the id that it has now is another then", "1000", -1, .mode = 0700, .owner = 1000,
	 .holds = 1, .says = "as id 101000"},
	{"the kernel knows the user", "www-data", 33, .mode = 0700, .owner = 100033,
	 .writable = true},
	{"a list names it", "1000:1000", -1, .mode = 0770, .acl = LIST, .writable = true},
	{"a list names another", "1001:1001", -1, .mode = 0770, .acl = LIST, .holds = 1,
	 .says = "with mode 0770 and access list " LIST},
	{"a name, and all may", "www-data", -1, .mode = 0777, .writable = true},
	{"a name, and not all may", "www-data", -1, .mode = 0770, .holds = 1,
	 .says = "container web, made anew, may not read '/srv/x/data" AT_DATA
		 "an id that is not known before"},
	{"no range, and all may", NULL, -1, .ranges = "", .mode = 0755},
	{"no range, and not all may", NULL, -1, .ranges = "", .mode = 0750, .holds = 1,
	 .says = "may not read"},
	{"two ranges", NULL, -1, .ranges = RANGE "dockremap:300000:65536\n", .mode = 0700,
	 .owner = 100000, .holds = 1, .says = "may not read"},
	{"behind the range", "70000", -1, .mode = 0700, .owner = 170000, .holds = 1,
	 .says = "may not read"},
	{"a socket that all may write", NULL, -1, .mode = 0666, .kind = NODE_SOCKET},
	{"the engine's socket", NULL, -1, .mode = 0660, .kind = NODE_SOCKET, .holds = 1,
	 .says = "could not write"},
	{"users of the host's", NULL, -1, .mode = 0700, .host_users = true},
	{"a volume that binds it", NULL, -1, .type = "volume", .mode = 0700, .holds = 1,
	 .says = "could not read"},
	{"a file system in memory", NULL, -1, .type = "tmpfs", .mode = 0700},
	{"not there: dockerd makes it", NULL, -1, .kind = NODE_ABSENT},
	{"a link of somebody's", NULL, -1, .mode = 0755, .error = -ELOOP, .holds = 1,
	 .says = "whether container web, made anew, could read '/srv/x/data' (at '/data') is not "
		 "known: "},
	{"cannot be looked at", NULL, -1, .kind = NODE_UNKNOWN, .holds = 1, .says = "whether "},
	{"an older runc walks there", NULL, -1, .mode = 0755, .runc = "1.0.3", .holds = 1,
	 .says = "may not start with '/srv/x/data' mounted: id 100000 (its user 0) may not pass "
		 "'/srv/x' (mode 0700), as a runc before 1.1 needs it to"},
	{"as its root, whoever runs", "1000", -1, .mode = 0755, .runc = "1.0.3", .holds = 1,
	 .says = "id 100000 (its user 0) may not pass"},
	{"no runc is known", NULL, -1, .mode = 0755, .runc = "", .holds = 1,
	 .says = "may not pass"},
	{"another runtime", NULL, -1, .mode = 0755, .runtime = "kata", .holds = 1,
	 .says = "may not pass"},
	{"runc by its name", NULL, -1, .mode = 0755, .runtime = "runc"},
};

static struct container *set_up(struct fake_view *f, size_t i)
{
	struct docker_facts *d = &f->facts.docker;
	struct container *c = add_container(f, "web", "bridge");
	struct container_mount *m = container_add_mount(c);
	struct node *n;

	d->data_root = xstrdup("/var/lib/docker");
	if (!rows[i].runc || *rows[i].runc)
		component_add(d, "runc", rows[i].runc ? rows[i].runc : "1.1.5+ds1");
	fake_file(f, "/etc/subuid", 0644, rows[i].ranges ? rows[i].ranges : RANGE);
	fake_file(f, "/etc/subgid", 0644, rows[i].ranges ? rows[i].ranges : RANGE);
	fake_dir(f, "/srv/x", 0700);
	fake_dir(f, "/srv", 0755);
	if (rows[i].kind != NODE_ABSENT || rows[i].mode) {
		n = fake_node(f, "/srv/x/data",
			      rows[i].kind == NODE_ABSENT ? NODE_DIR : rows[i].kind, rows[i].mode);
		n->uid = rows[i].owner;
		n->gid = rows[i].group ? rows[i].group : rows[i].owner;
		n->acl = xstrdup_null(rows[i].acl);
		n->error = rows[i].kind == NODE_UNKNOWN ? -EACCES : 0;
	}
	if (rows[i].error)
		fake_unreadable(f, "/srv/x/data", rows[i].error);
	c->user = xstrdup_null(rows[i].user);
	c->inside_uid = rows[i].inside;
	c->userns_mode = rows[i].host_users ? xstrdup("host") : NULL;
	c->runtime = xstrdup_null(rows[i].runtime);
	m->type = xstrdup(rows[i].type ? rows[i].type : "bind");
	m->source = xstrdup("/srv/x/data");
	m->target = xstrdup("/data");
	m->writable = rows[i].writable;
	return c;
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(freep) char *all = NULL;
		struct fake_view f;

		fake_view_init(&f);
		set_up(&f, i);
		docker_guards_mapped(&f.view, "\"default\"", &d);
		all = strv_join(&d.holds, "; ");
		if (d.holds.count != rows[i].holds || (rows[i].says && !strstr(all, rows[i].says)))
			fail_msg("%s: %s", rows[i].what, all);
		fake_view_clear(&f);
	}
}

/* An account that the same plan makes has its range among the edits; the value may be another account, or none. */
static void test_account(void **state)
{
	static const struct {
		const char *value, *planned, *says; /* NULL: nothing is held */
	} values[] = {
		{"\"default\"", "dockremap:500000:65536", "id 500000 "},
		{"\"default\"", NULL, "id 100000 "},
		{"\"dockremap\"", NULL, "id 100000 "},
		{"\"alice:dockremap\"", NULL, "id 200000 "},
		{"\"bob\"", NULL, "an id that is not known before"},
		{"\"\"", NULL, NULL},
		{"\"root\"", NULL, NULL},
		{NULL, NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		struct fake_view f;

		fake_view_init(&f);
		set_up(&f, 2); /* root's alone */
		fake_file(&f, "/etc/subuid", 0644, RANGE "alice:200000:65536\n");
		if (values[i].planned)
			delta_edit(&d, "/etc/subuid", subject_of(SCHEME_ENTRY, "dockremap"),
				   values[i].planned);
		docker_guards_mapped(&f.view, values[i].value, &d);
		if ((d.holds.count > 0) != (values[i].says != NULL) ||
		    (values[i].says && !strstr(d.holds.items[0], values[i].says)))
			fail_msg("row %zu: %s", i, d.holds.count ? d.holds.items[0] : "-");
		fake_view_clear(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_account),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
