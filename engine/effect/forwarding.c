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

/* One that is as all are goes with them: bridges of dockerd's, and whatever is made later ("default"). */
static void look_at(struct forwarding *f, const char *family, const char *interface,
		    const char *all, const char *value)
{
	CLEANUP(freep) char *name = xasprintf("%s%s/forwarding", family, interface), *now = NULL;

	if (sysctl_read(name, &now, NULL) < 0 || sysctl_same(now, all))
		return;
	remember(f, name, now);
	if (sysctl_same(now, value))
		strv_add(&f->alone, interface);
}

void forwarding_look(struct forwarding *ret, const char *name, const char *value)
{
	const char *family = family_of(name);
	CLEANUP(freep) char *directory = NULL, *all = NULL, *redirects = NULL;
	struct dirent *entry;
	DIR *d;

	if (!family || sysctl_read(name, &all, NULL) < 0)
		return;
	if (strcmp(family, IPV4) == 0 &&
	    sysctl_read(IPV4 "all/accept_redirects", &redirects, NULL) >= 0)
		remember(ret, IPV4 "all/accept_redirects", redirects);
	directory = xasprintf("/proc/sys/%s", family);
	d = opendir(directory);
	while (d && (entry = readdir(d)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "all") != 0)
			look_at(ret, family, entry->d_name, all, value);
	if (d)
		closedir(d);
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
