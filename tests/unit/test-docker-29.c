#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/container-info.h"
#include "engine/format/daemon-info.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/image-info.h"
#include "engine/format/mount-table.h"

/*
 * What a real Docker 29.7.2 answered (samples/docker-29.7.2), read as harden reads it: newer than
 * every host that the lab can boot, with the containerd image store.
 */

static void load(const char *name, struct buf *ret)
{
	CLEANUP(freep) char *path = xasprintf(SAMPLES "/docker-29.7.2/%s", name);
	FILE *f = fopen(path, "re");
	char piece[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_append(ret, piece, n);
	fclose(f);
	assert_true(ret->len > 0);
}

static const char *version_of(const struct docker_facts *d, const char *name)
{
	for (size_t i = 0; i < d->ncomponents; i++)
		if (strcmp(d->components[i].name, name) == 0)
			return d->components[i].version;
	return NULL;
}

static void test_daemon(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(buf_clear) struct buf info = {0}, bridge = {0}, version = {0};
	struct docker_facts *d = &f.docker;

	load("info.json", &info);
	load("networks_bridge.json", &bridge);
	load("version.json", &version);
	assert_int_equal(daemon_info_read(&info, d, NULL), 0);
	assert_int_equal(daemon_info_read_bridge(&bridge, d, NULL), 0);
	assert_int_equal(daemon_info_read_version(&version, d, NULL), 0);
	assert_string_equal(d->version, "29.7.2");
	assert_string_equal(d->driver, "overlayfs");
	assert_true(d->image_store);
	assert_string_equal(d->data_root, "/var/lib/docker");
	assert_string_equal(d->bridge_icc, "true");
	assert_string_equal(settings_find(&d->now, "live-restore")->value, "false");
	assert_string_equal(settings_find(&d->now, "log-driver")->value, "\"json-file\"");
	assert_string_equal(version_of(d, "containerd"), "2.1.9+unknown");
	assert_string_equal(version_of(d, "runc"), "1.3.6+ds1");
}

static void read_container(const char *file, struct container *ret)
{
	CLEANUP(buf_clear) struct buf body = {0};

	load(file, &body);
	assert_int_equal(container_info_read(&body, ret, NULL, NULL), 0);
}

static void test_containers(void **state)
{
	CLEANUP(container_clear) struct container web = {0}, api = {0};

	read_container("container-web.json", &web);
	read_container("container-api.json", &api);
	assert_string_equal(web.name, "web");
	assert_true(web.running);
	assert_int_equal(web.ports.count, 2);
	assert_null(web.layer); /* this store names no directory */
	assert_true(strv_contains(&api.networks, "n1"));
}

/* The mounts of running containers tell what the API does not. */
static void test_layers(void **state)
{
	static const char snapshot[] =
		"/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/%s/fs";
	CLEANUP(container_clear) struct container web = {0}, api = {0};
	CLEANUP(docker_images_clear) struct docker_images images = {0};
	CLEANUP(mount_table_clear) struct mount_table mounts = {0};
	CLEANUP(buf_clear) struct buf list = {0}, inspect = {0}, history = {0}, mountinfo = {0};
	CLEANUP(freep) char *base = xasprintf(snapshot, "1");
	CLEANUP(freep) char *upper = xasprintf(snapshot, "3");

	load("images_json.json", &list);
	load("image.json", &inspect);
	load("history.json", &history);
	load("mountinfo-overlay.txt", &mountinfo);
	assert_int_equal(image_info_read_list(&list, &images, NULL), 0);
	assert_int_equal(images.count, 1);
	assert_int_equal(image_info_read(&inspect, &images.items[0], NULL), 0);
	assert_int_equal(image_info_read_history(&history, &images.items[0], NULL), 0);
	assert_int_equal(images.items[0].layers.count, 0);
	read_container("container-web.json", &web);
	mount_table_parse(&mounts, buf_str(&mountinfo));
	snapshots_take(&mounts, &web, &images);
	assert_non_null(web.layer);
	assert_string_equal(web.layer, upper);
	assert_int_equal(images.items[0].layers.count, 1); /* without dockerd's own, above it */
	assert_string_equal(images.items[0].layers.items[0], base);
	/* another of its containers adds nothing, and an image that nobody runs gets nothing */
	read_container("container-api.json", &api);
	str_replace(&docker_images_add(&images)->id, "sha256:other");
	snapshots_take(&mounts, &api, &images);
	assert_string_not_equal(api.layer, upper);
	assert_int_equal(images.items[0].layers.count, 1);
	str_replace(&images.items[0].id, "sha256:gone");
	strv_clear(&images.items[0].layers);
	snapshots_take(&mounts, &api, &images);
	assert_int_equal(images.items[0].layers.count + images.items[1].layers.count, 0);
}

/* A container without such a mount, or with names that are not absolute, tells nothing. */
static void test_no_layers(void **state)
{
	static const char *const tables[] = {
		"1 1 0:1 / /var/lib/docker/rootfs/overlayfs/c1 rw - ext4 /dev/x rw\n",
		"1 1 0:1 / /var/lib/docker/rootfs/overlayfs/c1 rw - overlay overlay "
		"rw,lowerdir=2/fs:1/fs,upperdir=3/fs\n",
		"1 1 0:1 / /var/lib/other/c1 rw - overlay overlay "
		"rw,lowerdir=/a:/b,upperdir=/c\n",
		"1 1 0:1 / /var/lib/docker/rootfs/overlayfs/xc1 rw - overlay overlay "
		"rw,lowerdir=/a:/b,upperdir=/c\n",
		"1 1 0:1 / /var/lib/docker/rootfs/overlayfs/other rw - overlay overlay "
		"rw,lowerdir=/a:/b,upperdir=/c\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		CLEANUP(container_clear) struct container c = {.id = xstrdup("c1")};
		CLEANUP(docker_images_clear) struct docker_images images = {0};
		CLEANUP(mount_table_clear) struct mount_table mounts = {0};

		mount_table_parse(&mounts, tables[i]);
		assert_int_equal(mounts.count, 1);
		snapshots_take(&mounts, &c, &images);
		assert_null(c.layer);
	}
}

/* Each flag that it prints in its help is one that the table knows, and not as taken out. */
static void test_flags(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(strv_clear) struct strv lines = {0};
	size_t known = 0;

	load("dockerd-flags.txt", &text);
	strv_split(&lines, buf_str(&text), "\n");
	for (size_t i = 0; i < lines.count; i++) {
		const char *flag = strstr(lines.items[i], "--");
		CLEANUP(freep)
		char *name = flag ? xstrndup(flag + 2, strcspn(flag + 2, " ")) : NULL;
		const struct daemon_key *k = name ? daemon_key_find_flag(name) : NULL;

		if (!name)
			continue;
		if (!k)
			fail_msg("--%s is not known", name);
		if (k->removed && engine_version_compare("29.7.2", k->removed) >= 0)
			fail_msg("--%s is taken for one that was taken out", name);
		if (k->since && engine_version_compare("29.7.2", k->since) < 0)
			fail_msg("--%s is taken for one that comes later", name);
		known++;
	}
	assert_true(known > 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_daemon), cmocka_unit_test(test_containers),
		cmocka_unit_test(test_layers), cmocka_unit_test(test_no_layers),
		cmocka_unit_test(test_flags),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
