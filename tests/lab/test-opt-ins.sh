#!/bin/bash
#
# Every control that is held back, acknowledged by name, with the sample of a site's values: what can
# hold on a host comes into force in one transaction, and goes away again without a trace.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"
# shellcheck source=opt-ins.sh
. "$(dirname "$0")/opt-ins.sh"

TREES=(/etc /usr/lib/systemd /usr/local /run/systemd/system)

test_no_ceiling() {
	can_limit && return
	exits 5 "$1: a ceiling that the kernel cannot hold is refused" h_harden plan --level 2 --only host.container-ceiling --ack host.container-ceiling
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" 'the kernel has no controller for MemoryMax= \(memory\) and TasksMax= \(pids\)' "$1: ... and why"
	EXCLUDED+=(host.container-ceiling)
}

# What is left to do must have been announced, or be measured by nobody here.
test_settled() {
	local suite=$1
	exits 0 "$suite: asked for once more, all of it is done" h_harden plan --level 2 "${ACKS[@]}"
	h_harden plan --level 2 "${ACKS[@]}" --json >"$WORK/again"
	is "$(jq -r '.plan.findings[] | select(.state == "planned") | .control' "$WORK/again" | tr '\n' ' ')" '' \
		"$suite: nothing is left to do"
	is "$(jq -r '.plan.changes | length' "$WORK/again")" 0 "$suite: ... in no file"
}

in_force() {
	local suite=$1
	is "$(h systemctl is-active docker.service)" active "$suite: dockerd runs"
	is "$(h docker info --format '{{.LoggingDriver}}')" syslog "$suite: logs go where the site said"
	is "$(h cat /etc/docker/daemon.json | jq -c '{"log-driver", "log-opts"}')" \
		'{"log-driver":"syslog","log-opts":{"syslog-address":"udp://127.0.0.1:514","tag":"{{.Name}}"}}' \
		"$suite: ... with the options that it named, and no others"
	is "$(h systemctl show -P LimitNOFILESoft docker.service)" 1024 "$suite: dockerd has the limit of open files"
	is "$(h systemctl is-enabled harden-check.timer)" enabled "$suite: the daily check is scheduled"
	image_import
	container_run probe -- /bin/sleep 1000
	if can_limit; then
		like "$(h sh -c 'cat /proc/$1/cgroup' sh "$(container_pid probe)")" harden-docker.slice \
			"$suite: a new container runs below the ceiling"
		isnt "$(h cat /sys/fs/cgroup/harden.slice/harden-docker.slice/memory.max)" max "$suite: ... which is one"
	fi
	like "$(h sh -c 'cat /proc/$1/limits' sh "$(container_pid probe)")" 'Max core file size +0 +0.*Max open files +1024 +2048' \
		"$suite: it has the daemon's limits"
	h docker rm --force probe >/dev/null
	h docker rmi lab-busybox >/dev/null
}

# A lab host may raise no limit above the machine's own: with more, no container would start.
test_limits_out_of_reach() {
	exits 5 "$1: limits that nobody can be given are refused" h_harden plan --only daemon.default-ulimits --ack daemon.default-ulimits
	like "$OUTPUT" "no container would start.*nofile of 65536 is above [0-9]+, the hard limit of containerd" "$1: ... and whose limit it is"
}

for suite in "${SUITES[@]}"; do
	host_start "$suite"
	site_values
	test_limits_out_of_reach "$suite"
	site_limits
	test_no_ceiling "$suite"
	remember_host
	mapfile -t ACKS < <(opt_ins)
	ok "$suite: there are opt-ins to try" test ${#ACKS[@]} -gt 30
	exits 0 "$suite: apply with every opt-in that can hold" apply --level 2 "${ACKS[@]}"
	like "$OUTPUT" 'Transaction [0-9a-f-]+ kept' "$suite: ... and says that it is kept"
	test_settled "$suite"
	in_force "$suite"
	exits 0 "$suite: rollback" rollback
	as_before "$suite: the host is as it was"
	info_as_before "$suite: docker info is as it was"
	is "$(h systemctl is-active docker.service)" active "$suite: dockerd runs"
	host_stop
done
