#include "tests/test.h"

#include <string.h>

#include "cli/context.h"
#include "cli/unattended.h"
#include "engine/base/alloc.h"
#include "engine/host/read/shims.h"
#include "tests/subject-text.h"

/* Containers run without their dockerd: what its next start finds in the file decides about them. */

#define CONFIG "/etc/docker/daemon.json"
#define ID "0123456789abcdef"

int __wrap_shims_find(struct strv *ret, struct error *err);

int __wrap_shims_find(struct strv *ret, struct error *err)
{
	strv_add(ret, ID);
	return 0;
}

static const struct row {
	bool listed; /* docker.service's disk has the container */
	bool idle; /* nothing starts docker.service */
	bool flag; /* docker.service has live-restore as a flag */
	const char *reader; /* flags of another that reads the file; NULL: there is none */
	const char *unknown; /* why its flags cannot be told */
	const char *ack;
	const char *advice; /* NULL: nothing speaks against it */
} rows[] = {
	{.listed = true, .advice = "start docker.service first"},
	{.listed = true, .ack = "x"},
	{.listed = true, .flag = true},
	/* docker.service is started next, whatever the other one has */
	{.listed = true, .reader = "live-restore", .advice = "start docker.service first"},
	{.listed = true, .flag = true, .reader = ""},
	/* the other one is, and by its flag nothing changes for it */
	{.listed = true, .idle = true, .reader = "live-restore"},
	{.listed = true, .idle = true, .reader = "", .advice = "start b.service first"},
	{.listed = true, .idle = true, .flag = true, .reader = "", .advice = "b.service first"},
	{.listed = true, .idle = true, .reader = "", .unknown = "sh", .advice = "b.service"},
	/* docker.service has no such container */
	{.listed = false, .reader = "live-restore"},
	{.listed = false, .reader = "", .advice = "start b.service first"},
	{.listed = false, .flag = true, .reader = "", .advice = "start b.service first"},
	{.listed = false, .advice = "start docker.service first"},
};

static void add_image(struct change *c, const char *text)
{
	struct image *image = array_append(&c->images, &c->nimages, sizeof(*image));

	*image = (struct image){.node = {.kind = NODE_FILE}, .has_content = true};
	buf_puts(&image->content, text);
}

static void fill(struct context *c, const struct row *row)
{
	struct docker_facts *d = &c->facts.docker;
	struct change *config = plan_add_change(&c->plan, CONFIG);

	d->config_file = xstrdup(CONFIG);
	d->idle = row->idle;
	containers_unknown(&d->containers, "dockerd is stopped");
	if (row->listed)
		container_list_add(&d->containers)->id = xstrdup(ID);
	settings_put(&d->next, "live-restore", "true", row->flag ? SOURCE_FLAG : SOURCE_FILE, NULL);
	if (row->reader) {
		struct config_reader *r = facts_add_reader(&c->facts);

		r->unit = xstrdup("b.service");
		r->unknown = xstrdup_null(row->unknown);
		if (*row->reader)
			strv_add(&r->flags, row->reader);
	}
	if (row->ack)
		strv_add(&c->ack, row->ack);
	edits_add(&config->edits, "x", CONFIG, subj("json:/live-restore"), "true", NULL);
	add_image(config, "{\"live-restore\": true}");
	add_image(config, "{}");
}

static void test_who_starts_next_decides(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(context_clear) struct context c = CONTEXT_INIT;
		CLEANUP(freep) char *why = NULL;

		fill(&c, &rows[i]);
		if (unattended(&c, &why) != (rows[i].advice ? CODE_REFUSED : CODE_OK))
			fail_msg("row %zu: %s", i, why ? why : "nothing is said");
		if (!why != !rows[i].advice || (why && !strstr(why, rows[i].advice)))
			fail_msg("row %zu: %s", i, why ? why : "nothing is said");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_starts_next_decides),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
