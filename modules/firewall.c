#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/cidr.h"
#include "modules/common/firewall-ports.h"
#include "modules/common/firewall-text.h"
#include "modules/registry.h"
#include "modules/unit.h"

/*
 * New connections to some ports of this host come from named sources only, by a chain of our own
 * (common/firewall-text.h): whether the kernel has it, a file from which each boot loads it, and
 * a unit that does; and who would be shut out by it.
 */

struct firewall_desired {
	char *name;
	struct strv ports;
	struct strv sources;
};

struct job {
	const struct firewall_desired *want;
	const struct view *view;
	struct delta *delta;
	struct strv ports;
	char *file; /* that the boot loads */
	char *unit; /* that loads it */
};

static void job_clear(struct job *job)
{
	strv_clear(&job->ports);
	free(job->file);
	free(job->unit);
}

static void refuse(struct job *job, const char *reason, char *why)
{
	delta_raise(job->delta, VERDICT_FAIL, "%s", reason);
	free(job->delta->refusal);
	job->delta->refusal = why;
}

static bool is_in_one_of(const struct cidr *address, const char *const *nets, size_t count)
{
	struct cidr net;

	for (size_t i = 0; i < count; i++)
		if (cidr_parse(nets[i], &net, NULL) >= 0 && cidr_contains(&net, address))
			return true;
	return false;
}

static bool is_limited(const struct job *job, const char *port, const char *own)
{
	CLEANUP(freep) char *item = xasprintf("%s/tcp", port);

	return firewall_ports_have(&job->ports, item, own);
}

/* Who has a connection open now, and could not open it again. */
static void hold_peers(struct job *job)
{
	static const char *const loopback[] = {"127.0.0.0/8", "::1"};
	const struct strv *peers = &job->view->facts->firewall.peers;
	const struct strv *sources = &job->want->sources;

	for (size_t i = 0; i < peers->count; i++) {
		CLEANUP(strv_clear) struct strv words = {0}; /* "2376 192.0.2.7 on 10.0.0.9" */
		CLEANUP(freep) char *hold = NULL;
		struct cidr address;

		strv_split(&words, peers->items[i], " ");
		if (words.count != 4 || !is_limited(job, words.items[0], words.items[3]) ||
		    cidr_parse(words.items[1], &address, NULL) < 0 ||
		    is_in_one_of(&address, loopback, ARRAY_SIZE(loopback)) ||
		    is_in_one_of(&address, (const char *const *)sources->items, sources->count))
			continue;
		hold = xasprintf(
			"%s has a connection to port %s open, and is not among the sources",
			words.items[1], words.items[0]);
		strv_add_once(&job->delta->holds, hold);
	}
}

/* The kernel's chain, or what the plan makes of it; NULL: there is none. */
static char *chain_now(const struct job *job)
{
	const struct subject subject = subject_of(SCHEME_CHAIN, job->want->name);
	const struct firewall_chain *chain =
		firewall_find(&job->view->facts->firewall, job->want->name);
	char *planned = NULL;

	if (view_value(job->view, HANDLER_FIREWALL, subject, &planned, NULL) == 1)
		return planned;
	return chain ? xstrdup(chain->text) : NULL;
}

/* What is open now is what matters: the rules may be as they were, and the host is not. */
static void name_open(struct job *job, const char *now)
{
	CLEANUP(strv_clear) struct strv open = {0};
	CLEANUP(freep) char *list = NULL;

	for (size_t i = 0; i < job->ports.count; i++)
		if (!now || !firewall_chain_drops(now, job->ports.items[i]))
			strv_add_owned(&open,
				       firewall_port_name(job->view->facts, job->ports.items[i]));
	list = names_join(&open);
	if (open.count > 0)
		delta_raise(job->delta, VERDICT_FAIL,
			    "%s %s not limited to the named sources: the chain %s %s", list,
			    open.count == 1 ? "is" : "are", job->want->name,
			    now ? "has no rule for it" : "is not in the kernel");
}

static void judge_kernel(struct job *job, const char *text)
{
	CLEANUP(freep) char *now = NULL;

	if (job->view->facts->offline)
		return;
	now = chain_now(job);
	name_open(job, now);
	if (strcmp_null(now, text) == 0)
		return;
	delta_raise(job->delta, VERDICT_FAIL,
		    now ? "the chain %s has other rules" : "the kernel has no chain %s",
		    job->want->name);
	effect_bring(delta_effect(job->delta, HANDLER_FIREWALL,
				  subject_of(SCHEME_CHAIN, job->want->name), now, text),
		     job->file, subject_of(SCHEME_TEXT, "all"));
}

static int judge_file(struct job *job, const char *text, struct error *err)
{
	CLEANUP(freep) char *wanted = firewall_file_text(job->want->name, text, job->unit);
	CLEANUP(freep) char *before = NULL;
	CLEANUP(buf_clear) struct buf content = {0};
	int r = view_content_if_any(job->view, job->file, &content, err);

	if (r < 0)
		return r;
	if (content.len)
		before = xstrndup(content.data,
				  content.len - (content.data[content.len - 1] == '\n'));
	if (strcmp_null(before, wanted) == 0)
		return 0;
	delta_raise(job->delta, VERDICT_FAIL, before ? "'%s' has other rules" : "there is no '%s'",
		    job->file);
	delta_edit(job->delta, job->file, subject_of(SCHEME_TEXT, "all"), wanted);
	return 0;
}

/* What stands in the way of rules of our own; true where something does. */
static bool is_hindered(struct job *job)
{
	const struct firewall_facts *f = &job->view->facts->firewall;
	const struct firewall_chain *chain = firewall_find(f, job->want->name);
	CLEANUP(node_clear) struct node node = {0};

	if (f->not_measured && !job->view->facts->offline) {
		delta_raise(job->delta, VERDICT_NOT_MEASURED, "%s", f->not_measured);
		return true;
	}
	if (f->manager) {
		refuse(job, "these ports are not limited by harden",
		       xasprintf("%s keeps this host's packet filter, and its rules belong there",
				 f->manager));
		str_replace(
			&job->delta->fix,
			"firewall-cmd --permanent --new-policy, with a rich rule for each source");
		return true;
	}
	if (chain && chain->foreign) {
		refuse(job, "the chain has rules of others",
		       xasprintf("the chain %s of table " FIREWALL_TABLE
				 " has rules that harden did not write",
				 job->want->name));
		return true;
	}
	if (view_node(job->view, FIREWALL_NFT, &node, NULL) < 0 || node.kind != NODE_FILE) {
		refuse(job, "these ports are not limited",
		       xstrdup("'" FIREWALL_NFT
			       "' is not there (package nftables), which loads the rules at "
			       "each boot"));
		return true;
	}
	return false;
}

static bool limits_containers(const struct job *job)
{
	return strv_contains(&job->want->ports, "@published");
}

static int judge(struct job *job, struct error *err)
{
	bool containers = limits_containers(job);
	CLEANUP(freep)
	char *text =
		firewall_chain_text(job->view->facts, &job->ports, &job->want->sources, containers);
	CLEANUP(freep) char *unit = firewall_unit_text(job->want->name, job->file);
	int r;

	if (is_hindered(job))
		return 0;
	judge_kernel(job, text);
	r = judge_file(job, text, err);
	if (r >= 0)
		r = unit_bring_about(job->unit, unit, job->view, job->delta, err);
	if (r < 0)
		return r;
	if (job->delta->verdict == VERDICT_FAIL)
		hold_peers(job);
	delta_raise(job->delta, VERDICT_PASS, "%zu %s open to the named sources only%s",
		    job->ports.count, job->ports.count == 1 ? "port is" : "ports are",
		    containers ? "; what is published from now on is open until harden runs again"
			       : "");
	return 0;
}

static int firewall_diff(const void *desired, const struct view *now, struct delta *ret,
			 struct error *err)
{
	const struct firewall_desired *want = desired;
	CLEANUP(job_clear) struct job job = {.want = want, .view = now, .delta = ret};
	CLEANUP(tally_clear) struct tally tally = {0};
	CLEANUP(error_clear) struct error why = {0};

	job.file = xasprintf("/etc/harden/firewall-%s.nft", want->name);
	job.unit = xasprintf("harden-firewall-%s.service", want->name);
	firewall_ports(now, &want->ports, &job.ports, &tally);
	tally_finish(&tally, ret);
	if (job.ports.count == 0 || ret->verdict == VERDICT_NOT_MEASURED)
		return 0;
	if (judge(&job, &why) < 0)
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s", error_text(&why));
	return 0;
}

static int check_sources(const struct strv *sources, struct error *err)
{
	if (sources->count == 0)
		return error_set(err, -EINVAL, "no source is named");
	for (size_t i = 0; i < sources->count; i++) {
		struct cidr net;
		int r = cidr_parse(sources->items[i], &net, err);

		if (r < 0)
			return r;
		if (net.length == 0)
			return error_set(err, -EINVAL, "'%s' is everybody: that limits nothing",
					 sources->items[i]);
	}
	return 0;
}

static int firewall_check(const void *desired, struct error *err)
{
	const struct firewall_desired *want = desired;

	if (!*want->name || want->name[strspn(want->name, "abcdefghijklmnopqrstuvwxyz")])
		return error_set(err, -EINVAL, "'%s' is not a name of small letters", want->name);
	if (strlen(want->name) > 30)
		return error_set(err, -EINVAL, "'%s' is too long", want->name);
	for (size_t i = 0; i < want->ports.count; i++) {
		if (!firewall_port_is_valid(want->ports.items[i]))
			return error_set(err, -EINVAL,
					 "'%s' is not a port (2376/tcp), nor @api or @published",
					 want->ports.items[i]);
		if (strcmp(want->ports.items[i], "22/tcp") == 0)
			return error_set(err, -EINVAL, "'22/tcp' is ssh's: it is not limited here");
	}
	return check_sources(&want->sources, err);
}

static unsigned firewall_needs(const void *desired)
{
	return FACTS_FIREWALL | FACTS_UNIT_STATES;
}

static const struct field fields[] = {
	{.key = "name",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct firewall_desired, name),
	 .required = true,
	 .help = "of the chain, in small letters"},
	{.key = "ports",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct firewall_desired, ports),
	 .required = true,
	 .help = "2376/tcp and the like; @api: dockerd's and the swarm's; @published: containers'"},
	{.key = "sources",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct firewall_desired, sources),
	 .required = true,
	 .help = "addresses and networks that may connect; all others may not"},
	{0},
};

const struct module module_firewall = {
	.name = "firewall",
	.summary = "who may open connections to some ports of this host",
	.desired_size = sizeof(struct firewall_desired),
	.fields = fields,
	.check = firewall_check,
	.needs = firewall_needs,
	.diff = firewall_diff,
};
