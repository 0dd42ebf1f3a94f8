#!/bin/bash
#
# Audit rules for real: on this machine's kernel, and in a virtual machine with the whole
# baseline. In the lab's other hosts the kernel takes no rules, which the plan says.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

test_this_machine() {
	local w=$WORK/machine
	mkdir "$w"
	ok 'this machine: plan, apply, event, rollback' unshare --mount "$LAB_DIR/audit-machine.sh" "$HARDEN" "$w"
	like "$(cat "$w/plan")" 'lab\.tree' 'this machine: the rules are planned'
	like "$(cat "$w/rules.applied")" "-w $w/watched -p wa -k harden-lab" 'this machine: auditctl -l shows the tree'
	like "$(cat "$w/rules.applied")" '-w /etc/hostname -p rwa -k harden-lab' 'this machine: auditctl -l shows the file'
	is "$(cat "$w/event" 2>&1)" found 'this machine: ausearch finds the event of a watched file'
	is "$(cat "$w/connect" 2>&1)" found 'this machine: ausearch finds a connection to a socket'
	is "$(cat "$w/plan.code" 2>&1)" 0 'this machine: nothing is left to do'
	is "$(cat "$w/rules.after")" "$(cat "$w/rules.before")" 'this machine: rollback leaves the rules as they were'
	is "$(cat "$w/files.after")" '' 'this machine: ... and no rule file'
	like "$(cat "$w/killed")" 'pwrite64 [0-9]+: 0.*pwrite64 [0-9]+: 5' 'this machine: killed before the rules are loaded, and after'
	like "$(cat "$w/killed")" 'syncfs [0-9]+: 0.*fdatasync [0-9]+: 5' 'this machine: ... and with a record that was not synced'
	is "$(cat "$w/rules.differences")" '' 'this machine: recovery leaves the rules as they were'
	is "$(cat "$w/files.recovered")" '' 'this machine: ... and no rule file'
}

v() {
	"$LAB" vm-run "$HOST" "$@"
}

v_events() {
	local i
	for ((i = 0; i < 40; i++)); do
		((i % 10)) || v sh -c 'echo 1 >/etc/docker/event'
		! v ausearch -k docker 2>/dev/null | grep -F /etc/docker/event || return 0
		sleep 0.2
	done
}

# Every path that the plan names is in the kernel's list afterwards.
test_virtual_machine() {
	local path
	need_lab
	HOST=$("$LAB" vm-boot)
	HOSTS+=("$HOST")
	"$LAB" vm-put "$HOST" "$HARDEN" /usr/local/bin/harden
	v auditctl -l >"$WORK/before"
	v sh -c 'stat -c "%n %a %u %Y" /etc/audit/rules.d/* && sha256sum /etc/audit/rules.d/*' >"$WORK/files"
	exits 0 'vm: apply' v harden apply --yes --only 'audit.*' --health-timeout 3s
	v auditctl -l >"$WORK/applied"
	for path in /usr/sbin/dockerd /etc/docker /usr/lib/systemd/system/docker.service \
		/usr/lib/systemd/system/docker.socket /etc/default/docker /usr/bin/containerd /usr/sbin/runc; do
		like "$(cat "$WORK/applied")" "-w $path -p [rwxa]+ -k docker" "vm: auditctl -l has a rule for $path"
	done
	exits 0 'vm: nothing is left to do' v harden plan --only 'audit.*' --detailed-exitcode
	exits 0 'vm: check passes, the kernel list included' v harden check --only 'audit.*'
	like "$(v_events)" /etc/docker/event 'vm: ausearch finds the event of a watched file'
	v rm /etc/docker/event
	v auditctl -e 0 >/dev/null
	like "$(v harden check --only 'audit.*')" 'audit is switched off.* 0 pass,' 'vm: nothing passes while audit is off'
	v auditctl -e 1 >/dev/null
	v sh -c 'printf -- "-a always,exit -F arch=b64 -S umount -k m\n" >/etc/audit/rules.d/20-broken.rules'
	like "$(v harden check --only audit.dockerd | tr -s '[:space:]' ' ')" \
		"20-broken\.rules' line 1 ends the loading at each boot, before our rules" \
		'vm: check names the line that ends the loading at the next boot'
	v sh -c 'printf "%s\t%s\n" "-w /etc/shadow" "-p wa -k id" >/etc/audit/rules.d/20-broken.rules'
	like "$(v harden check --only audit.dockerd | tr -s '[:space:]' ' ')" \
		"20-broken\.rules' line 1 ends the loading at each boot" 'vm: ... and one with a tab, which parts no words'
	v rm /etc/audit/rules.d/20-broken.rules
	exits 0 'vm: rollback' v harden rollback --yes --health-timeout 3s
	is "$(v auditctl -l)" "$(cat "$WORK/before")" 'vm: rollback leaves the rules as they were'
	is "$(v sh -c 'stat -c "%n %a %u %Y" /etc/audit/rules.d/* && sha256sum /etc/audit/rules.d/*')" \
		"$(cat "$WORK/files")" 'vm: ... and the rule files'
	exits 0 'vm: rules that are loaded late' v harden apply --yes --level 2 --only audit.containerd-socket \
		--ack audit.containerd-socket --health-timeout 1s
	v sh -c 'auditctl -D; systemctl restart harden-audit-late' >/dev/null
	like "$(v auditctl -l)" 'containerd.sock -p wa -k docker' 'vm: ... are loaded by their unit'
	v harden rollback --yes --health-timeout 1s >/dev/null
}

test_nspawn() {
	host_start bookworm
	like "$(h_harden plan --only 'audit.*')" 'first pid namespace' 'host: the plan says that the kernel list is not measured'
	exits 0 'host: apply writes the rule file' apply --only 'audit.*'
	ok 'host: it is there' h grep -q '^-w /etc/docker' /etc/audit/rules.d/60-harden-docker.rules
	is "$(h_harden plan --json --only 'audit.*' | jq '[.plan.findings[] | select(.verdict == "pass")] | length')" \
		0 'host: no rule is called a pass'
	host_stop
}

# What the rules would record is counted: little on an idle host, much where containers are entered all the time.
test_observe() {
	local plan rules=/etc/audit/rules.d/60-harden-docker.rules
	host_start trixie
	image_import
	container_run web -- /bin/sleep infinity
	# on a terminal, which shows how far it is
	exits 0 'host: what is going on is counted' h script --quiet --return --command \
		"harden plan --observe 10s --color never --only 'audit.*' -o /root/idle.plan" /dev/null
	plan=$OUTPUT
	like "$plan" 'counting what audit rules would record, [0-9]+ s left' 'host: ... with a countdown'
	like "$plan" 'audit\.data-root +counted [0-9]+ a minute for 10 s, threshold 20: not held back' \
		'host: an idle host is below the threshold'
	like "$plan" 'audit\.runc +counted 0 a minute' 'host: ... and nobody runs runc'
	unlike "$plan" '! audit\.data-root' 'host: what was held for its volume is planned'
	exits 0 'host: the saved plan, which has the figures, is applied' apply /root/idle.plan
	ok 'host: ... with the rule' h grep -q 'docker/overlay2' "$rules"
	exits 0 'host: ... and rolled back' rollback
	exits 130 'host: an interrupt ends the counting' h timeout --preserve-status --signal INT 5 harden plan --observe 10s --only audit.runc -o /root/cut.plan
	like "$OUTPUT" 'interrupted by signal 2 while counting: nothing was changed' 'host: ... with a word'
	ok 'host: ... and no plan' h test ! -e /root/cut.plan
	h systemd-run --quiet --unit=exec-loop sh -c 'while docker exec web true; do :; done'
	plan=$(h_harden plan --observe 10s --only audit.runc,audit.data-root)
	h systemctl stop exec-loop
	like "$plan" 'audit\.runc +counted [0-9]{2,} a minute for 10 s, threshold 20: held back' \
		'host: docker exec in a loop is above it'
	host_stop
}

# Random rules beside those of somebody else: a share of campaign-fidelity.
test_subsets() {
	exits 0 'this machine: random rules, applied and rolled back' "$LAB_DIR/campaign-fidelity" -n 5 -s 4711 audit
	like "$OUTPUT" 'audit: 5 of 5 identical' 'this machine: ... leave the list and the files as they were'
}

need_lab
test_this_machine
test_subsets
test_nspawn
test_observe
test_virtual_machine
