# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # CODE and PLAN are campaign-scenarios'
#
# What happens while harden applies PLAN, for the tables EVENTS and MACHINE of scenarios.sh. Each
# function takes care of its own mess, and leaves the exit code that counts in CODE.

# must_run: that run has not ended before anything could happen to it.
must_run() {
	h test ! -e /run/run.code || complain 'it had ended'
}

# killed MOMENT...: and the host goes on.
killed() {
	start_run apply --yes --health-timeout 60s "${PLAN[@]}"
	wait_for_phase "$*"
	must_run
	send KILL
	CODE=0
	h harden recover >"$WORK/out" 2>&1 </dev/null || CODE=$?
}

signalled() {
	start_run apply --yes --health-timeout 60s "${PLAN[@]}"
	wait_for_phase "${*:2}"
	must_run
	send "$1"
	take_code
}

take_code() {
	CODE=$(run_code)
	h cat /run/run.out >"$WORK/out"
}

dockerd_dies() {
	local was
	was=$(dockerd_pid)
	start_run apply --yes --health-timeout 60s "${PLAN[@]}"
	kill_new_dockerd "$was"
	take_code
}

# It stays so until tidy().
masked() {
	h systemctl --quiet mask --runtime docker.service
	remember
	snapshot /run/systemd/system/docker.service | LC_ALL=C sort -o "$WORK/begin" - "$WORK/begin"
	apply_here "${PLAN[@]}"
}

# What harden knows of the running dockerd is still there.
state_full() {
	h sh -c 'mkdir -p -m 700 /var/lib/harden && cp /var/lib/harden/running.json /run/ 2>/dev/null
		mount -t tmpfs -o size=16k,mode=700 tmpfs /var/lib/harden && mkdir -m 700 /var/lib/harden/txn
		! [ -e /run/running.json ] || mv /run/running.json /var/lib/harden/'
	apply_here "${PLAN[@]}"
	h umount /var/lib/harden
}

# One page, and it is taken. The directory is as old as the one that dockerd has seen.
target_full() {
	h sh -c 'cp -a /etc/docker /run/docker-directory && mount -t tmpfs -o size=4k,mode=755 tmpfs /etc/docker &&
		cp -a /run/docker-directory/daemon.json /etc/docker/ && touch -r /run/docker-directory /etc/docker'
	apply_here "${PLAN[@]}"
	h sh -c 'umount /etc/docker && rm -r /run/docker-directory'
}

# Its root, daemon.json, and no third inode.
target_without_inodes() {
	h sh -c 'cp -a /etc/docker /run/docker-directory && mount -t tmpfs -o size=1m,nr_inodes=2,mode=755 tmpfs /etc/docker &&
		cp -a /run/docker-directory/daemon.json /etc/docker/ && touch -r /run/docker-directory /etc/docker'
	apply_here "${PLAN[@]}"
	h sh -c 'umount /etc/docker && rm -r /run/docker-directory'
}

read_only() {
	h sh -c 'mount --bind /etc /etc && mount -o remount,bind,ro /etc'
	apply_here "${PLAN[@]}" --ack daemon.live-restore
	h umount /etc
}

no_private_socket() {
	h mv /run/systemd/private /run/systemd/private.away
	apply_here "${PLAN[@]}"
	h mv /run/systemd/private.away /run/systemd/private
}

no_sockets() {
	h mv /run/dbus/system_bus_socket /run/dbus/system_bus_socket.away
	no_private_socket
	h mv /run/dbus/system_bus_socket.away /run/dbus/system_bus_socket
}

locked() {
	h sh -c 'mkdir -p -m 700 /var/lib/harden
		setsid -f sh -c "echo \$\$ >/run/locker; exec flock -o /var/lib/harden/lock sleep 1000" >/dev/null 2>&1
		until [ -s /run/locker ] && ! flock -n /var/lib/harden/lock true; do sleep 0.05; done'
	apply_here "${PLAN[@]}"
	h sh -c 'kill "$(cat /run/locker)"; rm /run/locker'
}

stale() {
	h rm -f /root/stale.plan
	h harden plan -o /root/stale.plan "${PLAN[@]}" >/dev/null
	h sh -c 'echo >>/etc/docker/daemon.json'
	remember
	apply_here /root/stale.plan
}

# The boot undoes it. What ran comes back by its restart policy, or not at all.
power_cut() {
	start_run apply --yes --health-timeout 200s "${PLAN[@]}"
	wait_for_phase "$*"
	must_run
	"$LAB" "${VERB%run}reboot" "$HOST" --cut
	CODE="cut"
	h journalctl --boot --quiet --unit harden-recover.service >"$WORK/out"
	must_be "$(h docker inspect --format '{{.State.Running}}' always)" true 'a container that restarts always'
	h docker start once >/dev/null
	PIDS=$(pids always once)
}

# The kernel takes no rule until it is booted anew: the file is written, and that is said.
audit_locked() {
	h auditctl -e 2 >/dev/null
	apply_here "${PLAN[@]}"
	grep -q 'locked until the next boot' "$WORK/out" || complain 'it does not say so'
}
