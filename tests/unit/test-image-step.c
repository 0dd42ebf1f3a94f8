#include "tests/test.h"

#include "engine/base/alloc.h"
#include "engine/format/image-step.h"

static const struct row {
	const char *created_by;
	enum step_kind kind;
	const char *text, *args;
} rows[] = {
	{"/bin/sh -c #(nop) ADD file:8e81 in / ", STEP_ADD, "file:8e81 in /", ""},
	{"/bin/sh -c #(nop)  CMD [\"bash\"]", STEP_OTHER, "[\"bash\"]", ""},
	{"/bin/sh -c #(nop)  ENV A=b c", STEP_ENV, "A=b c", ""},
	{"/bin/bash -o pipefail -c #(nop)  ARG TOKEN=x", STEP_ARG, "TOKEN=x", ""},
	{"/bin/sh -c apt-get update", STEP_RUN, "apt-get update", ""},
	{"/bin/bash -o pipefail -ec a | b", STEP_RUN, "a | b", ""},
	{"|2 A=b c D=e /bin/sh -c make all", STEP_RUN, "make all", "A=b c,D=e"},
	{"|1 T=a b /bin/sh -c x=1 make", STEP_RUN, "x=1 make", "T=a b"},
	{"|0 /bin/sh -c make", STEP_RUN, "make", ""},
	{"RUN /bin/sh -c apt-get update &&   apt-get install -y x # buildkit", STEP_RUN,
	 "apt-get update &&   apt-get install -y x", ""},
	{"RUN |1 T=x /bin/sh -c make # buildkit", STEP_RUN, "make", "T=x"},
	{"RUN /bin/sh -c a\nb # c\nd # buildkit", STEP_RUN, "a\nb # c\nd", ""},
	{"RUN apt-get update # buildkit", STEP_RUN, "apt-get update", ""},
	{"ADD https://x/y /z # buildkit", STEP_ADD, "https://x/y /z", ""},
	{"COPY --chown=1:1 a /b # buildkit", STEP_OTHER, "--chown=1:1 a /b", ""},
	{"LABEL a=b", STEP_LABEL, "a=b", ""},
	{"HEALTHCHECK &{[\"CMD-SHELL\" \"curl x\"] \"30s\"}", STEP_OTHER,
	 "&{[\"CMD-SHELL\" \"curl x\"] \"30s\"}", ""},
	/* what only looks like an instruction */
	{"/bin/sh -c ADDUSER x", STEP_RUN, "ADDUSER x", ""},
	{"RUNNER x", STEP_BARE, "RUNNER x", ""},
	{"/bin/sh -c echo a\necho '#(nop) ADD x'", STEP_RUN, "echo a\necho '#(nop) ADD x'", ""},
	{"# debian.sh --arch 'amd64' out/ 'bookworm'", STEP_OTHER,
	 "# debian.sh --arch 'amd64' out/ 'bookworm'", ""},
	{"/bin/bash", STEP_BARE, "/bin/bash", ""},
	{"nginx -g daemon off;", STEP_BARE, "nginx -g daemon off;", ""},
	{"", STEP_OTHER, "", ""},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(step_clear) struct step s = {0};
		CLEANUP(freep) char *args = NULL;

		step_parse(rows[i].created_by, &s);
		args = strv_join(&s.build_args, ",");
		if (s.kind != rows[i].kind)
			fail_msg("%s: kind %d", rows[i].created_by, s.kind);
		assert_string_equal(s.text, rows[i].text);
		assert_string_equal(args, rows[i].args);
	}
}

static void test_pairs(void **state)
{
	static const struct {
		const char *text, *want;
	} pairs[] = {
		{"A=b", "A=b"},
		{"A=b c D=e", "A=b c|D=e"},
		{"org.x/y=1 b-c=2", "org.x/y=1|b-c=2"},
		{"A=b = c", "A=b = c"},
		{" TOKEN ", "TOKEN "},
		{"", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		CLEANUP(strv_clear) struct strv found = {0};
		CLEANUP(freep) char *have = NULL;

		step_pairs(pairs[i].text, &found);
		have = strv_join(&found, "|");
		assert_string_equal(have, pairs[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_pairs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
