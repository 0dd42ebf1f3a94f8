#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct docker_image *add_image(struct fake_view *f, const char *id, const char *tag)
{
	struct docker_image *image = docker_images_add(&f->facts.images);

	image->id = xstrdup(id);
	if (tag)
		strv_add(&image->tags, tag);
	return image;
}

static void add_step(struct docker_image *image, const char *command, const char *comment)
{
	struct docker_image_step *step = docker_image_add_step(image);

	step->command = xstrdup(command);
	step->comment = xstrdup(comment);
	step->size = 1;
}

static void init(struct fake_view *f)
{
	fake_view_init(f);
	f->facts.parts = ~0U;
	f->facts.docker.install = DOCKER_CE;
}

/* One step, and whether an aspect finds fault with it. */
static const struct row {
	const char *want, *command, *comment;
	bool fails;
} rows[] = {
	{"aspect=update-layer", "/bin/sh -c apt-get update", "", true},
	{"aspect=update-layer", "RUN /bin/sh -c apt-get -qq update # buildkit", "buildkit", true},
	{"aspect=update-layer", "RUN apt-get update # buildkit", "buildkit", true},
	{"aspect=update-layer", "apt-get update", "", true},
	{"aspect=update-layer", "/bin/sh -c apt-get -o A=b update; true", "", true},
	{"aspect=update-layer", "/bin/sh -c bash -ec 'apt-get update'", "", true},
	{"aspect=update-layer", "|1 A=b /bin/sh -c sudo apk --no-cache update", "", true},
	{"aspect=update-layer", "/bin/sh -c yum -y update", "", true},
	{"aspect=update-layer", "/bin/sh -c zypper --non-interactive ref", "", true},
	{"aspect=update-layer", "/bin/sh -c apt-get update &&     apt-get install -y x", "", false},
	{"aspect=update-layer", "/bin/sh -c set -e\napt-get update\napt-get install -y x", "",
	 false},
	{"aspect=update-layer", "/bin/sh -c apt-get update && apt-get -y upgrade", "", false},
	{"aspect=update-layer", "/bin/sh -c apk add --update x", "", false},
	{"aspect=update-layer", "/bin/sh -c yum -y update openssl", "", false},
	{"aspect=update-layer", "/bin/sh -c update-alternatives --set a b", "", false},
	{"aspect=update-layer", "/bin/sh -c echo 'apt-get update' > /hint", "", false},
	{"aspect=update-layer", "/bin/sh -c git submodule update", "", false},
	{"aspect=update-layer", "/bin/sh -c #(nop)  LABEL hint=apt-get update", "", false},
	{"aspect=add", "/bin/sh -c #(nop) ADD " HEX64 " in /x", "", true},
	{"aspect=add", "/bin/sh -c #(nop) ADD file:" HEX64 " in /x ", "", true},
	{"aspect=add", "ADD https://x/y / # buildkit", "buildkit", true},
	{"aspect=add", "ADD a.tar.gz /opt # buildkit", "buildkit", true},
	{"aspect=add", "/bin/sh -c #(nop) ADD file:" HEX64 " in / ", "", false},
	{"aspect=add", "ADD --checksum=sha256:" HEX64 " https://x/y /y # buildkit", "", false},
	{"aspect=add", "/bin/sh -c #(nop) COPY file:" HEX64 " in /ADD ", "", false},
	{"aspect=add", "/bin/sh -c ADDUSER x", "", false},
	{"aspect=committed", "/bin/bash", "", true},
	{"aspect=committed", "sh", "fixed by hand", true},
	{"aspect=committed", "nginx -g daemon off;", "", true},
	{"aspect=committed", "", "fixed by hand", true},
	{"aspect=committed", "", "Imported from -", false},
	{"aspect=committed", "/bin/sh -c make", "", false},
	{"aspect=committed", "apt-get install x", "", false},
	{"aspect=committed", "COPY a /b # buildkit", "buildkit.dockerfile.v0", false},
	{"aspect=secrets", "|1 TOKEN=hunter2 /bin/sh -c make", "", true},
	{"aspect=secrets", "RUN |1 TOKEN=hunter2 /bin/sh -c make # buildkit", "", true},
	{"aspect=secrets", "/bin/sh -c #(nop)  ENV DB_PASSWORD=hunter2", "", true},
	{"aspect=secrets", "ARG API_KEY=hunter2", "buildkit", true},
	{"aspect=secrets", "/bin/sh -c curl -u bob:hunter2 https://x", "", true},
	{"aspect=secrets", "LABEL maintainer=me a/api-key=hunter2", "buildkit", true},
	{"aspect=secrets", "/bin/sh -c #(nop)  ARG TOKEN", "", false},
	{"aspect=secrets", "RUN /bin/sh -c TOKEN=$(cat /run/secrets/t) make # buildkit", "", false},
	{"aspect=secrets allow=TOKEN", "|1 TOKEN=hunter2 /bin/sh -c make", "", false},
	{"aspect=secrets allow=web:*", "|1 TOKEN=hunter2 /bin/sh -c make", "", false},
};

static void test_steps(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_image, rows[i].want);
		struct docker_image *image;

		init(&f);
		image = add_image(&f, "sha256:1", "web:1");
		image->command = xstrdup("nginx -g daemon off;");
		add_step(image, rows[i].command, rows[i].comment);
		fake_diff(&f, &module_image, want, &d);
		if ((d.verdict == VERDICT_FAIL) != rows[i].fails)
			fail_msg("%s: %s: %s", rows[i].want, rows[i].command, d.reason);
		if (rows[i].fails) {
			assert_non_null(strstr(d.reason, "web:1 (step 1"));
			assert_non_null(d.fix);
			assert_null(strstr(d.reason, "hunter2"));
		}
	}
}

/* What an image has from the one that it was built from is that one's fault alone. */
static void test_base(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_image, "aspect=update-layer");
	struct docker_image *image;

	init(&f);
	image = add_image(&f, "sha256:2", "app:1");
	add_step(image, "/bin/sh -c apt-get update", "");
	add_step(image, "/bin/sh -c make", "");
	image = add_image(&f, "sha256:1", "base:1");
	add_step(image, "/bin/sh -c apt-get update", "");
	fake_diff(&f, &module_image, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_string_equal(d.reason, "1 of 2 images update a package index in a step of its own: "
				      "base:1 (step 1: apt-get update)");
}

static void test_secrets_are_told_once(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_image, "aspect=secrets");
	struct docker_image *image;

	init(&f);
	image = add_image(&f, "sha256:12345678901234567890", NULL);
	strv_add(&image->env, "DB_PASSWORD=hunter2");
	strv_add(&image->env, "GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568");
	strv_add(&image->labels, "org.x.token=hunter3");
	add_step(image, "/bin/sh -c #(nop)  ENV DB_PASSWORD=hunter2", "");
	fake_diff(&f, &module_image, want, &d);
	assert_string_equal(d.reason, "1 of 1 images seem to hold secrets in their configuration "
				      "or history: 123456789012 "
				      "(ENV DB_PASSWORD: named like a secret and LABEL "
				      "org.x.token: named like a secret)");
}

static struct container *add_container(struct fake_view *f, const char *image_id, int nnp)
{
	struct container *c = container_list_add(&f->facts.docker.containers);

	c->name = xasprintf("c%zu", f->facts.docker.containers.nseen);
	c->image_id = xstrdup(image_id);
	c->running = nnp >= 0;
	c->no_new_privileges = nnp;
	return c;
}

static void test_setuid(void **state)
{
	static const struct {
		const char *want, *daemon;
		int nnp[2]; /* of its containers; -2: there is none */
		enum verdict verdict;
		const char *option; /* --security-opt of those that do not run */
		bool untold; /* there is one more of which dockerd tells nothing */
	} cases[] = {
		/* the daemon's default counts from a container's creation on, and what it was then nobody tells */
		{"aspect=setuid", "true", {-1, -2}, VERDICT_NOT_MEASURED},
		{"aspect=setuid", "true", {-1, 0}, VERDICT_FAIL},
		{"aspect=setuid", "true", {0, -1}, VERDICT_FAIL},
		{"aspect=setuid", NULL, {-1, 1}, VERDICT_FAIL},
		{"aspect=setuid", "true", {-1, 1}, VERDICT_PASS, "no-new-privileges"},
		{"aspect=setuid", "true", {-1, 1}, VERDICT_PASS, "no-new-privileges=true"},
		{"aspect=setuid", "true", {-1, 1}, VERDICT_FAIL, "no-new-privileges=false"},
		{"aspect=setuid allow=/bin/*", "true", {-1, -2}, VERDICT_PASS},
		{"aspect=setuid", "true", {1, -2}, VERDICT_NOT_MEASURED, NULL, true},
		{"aspect=setuid", "true", {0, -2}, VERDICT_FAIL, NULL, true},
		{"aspect=setuid", NULL, {-2, -2}, VERDICT_FAIL, NULL, true},
		{"aspect=setuid", NULL, {-2, -2}, VERDICT_FAIL},
		{"aspect=setuid", "true", {-2, -2}, VERDICT_PASS},
		{"aspect=setuid", NULL, {1, 1}, VERDICT_PASS},
		{"aspect=setuid", NULL, {1, 0}, VERDICT_FAIL},
		{"aspect=setuid", "true", {1, 0}, VERDICT_FAIL},
		{"aspect=setuid", NULL, {1, -1}, VERDICT_FAIL},
		{"aspect=setuid", "true", {1, -1}, VERDICT_NOT_MEASURED},
		{"aspect=setuid allow=/bin/*", NULL, {-2, -2}, VERDICT_PASS},
		{"aspect=setuid allow=/bin/ping", NULL, {-2, -2}, VERDICT_FAIL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_image, cases[i].want);

		init(&f);
		strv_add(&add_image(&f, "sha256:1", "web:1")->rights_files, "/bin/su");
		settings_put(&f.facts.docker.now, "no-new-privileges", cases[i].daemon, SOURCE_API,
			     NULL);
		for (size_t k = 0; k < 2; k++)
			if (cases[i].nnp[k] > -2) {
				struct container *c =
					add_container(&f, "sha256:1", cases[i].nnp[k]);

				if (cases[i].option)
					strv_add(&c->security, cases[i].option);
			}
		if (cases[i].untold)
			container_list_add(&f.facts.docker.containers)->unread = xstrdup("500");
		fake_diff(&f, &module_image, want, &d);
		if (d.verdict != cases[i].verdict)
			fail_msg("%zu: %s", i, d.reason);
	}
}

static void test_healthcheck(void **state)
{
	static const struct {
		const char *image, *container; /* NULL: there is none */
		enum verdict verdict;
		bool untold; /* there is one more of which dockerd tells nothing */
	} cases[] = {
		{NULL, NULL, VERDICT_NOT_MEASURED, true},
		{NULL, "healthy", VERDICT_NOT_MEASURED, true},
		{NULL, "none", VERDICT_FAIL, true},
		{"CMD", "healthy", VERDICT_PASS, true},
		{NULL, NULL, VERDICT_NOT_APPLICABLE},
		{NULL, "none", VERDICT_FAIL},
		{"NONE", "none", VERDICT_FAIL},
		{NULL, "healthy", VERDICT_PASS},
		{"CMD-SHELL", "healthy", VERDICT_PASS},
		{"CMD", "none",
		 VERDICT_PASS}, /* its image has one: the container is another control's */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_image, "aspect=healthcheck");

		init(&f);
		add_image(&f, "sha256:1", "web:1")->health = xstrdup_null(cases[i].image);
		if (cases[i].container)
			add_container(&f, "sha256:1", 0)->health = xstrdup(cases[i].container);
		if (cases[i].untold)
			container_list_add(&f.facts.docker.containers)->unread = xstrdup("500");
		fake_diff(&f, &module_image, want, &d);
		if (d.verdict != cases[i].verdict)
			fail_msg("%zu: %s", i, d.reason);
	}
}

/* The base of an image in use is in use; the other two are not. */
static void test_unused(void **state)
{
	CLEANUP(fake_view_clear) struct fake_view f;
	struct docker_image *image;

	init(&f);
	add_step(add_image(&f, "sha256:1", "base:1"), "make a", "");
	image = add_image(&f, "sha256:2", "app:1");
	add_step(image, "make a", "");
	add_step(image, "make b", "");
	add_image(&f, "sha256:3", "old:1")->size = 5000000;
	add_image(&f, "sha256:4", NULL)->size = 1000000;
	add_container(&f, "sha256:2", 0);
	for (int max = 0; max < 3; max++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(freep) char *text = xasprintf("aspect=unused max=%d", max);
		DESIRED(want, &module_image, text);

		fake_diff(&f, &module_image, want, &d);
		assert_verdict(&d, max < 2 ? VERDICT_FAIL : VERDICT_PASS);
		if (max == 1)
			assert_string_equal(d.reason,
					    "2 of 4 images are used by no container (at "
					    "most 6 MB), 1 may be: old:1 and 4 (untagged)");
	}
	/* one of which dockerd tells nothing may use one of the two */
	container_list_add(&f.facts.docker.containers)->unread = xstrdup("500");
	for (int max = 0; max < 3; max++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(freep) char *text = xasprintf("aspect=unused max=%d", max);
		DESIRED(want, &module_image, text);

		fake_diff(&f, &module_image, want, &d);
		assert_verdict(&d, max < 2 ? VERDICT_NOT_MEASURED : VERDICT_PASS);
	}
}

static void test_patched(void **state)
{
	CLEANUP(fake_view_clear) struct fake_view f;
	CLEANUP(delta_clear) struct delta before = {0}, after = {0}, unread = {0};
	DESIRED(want, &module_image, "aspect=patched");
	struct container *c;

	init(&f);
	add_container(&f, "sha256:1", 0);
	fake_diff(&f, &module_image, want, &before);
	assert_verdict(&before, VERDICT_PASS);
	c = add_container(&f, "sha256:1", 0);
	c->files_not_measured = xstrdup("its layer is not overlay2");
	fake_diff(&f, &module_image, want, &unread);
	assert_verdict(&unread, VERDICT_NOT_MEASURED);
	strv_add(&add_container(&f, "sha256:1", 0)->changed_programs, "/usr/bin/curl");
	fake_diff(&f, &module_image, want, &after);
	assert_verdict(&after, VERDICT_FAIL);
	assert_string_equal(after.reason, "programs were changed in 1 of 2 running containers: c3 "
					  "(/usr/bin/curl)");
}

/* What could not be read is never a pass. */
static void test_not_measured(void **state)
{
	for (int i = 0; i < 5; i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_image, "aspect=setuid");
		struct docker_image *image;

		init(&f);
		image = add_image(&f, "sha256:1", "web:1");
		if (i == 0)
			f.facts.docker.not_measured = xstrdup("docker.service is not running");
		if (i == 1)
			f.facts.parts = FACTS_IMAGES;
		if (i == 4) /* what its containers may gain is not known */
			f.facts.parts = ~(unsigned)FACTS_CONTAINERS;
		if (i == 2)
			image->not_measured = xstrdup("GET /images/1/json: dockerd answered 500");
		if (i == 3)
			image->files_not_measured = xstrdup("the storage driver is not overlay2");
		fake_diff(&f, &module_image, want, &d);
		assert_verdict(&d, VERDICT_NOT_MEASURED);
		assert_non_null(d.reason);
	}
}

static void test_check(void **state)
{
	static const struct {
		const char *want;
		int result;
	} cases[] = {
		{"aspect=unused", -EINVAL},
		{"aspect=unused max=0", 0},
		{"aspect=add max=1", -EINVAL},
		{"aspect=add", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(error_clear) struct error err = {0};
		DESIRED(want, &module_image, cases[i].want);

		assert_int_equal(module_image.check(want, &err), cases[i].result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_base),
		cmocka_unit_test(test_secrets_are_told_once),
		cmocka_unit_test(test_setuid),
		cmocka_unit_test(test_healthcheck),
		cmocka_unit_test(test_unused),
		cmocka_unit_test(test_patched),
		cmocka_unit_test(test_not_measured),
		cmocka_unit_test(test_check),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
