#pragma once

/*
 * All resource kinds, one array. Adding a module is a file here, a line in registry.c and one
 * in meson.build.
 */

#include "engine/model/module.h"

extern const struct module *const modules_all[]; /* ends with NULL */

extern const struct module module_api_listener;
extern const struct module module_audit_rules;
extern const struct module module_client_env;
extern const struct module module_config;
extern const struct module module_container;
extern const struct module module_daemon_file;
extern const struct module module_docker_daemon;
extern const struct module module_file;
extern const struct module module_firewall;
extern const struct module module_group;
extern const struct module module_image;
extern const struct module module_kernel_feature;
extern const struct module module_limit;
extern const struct module module_log_forward;
extern const struct module module_mount;
extern const struct module module_other_daemons;
extern const struct module module_subid_ranges;
extern const struct module module_swarm;
extern const struct module module_tls;
extern const struct module module_version_floor;
extern const struct module module_sysctl;
extern const struct module module_systemd_dropin;
extern const struct module module_unit;
