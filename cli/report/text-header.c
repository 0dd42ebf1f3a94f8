#include "cli/report/text-header.h"

#include <string.h>

#include "cli/report/summary.h"
#include "engine/base/alloc.h"

static const char *install_text(enum docker_install install)
{
	switch (install) {
	case DOCKER_DISTRO:
		return "distribution's package";
	case DOCKER_CE:
		return "docker-ce";
	case DOCKER_SNAP:
		return "snap";
	case DOCKER_ROOTLESS:
		return "rootless";
	case DOCKER_OTHER:
		return "no package";
	case DOCKER_NONE:
	case DOCKER_INSTALL_COUNT:
		break;
	}
	return "not installed";
}

void text_docker(struct buf *b, const struct style *s, const struct facts *f)
{
	const struct docker_facts *d = &f->docker;

	if (d->install == DOCKER_NONE) {
		buf_puts(b, "no Docker");
		return;
	}
	buf_puts(b, "Docker ");
	ink_text(b, s, INK_PLAIN, d->version ? d->version : "of unknown version");
	buf_printf(b, " (%s%s)", install_text(d->install), f->no_systemd ? "" : ", systemd");
}

/* The first line, a part at a time: what does not fit any more begins the next one. */
struct headline {
	struct buf *b;
	const struct style *s;
	size_t column;
};

/* `part` with its colours; `width` is its own without them. */
static void put_part(struct headline *h, const struct buf *part, size_t width)
{
	if (h->column + 3 + width > style_width(h->s)) {
		buf_putc(h->b, '\n');
		h->column = 0;
	}
	buf_puts(h->b, "   ");
	buf_puts(h->b, buf_str(part));
	h->column += 3 + width;
}

static void put_plain_part(struct headline *h, const char *text)
{
	CLEANUP(buf_clear) struct buf part = {0};

	buf_puts(&part, text);
	put_part(h, &part, text_width(text));
}

static void put_running(struct headline *h, const struct facts *f)
{
	const struct docker_facts *d = &f->docker;
	CLEANUP(buf_clear) struct buf count = {0};
	size_t up;

	if (f->offline) {
		put_plain_part(h, "not running (an image)");
		return;
	}
	if (d->install == DOCKER_NONE)
		return;
	if (!d->running) {
		put_plain_part(h, docker_is_stopped(f) ? "dockerd not running"
						       : "whether dockerd runs is not known");
		return;
	}
	if (d->not_measured)
		return;
	if (containers_running(&d->containers, &up)) {
		count_text(&count, up, "container", "containers");
		buf_puts(&count, " up");
	}
	put_plain_part(h, count.len ? buf_str(&count) : "containers not known");
	if (d->swarm)
		put_plain_part(h, strcmp(d->swarm, "inactive") == 0 ? "no swarm" : "swarm");
}

static void name_part(struct buf *b, const struct style *s, const struct facts *facts,
		      const struct plan *plan)
{
	buf_puts(b, "host ");
	ink_text(b, s, INK_HEAD, plan->hostname ? plan->hostname : "without a name");
}

static void docker_part(struct buf *b, const struct style *s, const struct facts *facts,
			const struct plan *plan)
{
	if (facts) {
		text_docker(b, s, facts);
	} else if (plan->docker_version) {
		buf_puts(b, "Docker ");
		ink_text(b, s, INK_PLAIN, plan->docker_version);
	} else {
		buf_puts(b, "Docker's version not known");
	}
}

static void put_host(struct headline *h, const struct facts *facts, const struct plan *plan)
{
	static void (*const parts[])(struct buf *, const struct style *, const struct facts *,
				     const struct plan *) = {name_part, docker_part};
	const struct style plain = {.utf8 = h->s->utf8};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		CLEANUP(buf_clear) struct buf inked = {0}, bare = {0};

		parts[i](&inked, h->s, facts, plan);
		parts[i](&bare, &plain, facts, plan);
		put_part(h, &inked, text_width(buf_str(&bare)));
	}
	if (facts)
		put_running(h, facts);
	buf_putc(h->b, '\n');
}

/* A rollback's plan says in place of a baseline what it undoes. */
static void put_baseline(struct buf *b, const struct style *s, const struct plan *plan)
{
	CLEANUP(freep) char *title = plan_title(plan);
	bool rollback = plan->kind == PLAN_ROLLBACK;

	if (!rollback)
		buf_puts(b, "baseline ");
	ink_text(b, s, INK_PLAIN, title ? title : "");
	if (!rollback)
		buf_printf(b, " (level %d)", plan->level);
	buf_putc(b, '\n');
}

static void put_reason(struct buf *b, const struct style *s, const char *what, const char *reason)
{
	if (!reason)
		return;
	buf_puts(b, what);
	ink_text(b, s, INK_PLAIN, reason);
	buf_putc(b, '\n');
}

static void put_other(struct buf *b, const struct style *s, const char *daemon)
{
	buf_puts(b, "another dockerd runs (");
	ink_text(b, s, INK_PLAIN, daemon);
	buf_puts(b, "): not looked at\n");
}

void text_header(struct buf *b, const struct style *s, const struct facts *facts,
		 const struct plan *plan)
{
	const char *version = plan->harden_version ? plan->harden_version : HARDEN_VERSION;
	struct headline headline = {b, s, text_width("harden ") + text_width(version)};

	ink_text(b, s, INK_HEAD, "harden ");
	ink_text(b, s, INK_HEAD, version);
	put_host(&headline, facts, plan);
	put_baseline(b, s, plan);
	if (facts) {
		put_reason(b, s, "dockerd was not asked: ",
			   facts->offline ? NULL : facts->docker.not_measured);
		for (size_t i = 0; i < facts->docker.others.count; i++)
			put_other(b, s, facts->docker.others.items[i]);
		put_reason(b, s,
			   "this Docker cannot be hardened by harden: ", facts->docker.unsupported);
	}
	buf_putc(b, '\n');
}
