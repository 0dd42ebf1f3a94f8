#!/bin/bash
#
# A host in use: containers that talk over docker0, one of them without a restart policy, and
# images. What would break is held back by name; the rest is applied, and every container keeps
# its process; so it is with everything acknowledged but userns-remap.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

CONTAINERS=(talker listener)

start_containers() {
	image_import
	container_run talker --restart always -- /bin/sleep 1000
	container_run listener -- /bin/sleep 1000 # no restart policy: it would not come back
}

test_held_back() {
	local suite=$1 out
	out=$(h_harden plan --level 2)
	like "$(held --level 2 | tr '\n' ' ')" 'daemon\.icc.*daemon\.userns-remap' "$suite: icc and userns-remap are held back"
	like "$out" '! daemon\.icc +.*(talker and listener|listener and talker)' "$suite: ... icc naming the containers"
	like "$out" '! daemon\.userns-remap +.*1 image' "$suite: ... userns-remap naming the images"
	like "$(planned --level 2 | tr '\n' ' ')" 'daemon\.live-restore.*daemon\.no-new-privileges' "$suite: the harmless keys are planned"
}

# Whom what is held back would hit, by name; it hangs on no version of Docker's.
reasons() {
	h_harden plan --level 2 --json | jq -r --arg control "$1" '.plan.findings[] | select(.control == $control) | .holds[]'
}

start_talkers() {
	h sh -c 'mkdir -m 0700 /srv/closed && mkdir -m 0755 /srv/open'
	h docker run --rm --volume kept:/k lab-busybox /bin/sh -c 'cp /bin/busybox /k/crontab && chmod 4755 /k/crontab &&
		echo u:x:1000:1000::/:/bin/sh >/k/passwd && dd if=/dev/zero of=/k/f bs=1M count=3' 2>/dev/null
	container_run callee --volume kept:/kept --volume /srv/closed:/closed --volume /srv/open:/open:ro -- \
		/bin/nc -ll -p 7000 -e /bin/cat
	container_run caller -- /bin/sh -c "sleep 1000 | nc $(h docker inspect --format '{{.NetworkSettings.IPAddress}}' callee) 7000"
	container_run runner --user 1000 --volume kept:/etc --volume kept:/var/spool/cron/crontabs -- \
		/bin/sh -c 'sleep 1000 | /etc/crontab -'
}

test_impact() {
	local suite=$1 out i
	start_talkers
	for ((i = 0; i < 20; i++)); do
		out=$(reasons daemon.icc)
		[[ $out != *7000/tcp* ]] || break
		sleep 0.5
	done
	like "$out" 'can talk over docker0 .*seen now: caller with callee on 7000/tcp' "$suite: who talks over docker0 now is named"
	out=$(reasons daemon.no-new-privileges)
	like "$out" 'container runner runs setuid programs, .*\(seen now: runner runs crontab\)' "$suite: ... and who runs a program by its setuid bit"
	out=$(reasons daemon.userns-remap)
	like "$out" 'image \(about [0-9]+ MiB\)' "$suite: ... how much would vanish"
	like "$out" 'containers .*callee.* have volume kept \(about [4-6] MiB\)' "$suite: ... a volume with its size"
	like "$out" "container callee, made anew, could not read or write '/srv/closed'.*id 100000 " "$suite: ... a mount that mapped users cannot read"
	unlike "$out" /srv/open "$suite: ... and not one that they can"
	h docker rm --force --volumes caller callee runner >/dev/null
	h docker volume rm kept >/dev/null
	h rm -r /srv/closed /srv/open
}

# What Docker, systemd and the files say must be what the plan said.
test_applied() {
	local suite=$1
	is "$(pids "${CONTAINERS[@]}")" "$PIDS" "$suite: every container has its process"
	is "$(h docker info --format '{{.LiveRestoreEnabled}}')" true "$suite: live-restore is in force"
	is "$(h systemctl show -P NRestarts docker.service)" 0 "$suite: dockerd was not restarted by systemd"
	is "$(h systemctl show -P NeedDaemonReload docker.service)" no "$suite: systemd has read what is on disk"
	shift
	is "$(h stat -c '%a %u %g' /etc/docker/daemon.json)" '644 0 0' "$suite: daemon.json is root's, 0644"
	exits 0 "$suite: nothing is left to do" h_harden plan --level 2 --detailed-exitcode "$@"
}

run_cases() {
	local suite=$1
	shift
	exits 0 "$suite: apply $*" apply --level 2 "$@"
	test_applied "$suite" "$@"
}

undo() {
	local suite=$1
	exits 0 "$suite: rollback" rollback
	as_before "$suite: the host is as it was"
	info_as_before "$suite: docker info is as it was"
	is "$(pids "${CONTAINERS[@]}")" "$PIDS" "$suite: every container has its process after the rollback"
}

# Acknowledged: written, and announced as pending until no container runs.
test_pending() {
	local suite=$1
	is "$(bridge_icc)" true "$suite: with containers running the bridge keeps icc"
	like "$(h_harden plan --level 2 --json | jq -r '.plan.findings[] | select(.control == "daemon.icc") | .verdict')" \
		'^pending$' "$suite: ... and the plan calls it pending, not done"
	exits 2 "$suite: check does not call it done" h_harden check --only daemon.icc
}

test_without_containers() {
	local suite=$1
	h docker rm --force "${CONTAINERS[@]}" >/dev/null
	h systemctl restart docker.service
	is "$(bridge_icc)" false "$suite: once no container runs, icc is in force after a restart"
}

for suite in "${SUITES[@]}"; do
	host_start "$suite"
	start_containers
	! whole "$suite" || test_impact "$suite"
	remember_host
	PIDS=$(pids "${CONTAINERS[@]}")
	test_held_back "$suite"
	run_cases "$suite"
	undo "$suite"

	# /proc/sys is read-only here, and nobody here may be given 65,536 files
	mapfile -t acks < <(held --level 2 | grep -Ev '^(daemon\.(userns-remap|default-ulimits)|kernel\.sysctls)$')
	acks=("${acks[@]/#/--ack=}")
	like "$(h_harden plan --level 2 "${acks[@]}")" 'pending|until' "$suite: the plan announces what will be pending"
	run_cases "$suite" "${acks[@]}"
	test_pending "$suite"
	undo "$suite"
	apply --level 2 "${acks[@]}" >/dev/null
	test_without_containers "$suite"
	host_stop
done
