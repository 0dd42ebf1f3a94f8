#include "tests/test.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define FILE_NAME "/etc/default/docker"
#define WANT "file=" FILE_NAME " lens=Shellvars path=DOCKER_RAMDISK value=true"

static bool has_augeas(void)
{
	void *lib = dlopen("libaugeas.so.0", RTLD_NOW);

	if (lib)
		dlclose(lib);
	return lib != NULL;
}

static void test_missing_file_is_left_alone(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_config, WANT);

	fake_view_init(&f);
	fake_diff(&f, &module_config, want, &d);
	assert_verdict(&d, VERDICT_NOT_APPLICABLE);
	fake_file(&f, FILE_NAME, 0600, "");
	fake_unreadable(&f, FILE_NAME, -EACCES);
	fake_diff(&f, &module_config, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
}

static void test_sets_a_key(void **state)
{
	static const struct {
		const char *notify;
		size_t effects;
	} cases[] = {{"", 0}, {" notify=systemd-reload", 1}, {" notify=docker-restart", 1}};

	if (!has_augeas())
		SKIP_BECAUSE("libaugeas is not installed");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(delta_clear) struct delta d = {0}, again = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(buf_clear) struct buf text = {0};

		buf_printf(&text, WANT "%s", cases[i].notify);
		DESIRED(want, &module_config, buf_str(&text));
		fake_view_init(&f);
		fake_file(&f, FILE_NAME, 0644, "# opts\nDOCKER_RAMDISK=false\nX=1\n");
		fake_diff(&f, &module_config, want, &d);
		assert_verdict(&d, VERDICT_FAIL);
		assert_edit(&d, FILE_NAME, "aug:Shellvars:DOCKER_RAMDISK", "true");
		assert_int_equal(d.effects.count, cases[i].effects);
		fake_converges(&f, &module_config, want, &d, &again);
		assert_verdict(&again, VERDICT_PASS);
		assert_string_equal(fake_content(&f, FILE_NAME),
				    "# opts\nDOCKER_RAMDISK=true\nX=1\n");
	}
}

static void test_no_restart_of_what_does_not_run(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_config, WANT " notify=docker-restart");

	if (!has_augeas())
		SKIP_BECAUSE("libaugeas is not installed");
	fake_view_init(&f);
	f.facts.docker.running = false;
	fake_file(&f, FILE_NAME, 0644, "DOCKER_RAMDISK=false\n");
	fake_diff(&f, &module_config, want, &d);
	assert_int_equal(d.edits.count, 1);
	assert_int_equal(d.effects.count, 0);
}

static void test_check(void **state)
{
	static const char *const wrong[] = {"file=x lens=Sshd path=a value=1",
					    "file=/x lens=../Sshd path=a value=1"};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		DESIRED(want, &module_config, wrong[i]);

		assert_int_equal(module_config.check(want, NULL), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_missing_file_is_left_alone),
		cmocka_unit_test(test_sets_a_key),
		cmocka_unit_test(test_no_restart_of_what_does_not_run),
		cmocka_unit_test(test_check),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
