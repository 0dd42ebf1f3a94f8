/*
 * What a module says of a value goes through the value's subject: a key whose name speaks of a secret
 * is named in reasons, holds and warnings, and what it holds is not; neither what is there nor what is
 * wanted. A value that is nobody's secret is told.
 */

#include "tests/test.h"

#include <string.h>

#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/docker-view.h"

#define IS "1S3CR3T4711"
#define WANTED "2S3CR3T4711"
#define UNIT_FILE "/usr/lib/systemd/system/docker.service"
#define SYSCTL_FILE "/etc/sysctl.d/10.conf"

static const struct row {
	const struct module *module;
	const char *path, *before, *behind; /* the value stands between them */
	const char *want; /* up to the value */
	const char *quote, *unquote; /* around the value */
	const char *now; /* of dockerd, or the kernel's; NULL: none */
	bool secret;
} rows[] = {
	{&module_docker_daemon, CONFIG, "{\"log-opts\":{\"splunk-token\":\"", "\"}}",
	 "key=log-opts value=", "{\"splunk-token\":\"", "\"}", "log-opts", true},
	{&module_docker_daemon, CONFIG, "{\"cgroup-parent\":\"", "\"}",
	 "key=cgroup-parent value=", "\"", "\"", "cgroup-parent", false},
	{&module_sysctl, SYSCTL_FILE, "net.site.password = ", "\n",
	 "key=net.site.password value=", "", "", "net.site.password", true},
	{&module_sysctl, SYSCTL_FILE, "net.site.name = ", "\n", "key=net.site.name value=", "", "",
	 "net.site.name", false},
	{&module_systemd_dropin, UNIT_FILE, "[Service]\nSetCredential=", "\n",
	 "unit=docker.service section=Service key=SetCredential value=", "", "", NULL, true},
	{&module_systemd_dropin, UNIT_FILE, "[Service]\nSlice=", "\n",
	 "unit=docker.service section=Service key=Slice value=", "", "", NULL, false},
	{&module_config, "/etc/default/docker", "DB_PASSWORD=", "\n",
	 "file=/etc/default/docker lens=Shellvars path=DB_PASSWORD value=", "", "", NULL, true},
};

static void all_words(const struct delta *d, struct strv *ret)
{
	const char *const one[] = {d->reason, d->fix, d->refusal, d->first};

	for (size_t i = 0; i < ARRAY_SIZE(one); i++)
		if (one[i])
			strv_add(ret, one[i]);
	strv_add_all(ret, &d->details);
	strv_add_all(ret, &d->holds);
	strv_add_all(ret, &d->warnings);
	for (size_t i = 0; i < d->nomissions; i++)
		strv_add(ret, d->omissions[i].why);
}

static void set_up(struct fake_view *f, const struct row *row, const char *value)
{
	CLEANUP(freep)
	char *text = xasprintf("%s%s%s", row->before, value, row->behind);
	CLEANUP(freep) char *now = xasprintf("%s%s%s", row->quote, value, row->unquote);
	CLEANUP(freep) char *subject = row->now ? xasprintf("sysctl:%s", row->now) : NULL;

	fake_file(f, row->path, 0644, text);
	if (row->module == &module_sysctl)
		fake_value(f, subject, now);
	else if (row->now)
		set_now(f, row->now, now, SOURCE_API);
	if (row->module == &module_systemd_dropin) {
		struct unit_facts *u = facts_add_unit(&f->facts, "docker.service");

		u->exists = true;
		u->fragment = xstrdup(row->path);
	}
}

/* Other than wanted, and as wanted. */
static void test_no_sentence_tells(void **state)
{
	static const char *const found[] = {IS, WANTED};

	for (size_t i = 0; i < ARRAY_SIZE(rows) * 2; i++) {
		const struct row *row = &rows[i / 2];
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(strv_clear) struct strv words = {0};
		CLEANUP(freep)
		char *want = xasprintf("%s%s" WANTED "%s", row->want, row->quote, row->unquote);
		CLEANUP(freep) char *said = NULL;
		DESIRED(desired, row->module, want);

		fake_view_init(&f);
		fake_dir(&f, "/etc/docker", 0755);
		set_up(&f, row, found[i % 2]);
		fake_diff(&f, row->module, desired, &d);
		all_words(&d, &words);
		said = strv_join(&words, "\n");
		if (words.count == 0 || (row->secret && strstr(said, "S3CR3T")) ||
		    (!row->secret && i % 2 == 0 && !strstr(said, "S3CR3T")))
			fail_msg("%s, row %zu: %s: %s", row->module->name, i,
				 verdict_to_string(d.verdict), said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_sentence_tells),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
