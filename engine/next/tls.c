#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/day.h"
#include "engine/format/certificate.h"
#include "engine/next/parts.h"

/*
 * The certificates of dockerd's API. It starts with one that is out of date, and lets nobody in. One that is good
 * today is no fault of a boot, how soon it may end: until when it is good is told, and tls.expiry judges it.
 */

static int64_t day_of(int64_t seconds)
{
	return seconds >= 0 ? seconds / DAY_SECONDS : (seconds - DAY_SECONDS + 1) / DAY_SECONDS;
}

static void look_at_dates(struct next *n, const char *key, const char *path,
			  const struct certificate *c)
{
	char end_text[DAY_TEXT_LEN + 1], begin_text[DAY_TEXT_LEN + 1];

	day_text(day_of(c->not_after), end_text);
	day_text(day_of(c->not_before), begin_text);
	if (c->not_after <= n->view->facts->today)
		foresight_add(n->ret, NEXT_TLS, FORESIGHT_FAIL, path, 0,
			      "the certificate (%s) is out of date since %s: clients refuse it",
			      key, end_text);
	else if (c->not_before <= n->view->facts->today)
		foresight_add(n->ret, NEXT_TLS, FORESIGHT_PASS, path, 0,
			      "the certificate (%s) is good until %s", key, end_text);
	if (c->not_before > n->view->facts->today)
		foresight_add(n->ret, NEXT_TLS, FORESIGHT_FAIL, path, 0,
			      "the certificate (%s) is not good before %s", key, begin_text);
}

static void look_at_file(struct next *n, const char *key, const char *path)
{
	CLEANUP(certificate_clear) struct certificate c = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r = view_content(n->view, path, &text, &err);

	if (r == -ENOENT)
		foresight_add(n->ret, NEXT_TLS, FORESIGHT_FAIL, path, 0,
			      "it is not there, and dockerd does not start without it (%s)", key);
	else if (r < 0)
		foresight_add(n->ret, NEXT_TLS, FORESIGHT_NOT_MEASURED, path, 0,
			      "it cannot be read (%s): %s", key, error_text(&err));
	else if (strcmp(key, "tlskey") == 0)
		return; /* the start itself tells whether it belongs to the certificate */
	else if ((r = certificate_read(buf_str(&text), text.len, &c, &err)) == 0)
		look_at_dates(n, key, path, &c);
	else
		foresight_add(n->ret, NEXT_TLS,
			      r == -ENOSYS ? FORESIGHT_NOT_MEASURED : FORESIGHT_FAIL, path, 0,
			      "%s (%s)", error_text(&err), key);
}

void next_tls(struct next *n)
{
	static const char *const keys[] = {"tlscacert", "tlscert", "tlskey"};
	bool verifies = next_is(n->docker, "tlsverify", "true");

	for (size_t i = 0; (verifies || next_is(n->docker, "tls", "true")) && i < ARRAY_SIZE(keys);
	     i++) {
		CLEANUP(freep) char *path = next_text(n->docker, keys[i]);

		if (path && *path == '/' && (i > 0 || verifies))
			look_at_file(n, keys[i], path);
	}
	foresight_pass(n->ret, NEXT_TLS, "dockerd reads no certificate that is out of date");
}
