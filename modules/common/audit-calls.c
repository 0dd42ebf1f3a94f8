#include "modules/common/audit-calls.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/audit-rule.h"

#define NOT_KNOWN "whether this kernel has 32-bit calls is not known"

/* The setting of the kernel's own code for 32-bit programs: without that it was built without those calls. */
#define FOR_32_BIT "/proc/sys/abi/vsyscall32"
#define ALWAYS_THERE "/proc/sys/kernel/ostype"

static bool is_there(const struct audit_job *job, const char *path)
{
	CLEANUP(node_clear) struct node node = {0};

	return view_node(job->view, path, &node, NULL) >= 0 && node.kind == NODE_FILE;
}

static bool is_absent(const struct audit_job *job, const char *path)
{
	CLEANUP(node_clear) struct node node = {0};

	return view_node(job->view, path, &node, NULL) >= 0 && node.kind == NODE_ABSENT;
}

/* 1, 0: as the last ia32_emulation= of the command line has it; -1: it says nothing. */
static int by_command_line(const struct audit_job *job)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(strv_clear) struct strv words = {0};
	int said = -1;

	if (view_content_if_any(job->view, "/proc/cmdline", &text, NULL) < 0)
		return -1;
	strv_split(&words, buf_str(&text), " \n");
	for (size_t i = 0; i < words.count; i++) {
		const char *value = skip_key(words.items[i], "ia32_emulation", '=');

		if (value && (strchr("1yYtT", *value) || strcmp(value, "on") == 0))
			said = 1;
		else if (value)
			said = 0;
	}
	return said;
}

/* Likewise as this kernel was configured. */
static int by_config(const struct audit_job *job)
{
	const char *release = job->view->facts->kernel;
	CLEANUP(freep) char *path = release ? xasprintf("/boot/config-%s", release) : NULL;
	CLEANUP(buf_clear) struct buf text = {0};

	if (!path || view_content_if_any(job->view, path, &text, NULL) < 0 ||
	    !strstr(buf_str(&text), "CONFIG_"))
		return -1;
	return strstr(buf_str(&text), "\nCONFIG_IA32_EMULATION=y\n") &&
	       !strstr(buf_str(&text), "\nCONFIG_IA32_EMULATION_DEFAULT_DISABLED=y\n");
}

/* Linux 6.7 and later may have them and switch them off. */
static bool is_older(const char *release)
{
	char *end = NULL;
	unsigned long major = release ? strtoul(release, &end, 10) : 0;
	unsigned long minor = end && *end == '.' ? strtoul(end + 1, NULL, 10) : 0;

	return major > 0 && (major < 6 || (major == 6 && minor < 7));
}

/* 1: it has them; 0: it does not; -1: it does not tell. */
static int has_32_bit(const struct audit_job *job)
{
	int config, said;

	if (job->view->facts->offline || !is_there(job, ALWAYS_THERE))
		return -1;
	config = by_config(job);
	if (is_absent(job, FOR_32_BIT))
		return config > 0 ? -1 : 0;
	if (!is_there(job, FOR_32_BIT))
		return -1;
	said = is_older(job->view->facts->kernel) ? 1 : by_command_line(job);
	return said >= 0 ? said : config;
}

void audit_calls_find(struct audit_job *job)
{
#ifdef __x86_64__
	int has = has_32_bit(job);
#else
	int has = -1;
#endif
	job->archs = has == 0 ? AUDIT_ARCH_64 : AUDIT_ARCHS_ALL;
	job->calls_unknown = has < 0 ? NOT_KNOWN : NULL;
}
