#pragma once

/*
 * Every aspect of containers by tables: what is wished, the container as YAML
 * (tests/cases/facts-container.c), the verdict, and what the reason must say. UP is for a
 * container with a process.
 */

#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "modules/container/container.h"
#include "modules/registry.h"
#include "tests/cases/facts-yaml.h"
#include "tests/unit/desired.h"

struct row {
	const char *wish, *container;
	enum verdict verdict;
	const char *says; /* NULL: anything */
};

#define UP "running: true, pid: 7, "

static const char docker[] =
	"docker:\n  install: distro\n  running: true\n  data_root: /var/lib/docker\n"
	"  security_options: [\"name=seccomp,profile=default\"]\n"
	"  container_host: {apparmor: true, selinux: enforcing, cgroup_version: 2, "
	"caps: 1ffffffffff, unprivileged_port: 1024}\n";

static inline UNUSED void read_facts(struct facts *ret, const char *head, const char *containers)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(error_clear) struct error err = {0};

	buf_printf(&text, "%s  containers:\n%s", head, containers);
	if (facts_from_yaml(ret, "test", &text, NULL, &err) < 0)
		fail_msg("%s\n%s", buf_str(&text), error_text(&err));
}

static inline UNUSED void judge(const struct facts *f, const char *wish, struct delta *ret)
{
	const struct view v = {.facts = f};
	CLEANUP(error_clear) struct error err = {0};
	DESIRED(want, &module_container, wish);

	if (module_container.check(want, &err) < 0)
		fail_msg("%s: %s", wish, error_text(&err));
	assert_int_equal(module_container.diff(want, &v, ret, NULL), 0);
	assert_int_equal(ret->edits.count, 0); /* never */
	assert_int_equal(ret->effects.count, 0);
	assert_int_equal(ret->fix != NULL, ret->verdict == VERDICT_FAIL);
}

static inline UNUSED void run_with(const char *head, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(freep)
		char *one = xasprintf("    - {id: \"0123456789abcdef\", name: web, %s}\n",
				      rows[i].container);
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(delta_clear) struct delta d = {0};

		read_facts(&f, head, one);
		judge(&f, rows[i].wish, &d);
		if (d.verdict != rows[i].verdict ||
		    (rows[i].says && !(d.reason && strstr(d.reason, rows[i].says))))
			fail_msg("%s {%s}: %s: %s", rows[i].wish, rows[i].container,
				 verdict_to_string(d.verdict), d.reason ? d.reason : "");
	}
}

#define RUN(rows) run_with(docker, (rows), ARRAY_SIZE(rows))

/* Of several containers, and of hosts: the verdict, and the whole reason. */
static inline UNUSED void assert_reason(const char *head, const char *containers, const char *wish,
					enum verdict verdict, const char *reason)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(delta_clear) struct delta d = {0};

	read_facts(&f, head, containers);
	judge(&f, wish, &d);
	assert_string_equal(d.reason, reason);
	assert_int_equal(d.verdict, verdict);
}
