#!/bin/bash
#
# A run that is broken off without a word: killed at each step that brings something into force,
# or by a power cut. Recovery, at boot or by hand, puts the host back, and where neither harden nor
# systemd runs the RESTORE script does.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

# A reload, a restart, a new file and a mode.
PLAN=(--only daemon.live-restore --only daemon.log-limits --only file.daemon-json.mode --only audit.dockerd)

# --- the boot unit --------------------------------------------------------------------------

# before_unit UNIT PROPERTY: the recovery was over before it was begun.
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
	is "$(h systemctl show -P Result harden-recover.service) $(h systemctl show -P ActiveState harden-recover.service)" 'success active' \
		"$suite: it runs at boot where there is nothing to recover"
	is "$(h journalctl --boot --quiet --grep 'ordering cycle|deleted to break' || true)" '' \
		"$suite: the boot has no ordering cycle"
	ok "$suite: it comes before sysinit.target" before_unit sysinit.target ActiveEnterTimestampMonotonic
	ok "$suite: ... docker.service" before_unit docker.service ExecMainStartTimestampMonotonic
	ok "$suite: ... docker.socket" before_unit docker.socket ActiveEnterTimestampMonotonic
	ok "$suite: ... containerd.service" before_unit containerd.service ExecMainStartTimestampMonotonic
	ok "$suite: ... systemd-sysctl.service" before_unit systemd-sysctl.service ExecMainStartTimestampMonotonic
	h docker start once >/dev/null # it has no restart policy
	PIDS=$(pids always once)
}

# Run in the boot of the run itself: dockerd is restarted, though it is ordered behind the unit.
test_unit_by_hand() {
	local suite=$1 desc="$1, killed and the unit started by hand"
	broken_off_after '1 restart of dockerd' apply --yes --health-timeout 20s "${PLAN[@]}"
	exits 0 "$desc: it ends well" h timeout 100 systemctl restart harden-recover.service
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	settled "$desc"
	recovered "$desc"
}

# What needs dockerd is down when the run is killed, and nobody starts it again: only the journal tells that
# it ran.
test_went_down() {
	local suite=$1 desc="$1, killed while what needs dockerd is down"
	h_write /usr/lib/systemd/system/lab-web.service <<-'EOF'
		[Unit]
		Requires=docker.service
		After=docker.service
		[Service]
		ExecStart=/bin/sleep infinity
	EOF
	ship_lines 'ExecStartPre=/bin/sleep 2'
	h systemctl start lab-web.service
	remember_host
	start_run apply --yes --health-timeout 20s "${PLAN[@]}" --ack daemon.log-limits
	h timeout 100 sh -c 'until ! systemctl --quiet is-active lab-web.service || [ -e /run/run.code ]; do sleep 0.01; done'
	send KILL
	run_code >/dev/null
	h systemctl stop lab-web.service
	is "$(count_open)" 1 "$desc: it is broken off"
	exits 0 "$desc: recover" h_harden recover
	is "$(h systemctl is-active lab-web.service)" active "$desc: ... starts it again"
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	settled "$desc"
	recovered "$desc"
	h systemctl stop lab-web.service
	h rm /usr/lib/systemd/system/lab-web.service
	unship_lines
	remember_host
}

# An admin writes the daemon's file while a run is broken off: dockerd is not made to read it. At
# a restart their file would have it end all containers, since it lacks live-restore.
test_settled_by_hand() {
	local suite=$1 desc="$1, killed and daemon.json written by an admin" start
	broken_off_after '1 restart of dockerd' apply --yes --health-timeout 20s "${PLAN[@]}"
	start=$(h systemctl show -P InvocationID docker.service)
	h_write /etc/docker/daemon.json 600 <<<'{"debug": true}'
	exits 4 "$desc: recover" h_harden recover
	like "$OUTPUT" "'/etc/docker/daemon.json' was changed by somebody else" "$desc: ... names it"
	like "$OUTPUT" 'restart of dockerd: left out' "$desc: ... and what it left out"
	like "$OUTPUT" 'harden recover --on-conflict keep' "$desc: ... and how to settle it"
	is "$(count_open)" 1 "$desc: status says so"
	exits 4 "$desc: apply" h_harden apply --yes "${PLAN[@]}"
	exits 0 "$desc: it is settled" h_harden recover --on-conflict keep
	like "$OUTPUT" 'put back but for what others changed' "$desc: ... it says"
	is "$(h systemctl show -P InvocationID docker.service)" "$start" "$desc: dockerd was not restarted"
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	is "$(h cat /etc/docker/daemon.json)" '{"debug": true}' "$desc: their file is as they wrote it"
	is "$(count_open)" 0 "$desc: status has nothing open"
	recovered "$desc"
	h_write /etc/docker/daemon.json 666 <<<'{"debug": false}'
	h systemctl restart docker.service
	h docker start once >/dev/null
	PIDS=$(pids always once)
	remember_host
}

# Somebody adds a key of theirs to what a killed run has in force: closed beside it, what is ours is
# told, and a rollback takes it out key by key, of the file and of dockerd.
test_left_in_force() {
	local suite=$1 desc="$1, killed and a key added by an admin" id
	local acks=(--ack daemon.no-new-privileges --ack daemon.log-limits)
	h rm -rf /var/lib/harden # what the case before left of its own is told, too
	h_write /etc/docker/daemon.json <<<'{"live-restore": true}'
	h systemctl restart docker.service
	h docker start once >/dev/null
	PIDS=$(pids always once)
	broken_off_after '1 restart of dockerd' apply --yes --health-timeout 20s --only daemon.no-new-privileges \
		--only daemon.log-limits
	id=$(h ls /var/lib/harden/txn | tail -n 1)
	h sed -i 's/{"live-restore"/{"dns": ["192.0.2.1"], "live-restore"/' /etc/docker/daemon.json
	exits 4 "$desc: recover" h_harden recover
	exits 0 "$desc: it is settled" h_harden recover --on-conflict keep
	like "$(tr -s '\n ' ' ' <<<"$OUTPUT")" "'harden rollback $id' takes that out" "$desc: ... and says what stays"
	[[ $suite == bookworm ]] || # 20.10 does not tell it
		like "$(h docker info --format '{{.SecurityOptions}}')" no-new-privileges "$desc: dockerd has it"
	is "$(h_harden status --json | jq -c '.left | length')" 3 "$desc: status tells each key"
	exits 0 "$desc: rollback" rollback "${acks[@]}"
	is "$(h cat /etc/docker/daemon.json)" '{"dns": ["192.0.2.1"], "live-restore": true}' "$desc: ... leaves their key alone"
	unlike "$(h docker info --format '{{.SecurityOptions}}')" no-new-privileges "$desc: ... and dockerd has ours no more"
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	like "$(h_harden status)" 'In force: nothing; all was undone' "$desc: status has nothing in force, or left"
	h_write /etc/docker/daemon.json 666 <<<'{"debug": false}'
	h systemctl restart docker.service
	h docker start once >/dev/null
	PIDS=$(pids always once)
	remember_host
}

# --- killed at each effect ------------------------------------------------------------------

# Every kind of effect that a host of the lab has; audit rules it cannot have.
write_effects() {
	h_write /root/effects.yaml 600 <<-END
		baseline: effects
		version: "1"
		title: One of each
		controls:
		  - id: site.live-restore
		    severity: medium
		    title: By a reload
		    resources:
		      - docker-daemon: { key: live-restore, value: true }
		  - id: site.limit
		    severity: medium
		    title: By systemd and a restart
		    resources:
		      - systemd-dropin: { unit: docker.service, section: Service, key: LimitMEMLOCK, value: "12345678" }
		  - id: site.sysctl
		    severity: medium
		    title: In the kernel
		    resources:
		      - sysctl: { key: net.ipv4.conf.all.log_martians, value: "1" }
		  - id: site.socket
		    severity: medium
		    title: By a restart of the socket
		    resources:
		      - systemd-dropin: { unit: docker.socket, section: Socket, key: Backlog, value: "99" }
	END
}

EFFECTS=(apply --yes --health-timeout 1s --baseline /root/effects.yaml)

# In force, beside what dockerd says.
runtime() {
	h sysctl -n net.ipv4.conf.all.log_martians
	h systemctl show -P LimitMEMLOCK docker.service
	h systemctl show -P Backlog docker.socket
}

# traced CALLS INJECTION ARG...: harden under strace, which stands outside of the host.
traced() {
	local calls=$1 injection=$2
	shift 2
	strace -f -qq -s 200 -o "$WORK/trace" -e trace="$calls" ${injection:+-e inject="$injection"} \
		"$LAB" run "$HOST" harden "$@"
}

# boundaries: from the trace of a whole run, each point as "CALL COUNT WHEN HANDLER". A record of
# the journal is a pwrite64; the first of a handler's two is written before the effect and the
# second after it. The one that is synced is COMMIT, with what was only noted once more in front of
# it. The call that is killed does not happen.
boundaries() {
	awk '
		function note() {
			if (!match(held, /handler[^:]*:[^a-z]*[a-z-]+/))
				return
			handler = substr(held, RSTART, RLENGTH)
			sub(/.*[^a-z-]/, "", handler)
			match(held, /stage[^0-9]*[0-9]+/)
			step = substr(held, RSTART, RLENGTH) handler
			print "pwrite64", written, begun[step]++ ? "after" : "before", handler
		}
		/ pwrite64\(/ {
			note()
			written++
			held = $0
		}
		/ fdatasync\(/ {
			if (held) {
				print "pwrite64", written, "before commit"
				print "fdatasync", synced + 1, "after commit"
			}
			held = ""
			synced++
		}' "$WORK/trace"
}

# killed_at CALL COUNT ARG...
killed_at() {
	local call=$1 count=$2
	shift 2
	traced "$call" "$call:signal=KILL:when=$count" "$@" >"$WORK/killed" 2>&1 && return 1
	! grep -q '^Transaction' "$WORK/killed"
}

killed_and_recovered() {
	local desc=$1 call=$2 count=$3
	shift 3
	ok "$desc: it is" killed_at "$call" "$count" "$@"
	is "$(count_open)" 1 "$desc: status says so"
	exits 0 "$desc: recover" h_harden recover
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	is "$(runtime)" "$RUNTIME" "$desc: kernel and units as before"
	settled "$desc"
	recovered "$desc"
}

# whole_run SUITE CONTROL: all but that; leaves its points in $WORK/boundaries.
whole_run() {
	ok "$1, all but $2: a whole run" traced pwrite64,fdatasync '' "${EFFECTS[@]}" --skip "$2"
	isnt "$(runtime)" "$RUNTIME" "$1, all but $2: it is in force"
	boundaries >"$WORK/boundaries"
	exits 0 "$1, all but $2: rollback" rollback
}

# killed_at_each SUITE CONTROL POINTS: in runs of all but that.
killed_at_each() {
	local suite=$1 skip=$2 call count when what
	while read -r call count when what <&3; do
		killed_and_recovered "$suite, killed $when $what" "$call" "$count" "${EFFECTS[@]}" --skip "$skip"
	done 3<<<"$3"
}

# Either the socket is restarted or the service, so it takes two plans to have both.
test_effects() {
	local suite=$1 points
	write_effects
	RUNTIME=$(runtime)
	whole_run "$suite" site.limit
	points=$(grep docker-socket "$WORK/boundaries")
	killed_at_each "$suite" site.limit "$points"
	whole_run "$suite" site.socket
	points+=$'\n'$(grep -v 'after commit' "$WORK/boundaries")
	killed_at_each "$suite" site.socket "$(grep -v 'after commit' "$WORK/boundaries")"
	is "$(awk '{ print $3, $4 }' <<<"$points" | sort | tr '\n' ,)" \
		'after docker-reload,after docker-restart,after docker-socket,after sysctl,after systemd-reload,before commit,before docker-reload,before docker-restart,before docker-socket,before sysctl,before systemd-reload,' \
		"$suite: every effect was killed before and after"
	test_after_commit "$suite"
	h rm /root/effects.yaml
}

# The record is written: from here on it is kept.
test_after_commit() {
	local suite=$1 desc="$1, killed after commit" count
	count=$(awk '/after commit/ { print $2 }' "$WORK/boundaries")
	ok "$desc: it is" killed_at fdatasync "$count" "${EFFECTS[@]}" --skip site.socket
	exits 0 "$desc: recover" h_harden recover
	is "$(newest)" committed "$desc: history says so"
	exits 0 "$desc: the host is as planned" h_harden plan --baseline /root/effects.yaml --skip site.socket \
		--detailed-exitcode
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	exits 0 "$desc: rollback" rollback
	is "$(runtime)" "$RUNTIME" "$desc, rolled back: kernel and units as before"
	settled "$desc, rolled back"
}

# --- power cuts -----------------------------------------------------------------------------

# The power goes: what was running ends, and comes back by its restart policy.
test_power_cut() {
	local suite=$1 moment desc
	for moment in '1 files' '1 restart of dockerd'; do
		desc="$suite, power cut after '$moment'"
		h chmod 666 /run/docker.sock # it goes with the power, and is made anew
		broken_off_after "$moment" apply --yes --health-timeout 20s "${PLAN[@]}" \
			--only file.api-socket.mode
		"$LAB" reboot "$HOST" --cut
		like "$(h journalctl --boot --quiet --unit harden-recover.service)" 'was broken off; put back' \
			"$desc: the boot recovered"
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
	write_effects
	broken_off_after '1 restart of dockerd' apply --yes --health-timeout 20s --baseline /root/effects.yaml \
		--only site.limit --ack site.limit
	isnt "$(h systemctl show -P LimitMEMLOCK docker.service)" "$limit" "$desc: it was in force"
	"$LAB" reboot "$HOST" --cut
	is "$(h systemctl show -P LimitMEMLOCK docker.service)" "$limit" "$desc: dockerd starts without it"
	h docker start once >/dev/null
	settled "$desc"
	recovered "$desc"
}

# The boot loads the chain and works out its units before anybody recovers; recovery has both as before.
test_power_cut_with_kernel() {
	local suite=$1 desc="$1, power cut with a chain and a unit"
	h_write /etc/systemd/system/lab-idle.service <<-'EOF'
		[Service]
		ExecStart=/bin/sleep infinity
		[Install]
		WantedBy=multi-user.target
	EOF
	h_write /root/kernel.yaml 600 <<-'EOF'
		baseline: lab
		version: "1"
		title: A chain and a unit
		controls:
		  - id: site.chain
		    severity: medium
		    title: A chain
		    resources:
		      - firewall: { name: lab, ports: [7777/tcp], sources: [10.77.0.2] }
		  - id: site.unit
		    severity: medium
		    title: A unit
		    resources:
		      - unit: { unit: lab-idle.service, enabled: false, active: false }
	EOF
	h systemctl daemon-reload
	h systemctl --quiet enable --now lab-idle.service
	h systemctl --quiet disable harden-recover.service # the boot is over before
	broken_off_after '1 packet filter' apply --yes --health-timeout 20s --baseline /root/kernel.yaml
	"$LAB" reboot "$HOST" --cut
	like "$(h nft list table inet harden)" 'chain lab' "$desc: the boot loaded the chain"
	exits 0 "$desc: recover" h_harden recover
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" "'lab-idle.service' ran before, and this boot may have come up without it" "$desc: ... names the unit"
	exits 1 "$desc: ... and the chain is gone" h nft list table inet harden
	h systemctl --quiet enable harden-recover.service
	h systemctl --quiet disable lab-idle.service
	h rm /etc/systemd/system/lab-idle.service
	h systemctl daemon-reload
	h docker start once >/dev/null
	settled "$desc"
	recovered "$desc"
}

# Who was named as stopped, and has no restart policy, is told with the command: by the apply, by its
# rollback, and by recovery after a kill; nobody tells of one that runs.
test_stopped() {
	local suite=$1 desc="$1, containers that a restart stops"
	local plan=(--only daemon.log-limits --ack daemon.log-limits)
	ship_lines 'ExecReload=' # else live-restore would be borrowed, and none stopped
	remember_host
	exits 0 "$desc: apply" apply "${plan[@]}"
	like "$(tr -s '\n ' ' ' <<<"$OUTPUT")" 'docker start once' "$desc: ... names who stays down"
	exits 5 "$desc: rollback asks before" rollback
	exits 0 "$desc: rollback" rollback --ack daemon.log-limits
	like "$(tr -s '\n ' ' ' <<<"$OUTPUT")" 'does not run now; docker start once' "$desc: ... names it, too"
	unlike "$OUTPUT" 'start always' "$desc: ... and not the one that came back"
	h docker start once >/dev/null
	broken_off_after '1 restart of dockerd' apply --yes --health-timeout 20s "${plan[@]}"
	exits 0 "$desc: recover" h_harden recover
	like "$(tr -s '\n ' ' ' <<<"$OUTPUT")" 'docker start once' "$desc: ... names it"
	h docker start once >/dev/null
	settled "$desc"
	unship_lines
	remember_host
}

# A rescue shell puts back what a run left, and the next boot finds nothing more to do.
test_rescue() {
	local suite=$1 desc="$1, RESTORE after a power cut" id
	broken_off_after '1 restart of dockerd' apply --yes --health-timeout 20s "${PLAN[@]}"
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

CASES=(boot_unit unit_by_hand went_down settled_by_hand left_in_force effects power_cut power_cut_with_unit_file power_cut_with_kernel stopped rescue)
FEW=(boot_unit went_down effects power_cut) # where systemd and dockerd are of another version

for suite in "${SUITES[@]}"; do
	prepare_host "$suite"
	cases=("${FEW[@]}")
	! whole "$suite" || cases=("${CASES[@]}")
	for t in "${@:-"${cases[@]}"}"; do
		"test_$t" "$suite"
	done
	host_stop
done
