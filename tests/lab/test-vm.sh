#!/bin/bash
#
# Tests the lab's virtual machine: what other tests go there for.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

v() {
	"$LAB" vm-run "$HOST" "$@"
}

seconds_since() {
	awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $1 }"
}

test_ready() {
	is "$(v systemctl is-system-running)" running 'vm: everything has started'
	like "$(v docker version --format '{{.Server.Version}}')" '^20\.10\.24' 'vm: Docker 20.10.24 answers'
	like "$(v docker images)" lab-busybox 'vm: the container image is there'
	ok 'vm: its clock is that of this machine' \
		test $(($(v date +%s) - $(date +%s) + 5)) -ge 0
}

test_run() {
	exits 37 'vm-run passes the exit code' v sh -c 'exit 37'
	is "$(v sh -c 'echo out; echo err >&2' 2>/dev/null)" out 'vm-run keeps the streams apart'
	is "$(v printf '%s|' 'a b' '' '$c' $'d\ne')" $'a b||$c|d\ne|' 'vm-run passes arguments as they are'
	head -c 1000000 /dev/urandom >"$WORK/bytes"
	chmod 640 "$WORK/bytes"
	ok 'vm-put copies a file in' "$LAB" vm-put "$HOST" "$WORK/bytes" '/opt/a directory/bytes'
	is "$(v stat -c %a '/opt/a directory/bytes')" 640 '... with its mode'
	v cat '/opt/a directory/bytes' >"$WORK/back"
	ok 'any bytes come back' cmp "$WORK/bytes" "$WORK/back"
}

# The reason for the machine: rules reach the kernel, events reach the log.
test_audit() {
	ok 'vm: the kernel takes an audit rule' v auditctl -w /etc/watched -p wa -k lab-watched
	v sh -c 'echo 1 >/etc/watched'
	like "$(events)" 'name="?/etc/watched' 'vm: a write to the watched file is in the audit log'
	ok 'vm: a sysctl outside net can be set' v sysctl -q kernel.kptr_restrict=2
}

# The log is written a moment after the event.
events() {
	local i
	for ((i = 0; i < 20; i++)); do
		! v ausearch -k lab-watched 2>/dev/null | grep -F 'name="/etc/watched"' || return 0
		sleep 0.2
	done
}

test_container() {
	v docker run --detach --name sleeper --network none lab-busybox /bin/sleep 1000 >/dev/null
	is "$(v docker inspect --format '{{.State.Running}}' sleeper)" true 'vm: a container runs'
}

test_second_machine() {
	local first=$HOST
	vm_start
	exits 1 'two machines share no disk' v sh -c 'test -e /etc/watched'
	"$LAB" vm-stop "$HOST"
	HOSTS=("$first")
	HOST=$first
}

test_reboots() {
	local boot
	v sh -c 'echo 1 >/etc/kept && sync'
	boot=$(v cat /proc/sys/kernel/random/boot_id)
	for how in '' --cut; do
		ok "vm: a reboot $how" "$LAB" vm-reboot "$HOST" $how
		isnt "$(v cat /proc/sys/kernel/random/boot_id)" "$boot" '... is a new boot'
		boot=$(v cat /proc/sys/kernel/random/boot_id)
		ok '... and what was synced is there' v test -s /etc/kept
	done
}

vm_start() {
	HOST=$("$LAB" vm-boot)
	HOSTS+=("$HOST")
}

need_lab
command -v qemu-system-x86_64 >/dev/null || skip_all 'qemu-system-x86 is not installed (see tests/lab/packages)'
"$LAB" vm-build

started=$EPOCHREALTIME
vm_start
diag "ready after $(seconds_since "$started") s"
test_ready
test_run
test_audit
test_container
test_second_machine
started=$EPOCHREALTIME
test_reboots
diag "two reboots in $(seconds_since "$started") s"

name=$HOST
"$LAB" stop "$name"
HOSTS=()
is "$(grep -F "/$name/" /proc/self/mountinfo)$(pgrep -af -- "-pidfile [^ ]*/$name/")" '' 'nothing is left of the machine'
