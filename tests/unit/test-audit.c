#include "tests/unit/temp-directory.h"

#include <linux/audit.h>

#include "engine/host/ask/audit.h"
#include "engine/host/write/audit-load.h"

/* Rules are the whole kernel's: a key of this process's own, and each rule is taken out again. */
static char *own_key(void)
{
	return xasprintf("harden-unit-%d", (int)getpid());
}

static bool kernel_lets_us(void)
{
	struct facts facts = {0};
	bool ok = audit_read(&facts.audit, NULL) >= 0 && facts.audit.enabled != 2;

	facts_clear(&facts);
	return ok;
}

/* The kernel's rules with our key, one a line. */
static char *our_rules(const char *key)
{
	struct facts facts = {0};
	CLEANUP(strv_clear) struct strv ours = {0};

	assert_int_equal(audit_read(&facts.audit, NULL), 0);
	for (size_t i = 0; i < facts.audit.kernel_rules.count; i++)
		if (strstr(facts.audit.kernel_rules.items[i], key))
			strv_add(&ours, facts.audit.kernel_rules.items[i]);
	facts_clear(&facts);
	return strv_join(&ours, "\n");
}

static void assert_rules(const char *key, const char *want)
{
	CLEANUP(freep) char *have = our_rules(key);

	assert_string_equal(have, want);
}

static void test_add_and_delete(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *key = own_key(), *file = xasprintf("%s/f", t->path);
	struct audit_watch tree = {.path = t->path,
				   .tree = true,
				   .perms = AUDIT_PERM_WRITE | AUDIT_PERM_ATTR,
				   .key = key};
	struct audit_watch one = {.path = file, .perms = AUDIT_PERM_EXEC, .key = key};
	CLEANUP(freep) char *tree_text = NULL, *both = NULL;

	if (!kernel_lets_us())
		SKIP_BECAUSE("the kernel takes no audit rules from here");
	tree_text = xasprintf("-a always,exit -F dir=%s -F perm=wa -F key=%s", t->path, key);
	both = xasprintf("%s\n-a always,exit -F path=%s -F perm=x -F key=%s", tree_text, file, key);
	assert_int_equal(audit_add(&tree, NULL), 0);
	assert_rules(key, tree_text);
	assert_int_equal(audit_add(&tree, NULL), 0); /* once more is fine */
	assert_int_equal(audit_add(&one, NULL), 0);
	assert_rules(key, both);
	one.perms = AUDIT_PERM_READ; /* another rule: stays */
	assert_int_equal(audit_delete(&one, NULL), 0);
	assert_rules(key, both);
	one.perms = AUDIT_PERM_EXEC;
	assert_int_equal(audit_delete(&one, NULL), 0);
	assert_rules(key, tree_text);
	assert_int_equal(audit_delete(&tree, NULL), 0);
	assert_int_equal(audit_delete(&tree, NULL), 0);
	assert_rules(key, "");
}

/* Each half by itself; one that is taken out leaves the other, and the rule for all takes both. */
static void test_halves(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *key = own_key();
	struct audit_watch all = {.path = t->path,
				  .tree = true,
				  .perms = AUDIT_PERM_WRITE | AUDIT_PERM_ATTR,
				  .key = key};
	struct audit_watch b64 = all, b32 = all;
	CLEANUP(freep) char *of_b64 = NULL, *of_b32 = NULL, *both = NULL, *left = NULL;

	if (!kernel_lets_us())
		SKIP_BECAUSE("the kernel takes no audit rules from here");
	b64.arch = "b64";
	b32.arch = "b32";
	of_b64 = xasprintf("-a always,exit -F arch=b64 -F dir=%s -F perm=wa -F key=%s", t->path,
			   key);
	of_b32 = xasprintf("-a always,exit -F arch=b32 -F dir=%s -F perm=wa -F key=%s", t->path,
			   key);
	both = xasprintf("%s\n%s", of_b64, of_b32);
	assert_int_equal(audit_add(&b64, NULL), 0);
	assert_rules(key, of_b64);
	assert_int_equal(audit_add(&b32, NULL), 0);
	assert_int_equal(audit_add(&b32, NULL), 0);
	assert_rules(key, both);
	assert_int_equal(audit_delete(&b32, NULL), 0);
	assert_rules(key, of_b64);
	assert_int_equal(audit_add(&b32, NULL), 0);
	assert_int_equal(audit_delete(&all, NULL), 0);
	assert_rules(key, "");
	assert_int_equal(audit_add(&all, NULL), 0);
	assert_int_equal(audit_delete(&b64, NULL), 0); /* that is another rule */
	left = our_rules(key);
	assert_true(*left);
	assert_int_equal(audit_delete(&all, NULL), 0);
	assert_rules(key, "");
}

static void test_refusal_has_a_reason(void **state)
{
	struct facts facts = {0};
	CLEANUP(error_clear) struct error err = {0};

	if (kernel_lets_us())
		SKIP_BECAUSE("the kernel takes audit rules from here");
	assert_true(audit_read(&facts.audit, &err) < 0 || facts.audit.enabled == 2);
	assert_true(facts.audit.enabled == 2 || strlen(error_text(&err)) > 10);
	facts_clear(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_add_and_delete),
		TEMP_DIRECTORY_TEST(test_halves),
		TEMP_DIRECTORY_TEST(test_refusal_has_a_reason),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
