#include "engine/host/write/audit-load.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/ask/audit-link.h"

#define LOCKED 2 /* audit_status.enabled: no change until the next boot */

static int action_of(const struct audit_watch *w)
{
	return w->never ? AUDIT_NEVER : AUDIT_ALWAYS;
}

static int change_failed(int fd, int code, const char *doing, const struct audit_watch *w,
			 struct error *err)
{
	struct audit_status status;

	if (audit_link_status(fd, &status, NULL) >= 0 && status.enabled == LOCKED)
		return error_set_at(err, -EPERM, w->path,
				    "cannot %s the audit rule for '%s': the kernel's rules are "
				    "locked until the next boot",
				    doing, w->path);
	return error_errno_at(err, code, w->path, "cannot %s the audit rule for '%s'", doing,
			      w->path);
}

/* A rule in the kernel's own form, one field after the other; bounded by what we put in. */
static void put_value(struct audit_rule_data *rule, unsigned field, unsigned value)
{
	rule->fields[rule->field_count] = field;
	rule->fieldflags[rule->field_count] = AUDIT_EQUAL;
	rule->values[rule->field_count++] = value;
}

static struct audit_rule_data *put_text(struct audit_rule_data *rule, unsigned field,
					const char *text)
{
	size_t n = strlen(text), bytes = sizeof(*rule) + rule->buflen + n;

	rule = xreallocarray(rule, bytes, 1);
	memcpy(rule->buf + rule->buflen, text, n);
	rule->buflen += (unsigned)n;
	put_value(rule, field, (unsigned)n);
	return rule;
}

/* The kernel's number of the architecture that a rule speaks of; 0: libaudit does not know it. */
static unsigned elf_of(const char *arch)
{
	int machine = audit_determine_machine(arch);

	return machine < 0 ? 0 : (unsigned)audit_machine_to_elf(machine);
}

static int put_calls(struct audit_rule_data *rule, const struct audit_watch *w)
{
	int machine = w->connects ? audit_determine_machine(w->connects) : -1;
	int call = machine < 0 ? -1 : audit_name_to_syscall("connect", machine);

	if (w->connects && call < 0)
		return -EINVAL;
	if (w->connects)
		rule->mask[AUDIT_WORD(call)] |= AUDIT_BIT(call);
	else /* all, as auditctl has them */
		memset(rule->mask, 0xff, (AUDIT_BITMASK_SIZE - 1) * sizeof(*rule->mask));
	return 0;
}

/*
 * libaudit's own builder of rules with calls keeps its state in variables of the whole process,
 * so that a second rule with an architecture fails: here the numbers come from it, not the rule.
 */
static int build_of_arch(struct audit_rule_data **ret, const struct audit_watch *w)
{
	struct audit_rule_data *rule = xcalloc(1, sizeof(*rule));
	unsigned elf = elf_of(w->connects ? w->connects : w->arch);
	int r = put_calls(rule, w);

	*ret = rule;
	if (r < 0 || elf == 0)
		return -EINVAL;
	put_value(rule, AUDIT_ARCH, elf);
	rule = put_text(rule, w->tree ? AUDIT_DIR : AUDIT_WATCH, w->path);
	if (!w->connects)
		put_value(rule, AUDIT_PERM, w->perms);
	if (w->key)
		rule = put_text(rule, AUDIT_FILTERKEY, w->key);
	*ret = rule;
	return 0;
}

static int build(struct audit_rule_data **rule, const struct audit_watch *w)
{
	CLEANUP(freep) char *key = w->key ? xasprintf("key=%s", w->key) : NULL;
	int r;

	if (w->connects || w->arch)
		return build_of_arch(rule, w);
	r = audit_add_watch_dir(w->tree ? AUDIT_DIR : AUDIT_WATCH, rule, w->path);
	if (r == 0)
		r = audit_update_watch_perms(*rule, (int)w->perms);
	if (r == 0 && key)
		r = audit_rule_fieldpair_data(rule, key, AUDIT_FILTER_EXIT);
	return r ? -EINVAL : 0;
}

int audit_add(const struct audit_watch *watch, struct error *err)
{
	CLEANUP(audit_link_close) int fd = -1;
	struct audit_rule_data *rule = NULL;
	int r = audit_link_open(&fd, err);

	if (r < 0)
		return r;
	r = build(&rule, watch);
	if (r < 0) {
		error_set_at(err, r, watch->path, "libaudit does not take a rule for '%s'",
			     watch->path);
	} else {
		r = audit_add_rule_data(fd, rule, AUDIT_FILTER_EXIT, action_of(watch));
		if (r == -EEXIST)
			r = 0;
		if (r < 0)
			change_failed(fd, r, "add", watch, err);
	}
	free(rule); /* libaudit: one allocation by malloc() */
	return r < 0 ? r : 0;
}

static bool string_is(const struct audit_rule_data *rule, unsigned field, const char *want)
{
	size_t len = 0;
	const char *have = audit_rule_string(rule, field, &len);

	return have && want && len == strlen(want) && memcmp(have, want, len) == 0;
}

static bool field_fits(const struct audit_rule_data *rule, unsigned i, const struct audit_watch *w)
{
	switch (rule->fields[i]) {
	case AUDIT_WATCH:
		return !w->tree && string_is(rule, i, w->path);
	case AUDIT_DIR:
		return w->tree && string_is(rule, i, w->path);
	case AUDIT_PERM:
		return !w->connects && rule->values[i] == w->perms;
	case AUDIT_FILTERKEY:
		return string_is(rule, i, w->key);
	case AUDIT_ARCH:
		return !w->arch || rule->values[i] == elf_of(w->arch);
	default:
		return false;
	}
}

/* The calls that the rule is about: all for accesses, the one for connections. */
static bool calls_fit(const struct audit_rule_data *rule, const struct audit_watch *w)
{
	int machine = w->connects ? audit_determine_machine(w->connects) : -1;
	int call = machine < 0 ? -1 : audit_name_to_syscall("connect", machine);

	if (!w->connects)
		return audit_rule_all_syscalls(rule);
	for (unsigned i = 0; call >= 0 && i < AUDIT_BITMASK_SIZE; i++)
		if (rule->mask[i] != (i == AUDIT_WORD(call) ? AUDIT_BIT(call) : 0))
			return false;
	for (unsigned i = 0; i < rule->field_count; i++)
		if (rule->fields[i] == AUDIT_ARCH)
			return rule->values[i] == (unsigned)audit_machine_to_elf(machine);
	return false;
}

static bool is_watch(const struct audit_rule_data *rule, const struct audit_watch *w)
{
	const unsigned all = AUDIT_PERM_READ | AUDIT_PERM_WRITE | AUDIT_PERM_EXEC | AUDIT_PERM_ATTR;
	bool path = false, key = false, perm = w->connects, arch = !w->arch;

	if (rule->flags != AUDIT_FILTER_EXIT || rule->action != (unsigned)action_of(w) ||
	    !calls_fit(rule, w))
		return false;
	for (unsigned i = 0; i < rule->field_count; i++) {
		if (!field_fits(rule, i, w))
			return false;
		path |= rule->fields[i] == AUDIT_WATCH || rule->fields[i] == AUDIT_DIR;
		key |= rule->fields[i] == AUDIT_FILTERKEY;
		perm |= rule->fields[i] == AUDIT_PERM;
		arch |= rule->fields[i] == AUDIT_ARCH;
	}
	return path && arch && key == (w->key != NULL) && (perm || w->perms == all);
}

/* What is to be deleted, in the kernel's own bytes: so the order of its fields does not matter. */
struct victims {
	const struct audit_watch *watch;
	struct audit_rule_data **rules;
	size_t count;
};

static void victims_clear(struct victims *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->rules[i]);
	free(v->rules);
}

static int collect(const struct audit_rule_data *rule, void *data)
{
	struct victims *v = data;

	if (is_watch(rule, v->watch))
		*(void **)array_append(&v->rules, &v->count, sizeof(void *)) =
			xmemdup(rule, sizeof(*rule) + rule->buflen);
	return 0;
}

int audit_delete(const struct audit_watch *watch, struct error *err)
{
	CLEANUP(victims_clear) struct victims v = {.watch = watch};
	CLEANUP(audit_link_close) int fd = -1;
	int r = audit_link_open(&fd, err);

	if (r >= 0)
		r = audit_link_rules(fd, collect, &v, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < v.count; i++) {
		struct audit_rule_data *rule = v.rules[i];

		r = audit_delete_rule_data(fd, rule, (int)rule->flags, (int)rule->action);
		if (r < 0 && r != -ENOENT)
			return change_failed(fd, r, "delete", watch, err);
	}
	return 0;
}
