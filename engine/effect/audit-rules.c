#include <errno.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/format/audit-rule.h"
#include "engine/host/ask/audit.h"
#include "engine/host/write/audit-load.h"

/* "-w PATH" means a directory's whole tree when the path is a directory now. */
static bool is_directory(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static struct audit_watch watch_of(const struct audit_rule *rule, bool tree)
{
	return (struct audit_watch){.path = rule->path,
				    .tree = tree,
				    .never = rule->never,
				    .perms = rule->perms,
				    .key = rule->key,
				    .arch = rule->connects ? NULL : rule->arch,
				    .connects = rule->connects};
}

static int load(const struct audit_rule *rule, struct error *err)
{
	struct audit_watch w =
		watch_of(rule, rule->is_any ? is_directory(rule->path) : rule->is_tree);

	return audit_add(&w, err);
}

/* What the path was when the rule was loaded is not known any more: both kinds go. */
static int unload(const struct audit_rule *rule, struct error *err)
{
	struct audit_watch tree = watch_of(rule, true), file = watch_of(rule, false);
	int r = 0;

	if (rule->is_any || rule->is_tree)
		r = audit_delete(&tree, err);
	if (r >= 0 && (rule->is_any || !rule->is_tree))
		r = audit_delete(&file, err);
	return r;
}

/* One for all architectures has the half that is loaded, and is none that was to be taken out. */
static bool is_half(const struct audit_rule *have, const struct audit_rule *want, bool loaded)
{
	return !want->arch || (loaded && !have->arch) || strcmp_null(have->arch, want->arch) == 0;
}

static bool is_there(const struct strv *kernel_rules, const struct audit_rule *want, bool loaded)
{
	bool found = false;

	for (size_t i = 0; i < kernel_rules->count && !found; i++) {
		struct audit_rule have = {0};

		found = audit_rule_parse(kernel_rules->items[i], &have, NULL) > 0 &&
			(!have.narrowed || have.connects) && audit_rule_same(&have, want) &&
			is_half(&have, want, loaded);
		audit_rule_clear(&have);
	}
	return found;
}

static int read_back(const struct audit_rule *rule, const char *text, bool want, struct error *err)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	int r = audit_read(&facts.audit, err);

	if (r >= 0 && is_there(&facts.audit.kernel_rules, rule, want) != want)
		r = error_set(err, -EIO, "the kernel's list %s the audit rule '%s'",
			      want ? "does not have" : "still has", text);
	return r;
}

static int make_true(const char *text, bool loaded, struct error *err)
{
	CLEANUP(audit_rule_clear) struct audit_rule rule = {0};
	int r = audit_rule_parse(text, &rule, err);

	if (r < 0)
		return r;
	if (r == 0 || !rule.is_watch || (rule.narrowed && !rule.connects))
		return error_set(
			err, -EOPNOTSUPP,
			"'%s' is not a rule about a path's accesses, nor about connections to it",
			text);
	r = loaded ? load(&rule, err) : unload(&rule, err);
	return r < 0 ? r : read_back(&rule, text, loaded, err);
}

int run_audit_rules(struct live *l, const struct effects *towards, struct error *err)
{
	for (size_t i = 0; i < towards->count; i++) {
		const struct effect *e = &towards->items[i];
		const char *rule = effect_key(e, SCHEME_RULE);
		int r;

		if (!rule || e->pending)
			continue;
		r = make_true(rule, e->after != NULL, err);
		if (r < 0)
			return r;
	}
	return 0;
}
