#!/bin/bash
#
# A run that is broken off: by a power cut, by SIGKILL, by a signal that asks it to stop, by a
# dockerd that dies, by a systemd that refuses, by a disk that is full or read-only. The host is
# afterwards as it was before, its containers have their processes (where it was not the power
# that went), and the exit code says which of it happened.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

# A reload, a restart, a new file and a mode: every step of a run is in it.
PLAN=(--only daemon.live-restore --only daemon.log-limits --only file.daemon-json.mode --only audit.dockerd)

# The moments, each by the line that a run prints last before it: "COUNT PHASE".
MOMENTS=('1 snapshot' '1 files' '2 files' '1 restart of dockerd')

# --- the boot unit --------------------------------------------------------------------------

install_unit() {
	sed 's|@sbindir@|/usr/local/bin|' "$LAB_DIR/../../packaging/harden-recover.service.in" |
		h_write /usr/lib/systemd/system/harden-recover.service
	h systemctl daemon-reload
	h systemctl --quiet enable harden-recover.service
}

# before_unit UNIT: the recovery was over before it was begun.
before_unit() {
	local ours theirs
	ours=$(h systemctl show -P ExecMainExitTimestampMonotonic harden-recover.service)
	theirs=$(h systemctl show -P "$2" "$1")
	((ours > 0 && ours < theirs))
}

test_boot_unit() {
	local suite=$1
	exits 0 "$suite: systemd-analyze finds nothing in the unit" \
		h systemd-analyze verify --man=no harden-recover.service sysinit.target
	is "$OUTPUT" '' "$suite: ... no cycle, no unknown setting"
	"$LAB" reboot "$HOST"
	is "$(h systemctl show -P Result,ActiveState harden-recover.service | tr '\n' ' ')" 'success active ' \
		"$suite: it runs at boot where there is nothing to recover"
	is "$(h journalctl --boot --quiet --grep 'ordering cycle|deleted to break' || true)" '' \
		"$suite: the boot has no ordering cycle"
	ok "$suite: it comes before sysinit.target" before_unit sysinit.target ActiveEnterTimestampMonotonic
	ok "$suite: ... docker.service" before_unit docker.service ExecMainStartTimestampMonotonic
	ok "$suite: ... docker.socket" before_unit docker.socket ActiveEnterTimestampMonotonic
	ok "$suite: ... containerd.service" before_unit containerd.service ExecMainStartTimestampMonotonic
	ok "$suite: ... systemd-sysctl.service" before_unit systemd-sysctl.service ExecMainStartTimestampMonotonic
}

# --- runs that are broken off ---------------------------------------------------------------

# start_apply ARG...: in the background; its pid, output and exit code in /run/apply.*. Not by
# `&`, which has a shell ignore SIGINT.
start_apply() {
	h rm -f /run/apply.pid /run/apply.out /run/apply.code
	h touch /run/apply.out
	h setsid -f sh -c '
		sh -c "echo \$\$ >/run/apply.pid; exec harden apply --yes \"\$@\" >/run/apply.out 2>&1" sh "$@"
		echo $? >/run/apply.code' sh "$@" </dev/null >/dev/null 2>&1
}

wait_for_phase() {
	h timeout 60 sh -c 'until [ "$(grep -c "^  $2 " /run/apply.out)" -ge "$1" ] || [ -e /run/apply.code ]; do sleep 0.01; done' \
		sh "${1%% *}" "${1#* }"
}

apply_code() {
	h timeout 120 sh -c 'until [ -s /run/apply.code ]; do sleep 0.05; done; cat /run/apply.code'
}

send() {
	h sh -c 'kill -s "$1" "$(cat /run/apply.pid)"' sh "$1" || h cat /run/apply.out >&2
}

newest() {
	h_harden history --json | jq -r '.transactions[-1].state'
}

count_open() {
	h_harden status --json | jq '.open | length'
}

# What is true after each of them.
settled() {
	local desc=$1
	as_before "$desc: files as before"
	info_as_before "$desc: dockerd as before"
	is "$(h systemctl is-active docker.service)" active "$desc: dockerd runs"
	is "$(h systemctl show -P NeedDaemonReload docker.service)" no "$desc: systemd has read what is on disk"
	is "$(count_open)" 0 "$desc: status has nothing open"
}

recovered() {
	local desc=$1
	is "$(newest)" rolled_back "$desc: history says rolled back"
	exits 0 "$desc: recovering again" h_harden recover
	like "$OUTPUT" '^Nothing to recover' "$desc: ... does nothing"
}

# The power goes: what was running ends, and comes back by its restart policy.
test_power_cut() {
	local suite=$1 moment desc
	for moment in "${MOMENTS[@]}"; do
		desc="$suite, power cut after '$moment'"
		start_apply --health-timeout 20s "${PLAN[@]}"
		wait_for_phase "$moment"
		send KILL
		"$LAB" reboot "$HOST" --cut
		like "$(h journalctl --boot --quiet --unit harden-recover.service)" \
			'was broken off; put back|died before it changed anything' "$desc: the boot recovered"
		is "$(h docker inspect --format '{{.State.Running}}' always)" true \
			"$desc: a container with a restart policy runs"
		h docker start once >/dev/null # it has none, and docker info counts what runs
		settled "$desc"
		recovered "$desc"
	done
}

# systemd has read the unit files before they are put back: it must read them again.
test_power_cut_with_unit_file() {
	local suite=$1 desc="$1, power cut with a new drop-in" limit
	limit=$(h systemctl show -P LimitMEMLOCK docker.service)
	h_write /root/dropin.yaml 600 <<-END
		baseline: dropin
		version: "1"
		title: A drop-in
		controls:
		  - id: site.dropin
		    title: A limit for dockerd
		    resources:
		      - systemd-dropin: { unit: docker.service, section: Service, key: LimitMEMLOCK, value: "12345678" }
	END
	start_apply --health-timeout 20s --baseline /root/dropin.yaml
	wait_for_phase '1 restart of dockerd'
	isnt "$(h systemctl show -P LimitMEMLOCK docker.service)" "$limit" "$desc: it was in force"
	send KILL
	"$LAB" reboot "$HOST" --cut
	is "$(h systemctl show -P LimitMEMLOCK docker.service)" "$limit" "$desc: dockerd starts without it"
	h docker start once >/dev/null
	settled "$desc"
	recovered "$desc"
}

# The run is killed and the host goes on: recover puts dockerd's values back, too.
test_killed() {
	local suite=$1 moment desc
	for moment in "${MOMENTS[@]}"; do
		desc="$suite, killed after '$moment'"
		start_apply --health-timeout 20s "${PLAN[@]}"
		wait_for_phase "$moment"
		send KILL
		exits 0 "$desc: recover" h_harden recover
		is "$(pids always once)" "$PIDS" "$desc: every container has its process"
		settled "$desc"
		recovered "$desc"
	done
}

# signalled SIGNAL CODE MOMENT
signalled() {
	local suite=$1 signal=$2 code=$3 moment=$4 desc="$1, SIG$2 after '$4'"
	start_apply --health-timeout "$GATE" "${PLAN[@]}"
	wait_for_phase "$moment"
	send "$signal"
	is "$(apply_code)" "$code" "$desc: exit code"
	like "$(h cat /run/apply.out)" 'Put back: the host is as it was' "$desc: it says so"
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	settled "$desc"
}

test_signals() {
	local suite=$1 moment
	for moment in '1 snapshot' '1 restart of dockerd'; do
		signalled "$suite" INT 130 "$moment"
		signalled "$suite" TERM 143 "$moment"
		signalled "$suite" HUP 129 "$moment"
	done
	signalled "$suite" INT 130 '1 files'
	signalled "$suite" TERM 143 '2 files'
}

# Before there is anything to put back, a signal ends the run at once.
test_signal_before() {
	local suite=$1 desc="$1, SIGTERM while planning" count
	count=$(h_harden history --json | jq '.transactions | length')
	is "$(h sh -c 'harden apply --yes "$@" >/dev/null 2>&1 & sleep 0.01; kill -s TERM $!; wait $!; echo $?' sh "${PLAN[@]}" 2>/dev/null)" \
		143 "$desc: exit code"
	is "$(h_harden history --json | jq '.transactions | length')" "$count" "$desc: no transaction"
	settled "$desc"
}

# --- what else fails ----------------------------------------------------------------------------

test_dockerd_dies() {
	local suite=$1 desc="$1, dockerd killed while it is watched"
	start_apply --health-timeout 10s "${PLAN[@]}"
	wait_for_phase '1 restart of dockerd'
	h sh -c 'kill -KILL "$(systemctl show -P MainPID docker.service)"'
	is "$(apply_code)" 3 "$desc: exit code"
	like "$(h cat /run/apply.out)" 'docker.service does not stay up' "$desc: it says why"
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	settled "$desc"
}

# systemd takes no job for docker.service: neither the restart nor, as it must be said, the one
# that would put the old values back. Unmasked, recover finishes it.
test_masked() {
	local suite=$1 desc="$1, docker.service masked after the plan"
	h rm -f /root/masked.plan
	h_harden plan -o /root/masked.plan "${PLAN[@]}" >/dev/null
	h systemctl --quiet mask --runtime docker.service
	exits 4 "$desc: exit code" apply /root/masked.plan
	like "$OUTPUT" 'docker.service is masked' "$desc: it says why"
	as_before_masked "$desc: files as before"
	is "$(newest)" stuck "$desc: history says that hands are needed"
	h systemctl --quiet unmask --runtime docker.service
	h rm -f /root/masked.plan
	exits 0 "$desc: unmasked, recover" h_harden recover
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	settled "$desc"
}

as_before_masked() {
	snapshot_tree "$WORK/after" "${TREES[@]}"
	same_tree "$WORK/before" "$WORK/after" "$1" --ignore "$NOT_OURS|^/run/systemd/system"
}

# Without systemd's own socket there is still the bus; without both nothing could be put in force.
test_sockets_gone() {
	local suite=$1 desc="$1, systemd's socket is gone"
	h mv /run/systemd/private /run/systemd/private.away
	exits 0 "$desc: apply goes by the bus" apply "${PLAN[@]}"
	exits 0 "$desc: so does rollback" rollback
	h mv /run/dbus/system_bus_socket /run/dbus/system_bus_socket.away
	refused "$desc, the bus too" 5 'cannot connect to systemd' apply "${PLAN[@]}"
	h mv /run/dbus/system_bus_socket.away /run/dbus/system_bus_socket
	h mv /run/systemd/private.away /run/systemd/private
	settled "$desc, the bus too"
}

# refused DESC CODE WORDS CMD...: nothing is touched, no transaction is left, no staged file.
refused() {
	local desc=$1 code=$2 words=$3 got=0 folders
	shift 3
	folders=$(h sh -c 'ls /var/lib/harden/txn | wc -l')
	OUTPUT=$("$@" 2>&1 </dev/null) || got=$?
	like "$got" "^$code\$" "$desc: exit code"
	like "$OUTPUT" "$words" "$desc: it says why"
	is "$(h sh -c 'ls /var/lib/harden/txn | wc -l')" "$folders" "$desc: no transaction is left"
}

test_state_full() {
	local suite=$1 desc="$1, no room for the undo data"
	h mount -t tmpfs -o size=16k,mode=700 tmpfs /var/lib/harden
	h mkdir -m 700 /var/lib/harden/txn
	refused "$desc" 1 'lacks room|No space left' apply "${PLAN[@]}"
	h umount /var/lib/harden
	settled "$desc"
}

# One page, and it is taken: nothing can be staged beside the target.
test_target_full() {
	local suite=$1 desc="$1, no room beside daemon.json"
	h sh -c 'cp -a /etc/docker /run/docker-folder && mount -t tmpfs -o size=4k,mode=755 tmpfs /etc/docker &&
		cp -a /run/docker-folder/daemon.json /etc/docker/'
	refused "$desc" 1 'No space left' apply "${PLAN[@]}"
	is "$(h ls -A /etc/docker)" daemon.json "$desc: no staged file is left"
	h umount /etc/docker
	h rm -r /run/docker-folder
	settled "$desc"
}

test_read_only() {
	local suite=$1 desc="$1, /etc is read-only"
	h sh -c 'mount --bind /etc /etc && mount -o remount,bind,ro /etc'
	refused "$desc" '[15]' '[Rr]ead-only' apply "${PLAN[@]}"
	h umount /etc
	settled "$desc"
}

# A rescue shell puts back what a run left, and the next boot finds nothing more to do.
test_rescue() {
	local suite=$1 desc="$1, RESTORE after a power cut" id
	start_apply --health-timeout 20s "${PLAN[@]}"
	wait_for_phase '1 restart of dockerd'
	send KILL
	id=$(h ls /var/lib/harden/txn | tail -n 1)
	h systemctl --quiet disable harden-recover.service # RESTORE alone
	exits 0 "$desc: it runs" busybox env -i PATH=/nonexistent busybox sh \
		"$("$LAB" path "$HOST")/var/lib/harden/txn/$id/RESTORE" "$("$LAB" path "$HOST")"
	h systemctl --quiet enable harden-recover.service
	as_before "$desc: files as before"
	"$LAB" reboot "$HOST" --cut
	h docker start once >/dev/null
	settled "$desc"
	recovered "$desc"
}

# What is in a private key is nobody's business, and what may hold secrets is root's alone.
test_secrets() {
	local suite=$1 marker="MARKER-$RANDOM$RANDOM" out
	h sh -c 'mkdir -p /etc/docker/tls && cp /etc/docker/daemon.json /run/daemon.json.kept &&
		echo "-----BEGIN PRIVATE KEY-----$1" >/etc/docker/tls/server-key.pem && chmod 644 /etc/docker/tls/server-key.pem &&
		echo "{\"tlskey\": \"/etc/docker/tls/server-key.pem\"}" >/etc/docker/daemon.json' sh "$marker"
	out=$(
		for format in text json; do
			h_harden plan --level 2 -v --format "$format"
			h_harden check --level 2 --format "$format" || true
		done 2>&1
		apply --level 2 --skip 'daemon.*' 2>&1
		h_harden history --json
		h_harden show "$(h ls /var/lib/harden/txn | tail -n 1)" 2>&1
		h_harden check --level 2 --json || true
	)
	like "$out" 'server-key\.pem' "$suite, secrets: the plan is about the key"
	is "$(h stat -c %a /etc/docker/tls/server-key.pem)" 400 "$suite, secrets: its mode is changed"
	unlike "$out" "$marker" "$suite, secrets: no output has what is in it"
	is "$(h grep -rl "$marker" /var/lib/harden || true)" '' "$suite, secrets: nor has the state folder"
	is "$(h find /var/lib/harden -type d ! -perm 700)" '' "$suite, secrets: the state's folders are 0700"
	is "$(h find /var/lib/harden -type f ! -perm 600 ! -name RESTORE)" '' "$suite, secrets: its files are 0600"
	is "$(h find /var/lib/harden ! -user root)" '' "$suite, secrets: all are root's"
	h_harden rollback --yes >/dev/null
	h sh -c 'rm -r /etc/docker/tls && mv /run/daemon.json.kept /etc/docker/daemon.json'
}

CASES=(killed signals signal_before dockerd_dies masked sockets_gone state_full target_full read_only
	power_cut power_cut_with_unit_file rescue secrets)

for suite in bookworm trixie; do
	host_start "$suite"
	install_unit
	test_boot_unit "$suite"
	image_import
	h mkdir -p /etc/docker
	h_write /etc/docker/daemon.json 666 <<<'{"debug": false}'
	h systemctl restart docker.service
	container_run always --restart always -- /bin/sleep 10000
	container_run once -- /bin/sleep 10000
	remember_host
	PIDS=$(pids always once)
	for t in "${CASES[@]}"; do
		"test_$t" "$suite"
	done
	host_stop
done
