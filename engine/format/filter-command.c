#include "engine/format/filter-command.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/macros.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/unit-scan.h"

const char *const unit_command_keys[] = {
	"ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload", "ExecStop",
	"ExecStopPost", NULL};

/* Words end here, in a shell's words and in systemd's. */
#define BETWEEN " \t\n;|&\"'`(){}$="

/* They keep all rules of the host, or put those of a file in place of all. */
static const char *const keepers[] = {
	"firewalld",
	"ufw",
	"ufw-init",
	"netfilter-persistent",
	"shorewall",
	"ferm",
	"shorewall6",
	"firehol",
	"iptables-restore",
	"fwbuilder",
	"ip6tables-restore",
	"iptables-nft-restore",
	"iptables-apply",
	"awall",
	"iptables.init",
	"ip6tables-nft-restore",
	"iptables-legacy-restore",
};

/* These add a rule, or take one away, unless one of these words is among theirs. */
static const struct {
	const char *program;
	const char *words[8];
} editors[] = {
	{"nft", {"flush", "destroy", "delete", "reset", "-f", "--file"}},
	{"iptables", {"-F", "--flush", "-X", "--delete-chain", "-P", "--policy"}},
	{"ip6tables", {"-F", "--flush", "-X", "--delete-chain", "-P", "--policy"}},
	{"iptables-nft", {"-F", "--flush", "-X", "--delete-chain", "-P", "--policy"}},
	{"iptables-legacy", {"-F", "--flush", "-X", "--delete-chain", "-P", "--policy"}},
};

/* systemd's marks in front of a program, and its directory, are not its name. */
static const char *name_of(const char *word)
{
	return path_name(word + strspn(word, "-@+!:"));
}

static bool has_one(const struct strv *words, const char *const *wanted)
{
	for (size_t i = 0; wanted[i]; i++)
		for (size_t k = 0; k < words->count; k++)
			if (strcmp(words->items[k], wanted[i]) == 0 ||
			    (wanted[i][1] == 'f' && starts_with(words->items[k], "-f/")))
				return true;
	return false;
}

const char *filter_flusher(const char *command)
{
	CLEANUP(strv_clear) struct strv words = {0};

	strv_split(&words, command, BETWEEN);
	for (size_t i = 0; i < words.count; i++) {
		const char *name = name_of(words.items[i]);

		for (size_t k = 0; k < ARRAY_SIZE(keepers); k++)
			if (strcmp(name, keepers[k]) == 0)
				return keepers[k];
		for (size_t k = 0; k < ARRAY_SIZE(editors); k++)
			if (strcmp(name, editors[k].program) == 0 &&
			    has_one(&words, editors[k].words))
				return editors[k].program;
	}
	return NULL;
}

const char *filter_flusher_of_unit(const struct buf *text)
{
	const char *found = NULL;

	for (size_t i = 0; unit_command_keys[i] && !found; i++) {
		CLEANUP(unit_scan_clear) struct unit_scan scan = {0};

		unit_scan(text, "Service", unit_command_keys[i], &scan);
		for (size_t k = 0; k < scan.count && !found; k++)
			found = filter_flusher(scan.items[k].value);
	}
	return found;
}
