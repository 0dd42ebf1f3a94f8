#include "modules/registry.h"

const struct module *const modules_all[] = {
	&module_file,
	&module_docker_daemon,
	&module_audit_rules,
	&module_systemd_dropin,
	&module_sysctl,
	&module_limit,
	&module_config,
	&module_group,
	&module_container,
	&module_image,
	&module_client_env,
	&module_swarm,
	&module_kernel_feature,
	&module_mount,
	&module_subid_ranges,
	&module_version_floor,
	&module_unit,
	&module_firewall,
	&module_tls,
	&module_log_forward,
	&module_other_daemons,
	&module_daemon_file,
	&module_api_listener,
	NULL, /* one a line: whoever adds one adds a line */
};
