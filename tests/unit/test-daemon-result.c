/* What a plan leaves of dockerd's settings, held against what the way up asks: by the plan's last images. */

#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/plan/after-view.h"
#include "modules/daemon/result.h"
#include "tests/unit/fake-view.h"

#define FILE_OF_DOCKERD "/etc/docker/daemon.json"
#define PROFILE "/etc/docker/profile.json"
#define NAMES_IT "{\"seccomp-profile\": \"" PROFILE "\"}"
#define NAMES_GONE "{\"seccomp-profile\": \"/etc/docker/gone.json\"}"
#define GELF "{\"log-driver\": \"gelf\", \"log-opts\": {\"gelf-address\": \"udp://127.0.0.1:1\"}}"

static const struct row {
	const char *what, *now, *then; /* dockerd's file; `then` NULL: the plan leaves it alone */
	bool profile_goes;
	const char *fault; /* NULL: none */
	const char *found; /* dockerd's file before all that; NULL: not known */
} rows[] = {
	{"nothing changes", GELF, NULL, false, NULL},
	{"the options go", GELF, "{\"log-driver\": \"gelf\"}", false,
	 "needs the option 'gelf-addr"},
	{"the driver goes", GELF, "{\"log-opts\": {\"gelf-address\": \"udp://127.0.0.1:1\"}}",
	 false, "'json-file' has no option 'gelf-address'"},
	{"both go", GELF, "{}", false, NULL},
	{"the file goes", GELF, "", false, NULL},
	{"a file goes that is named", NAMES_IT, NULL, true, "there is no '" PROFILE "'"},
	{"... with the key", NAMES_IT, "{}", true, NULL},
	{"... which is not named", "{}", NULL, true, NULL},
	{"a key comes that names what is there", "{}", NAMES_IT, false, NULL},
	{"... that names what goes", "{}", NAMES_IT, true, "there is no '" PROFILE "'"},
	{"so it is already", "{\"log-driver\": \"gelf\"}",
	 "{\"log-driver\": \"gelf\", \"icc\": true}", false, NULL},
	{"it is so, and gets worse", "{\"log-driver\": \"gelf\"}",
	 "{\"log-driver\": \"gelf\", \"seccomp-profile\": \"relative\"}", false, "absolute"},
	{"so it was", GELF, "{\"log-driver\": \"gelf\"}", false, NULL,
	 "{\"log-driver\": \"gelf\"}"},
	{"... and others' key beside it", GELF, "{\"log-driver\": \"gelf\", \"debug\": true}",
	 false, NULL, "{\"log-driver\": \"gelf\"}"},
	{"... and others' key is as bad", GELF,
	 "{\"log-driver\": \"gelf\", \"seccomp-profile\": \"relative\"}", false, "absolute",
	 "{\"log-driver\": \"gelf\"}"},
	{"it was bad in another way", GELF, "{\"log-driver\": \"gelf\"}", false, "needs the option",
	 "{\"log-driver\": \"splunk\"}"},
	{"it was good then, and its file is gone since", "{}", NAMES_GONE, false, NULL, NAMES_GONE},
	{"... and goes with this", "{}", NAMES_IT, true, "there is no '" PROFILE "'", NAMES_IT},
	{"it was bad, and there was no file", GELF, "{\"log-driver\": \"gelf\"}", false,
	 "needs the option", ""},
	{"limits that none can have", "{}",
	 "{\"default-ulimits\": {\"nofile\": {\"Name\": \"nofile\", \"Soft\": 9, \"Hard\": 1}}}",
	 false, "nofile"},
	{"a file that cannot be read", "{}", "{", false,
	 NULL}, /* plan_check_daemon_file() has it */
};

static void put(struct plan *plan, const char *path, const char *text)
{
	struct change *c = plan_add_change(plan, path);

	c->images = xcalloc(1, sizeof(*c->images));
	c->nimages = 1;
	if (!text || !*text)
		return;
	c->images[0].node = (struct node){.kind = NODE_FILE, .mode = 0644};
	c->images[0].has_content = true;
	buf_puts(&c->images[0].content, text);
}

static void check(const struct row *row)
{
	CLEANUP(fake_view_clear) struct fake_view host;
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(freep) char *fault = NULL;
	CLEANUP(plan_clear) struct plan before = {0};
	struct after_view then, found;

	fake_view_init(&host);
	str_replace(&host.facts.docker.version, "26.1.5");
	str_replace(&host.facts.docker.config_file, FILE_OF_DOCKERD);
	fake_file(&host, FILE_OF_DOCKERD, 0644, row->now);
	fake_file(&host, PROFILE, 0644, "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}");
	if (row->then)
		put(&plan, FILE_OF_DOCKERD, row->then);
	if (row->profile_goes)
		put(&plan, PROFILE, NULL);
	if (row->found)
		put(&before, FILE_OF_DOCKERD, row->found);
	after_view_init(&then, &host.view, &plan);
	after_view_init(&found, &host.view, &before);
	fault = daemon_result_fault(&host.view, row->found ? &found.base : NULL, &then.base);
	if (row->fault ? !fault || !strstr(fault, row->fault) : fault != NULL)
		fail_msg("%s: %s", row->what, fault ? fault : "(no fault)");
}

static void test_results(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(&rows[i]);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_results)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
