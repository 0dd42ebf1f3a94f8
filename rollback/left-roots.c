#include "rollback/left-roots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/effect/left-root.h"
#include "engine/format/daemon-info.h"
#include "engine/format/schemes/json-text.h"
#include "engine/host/read/disk-use.h"
#include "engine/host/read/observe.h"
#include "engine/model/docker-paths.h"
#include "rollback/in-force.h"

#define DEFAULT_ACCOUNT "dockremap"
void left_roots(const struct root *root, const char *data_root, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *plain = data_root ? plain_data_root(data_root) : NULL;
	CLEANUP(error_clear) struct error err = {0};
	int r = plain ? observe_children(root, plain, &names, &err) : 0;

	if (r < 0 && r != -ENOENT)
		strv_addf(ret, "whether userns-remap left a data root is not known: %s",
			  error_text(&err));
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", plain, names.items[i]);
		CLEANUP(freep) char *told = xasprintf("'%s' stays*", path), *text = NULL;

		if (!is_remapped_root(names.items[i]) || strcmp(path, data_root) == 0 ||
		    strv_has_match(ret, told)) /* the health gate has seen it */
			continue;
		text = left_root_text(root, path);
		strv_add(ret, text);
	}
}

const struct effect *left_roots_effect(const struct plan *plan)
{
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++)
			if (effect_leaves_root(&plan->stages[i].effects.items[k]))
				return &plan->stages[i].effects.items[k];
	return NULL;
}

void left_roots_by(const struct plan *plan, const struct root *root, const struct effector *e,
		   struct strv *ret)
{
	CLEANUP(facts_clear) struct facts now = {0};
	CLEANUP(error_clear) struct error why = {0};
	const struct effect *on = e->look ? left_roots_effect(plan) : NULL;

	if (!on)
		return;
	if (e->look(e->look_data, &now, &why) < 0)
		strv_addf(ret, "whether userns-remap left a data root is not known: %s",
			  error_text(&why));
	else if (effect_in_force(&now, on) != IN_FORCE_YES)
		left_roots(root, now.docker.data_root ? now.docker.data_root : DOCKER_DEFAULT_ROOT,
			   ret);
}

/* The first number of the account's one range; NULL: it has none yet, or several. */
static char *first_of(const struct root *root, const char *file, const char *account)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(strv_clear) struct strv lines = {0};
	const char *first = NULL;

	if (observe_content(root, file, &text, NULL) < 0)
		return NULL;
	strv_split(&lines, buf_str(&text), "\n");
	for (size_t i = 0; i < lines.count; i++) {
		const char *rest = skip_key(lines.items[i], account, ':');

		if (rest && first)
			return NULL;
		if (rest)
			first = rest;
	}
	return first ? xstrndup(first, strspn(first, "0123456789")) : NULL;
}

/* "user", "user:group"; "default" is an account of its own. */
static char *name_of(const struct root *root, const char *value)
{
	CLEANUP(freep) char *all = value ? json_value_to_string(value) : NULL;
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *uid = NULL, *gid = NULL;

	strv_split(&names, all && strcmp(all, "default") != 0 ? all : DEFAULT_ACCOUNT, ":");
	if (names.count == 0)
		return NULL;
	uid = first_of(root, "/etc/subuid", names.items[0]);
	gid = first_of(root, "/etc/subgid", names.items[names.count - 1]);
	return uid && *uid && gid && *gid ? xasprintf("%s.%s", uid, gid) : NULL;
}

void left_roots_expect(const struct root *root, const struct facts *facts, struct plan *plan)
{
	const struct effect *e = left_roots_effect(plan);
	const char *used = facts->docker.data_root ? facts->docker.data_root : DOCKER_DEFAULT_ROOT;
	CLEANUP(freep) char *plain = NULL, *name = NULL, *path = NULL, *size = NULL;
	struct disk_use use;

	if (!e)
		return;
	plain = plain_data_root(used);
	name = name_of(root, e->after);
	path = xasprintf("%s/%s", plain, name ? name : "UID.GID");
	if (name && disk_use(root, path, &use, NULL) == -ENOENT)
		size = xstrdup("not there yet");
	else if (name)
		size = left_root_size(root, path);
	else
		size = xstrdup("by the first numbers of its ranges of ids");
	free(plan->remapped_root);
	plan->remapped_root = xasprintf("%s (%s)", path, size);
}
