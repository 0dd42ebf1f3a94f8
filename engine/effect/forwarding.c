#include "engine/effect/forwarding.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/host/read/sysctl.h"
#include "engine/host/write/sysctl-write.h"

/* By paths: a dot in the name of an interface is none of the setting's. */
#define IPV4 "net/ipv4/conf/"
#define IPV6 "net/ipv6/conf/"

static const char *family_of(const char *name)
{
	static const struct {
		const char *path, *family;
	} settings[] = {
		{"/proc/sys/net/ipv4/ip_forward", IPV4},
		{"/proc/sys/" IPV4 "all/forwarding", IPV4},
		{"/proc/sys/" IPV6 "all/forwarding", IPV6},
	};
	CLEANUP(freep) char *path = NULL;

	if (sysctl_path(name, &path, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (strcmp(path, settings[i].path) == 0)
			return settings[i].family;
	return NULL;
}

static void remember(struct forwarding *f, const char *name, const char *value)
{
	strv_add(&f->names, name);
	strv_add(&f->values, value);
}

/* What it was before a write that was broken off; NULL: not known, or there was none. */
static const char *value_before(const struct forwarding *broken_off, const char *name)
{
	for (size_t i = 0; broken_off && i < broken_off->names.count; i++)
		if (strcmp(broken_off->names.items[i], name) == 0)
			return broken_off->values.items[i];
	return NULL;
}

/* One that is as all are goes with them: bridges of dockerd's, and whatever is made later ("default"). */
static void look_at(struct forwarding *f, const char *name, const char *interface, const char *all,
		    const char *value, const char *was)
{
	CLEANUP(freep) char *now = NULL;

	if (sysctl_read(name, &now, NULL) < 0)
		return;
	if (!sysctl_same(now, all)) {
		remember(f, name, now);
		if (sysctl_same(now, value))
			strv_add(&f->alone, interface);
	} else if (was) {
		remember(f, name, was);
	}
}

/* The kernel sets them against forwarding. */
static void look_at_redirects(struct forwarding *f, const char *all,
			      const struct forwarding *broken_off)
{
	static const char name[] = IPV4 "all/accept_redirects";
	const char *was = value_before(broken_off, name);
	CLEANUP(freep) char *now = NULL;

	if (sysctl_read(name, &now, NULL) < 0)
		return;
	remember(f, name, was && sysctl_same(now, sysctl_same(all, "0") ? "1" : "0") ? was : now);
}

static void look_at_each(struct forwarding *f, const char *family, const char *all,
			 const char *value, const struct forwarding *broken_off)
{
	CLEANUP(freep) char *directory = xasprintf("/proc/sys/%s", family);
	DIR *d = opendir(directory);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		CLEANUP(freep) char *name = NULL;

		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "all") == 0)
			continue;
		name = xasprintf("%s%s/forwarding", family, entry->d_name);
		look_at(f, name, entry->d_name, all, value, value_before(broken_off, name));
	}
	if (d)
		closedir(d);
}

void forwarding_look(struct forwarding *ret, const char *name, const char *value,
		     const struct forwarding *broken_off)
{
	const char *family = family_of(name);
	CLEANUP(freep) char *all = NULL;

	if (!family || sysctl_read(name, &all, NULL) < 0)
		return;
	if (strcmp(family, IPV4) == 0)
		look_at_redirects(ret, all, broken_off);
	look_at_each(ret, family, all, value, broken_off);
}

int forwarding_keep(const struct forwarding *f, struct error *err)
{
	CLEANUP(strv_clear) struct strv failed = {0};
	CLEANUP(freep) char *all = NULL;

	for (size_t i = 0; i < f->names.count; i++) {
		const char *name = f->names.items[i], *value = f->values.items[i];
		CLEANUP(error_clear) struct error why = {0};
		CLEANUP(freep) char *now = NULL;
		int r = sysctl_read(name, &now, &why);

		if (r == -ENOENT || (r >= 0 && sysctl_same(now, value)))
			continue; /* that interface is gone; or the kernel let it be */
		if (sysctl_write(name, value, &why) < 0)
			strv_addf(&failed, "%s: %s", name, error_text(&why));
	}
	if (failed.count == 0)
		return 0;
	all = strv_join(&failed, "; ");
	return error_set(err, -EIO, "the kernel changed it along, and does not take it back: %s",
			 all);
}

void forwarding_clear(struct forwarding *f)
{
	strv_clear(&f->names);
	strv_clear(&f->values);
	strv_clear(&f->alone);
}
