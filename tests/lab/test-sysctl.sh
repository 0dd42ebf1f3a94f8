#!/bin/bash
#
# Settings of the kernel on the way back: what others set since, what is gone, and what dockerd needs by
# now. Those of the network alone can be written on a host of the lab.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

FORWARD=net.ipv4.ip_forward
FILTER=net.ipv4.conf.lab0.rp_filter

# want KEY VALUE
want() {
	h_write /root/sysctl.yaml 600 <<-EOF
		baseline: lab
		version: "1"
		title: One setting
		controls:
		  - id: kernel.lab
		    severity: medium
		    title: One setting
		    resources:
		      - sysctl: { key: $1, value: "$2" }
	EOF
}

value() {
	h sysctl -n "$1"
}

# drift OPTION...: what check says of what is not as it was applied.
drift() {
	h_harden check "$@" --json | jq -r '.drift.changed[] | "\(.subject) \(.applied) \(.now)"'
}

said() {
	tr -s ' \n' ' ' <<<"$OUTPUT"
}

# Switched on while dockerd was down, and found so by the dockerd that was started since.
test_needed() {
	local suite=$1 pid
	h systemctl stop docker.socket docker.service
	h sysctl -q -w $FORWARD=0
	exits 0 "$suite: forwarding is switched on" apply --only network.bridge-netfilter --ack network.bridge-netfilter
	is "$(value $FORWARD)" 1 "$suite: ... which is so"
	h systemctl start docker.service
	container_run web -- /bin/sleep 1000
	pid=$(container_pid web)
	exits 0 "$suite: it is put back" rollback
	like "$(said)" "$FORWARD stays 1: dockerd runs, and needs it" "$suite: ... but for what dockerd needs, which is named"
	is "$(value $FORWARD)" 1 "$suite: ... and forwarding is on"
	is "$(container_pid web)" "$pid" "$suite: ... the container was left alone"
	as_before "$suite: ... the files are as before"
	want $FORWARD 0
	is "$(held --baseline /root/sysctl.yaml)" kernel.lab "$suite: nor is it switched off without a word"
}

test_foreign() {
	local suite=$1
	h ip link add lab0 type veth peer name lab1
	h sysctl -q -w $FILTER=0
	want $FILTER 1
	exits 0 "$suite: a setting" apply --baseline /root/sysctl.yaml
	is "$(value $FILTER)" 1 "$suite: ... is as wanted"
	h sysctl -q -w $FILTER=2
	is "$(drift --baseline /root/sysctl.yaml)" "sysctl:$FILTER 1 2" "$suite: ... and set by somebody since, which check tells"
	like "$(h_harden status)" "Changed:.*sysctl:$FILTER" "$suite: ... and status"
	exits 5 "$suite: ... nor is it undone without a word" rollback
	like "$(said)" "sysctl:$FILTER: before 0, applied 1, now 2" "$suite: ... which is told"
	is "$(value $FILTER)" 2 "$suite: ... and stays"
	exits 0 "$suite: the rest goes back without it" rollback --on-conflict keep
	is "$(value $FILTER)" 2 "$suite: ... and theirs stays"
	as_before "$suite: ... the file is as before"
	exits 0 "$suite: what was recorded can be had yet" rollback --on-conflict before "$(h ls /var/lib/harden/txn | tail -n 2 | head -n 1)"
	is "$(value $FILTER)" 0 "$suite: ... and is back"
}

# Between a saved plan and its apply: yesterday's value is no way back.
test_set_since() {
	local suite=$1
	want $FILTER 1
	exits 0 "$suite: a plan is saved" h_harden plan --baseline /root/sysctl.yaml -o /root/since.plan
	h sysctl -q -w $FILTER=2
	exits 5 "$suite: ... the setting is another by then" apply --baseline /root/sysctl.yaml /root/since.plan
	like "$(said)" "planned was 0 -> 1, now it is 2 -> 1" "$suite: ... which is told"
	h sysctl -q -w $FILTER=1
	exits 5 "$suite: ... or as is wanted" apply --baseline /root/sysctl.yaml /root/since.plan
	as_before "$suite: ... and no file was written"
	h sysctl -q -w $FILTER=0
	exits 0 "$suite: as it was it is applied" apply --baseline /root/sysctl.yaml /root/since.plan
	printf '#!/bin/sh\nsysctl -q -w %s=2\n' $FILTER | h_write /root/sets 700
	exits 5 "$suite: ... and does not go back from a value of before the last look" \
		rollback --on-conflict before --health-cmd /root/sets
	like "$(said)" "planned was 1 -> 0, now it is 2 -> 0" "$suite: ... which is told"
	is "$(value $FILTER)" 2 "$suite: ... and theirs stays"
	h sysctl -q -w $FILTER=1
	exits 0 "$suite: ... and goes back" rollback
	is "$(value $FILTER)" 0 "$suite: ... to what it was"
	h rm /root/since.plan /root/sets
}

test_gone() {
	local suite=$1
	exits 0 "$suite: a setting" apply --baseline /root/sysctl.yaml
	h ip link delete lab0
	exits 0 "$suite: ... whose interface is gone hangs nothing" rollback
	like "$(said)" "the kernel has no setting $FILTER any more" "$suite: ... and is named"
	as_before "$suite: ... the file is as before"
}

for suite in "${SUITES[@]}"; do
	host_start "$suite"
	image_import
	remember_host
	test_needed "$suite"
	test_foreign "$suite"
	test_set_since "$suite"
	test_gone "$suite"
	host_stop
done
