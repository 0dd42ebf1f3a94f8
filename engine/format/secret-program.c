#include "engine/format/secret-program.h"

#include <string.h>

#include "engine/base/macros.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/shell-split.h"

/* Programs that run another one, whose name stands somewhere behind: docker exec -it db mysql. */
static bool runs_one_behind(const char *word)
{
	static const char *const names[] = {
		"docker",  "docker-compose", "podman",  "nerdctl",
		"ctr",     "crictl",         "kubectl", "oc",
		"runuser", "chpst",          "su",      "gosu",
		"su-exec", "chroot",         "nsenter", "unshare",
		"setpriv", "timeout",        "xargs",   "ssh",
		"sshpass", "setsid",         "stdbuf",  "tini",
		"flock",   "systemd-run",    "watch",   "find",
		"sh",      "bash",           "dash",    "ash",
		"env",     "sudo",           "doas",    "nice",
		"nohup",   "exec",
	};

	return is_among(path_name(word), names, ARRAY_SIZE(names));
}

/* Options whose value would be taken for the program: sudo -u postgres, nice -n 5. */
static bool takes_word(const char *option)
{
	static const char *const names[] = {"-u", "-g", "-n", "-C", "--user", "--group"};

	return is_among(option, names, ARRAY_SIZE(names));
}

static bool is_known(const char *name)
{
	return secret_option_program(name, strlen(name));
}

/* Where the first program's name stands, or c->count. `sudo -u postgres` names none yet. */
static size_t first_program(const struct strv *command)
{
	size_t i = shell_program(command);

	while (i > 0 && i + 1 < command->count && takes_word(command->items[i - 1]) &&
	       !is_known(path_name(command->items[i])))
		for (i++; i + 1 < command->count && *command->items[i] == '-';)
			i++;
	return i;
}

struct secret_words secret_words(const struct strv *command)
{
	size_t first = first_program(command);

	return (struct secret_words){
		.command = command,
		.first = first,
		.behind = first < command->count && runs_one_behind(command->items[first]),
	};
}

void secret_take_program(const struct secret_words *words, size_t i, struct secret_program *ret)
{
	const char *name = path_name(words->command->items[i]);

	if ((i == words->first || (words->behind && i > words->first)) && is_known(name))
		*ret = (struct secret_program){name, strlen(name)};
}
