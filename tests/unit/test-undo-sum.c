#include "tests/test.h"

#include <string.h>

#include "cli/report/undo-sum.h"
#include "engine/base/alloc.h"

/*
 * What an undo brings back, control by control. Each row is one effect, or one file, of control "a",
 * beside a control "b" whose change is undone exactly.
 */

struct row {
	enum handler handler;
	enum scheme scheme;
	const char *key, *before, *after;
	nlink_t names; /* of the file that "a" edits; 0: it edits none */
	size_t stopped;
	const char *root; /* that the plan knows of */
	const char *unit; /* the text of its file */
	const char *lost; /* NULL: "a" is undone exactly as well */
};

static const struct row rows[] = {
	{HANDLER_DOCKER_RELOAD, SCHEME_DOCKER, "live-restore", NULL, "true"},
	{HANDLER_DOCKER_RESTART, SCHEME_DOCKER, "log-level", NULL, "\"info\""},
	{HANDLER_SYSCTL, SCHEME_SYSCTL, "net.ipv4.ip_forward", "1", "0"},
	{HANDLER_DOCKER_RESTART, SCHEME_DOCKER, "userland-proxy", NULL, "false",
	 .lost = "route_localnet"},
	{HANDLER_DOCKER_RESTART, SCHEME_DOCKER, "userland-proxy", "false", "true"},
	{HANDLER_DOCKER_RESTART, SCHEME_DOCKER, "userns-remap", NULL, "\"default\"",
	 .lost = "UID.GID in the data root"},
	{HANDLER_DOCKER_RESTART, SCHEME_DOCKER, "userns-remap", NULL, "\"default\"",
	 .root = "/d/1.1 (about 3 MiB)", .lost = "in it: /d/1.1 (about 3 MiB)"},
	{HANDLER_DOCKER_RESTART, SCHEME_DOCKER, "userns-remap", "\"\"", "\"default\"",
	 .lost = "UID.GID"},
	{HANDLER_DOCKER_RESTART, SCHEME_DOCKER, "userns-remap", "\"default\"", NULL},
	{HANDLER_DOCKER_RESTART, SCHEME_DOCKER, "userns-remap", "\"ann\"", "\"default\""},
	{HANDLER_DOCKER_RESTART, SCHEME_DOCKER, "log-level", NULL, "\"info\"", .stopped = 1,
	 .lost = "undo does not start it again"},
	{HANDLER_UNIT_STATE, SCHEME_STATE, "f.service", "inactive", "active",
	 .unit = "[Unit]\nWants=network-pre.target\n", .lost = "network-pre.target"},
	{HANDLER_UNIT_STATE, SCHEME_STATE, "f.service", "active", "inactive",
	 .unit = "[Unit]\nWants=network-pre.target\n"},
	{HANDLER_UNIT_STATE, SCHEME_STATE, "f.service", "inactive", "active",
	 .unit = "[Unit]\nWants=network.target\n"},
	{HANDLER_UNIT_STATE, SCHEME_STATE, "g.service", "inactive", "active",
	 .unit = "[Unit]\nWants=network-pre.target\n"},
	/* a restart that is not for it takes nothing by it */
	{HANDLER_SYSCTL, SCHEME_SYSCTL, "net.ipv4.ip_forward", "1", "0", .names = 1},
	{HANDLER_SYSCTL, SCHEME_SYSCTL, "net.ipv4.ip_forward", "1", "0", .names = 2,
	 .lost = "/etc/x gets its content back"},
};

static void add_file(struct plan *p, nlink_t names)
{
	struct change *c = plan_add_change(p, "/etc/x");

	for (size_t i = 0; i < 2; i++) {
		struct image *image = array_append(&c->images, &c->nimages, sizeof(*image));

		image->node.kind = NODE_FILE;
		image->node.nlink = names;
		image->has_content = true;
		buf_puts(&image->content, i ? "new" : "old");
		image->node.data = xstrdup(i ? "new" : "old");
	}
	edits_add(&c->edits, "a", c->path, subject_of(SCHEME_KV, "k"), "old", "new");
}

static void add_unit(struct plan *p, const char *text)
{
	struct change *c = plan_add_change(p, "/etc/systemd/system/f.service");
	struct image *image = array_append(&c->images, &c->nimages, sizeof(*image));

	image->node.kind = NODE_FILE;
	image->has_content = true;
	buf_puts(&image->content, text);
}

static void set_up(const struct row *row, struct plan *p)
{
	p->stages = xcalloc(1, sizeof(*p->stages));
	p->nstages = 1;
	effects_add(&p->stages[0].effects, "a", row->handler, subject_of(row->scheme, row->key),
		    row->before, row->after);
	effects_add(&p->stages[0].effects, "b", HANDLER_SYSCTL,
		    subject_of(SCHEME_SYSCTL, "kernel.x"), "1", "2");
	p->remapped_root = xstrdup_null(row->root);
	if (row->stopped)
		stopped_add_text(&p->stopped, "web (stays stopped: restart policy no)");
	if (row->names)
		add_file(p, row->names);
	if (row->unit)
		add_unit(p, row->unit);
}

static void test_control_by_control(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(plan_clear) struct plan p = {0};
		CLEANUP(undo_sum_clear) struct undo_sum u = {0};
		CLEANUP(freep) char *exactly = NULL, *not = NULL, *text = NULL;

		set_up(&rows[i], &p);
		undo_sum_of(&p, &u);
		exactly = strv_join(&u.exactly, " ");
		not = strv_join(&u.not_exactly, " ");
		text = undo_sum_text(&u);
		if (strcmp(exactly, rows[i].lost ? "b" : "a b") != 0 ||
		    strcmp(not, rows[i].lost ? "a" : "") != 0 || u.lost.count != !!rows[i].lost ||
		    (rows[i].lost && !strstr(u.lost.items[0], rows[i].lost)))
			fail_msg("row %zu: '%s' exactly, '%s' not: %s", i, exactly, not,
				 u.lost.count ? u.lost.items[0] : "-");
		assert_string_equal(text, rows[i].lost
						  ? "every change above can be undone, but 1 of 2 "
						    "controls not exactly (a)"
						  : "every change above can be undone");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_control_by_control),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
