#include "cli/report/finding.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

#define TEXT_SHOWN 400 /* bytes: about six lines of a report */
#define ALIKE 40 /* bytes in which reasons begin alike that are of one kind */
#define ALIKE_SHOWN 3 /* of reasons of one kind */

const char *finding_says(const struct finding *f)
{
	if (f->verdict == VERDICT_MANUAL || f->verdict == VERDICT_PASS || !f->reason)
		return f->title ? f->title : "";
	return f->reason;
}

char *finding_text(const char *text, bool verbose)
{
	const char *end = text;

	if (verbose || strlen(text) <= TEXT_SHOWN)
		return xstrdup(text);
	for (const char *at = text; (at = strstr(at, ", ")) && at - text <= TEXT_SHOWN; at++)
		end = at;
	for (const char *at = text; end == text && at - text <= TEXT_SHOWN && *at; at++)
		if (starts_with(at, "\",\"")) /* a list of JSON */
			end = at + 1;
	if (end == text) /* no list: nothing that could be left out */
		return xstrdup(text);
	return xasprintf("%.*s, and more (-v shows all)", (int)(end - text), text);
}

/* A kind of which there are many (a line for each key of a file) is told by the first of it. */
static void add_holds(const struct finding *f, bool verbose, struct strv *ret)
{
	size_t alike = 0;

	for (size_t i = 0; i < f->holds.count; i++) {
		const char *next = i + 1 < f->holds.count ? f->holds.items[i + 1] : "";

		if (verbose || alike < ALIKE_SHOWN) /* whole: it names what is consented to */
			strv_addf(ret, "held back: %s", f->holds.items[i]);
		alike++;
		if (strncmp(f->holds.items[i], next, ALIKE) == 0 && strlen(next) >= ALIKE)
			continue;
		if (!verbose && alike > ALIKE_SHOWN)
			strv_addf(ret, "held back: for %zu more %s of this kind (-v shows all)",
				  alike - ALIKE_SHOWN,
				  alike - ALIKE_SHOWN == 1 ? "reason" : "reasons");
		alike = 0;
	}
}

void finding_adds(const struct finding *f, bool verbose, struct strv *ret)
{
	for (size_t i = 1; verbose && i < f->details.count; i++)
		strv_addf(ret, "also: %s", f->details.items[i]);
	if (f->state == FINDING_WAIVED)
		strv_addf(ret, "waived %s", f->waiver ? f->waiver : "");
	if (f->waiver_ended)
		strv_add(ret, f->waiver_ended);
	if (f->state == FINDING_REFUSED)
		strv_addf(ret, "cannot be done here: %s", f->refusal ? f->refusal : "");
	if (f->state == FINDING_HELD)
		add_holds(f, verbose, ret);
	if (f->state == FINDING_HELD && f->holds.count == 0)
		strv_addf(ret, "held back: it is done only with '--ack %s'", f->control);
	if (f->state == FINDING_HELD && f->refusal)
		strv_add(ret, "no --ack is enough: do first what it says");
	for (size_t i = 0; i < f->left_out.count; i++)
		strv_addf(ret, "left out: %s", f->left_out.items[i]);
	if (f->state == FINDING_OK && f->fix && f->verdict > VERDICT_PASS) {
		CLEANUP(freep) char *fix = finding_text(f->fix, verbose);

		strv_addf(ret, "-> %s", fix);
	}
}

static int compare(const void *a, const void *b)
{
	const struct finding *x = *(const struct finding *const *)a;
	const struct finding *y = *(const struct finding *const *)b;

	if (x->severity != y->severity)
		return x->severity < y->severity ? -1 : 1;
	return strcmp(x->control, y->control);
}

const struct finding **findings_sorted(const struct plan *plan,
				       bool (*is_so)(const struct finding *f), size_t *ret_count)
{
	const struct finding **some = xcalloc(plan->nfindings + 1, sizeof(*some));
	size_t n = 0;

	for (size_t i = 0; i < plan->nfindings; i++)
		if (is_so(&plan->findings[i]))
			some[n++] = &plan->findings[i];
	if (n > 1)
		qsort(some, n, sizeof(*some), compare);
	*ret_count = n;
	return some;
}

bool finding_is_done(const struct finding *f)
{
	if (f->state == FINDING_PLANNED)
		return true;
	if (f->verdict == VERDICT_NOT_MEASURED)
		return f->in_place && f->state == FINDING_OK;
	return (f->verdict == VERDICT_PASS || f->verdict == VERDICT_PENDING) &&
	       f->state != FINDING_REFUSED;
}

bool finding_stays_critical(const struct finding *f)
{
	return f->severity == SEVERITY_CRITICAL && f->verdict == VERDICT_FAIL &&
	       f->state != FINDING_PLANNED && f->state != FINDING_WAIVED;
}
