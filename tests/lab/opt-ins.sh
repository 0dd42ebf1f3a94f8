# shellcheck shell=bash
#
# opt-ins.sh - every control that is held back until it is acknowledged, with the sample of a site's
# values, for the tests that bring all of them into force. Source it after harden.sh.

# What no host of the lab can have, and where it is tested instead.
EXCLUDED=(
	daemon.authorization # there is no plugin: tests/cases/plugin-missing, plugin-there, daemon-site-*
	kernel.sysctls       # /proc/sys cannot be written here, save net.*: tests/cases/sysctl-*
	kernel.mac           # there is no SELinux: tests/cases/selinux
	daemon.tls           # there is no TCP listener: tests/cases/tls-*
)

# A kernel without the controllers has no ceiling for anybody: it is refused.
can_limit() {
	local have
	have=" $(h cat /sys/fs/cgroup/cgroup.controllers) "
	[[ $have == *' memory '* && $have == *' pids '* ]]
}

# --ack of each that a host of the lab can have, a word a line.
opt_ins() {
	local id
	h_harden list --json --level 2 | jq -r '.controls[] | select(.apply == "opt-in" and .class == "remediate") | .id' |
		while read -r id; do
			[[ " ${EXCLUDED[*]} " == *" $id "* ]] || printf '%s\n' --ack "$id"
		done
}

# What the site says, in the lab as elsewhere.
site_values() {
	h mkdir -p /etc/harden/conf.d
	h_write /etc/harden/conf.d/10-site.yaml 644 <"$LAB_DIR/../../plans/samples/site.yaml"
}

# Limits as a lab's host can give them.
site_limits() {
	h_write /etc/harden/conf.d/20-limits.yaml <<-'EOF'
		site: a host whose containerd may raise no limit
		controls:
		  daemon.default-ulimits:
		    settings:
		      value: { nofile: { Name: nofile, Soft: 1024, Hard: 2048 }, core: { Name: core, Soft: 0, Hard: 0 } }
	EOF
}
