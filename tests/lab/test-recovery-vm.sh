#!/bin/bash
#
# A true power cut: a machine with a kernel and a disk of its own goes while harden changes it.
# What was not synced is lost; what the boot finds is the one state or the other, never a mix. What waits
# to be confirmed waits on, or is undone before dockerd comes.
# A boot takes its time there: campaign-scenarios cuts at the other moments, too.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

PLAN=(--only daemon.live-restore --only daemon.log-limits --only file.daemon-json.mode --only audit.dockerd)

v() {
	"$LAB" vm-run "$HOST" "$@"
}

# facts: all that the plan changes, and nothing else that a boot does.
facts() {
	v sh -c 'cd /etc && stat -c "%n %a %u:%g %s %Y" docker/daemon.json audit/rules.d/* && sha256sum docker/daemon.json audit/rules.d/* && ls -A docker audit/rules.d'
}

prepare() {
	"$LAB" vm-put "$HOST" "$HARDEN" /usr/local/bin/harden
	sed 's|@sbindir@|/usr/local/bin|' "$LAB_DIR/../../packaging/harden-recover.service.in" >"$WORK/unit"
	"$LAB" vm-put "$HOST" "$WORK/unit" /usr/lib/systemd/system/harden-recover.service
	v sh -c 'chmod 755 /usr/local/bin/harden; chmod 644 /usr/lib/systemd/system/harden-recover.service
		systemctl daemon-reload && systemctl --quiet enable harden-recover.service
		mkdir -p /etc/docker && echo "{\"debug\": false}" >/etc/docker/daemon.json
		chmod 666 /etc/docker/daemon.json && systemctl restart docker.service && sync'
}

# cut_after COUNT PHASE: in the middle of an apply.
cut_after() {
	v sh -c ': >/run/out; setsid -f harden apply --yes --health-timeout 200s "$@" >/run/out 2>&1' sh "${PLAN[@]}"
	v timeout 120 sh -c 'until [ "$(grep -c "^  $2 " /run/out)" -ge "$1" ]; do sleep 0.1; done' sh "$1" "$2"
	"$LAB" vm-reboot "$HOST" --cut
}

test_cut() {
	local desc="vm, power cut after '$*'"
	cut_after "$@"
	like "$(v journalctl --boot --quiet --unit harden-recover.service)" 'was broken off; put back' "$desc: the boot recovered"
	is "$(facts)" "$BEFORE" "$desc: files as before"
	is "$(v systemctl is-active docker.service)" active "$desc: dockerd runs"
	is "$(v docker info --format '{{.LiveRestoreEnabled}}')" false "$desc: ... as before"
	is "$(v harden status --json | jq '.open | length')" 0 "$desc: status has nothing open"
	like "$(v harden recover)" '^Nothing to recover' "$desc: recovering again does nothing"
}

state_of() {
	v harden history --json | jq -r ".transactions[$1].state"
}

# Once it is kept, it stays kept; and what waits to be confirmed waits on, while it has time.
test_cut_while_one_waits() {
	local desc='vm, power cut right after the commit' after
	v harden apply --yes --health-timeout 1s "${PLAN[@]}" >/dev/null
	exits 6 "$desc: another one waits" v harden apply --yes --health-timeout 1s --confirm=1h --no-wait \
		--only daemon.no-new-privileges --ack daemon.no-new-privileges
	after=$(facts)
	"$LAB" vm-reboot "$HOST" --cut
	is "$(facts)" "$after" "$desc: files as applied"
	is "$(state_of -2) $(state_of -1)" 'committed waiting' "$desc: history says so, and that the other one waits"
	is "$(v docker info --format '{{.LiveRestoreEnabled}}')" true "$desc: dockerd has what was applied"
	like "$(v systemctl list-timers --no-legend 'harden-confirm-*')" 'harden-confirm-.*-2\.timer' "$desc: a timer of this boot stands for it"
	exits 0 "$desc: confirm" v harden confirm
}

# The time is over when the boot looks: dockerd starts with what was before. What was confirmed stays.
test_reboot_beyond_the_deadline() {
	local desc='vm, a reboot that lasts beyond the deadline' before
	before=$(facts)
	exits 6 "$desc: it waits" v harden apply --yes --health-timeout 1s --confirm=1h --no-wait \
		--only daemon.userland-proxy --ack daemon.userland-proxy
	isnt "$(facts)" "$before" "$desc: ... applied"
	# the boot begins with the machine's own clock; within this one no clock step ends the time
	v sh -c 'date --set="+2 hours" && hwclock --systohc --utc' >/dev/null
	is "$(state_of -1)" waiting "$desc: it waits on while the clock is set"
	"$LAB" vm-reboot "$HOST"
	is "$(facts)" "$before" "$desc: files as before"
	is "$(state_of -2) $(state_of -1)" 'committed rolled_back' "$desc: history says so"
	like "$(v journalctl --boot --quiet --unit harden-recover.service)" 'was not confirmed in time; put back' "$desc: the boot undid it"
	ok "$desc: ... before dockerd came" v sh -c '[ "$(systemctl show -P ExecMainExitTimestampMonotonic harden-recover.service)" -lt \
		"$(systemctl show -P ExecMainStartTimestampMonotonic docker.service)" ]'
	is "$(v docker info --format '{{.LiveRestoreEnabled}}')" true "$desc: dockerd has what was confirmed"
	is "$(v systemctl list-units --all --no-legend 'harden-confirm-*')" '' "$desc: no timer is left"
}

# What a boot loaded into the kernel before anybody put the files back is not left there.
in_kernel() {
	v sh -c 'sysctl -n kernel.kptr_restrict; auditctl -l | grep -c dockerd'
}

files_of_kernel() {
	v sh -c 'cd /etc && sha256sum audit/rules.d/* sysctl.d/*'
}

test_loaded_by_the_boot() {
	local desc='vm, power cut, and a boot that loads what was written' before
	v sh -c 'sysctl -q kernel.kptr_restrict=0; systemctl --quiet disable harden-recover.service; sync'
	is "$(in_kernel | xargs)" '0 0' "$desc: none of it is in the kernel"
	before=$(files_of_kernel)
	PLAN+=(--level 2 --only kernel.sysctls --ack kernel.sysctls)
	cut_after 1 'restart of dockerd'
	isnt "$(files_of_kernel)" "$before" "$desc: the files are there"
	is "$(in_kernel | xargs)" '1 1' "$desc: the boot loaded them"
	exits 0 "$desc: recover" v harden recover
	is "$(files_of_kernel)" "$before" "$desc: the files are as before"
	is "$(in_kernel | xargs)" '0 0' "$desc: none of it is in the kernel any more"
	is "$(v harden status --json | jq '.open | length')" 0 "$desc: status has nothing open"
	v systemctl --quiet enable harden-recover.service
}

# Somebody sets the clock back and writes: that the file's time is before dockerd's start is no proof.
test_clock_set_back() {
	local desc='vm, clock set back' unknown='the clock was set since the daemon started'
	v sh -c 'echo "{\"icc\": true}" >/etc/docker/daemon.json; touch -d "-1 day" /etc/docker/daemon.json /etc/docker
		systemctl restart docker.service'
	unlike "$(v harden facts --json)" "$unknown" "$desc: before, all is known"
	v sh -c 'date --set="-2 hours" && echo "{\"icc\": false}" >/etc/docker/daemon.json' >/dev/null
	like "$(v harden facts --json)" "$unknown" "$desc: what was written since is not known to be older"
	isnt "$(v harden check --only daemon.icc | grep -c '^pass')" 1 "$desc: and does not pass"
}

need_lab
command -v qemu-system-x86_64 >/dev/null || skip_all 'qemu-system-x86 is not installed (see tests/lab/packages)'
"$LAB" vm-build
HOST=$("$LAB" vm-boot)
HOSTS+=("$HOST")
prepare
BEFORE=$(facts)
test_cut 1 'restart of dockerd'
test_loaded_by_the_boot
test_cut_while_one_waits
test_reboot_beyond_the_deadline
test_clock_set_back
