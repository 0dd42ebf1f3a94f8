#include "engine/host/ask/audit-link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REPLY_TIMEOUT_MS 5000
#define FIRST_PID_NAMESPACE 0xEFFFFFFCU /* PROC_PID_INIT_INO of the kernel */

static bool in_first_pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) < 0 || st.st_ino == FIRST_PID_NAMESPACE;
}

/* The kernel only says EPERM or ECONNREFUSED; people want to know why. */
static int refused(int code, struct error *err)
{
	if (geteuid() != 0)
		return error_set(err, -EPERM, "only root may ask the kernel for audit rules");
	if (!in_first_pid_namespace())
		return error_set(err, -EPERM,
				 "the kernel takes audit requests only from the first pid "
				 "namespace, and this is another one");
	return error_errno(err, code, "the kernel refuses audit requests");
}

int audit_link_open(int *ret_fd, struct error *err)
{
	int fd = audit_open();

	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	if (errno == EINVAL || errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT)
		return error_set(err, -EOPNOTSUPP, "this kernel has no audit system");
	return error_errno(err, -errno, "cannot reach the kernel's audit system");
}

void audit_link_close(int *fd)
{
	if (*fd >= 0)
		audit_close(*fd);
}

/* The next message that is no mere acknowledgement. */
static int next_reply(int fd, struct audit_reply *rep, struct error *err)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int r = poll(&p, 1, REPLY_TIMEOUT_MS);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return error_errno(err, -errno, "cannot wait for the audit system");
		if (r == 0)
			return error_set(err, -ETIMEDOUT, "the audit system does not answer");
		r = audit_get_reply(fd, rep, GET_REPLY_NONBLOCKING, 0);
		if (r == -EAGAIN || r == -EINTR || r == 0)
			continue;
		if (r < 0)
			return error_errno(err, r, "cannot read from the audit system");
		if (rep->type != NLMSG_ERROR)
			return 0;
		if (rep->error->error)
			return refused(rep->error->error, err);
	}
}

int audit_link_status(int fd, struct audit_status *ret, struct error *err)
{
	struct audit_reply rep;
	int r = audit_request_status(fd);

	if (r < 0)
		return refused(r, err);
	do {
		r = next_reply(fd, &rep, err);
		if (r < 0)
			return r;
	} while (rep.type != AUDIT_GET);
	*ret = *rep.status;
	return 0;
}

int audit_link_rules(int fd, int (*each)(const struct audit_rule_data *rule, void *data),
		     void *data, struct error *err)
{
	struct audit_reply rep;
	int r = audit_request_rules_list_data(fd), result = 0;

	if (r < 0)
		return refused(r, err);
	for (;;) {
		r = next_reply(fd, &rep, err);
		if (r < 0)
			return r;
		if (rep.type == NLMSG_DONE)
			return result; /* the list is read to its end in any case */
		if (rep.type == AUDIT_LIST_RULES && result >= 0)
			result = each(rep.ruledata, data);
	}
}

static bool is_string_field(unsigned field)
{
	return (field >= AUDIT_SUBJ_USER && field <= AUDIT_SUBJ_CLR) ||
	       (field >= AUDIT_OBJ_USER && field <= AUDIT_OBJ_LEV_HIGH) || field == AUDIT_WATCH ||
	       field == AUDIT_DIR || field == AUDIT_EXE || field == AUDIT_FILTERKEY;
}

const char *audit_rule_string(const struct audit_rule_data *rule, unsigned field, size_t *ret_len)
{
	size_t at = 0;

	if (!is_string_field(rule->fields[field]))
		return NULL;
	for (unsigned i = 0; i < field; i++)
		if (is_string_field(rule->fields[i]))
			at += rule->values[i];
	if (at + rule->values[field] > rule->buflen)
		return NULL;
	*ret_len = rule->values[field];
	return rule->buf + at;
}

bool audit_rule_all_syscalls(const struct audit_rule_data *rule)
{
	/* The last word holds classes, not calls. */
	for (unsigned i = 0; i < AUDIT_BITMASK_SIZE - 1; i++)
		if (rule->mask[i] != UINT32_MAX)
			return false;
	return true;
}
