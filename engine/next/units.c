#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/text-lines.h"
#include "engine/next/parts.h"
#include "modules/common/account.h"

/* Whether the next boot starts docker.service and docker.socket, and could. */

#define SERVICE "docker.service"
#define SOCKET "docker.socket"
#define CONTAINERD "containerd.service"
#define CONTAINERD_DIRECTORY "/run/containerd"

static bool is_masked(struct next *n, const char *unit, const char *because)
{
	CLEANUP(freep) char *mask = boot_unit_mask(n->view, unit);

	if (mask)
		foresight_add(n->ret, NEXT_UNIT, FORESIGHT_FAIL, mask, 0,
			      "%s is masked%s; 'systemctl unmask %s' takes that back", unit,
			      because, unit);
	return mask != NULL;
}

/* What has no file of its own: systemd makes it up, or the host has it or not. */
static bool needs_file(const char *unit)
{
	return ends_with(unit, ".service") || ends_with(unit, ".socket") ||
	       ends_with(unit, ".target");
}

/* Units without which systemd does not start docker.service. */
static void look_at_needs(struct next *n, const char *key)
{
	CLEANUP(strv_clear) struct strv lines = {0}, files = {0};
	CLEANUP(freep) char *because = NULL;

	boot_unit_values(n->view, SERVICE, key, &lines, &files);
	for (size_t i = 0; i < lines.count; i++) {
		CLEANUP(strv_clear) struct strv names = {0};

		strv_split(&names, lines.items[i], " \t");
		for (size_t k = 0; k < names.count; k++) {
			CLEANUP(freep) char *file = boot_unit_file(n->view, names.items[k]);

			str_replace(&because, ", which " SERVICE " requires");
			if (file)
				is_masked(n, names.items[k], because);
			else if (needs_file(names.items[k]))
				foresight_add(
					n->ret, NEXT_UNIT, FORESIGHT_FAIL, files.items[i],
					next_line_with(n->view, files.items[i], names.items[k]),
					SERVICE " requires %s, of which there is no file",
					names.items[k]);
		}
	}
}

/* What runs now, and no boot would start. */
static void look_at_boot(struct next *n)
{
	bool socket = boot_set_has(&n->boot, SOCKET);

	if (n->boot.unknown) {
		foresight_add(n->ret, NEXT_UNIT, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "what the next boot starts is not known: %s", n->boot.unknown);
		return;
	}
	if (boot_set_has(&n->boot, SERVICE) || !n->docker->running)
		return;
	foresight_add(n->ret, NEXT_UNIT, FORESIGHT_FAIL, NULL, 0,
		      SERVICE " runs, and is not enabled: %s",
		      socket ? "after a boot it and its containers come back only when somebody "
			       "connects to " SOCKET
			     : "no boot starts it ('systemctl enable " SERVICE "')");
}

/* The socket that dockerd is told to use, and who makes it. */
static void look_at_containerd(struct next *n)
{
	CLEANUP(freep) char *socket = next_text(n->docker, "containerd"), *place = NULL;
	size_t line;

	if (!socket || !path_is_below(socket, CONTAINERD_DIRECTORY))
		return;
	if (is_masked(n, CONTAINERD, ", whose socket dockerd is told to use") || n->boot.unknown ||
	    boot_set_has(&n->boot, CONTAINERD))
		return;
	place = next_place_of_key(n->view, "containerd", &line);
	foresight_add(n->ret, NEXT_UNIT, FORESIGHT_FAIL, place, line,
		      "dockerd is told to use '%s', and no boot starts " CONTAINERD, socket);
}

/* sysusers.d(5): systemd makes it at the boot, before its sockets. */
static bool is_made_at_boot(const struct view *v, const char *name)
{
	static const char *const directories[] = {"/etc/sysusers.d", "/usr/lib/sysusers.d"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		CLEANUP(strv_clear) struct strv files = {0}, names = {0};

		if (view_children(v, directories[i], &names, NULL) >= 0)
			path_add_matching(&files, directories[i], &names, "*.conf");
		for (size_t k = 0; k < files.count; k++) {
			CLEANUP(buf_clear) struct buf text = {0};
			struct text_line line;
			size_t at = 0;

			if (view_content(v, files.items[k], &text, NULL) < 0)
				continue;
			while (text_line_next(&text, &at, &line)) {
				CLEANUP(freep) char *one = text_line_copy(&text, &line);
				CLEANUP(strv_clear) struct strv words = {0};

				strv_split(&words, one, " \t");
				if (words.count >= 2 && strchr("gu", words.items[0][0]) &&
				    strcmp(words.items[1], name) == 0)
					return true;
			}
		}
	}
	return false;
}

/* Whether names come from elsewhere, too: a directory in the network, which nobody asks here. */
static bool has_directory(const struct view *v, const char *database)
{
	static const char *const local[] = {"files", "compat", "systemd", "altfiles", "db"};
	CLEANUP(buf_clear) struct buf text = {0};
	struct text_line line;
	size_t at = 0;

	if (view_content(v, "/etc/nsswitch.conf", &text, NULL) < 0)
		return false;
	while (text_line_next(&text, &at, &line)) {
		CLEANUP(freep) char *one = text_line_copy(&text, &line);
		CLEANUP(strv_clear) struct strv words = {0};
		const char *rest = skip_key(one, database, ':');

		if (!rest)
			continue;
		strv_split(&words, rest, " \t");
		for (size_t i = 0; i < words.count; i++)
			if (words.items[i][0] != '[' &&
			    !is_among(words.items[i], local, ARRAY_SIZE(local)))
				return true;
	}
	return false;
}

static void look_at_owner(struct next *n, const char *key, const char *file, const char *database)
{
	CLEANUP(strv_clear) struct strv values = {0}, files = {0}, lines = {0};
	const char *name, *where;
	bool elsewhere = has_directory(n->view, database);
	const char *then = ": its start fails, and " SERVICE " with it";

	if (elsewhere)
		then = "; another directory of names may have it";
	else if (n->with_packages)
		then = "; a script of the packages may make it";

	boot_unit_values(n->view, SOCKET, key, &values, &files);
	if (values.count == 0)
		return;
	name = values.items[values.count - 1];
	where = files.items[values.count - 1];
	if (name[strspn(name, "0123456789")] == '\0' || is_made_at_boot(n->view, name))
		return;
	if (account_lines(n->view, file, &lines, NULL) < 0)
		foresight_add(n->ret, NEXT_SOCKET, FORESIGHT_NOT_MEASURED, file, 0,
			      "whether there is '%s', which " SOCKET " names, is not known", name);
	else if (!account_line(&lines, name))
		foresight_add(n->ret, NEXT_SOCKET,
			      elsewhere || n->with_packages ? FORESIGHT_NOT_MEASURED
							    : FORESIGHT_FAIL,
			      where, next_line_with(n->view, where, strchr(key, '/') + 1),
			      SOCKET " has %s=%s, which is not in '%s'%s", strchr(key, '/') + 1,
			      name, file, then);
}

void next_units(struct next *n)
{
	CLEANUP(freep) char *file = boot_unit_file(n->view, SERVICE);

	if (!file)
		foresight_add(n->ret, NEXT_UNIT,
			      n->boot.unknown ? FORESIGHT_NOT_MEASURED : FORESIGHT_FAIL, NULL, 0,
			      "there is no " SERVICE "%s%s", n->boot.unknown ? ", and " : "",
			      n->boot.unknown ? n->boot.unknown : "");
	else if (!is_masked(n, SERVICE, "")) {
		look_at_boot(n);
		look_at_needs(n, "Unit/Requires");
		look_at_needs(n, "Unit/BindsTo");
		look_at_needs(n, "Unit/Requisite");
		look_at_containerd(n);
	}
	foresight_pass(n->ret, NEXT_UNIT,
		       boot_set_has(&n->boot, SERVICE) ? "the boot starts " SERVICE
						       : SERVICE
			       " does not run now, and no boot starts it");
	look_at_owner(n, "Socket/SocketGroup", "/etc/group", "group");
	look_at_owner(n, "Socket/SocketUser", "/etc/passwd", "passwd");
	foresight_pass(n->ret, NEXT_SOCKET, "the owner and the group of " SOCKET " are there");
}
