#include "engine/format/seccomp-profile.h"

#include <jansson.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/base/strv.h"
#include "engine/format/daemon-keys.h"

#define ARGUMENTS 6 /* of a system call */

static const char actions[] = "ALLOW ERRNO KILL KILL_PROCESS KILL_THREAD LOG NOTIFY TRACE TRAP";
static const char flags[] = "LOG NEW_LISTENER SPEC_ALLOW TSYNC TSYNC_ESRCH WAIT_KILLABLE_RECV";
static const char operators[] = "EQ GE GT LE LT MASKED_EQ NE";
static const char architectures[] =
	"AARCH64 ARM LOONGARCH64 M68K MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PARISC "
	"PARISC64 PPC PPC64 PPC64LE RISCV64 S390 S390X SH SHEB X32 X86 X86_64";

static bool is_name(const char *text, const char *prefix, const char *known)
{
	const char *rest = skip_prefix(text, prefix);
	CLEANUP(strv_clear) struct strv names = {0};

	strv_split(&names, known, " ");
	return rest && strv_contains(&names, rest);
}

static char *check_name(const json_t *value, const char *prefix, const char *known,
			const char *what)
{
	const char *text = json_string_value(value);

	if (!text)
		return xasprintf("a seccomp %s of it is not a text", what);
	return is_name(text, prefix, known) ? NULL
					    : xasprintf("'%s' is not a seccomp %s", text, what);
}

/* A member that is missing, or null, is none. */
static bool has(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return value && !json_is_null(value);
}

static bool has_items(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_array_size(value) > 0 || json_object_size(value) > 0;
}

static char *check_list(const json_t *object, const char *key)
{
	return has(object, key) && !json_is_array(json_object_get(object, key))
		       ? xasprintf("its '%s' is not a list", key)
		       : NULL;
}

static char *check_args(const json_t *call)
{
	const json_t *args = json_object_get(call, "args");
	char *why = check_list(call, "args");

	for (size_t i = 0; !why && i < json_array_size(args); i++) {
		const json_t *arg = json_array_get(args, i);
		json_int_t index = json_integer_value(json_object_get(arg, "index"));

		if (index < 0 || index >= ARGUMENTS)
			why = xasprintf("system calls have no argument %" JSON_INTEGER_FORMAT,
					index);
		else
			why = check_name(json_object_get(arg, "op"), "SCMP_CMP_", operators,
					 "operator");
	}
	return why;
}

/* Of a call that counts under conditions alone it is not known whether anything of it is looked at. */
static char *check_call(const json_t *call)
{
	const char *name = json_string_value(json_object_get(call, "name"));
	char *why;

	if (!json_is_object(call))
		return xstrdup("an entry of its 'syscalls' is not an object");
	if (has_items(call, "includes") || has_items(call, "excludes"))
		return NULL;
	if (name && *name && has_items(call, "names"))
		return xstrdup("an entry of its 'syscalls' has both 'name' and 'names'");
	why = check_list(call, "names");
	if (!why)
		why = check_name(json_object_get(call, "action"), "SCMP_ACT_", actions, "action");
	return why ? why : check_args(call);
}

static char *check_architectures(const json_t *profile)
{
	const json_t *list = json_object_get(profile, "architectures");
	char *why = check_list(profile, "architectures");

	if (!why && has_items(profile, "architectures") && has_items(profile, "archMap"))
		return xstrdup("it has both 'architectures' and 'archMap'");
	for (size_t i = 0; !why && i < json_array_size(list); i++)
		why = check_name(json_array_get(list, i), "SCMP_ARCH_", architectures,
				 "architecture");
	return why;
}

/* 20.10 does not look at them. */
static char *check_flags(const json_t *profile, const char *version)
{
	const json_t *list = json_object_get(profile, "flags");
	char *why = NULL;

	if (version && engine_version_compare(version, "23.0") < 0)
		return NULL;
	why = check_list(profile, "flags");
	for (size_t i = 0; !why && i < json_array_size(list); i++)
		why = check_name(json_array_get(list, i), "SECCOMP_FILTER_FLAG_", flags, "flag");
	return why;
}

static char *check_profile(const json_t *profile, const char *version)
{
	const json_t *action = json_object_get(profile, "defaultAction");
	const json_t *calls = json_object_get(profile, "syscalls");
	char *why = NULL;

	/* Without one there is no filter at all, whatever else stands there. */
	if (!has(profile, "defaultAction") ||
	    (json_is_string(action) && json_string_length(action) == 0))
		return NULL;
	why = check_name(action, "SCMP_ACT_", actions, "action");
	if (!why)
		why = check_architectures(profile);
	if (!why)
		why = check_flags(profile, version);
	if (!why)
		why = check_list(profile, "syscalls");
	for (size_t i = 0; !why && i < json_array_size(calls); i++)
		why = check_call(json_array_get(calls, i));
	return why;
}

char *seccomp_profile_error(const char *text, const char *version)
{
	json_t *profile = json_loads(text, 0, NULL);
	char *why = json_is_object(profile) ? check_profile(profile, version)
					    : xstrdup("it is not a JSON object");

	json_decref(profile);
	return why;
}
