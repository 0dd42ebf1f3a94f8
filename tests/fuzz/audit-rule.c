#include "tests/fuzz/fuzz.h"

#include "engine/base/alloc.h"
#include "engine/format/audit-rule.h"

/* A rule's canonical text is a rule, the same one, and its own canonical text. */
static void check_canonical(const struct audit_rule *rule)
{
	CLEANUP(audit_rule_clear) struct audit_rule again = {0};
	CLEANUP(freep) char *text = audit_rule_canonical(rule), *twice = NULL;

	FUZZ_ASSERT(audit_rule_same(rule, rule));
	FUZZ_ASSERT(audit_rule_parse(text, &again, NULL) == 1);
	FUZZ_ASSERT(audit_rule_same(rule, &again) && audit_rule_same(&again, rule));
	twice = audit_rule_canonical(&again);
	FUZZ_ASSERT(strcmp_null(text, twice) == 0);
}

/* Each line by itself, and then all of them as the kernel's list. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(strv_clear) struct strv rules = {0};

	while (size > 0) {
		CLEANUP(freep) char *line = fuzz_line(&data, &size);
		CLEANUP(audit_rule_clear) struct audit_rule rule = {0};
		CLEANUP(error_clear) struct error err = {0};
		int r = audit_rule_parse(line, &rule, &err);

		FUZZ_ASSERT(r >= 0 || err.text);
		if (r != 1)
			continue;
		check_canonical(&rule);
		strv_add(&rules, line);
	}
	audit_rules_cover(&rules, "/etc/docker", true, AUDIT_PERM_WRITE_BIT);
	audit_rules_cover(&rules, "/etc/docker/daemon.json", false, AUDIT_PERM_ALL);
	return 0;
}
