#include "cli/boot-recovery.h"

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/host/read/observe.h"
#include "engine/model/unit-states.h"

#define RECOVER_UNIT "harden-recover.service"
#define RECOVER_WANTED "/etc/systemd/system/sysinit.target.wants/" RECOVER_UNIT

enum unit_file { UNIT_THERE, UNIT_GONE, UNIT_MASKED, UNIT_UNKNOWN };

/* As systemd has it: a link to nothing's device, and an empty file, mean that nothing shall be there. */
static enum unit_file look_at(const struct root *root, const char *path)
{
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(freep) char *canonical = NULL;
	CLEANUP(buf_clear) struct buf text = {0};

	if (observe(root, path, 0, &node, &canonical, NULL) < 0)
		return UNIT_UNKNOWN;
	if (path_is_mask(canonical))
		return UNIT_MASKED;
	if (node.kind == NODE_ABSENT)
		return UNIT_GONE;
	if (node.kind != NODE_FILE || observe_content(root, path, &text, NULL) < 0)
		return UNIT_UNKNOWN;
	return text.len ? UNIT_THERE : UNIT_MASKED;
}

/* The first directory that has it decides. */
static enum unit_file find_unit(const struct root *root)
{
	for (size_t i = 0; unit_directories[i]; i++) {
		CLEANUP(freep)
		char *path = xasprintf("%s/" RECOVER_UNIT, unit_directories[i]);
		enum unit_file file = look_at(root, path);

		if (file != UNIT_GONE)
			return file;
	}
	return UNIT_GONE;
}

/* By the link itself: what it leads to need not be what is loaded. */
static enum boot_recovery is_wanted(const struct root *root)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	int r = root_walk_nofollow(root, RECOVER_WANTED, &walk, NULL);

	if (r < 0)
		return BOOT_RECOVERY_UNKNOWN;
	return walk.fd < 0 ? BOOT_RECOVERY_OFF : BOOT_RECOVERY_ON;
}

enum boot_recovery boot_recovery_of(const struct root *root, const char **ret_remedy)
{
	static const char *const remedies[] = {
		[UNIT_THERE] = "systemctl enable " RECOVER_UNIT,
		[UNIT_GONE] = RECOVER_UNIT " is not installed (harden(1), boot recovery)",
		[UNIT_MASKED] = RECOVER_UNIT " is masked: systemctl unmask " RECOVER_UNIT
					     ", then systemctl enable it",
		[UNIT_UNKNOWN] = "systemctl enable " RECOVER_UNIT,
	};
	enum unit_file file = find_unit(root);
	enum boot_recovery wanted = is_wanted(root);

	if (ret_remedy)
		*ret_remedy = remedies[file];
	if (file == UNIT_GONE || file == UNIT_MASKED || wanted == BOOT_RECOVERY_OFF)
		return BOOT_RECOVERY_OFF;
	return file == UNIT_UNKNOWN ? BOOT_RECOVERY_UNKNOWN : wanted;
}
