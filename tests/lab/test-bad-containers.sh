#!/bin/bash
#
# Containers that are each started with one deliberate fault, among good ones: `harden check` finds
# each fault at the container that has it, and nowhere else. What this machine's kernel cannot do
# (limits without controllers, AppArmor, SELinux) must be said to be so, and is not a finding.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

# The text behind each fault is in $WORK/wanted: "aspect container", a line each.

# carefully NAME [OPTION... --] CMD...: a container without a fault, save for what OPTIONs undo.
# NETWORK and HEALTH are options that cannot be given twice.
carefully() {
	# shellcheck disable=SC2086  # HEALTH is two words, or three
	container_run "$1" --user 1000:1000 --cap-drop ALL --security-opt no-new-privileges \
		--read-only --network "${NETWORK:-app}" --restart on-failure:3 \
		${HEALTH:---health-cmd true --health-interval 15s} "${@:2}"
}

SLEEP=(-- /bin/sleep 1000)

# plant NAME "ASPECT..." [OPTION...]: starts c-NAME, in which these aspects are to be found.
plant() {
	local name=c-$1 aspect
	for aspect in $2; do echo "$aspect $name" >>"$WORK/wanted"; done
	carefully "$name" "${@:3}" "${SLEEP[@]}"
}

# plant_power: as plant, for what this machine may have no right to give: then the container
# is only made, and judged by its configuration.
plant_power() {
	plant "$@" 2>"$WORK/refused" && return
	diag "c-$1 cannot be started here: $(tail -n 1 "$WORK/refused")"
}

start_good() {
	local port=8080
	carefully c-good "${SLEEP[@]}"
	carefully c-good-directory --volume /srv/www:/www:ro --volume /srv/docker.sock.d:/d "${SLEEP[@]}"
	carefully c-good-volume --volume data:/data --tmpfs /tmp "${SLEEP[@]}"
	carefully c-good-port --publish "127.0.0.1:$port:80" "${SLEEP[@]}"
	carefully c-good-exec --init "${SLEEP[@]}"
	h docker exec --detach c-good-exec /bin/sleep 1000
}

# Where the machine itself lacks a capability, an old engine cannot give them all.
start_exec_privileged() {
	plant exec-privileged ''
	if h docker exec --detach --privileged c-exec-privileged /bin/sleep 1000 2>"$WORK/refused"; then
		echo 'exec-privileged c-exec-privileged' >>"$WORK/wanted"
	else
		diag "no privileged session here: $(tail -n 1 "$WORK/refused")"
	fi
}

start_identity() {
	plant root 'user' --user 0:0
	plant capability 'capabilities' --cap-add CAP_NET_RAW
	plant lower-case 'capabilities' --cap-add sys_chroot --cap-add sys_ptrace
	plant_power privileged 'privileged capabilities seccomp devices' --privileged
	plant_power all-but-name 'privileged capabilities seccomp' --cap-add ALL --security-opt seccomp=unconfined
	plant unconfined 'seccomp' --security-opt seccomp=unconfined
	plant colon 'seccomp' --security-opt seccomp:unconfined
	plant allows-all 'seccomp' --security-opt seccomp=/root/allows-all.json
	plant new-privileges 'no-new-privileges' --security-opt no-new-privileges=false
	start_exec_privileged
	plant exec-root 'exec-root'
	h docker exec --detach --user 0 c-exec-root /bin/sleep 1000
}

start_namespaces() {
	NETWORK=host plant host-net 'host-network'
	NETWORK=container:c-host-net plant joined 'host-network'
	plant host-pid 'host-pid' --pid host
	plant host-ipc 'host-ipc' --ipc host
	NETWORK=host plant host-uts 'host-uts host-network' --uts host
	plant host-cgroup 'cgroup-parent' --cgroupns host
	plant cgroup-parent 'cgroup-parent' --cgroup-parent mine.slice
	plant ulimit 'ulimits' --ulimit nofile=2048:4096
}

start_mounts() {
	h docker volume create --driver local --opt type=none --opt o=bind --opt device=/etc config >/dev/null
	plant volume 'host-paths' --volume config:/config
	plant child 'host-paths' --volume /etc/ssl:/ssl:ro
	plant socket 'engine-socket host-paths' --volume /var/run/docker.sock:/var/run/docker.sock
	plant run 'engine-socket log-sockets host-paths' --volume /run:/host:ro
	h ln /run/docker.sock /run/hidden
	plant hidden 'engine-socket host-paths' --volume /run/hidden:/hidden
	plant remote 'engine-socket' --env DOCKER_HOST=tcp://192.0.2.1:2375
	plant log 'log-sockets host-paths' --volume /dev/log:/dev/log
	plant logs 'log-sockets host-paths' --volume /var/log:/logs:ro
	plant device 'devices' --device /dev/zero:/dev/mine
	plant rule 'devices' --device-cgroup-rule 'c 1:5 rwm'
	plant writable 'read-only' --read-only=false
	plant shared 'propagation' --volume /srv/shared:/shared:shared
	plant anonymous 'volumes' --volume /data
	h sh -c 'echo x >"$(docker inspect --format "{{(index .Mounts 0).Source}}" c-anonymous)/x"'
	plant tenant-a 'tenant-paths' --label tenant=a --volume /srv/tenants:/t
	plant tenant-b 'tenant-paths' --label tenant=b --volume /srv/tenants/b:/t
}

start_life() {
	plant port 'privileged-ports' --publish 127.0.0.1:80:80
	plant everywhere 'bind-address' --publish 8081:80
	NETWORK=bridge plant bridge 'default-bridge'
	SLEEP=(-- /bin/httpd -f -p 8099 -h /tmp)
	NETWORK=host plant listens 'bind-address host-network'
	SLEEP=(-- /bin/sleep 1000)
	plant always 'restart' --restart always
	plant endless 'restart' --restart on-failure
	HEALTH='--health-cmd false --health-interval 15s --health-retries 1' plant unhealthy 'healthcheck'
	HEALTH=--no-healthcheck plant unchecked 'healthcheck'
	SLEEP=(-- /usr/sbin/sshd)
	plant ssh 'ssh' --volume /srv/sshd:/usr/sbin/sshd:ro
	SLEEP=(-- /bin/sh -c 'httpd -f -p 8000 & sleep 1000; true')
	plant two 'one-process'
	SLEEP=(-- /bin/sleep 1000)
}

# make_sleeper FILE: a program for itself, to go by another name.
make_sleeper() {
	${CC:-cc} -static -o "$1" -x c - <<<'int pause(void); int main(void) { for (;;) pause(); }'
}

# What does not run is judged by what it was asked for.
make_stopped() {
	h docker create --name c-stopped --network app --user 0 --cap-drop ALL --read-only \
		--security-opt no-new-privileges --health-cmd true --memory 64m --pids-limit 10 \
		--volume config:/config lab-busybox /bin/true >/dev/null 2>&1
	printf '%s\n' 'user c-stopped' 'host-paths c-stopped' >>"$WORK/wanted"
}

wait_for_checks() {
	local left
	for ((left = 120; left > 0; left--)); do
		h docker ps --format '{{.Status}}' | grep -q 'health: starting' || return 0
		sleep 0.5
	done
	diag 'some health checks have no result yet'
}

# found FILE ASPECT: the containers that the aspect's reason names, what is in brackets left out.
found() {
	jq -r --arg id "container.$2" '.controls[] | select(.id == $id and .outcome == "fail") | .reason |
		until(test("\\(") | not; gsub("\\([^()]*\\)"; "")) | split("; not known of ")[0] |
		[scan("c-[a-z-]+")] | unique[]' "$1"
}

wanted() {
	sed -n "s/^$1 //p" "$WORK/wanted" | sort -u
}

outcome() {
	jq -r --arg id "container.$2" '.controls[] | select(.id == $id) | .outcome' "$1"
}

reason() {
	jq -r --arg id "container.$2" '.controls[] | select(.id == $id) | .reason' "$1"
}

ASPECTS='user capabilities privileged seccomp no-new-privileges exec-privileged exec-root host-network host-pid host-ipc
	host-uts cgroup-parent ulimits host-paths engine-socket log-sockets devices read-only propagation volumes
	tenant-paths privileged-ports bind-address default-bridge restart healthcheck ssh one-process sprawl'

test_found() {
	local suite=$1 aspect
	for aspect in $ASPECTS; do
		is "$(found "$WORK/check" "$aspect" | tr '\n' ' ')" "$(wanted "$aspect" | tr '\n' ' ')" "$suite: $aspect"
	done
}

# Where the kernel has no such thing, there is neither a finding nor a pass.
test_not_here() {
	local suite=$1 aspect controllers
	for aspect in apparmor selinux; do
		like "$(outcome "$WORK/check" "$aspect")" '^(not_applicable|pass)$' "$suite: $aspect finds nothing where it is off"
	done
	controllers=$(h cat /sys/fs/cgroup/cgroup.controllers)
	for aspect in memory cpu pids; do
		if [[ " $controllers " == *" $aspect "* ]]; then
			like "$(reason "$WORK/check" "$aspect")" c-good "$suite: $aspect: nobody has a limit"
		else
			is "$(found "$WORK/check" "$aspect")" c-stopped "$suite: $aspect: the one that does not run has no limit"
			like "$(reason "$WORK/check" "$aspect")" "the $aspect controller of its control group cannot be read" \
				"$suite: $aspect is not measured without its controller, and says so"
		fi
	done
	like "$(reason "$WORK/check" host-userns)" c-good "$suite: without remapping all have the host's users"
}

# Everything there is about containers, as Docker tells it; the order of mounts is any.
containers_now() {
	h sh -c 'docker inspect $(docker ps --all --quiet)' | jq -S 'map(del(.State.Health, .ExecIDs) | .Mounts |= sort_by(.Destination))'
}

# With remapping, root in a container is nobody outside: no finding, and it is said.
test_remapped() {
	local suite=$1
	h sh -c 'docker rm --force $(docker ps --all --quiet) >/dev/null'
	h_write /etc/docker/daemon.json <<<'{"userns-remap": "default"}'
	h systemctl restart docker.service
	image_import
	container_run c-remapped "${SLEEP[@]}"
	container_run c-not-remapped --userns host "${SLEEP[@]}"
	h_harden check --level 2 --only 'container.user,container.host-userns' --json >"$WORK/check" || true
	is "$(found "$WORK/check" user)" c-not-remapped "$suite: root in a remapped container is not the host's"
	is "$(found "$WORK/check" host-userns)" c-not-remapped "$suite: ... and it has users of its own"
	h docker rm --force c-not-remapped >/dev/null
	h_harden check --only container.user --json >"$WORK/check" || true
	like "$(reason "$WORK/check" user)" 'root in c-remapped is user [1-9][0-9]+ outside' "$suite: ... which is said"
}

for suite in "${SUITES[@]}"; do
	host_start "$suite"
	image_import
	: >"$WORK/wanted"
	h mkdir -p /srv/www /srv/docker.sock.d /srv/shared /srv/tenants/b /etc/ssl
	make_sleeper "$WORK/sshd"
	h_write /srv/sshd 755 <"$WORK/sshd"
	h_write /root/allows-all.json <<<'{"defaultAction": "SCMP_ACT_ALLOW"}'
	h docker network create app >/dev/null
	start_good
	start_identity
	start_namespaces
	start_mounts
	start_life
	make_stopped
	wait_for_checks

	containers_now >"$WORK/before"
	exits 2 "$suite: check says that the host differs" h_harden check --level 2 --only 'container.*' --json
	h_harden check --level 2 --json >"$WORK/check" || true
	containers_now >"$WORK/after"
	is "$(diff "$WORK/before" "$WORK/after")" '' "$suite: check changed no container"
	test_found "$suite"
	test_not_here "$suite"
	test_remapped "$suite"
	host_stop
done
