#pragma once

/*
 * The site's own files below the root, *.yaml in two directories: those of SITE_DIRECTORY are laid
 * over the baselines in the order of their names, those of WAIVER_DIRECTORY say which controls are
 * set aside. They are read only when they and their directory are root's and nobody else can write
 * them, nor any directory or link on the way to them. What else lies there is named in a warning; a
 * link that leads nowhere is an error, and not a site without settings.
 */

#include "engine/baseline/baseline.h"
#include "engine/baseline/waiver.h"
#include "engine/host/read/root.h"

#define HARDEN_DIRECTORY "/etc/harden"
#define SITE_DIRECTORY HARDEN_DIRECTORY "/conf.d"
#define WAIVER_DIRECTORY HARDEN_DIRECTORY "/waivers.d"

/* -EPERM: not to be trusted; -ENOENT: a link without what it stands for. `ret_unknown` as site_apply() has it. */
int site_files_apply(const struct root *root, struct baseline *baselines, size_t count,
		     struct strv *ret_unknown, struct error *err);
int site_files_waivers(const struct root *root, struct waivers *ret, struct error *err);
