#include "modules/common/firewall-text.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/cidr.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/nft-text.h"
#include "modules/common/firewall-ports.h"

static void put_sources(const struct strv *sources, struct buf *b)
{
	for (size_t i = 0; i < sources->count; i++) {
		CLEANUP(freep) char *source = NULL;
		struct cidr net;

		cidr_parse(sources->items[i], &net, NULL); /* check() has seen to it */
		source = cidr_text(&net);
		buf_printf(b, "\n%s saddr %s accept", strchr(source, ':') ? "ip6" : "ip", source);
	}
}

/*
 * Until 28.0 the engine lets whoever routes to it reach a container by its own address, on any
 * port, published or not.
 */
static bool engine_is_open(const struct facts *f)
{
	const char *version = f->docker.version;

	return f->firewall.bridges.count > 0 &&
	       (!version || engine_version_compare(version, "28.0") < 0);
}

/* Who is on the bridge itself is Docker's business. */
static void put_bridges(const struct strv *bridges, struct buf *b)
{
	for (size_t i = 0; i < bridges->count; i++) {
		const char *space = strchr(bridges->items[i], ' ');
		int n = (int)(space - bridges->items[i]);

		buf_printf(b, "\niifname != \"%.*s\" %s daddr %s fib daddr type != local drop", n,
			   bridges->items[i], strchr(space, ':') ? "ip6" : "ip", space + 1);
	}
}

/* The chain is before the translation of addresses: a packet has the address that was published. */
static char *drop_text(const char *port)
{
	const char *slash = strchr(port, '/'), *on = strstr(port, FIREWALL_ON);
	int number = (int)(slash - port);
	int protocol = on ? (int)(on - slash) - 1 : (int)strlen(slash + 1);
	const char *address = on ? on + strlen(FIREWALL_ON) : "";
	const char *family = strchr(address, ':') ? "ip6" : "ip";

	return on ? xasprintf("%s daddr %s %.*s dport %.*s drop", family, address, protocol,
			      slash + 1, number, port)
		  : xasprintf("%.*s dport %.*s drop", protocol, slash + 1, number, port);
}

/* What it hooks into, then its rules. */
char *firewall_chain_text(const struct facts *f, const struct strv *ports,
			  const struct strv *sources, bool containers)
{
	bool direct = containers && engine_is_open(f);
	struct buf b = {0};

	buf_puts(&b, "type filter hook prerouting priority -150; policy accept;\n"
		     "ct state established,related accept\n"
		     "iifname \"lo\" accept");
	if (direct) {
		put_sources(sources, &b);
		put_bridges(&f->firewall.bridges, &b);
	}
	buf_puts(&b, "\nfib daddr type != local accept");
	if (!direct)
		put_sources(sources, &b);
	for (size_t i = 0; i < ports->count; i++) {
		CLEANUP(freep) char *drop = drop_text(ports->items[i]);

		buf_printf(&b, "\n%s", drop);
	}
	return buf_take(&b);
}

/* Commands for nft, which `nft -f` reads as well as a person. */
char *firewall_file_text(const char *name, const char *chain, const char *unit)
{
	CLEANUP(buf_clear) struct buf commands = {0};

	nft_chain_commands(name, chain, &commands);
	return xasprintf(
		"# Loaded by %s. harden writes this file anew; what else is to be filtered\n"
		"# belongs elsewhere.\n%.*s",
		unit, (int)(commands.len - 1), buf_str(&commands));
}

/* Before anything listens, and again whenever nftables.service has emptied the kernel's rules. */
char *firewall_unit_text(const char *name, const char *file)
{
	return xasprintf(
		"# Written by harden: new connections to some ports from named sources only.\n"
		"\n[Unit]\n"
		"Description=Packet filter of harden: %s\n"
		"Documentation=man:harden(1)\n"
		"DefaultDependencies=no\n"
		"RequiresMountsFor=/etc/harden\n"
		"After=nftables.service\n"
		"PartOf=nftables.service\n"
		"ReloadPropagatedFrom=nftables.service\n"
		"Wants=network-pre.target\n"
		"Before=network-pre.target docker.socket docker.service shutdown.target\n"
		"Conflicts=shutdown.target\n"
		"\n[Service]\n"
		"Type=oneshot\n"
		"RemainAfterExit=yes\n"
		"ExecStart=" FIREWALL_NFT " -f %s\n"
		"ExecReload=" FIREWALL_NFT " -f %s\n"
		"\n[Install]\n"
		"WantedBy=sysinit.target",
		name, file, file);
}

static bool has_drop(const char *chain, const char *port)
{
	CLEANUP(freep) char *drop = drop_text(port), *line = xasprintf("\n%s", drop);
	size_t n = strlen(line);

	for (const char *at = strstr(chain, line); at; at = strstr(at + 1, line))
		if (at[n] == '\0' || at[n] == '\n')
			return true;
	return false;
}

/* One at no address in particular drops it at each. */
bool firewall_chain_drops(const char *chain, const char *port)
{
	const char *on = strstr(port, FIREWALL_ON);
	CLEANUP(freep) char *anywhere = on ? xstrndup(port, (size_t)(on - port)) : NULL;

	return has_drop(chain, port) || (anywhere && has_drop(chain, anywhere));
}
