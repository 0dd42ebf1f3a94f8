#include "engine/host/ask/audit.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/host/ask/audit-link.h"

#define KEY_SEPARATOR 0x01 /* between the keys of a rule that has several */

static const char *or_number(const char *name, const char *number)
{
	return name ? name : number;
}

static void put_perms(struct buf *out, unsigned perms)
{
	static const struct {
		unsigned bit;
		char letter;
	} letters[] = {{AUDIT_PERM_READ, 'r'},
		       {AUDIT_PERM_WRITE, 'w'},
		       {AUDIT_PERM_EXEC, 'x'},
		       {AUDIT_PERM_ATTR, 'a'}};

	buf_puts(out, " -F perm=");
	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (perms & letters[i].bit)
			buf_putc(out, letters[i].letter);
}

static void put_keys(struct buf *out, const char *keys, size_t len)
{
	buf_puts(out, " -F key=");
	for (size_t i = 0; i < len; i++) {
		if (keys[i] == KEY_SEPARATOR)
			buf_puts(out, " -F key=");
		else
			buf_putc(out, keys[i]);
	}
}

static void put_number(struct buf *out, unsigned field, unsigned value)
{
	if (field == AUDIT_ARCH)
		buf_puts(out, value & __AUDIT_ARCH_64BIT ? "b64" : "b32");
	else if (value == UINT32_MAX)
		buf_puts(out, "unset");
	else
		buf_printf(out, "%u", value);
}

static void put_field(struct buf *out, const struct audit_rule_data *rule, unsigned i)
{
	unsigned field = rule->fields[i];
	CLEANUP(freep) char *number = xasprintf("field%u", field);
	const char *op = audit_operator_to_symbol((int)(rule->fieldflags[i] & AUDIT_OPERATORS));
	size_t len = 0;
	const char *text = audit_rule_string(rule, i, &len);

	if (field == AUDIT_PERM) {
		put_perms(out, rule->values[i]);
	} else if (field == AUDIT_FILTERKEY && text) {
		put_keys(out, text, len);
	} else {
		buf_printf(out, " -F %s%s", or_number(audit_field_to_name((int)field), number),
			   op ? op : "=");
		if (text)
			buf_append(out, text, len);
		else
			put_number(out, field, rule->values[i]);
	}
}

/* The machine that the numbers of the calls belong to: the rule's arch, else this one. */
static int rule_machine(const struct audit_rule_data *rule)
{
	for (unsigned i = 0; i < rule->field_count; i++)
		if (rule->fields[i] == AUDIT_ARCH)
			return audit_elf_to_machine(rule->values[i]);
	return audit_detect_machine();
}

static void put_syscalls(struct buf *out, const struct audit_rule_data *rule)
{
	int machine = rule_machine(rule);
	const char *separator = " -S ";

	if (audit_rule_all_syscalls(rule))
		return;
	for (unsigned call = 0; call < (AUDIT_BITMASK_SIZE - 1) * 32; call++) {
		const char *name;

		if (!(rule->mask[AUDIT_WORD(call)] & AUDIT_BIT(call)))
			continue;
		name = audit_syscall_to_name((int)call, machine);
		if (name)
			buf_printf(out, "%s%s", separator, name);
		else
			buf_printf(out, "%s%u", separator, call);
		separator = ",";
	}
}

static int add_text(const struct audit_rule_data *rule, void *data)
{
	const char *action = audit_action_to_name((int)rule->action);
	const char *filter = audit_flag_to_name((int)rule->flags);
	struct strv *rules = data;
	struct buf out = {0};

	buf_printf(&out, "-a %s,%s", action ? action : "?", filter ? filter : "?");
	for (unsigned i = 0; i < rule->field_count && i < AUDIT_MAX_FIELDS; i++)
		put_field(&out, rule, i);
	put_syscalls(&out, rule); /* names of calls depend on the arch field: behind it */
	strv_add_owned(rules, buf_take(&out));
	return 0;
}

int audit_read(struct audit_facts *ret, struct error *err)
{
	CLEANUP(audit_link_close) int fd = -1;
	struct audit_status status;
	int r = audit_link_open(&fd, err);

	if (r >= 0)
		r = audit_link_status(fd, &status, err);
	if (r < 0)
		return r;
	ret->enabled = (int)status.enabled;
	ret->failure = (int)status.failure;
	ret->no_daemon = status.pid == 0;
	return audit_link_rules(fd, add_text, &ret->kernel_rules, err);
}
