#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/json-scan.h"
#include "engine/format/schemes/json-text.h"

/* The bytes of each member of the top object but the one named. */
static void other_members(const struct buf *text, const char *but, struct strv *ret)
{
	CLEANUP(json_members_clear) struct json_members top = {0};

	if (!json_scan_object(text, json_scan_top(text), &top))
		return;
	for (size_t i = 0; i < top.count; i++) {
		const struct json_member *m = &top.items[i];
		CLEANUP(freep) char *key = json_scan_key(text, m);

		if (strcmp(key, but) != 0)
			strv_add_n(ret, text->data + m->key.start, m->value.end - m->key.start);
	}
}

/* The first step of a pointer, with its escapes resolved. */
static char *first_step(const char *pointer)
{
	CLEANUP(buf_clear) struct buf step = {0};

	for (const char *c = pointer + (*pointer == '/'); *c && *c != '/'; c++) {
		if (*c == '~' && (c[1] == '0' || c[1] == '1'))
			buf_putc(&step, *++c == '0' ? '~' : '/');
		else
			buf_putc(&step, *c);
	}
	return buf_take(&step);
}

static bool is_blank(const struct buf *text)
{
	return strspn(buf_str(text), " \t\r\n") == text->len;
}

static void check_others(const struct fuzz_edit *e)
{
	CLEANUP(strv_clear) struct strv before = {0}, after = {0};
	CLEANUP(freep) char *step = first_step(e->subject + strlen("json:"));

	if (!is_blank(&e->before))
		other_members(&e->before, step, &before);
	other_members(&e->after, step, &after);
	FUZZ_ASSERT(strv_equal(&before, &after));
	FUZZ_ASSERT(json_text_check(&e->after, NULL) >= 0);
}

/* What dockerd would take from any text: no crash, and never a setting from one that it refuses. */
static void check_daemon_file(const struct buf *text)
{
	CLEANUP(strv_clear) struct strv keys = {0}, values = {0}, reasons = {0}, flags = {0};
	CLEANUP(error_clear) struct error err = {0};

	strv_add(&flags, "icc");
	FUZZ_ASSERT(daemon_file_check(text, "20.10.24", &flags, &reasons, &err) >= 0 ||
		    reasons.count > 0);
	error_clear(&err);
	if (daemon_file_settings(text, NULL, &keys, &values, &err) >= 0)
		FUZZ_ASSERT(keys.count == values.count);
	for (size_t i = 0; i < values.count; i++)
		FUZZ_ASSERT(json_value_type(values.items[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(fuzz_edit_clear) struct fuzz_edit e = {0};

	fuzz_edit_run(&e, "json", data, size);
	if (e.set >= 0)
		check_others(&e);
	if (strchr(e.subject, '/') == strrchr(e.subject, '/') && !is_blank(&e.before))
		fuzz_edit_check_undone(&e); /* of objects made on the way the outer ones stay */
	check_daemon_file(&e.before);
	return 0;
}
