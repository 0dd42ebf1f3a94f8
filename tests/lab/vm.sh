# shellcheck shell=bash
#
# Virtual machines: Debian with a kernel of its own, for what a host in a
# container cannot show: kernel audit, sysctls, a true reboot, a true power cut.
# qemu interprets every instruction (it needs no KVM), so commands are slow; a
# boot is not, as it starts from a saved, ready machine.
#
#   $CACHE/vm-<hash>/vmlinuz, initrd   Debian's cloud kernel
#   $CACHE/vm-<hash>/base.img          the file system as built, never written to
#   $CACHE/vm-<hash>/ready.qcow2       on top of it: the disk of the saved machine
#   $CACHE/vm-<hash>/ready.state       the saved machine
#
#   $RUN/NAME/disk/disk.qcow2          one machine's disk, on top of ready.qcow2
#   $RUN/NAME/agent.in, agent.out      to and from vm-agent in the machine
#   $RUN/NAME/qmp.in, qmp.out          to and from qemu itself
#   $RUN/NAME/console                  what the machine printed

VM_SUITE=bookworm
VM_TIMEOUT=${HARDEN_LAB_VM_TIMEOUT:-300} # seconds that one command may take
VM_BOOT_DEADLINE=900                     # seconds for a boot from the kernel on: 30 are normal,
                                         # but it is the first to suffer on a busy machine

# --- build --------------------------------------------------------------------

# vm_recipe: what decides the saved state. qemu is part of it: another version
# may refuse a state.
vm_recipe() {
	echo "format 1"
	recipe "$VM_SUITE" vm
	qemu-system-x86_64 --version | head -n 1
	declare -f vm_qemu vm_prepare
}

vm_dir() {
	local hash
	hash=$(vm_recipe | sha256sum)
	printf '%s/vm-%s\n' "$CACHE" "${hash:0:12}"
}

# Called by build_rootfs for the variant vm: what makes a root file system one
# that boots in qemu.
finish_vm() {
	local root=$1
	install -m 755 "$HERE/vm-agent" "$root/usr/local/sbin/lab-agent"
	cat >"$root/etc/systemd/system/lab-agent.service" <<-'END'
		[Unit]
		Description=Command channel of the lab
		After=systemd-udev-trigger.service

		[Service]
		ExecStart=/usr/local/sbin/lab-agent
		Restart=always
		KillMode=process

		[Install]
		WantedBy=multi-user.target
	END
	systemctl --quiet --root="$root" enable lab-agent.service
	systemctl --quiet --root="$root" mask serial-getty@ttyS0.service getty@tty1.service \
		apt-daily.timer apt-daily-upgrade.timer e2scrub_reap.service
	echo vm >"$root/etc/hostname"
	tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
}

lab_vm_build() {
	local dir
	need_tools qemu-system-x86_64 qemu-img mkfs.ext4 flock
	dir=$(vm_dir)
	[[ ! -d $dir ]] || return 0
	build_variant "$VM_SUITE" vm
	(
		flock 9
		[[ -d $dir ]] || build_vm "$dir"
	) 9>"$dir.lock"
}

lab_vm_root() {
	build_variant "$VM_SUITE" vm
	printf '%s/root\n' "$(rootfs_dir "$VM_SUITE" vm)"
}

# build_vm DIR: boots a machine in a directory of its own, the slow way, and saves
# it once it is ready.
build_vm() {
	local dir=$1 tmp=$1.tmp root name
	root=$(rootfs_dir "$VM_SUITE" vm)/root
	printf 'lab: building the virtual machine, once, about two minutes\n' >&2
	rm -rf -- "$tmp"
	mkdir "$tmp"
	cp "$root"/boot/vmlinuz-* "$tmp/vmlinuz"
	cp "$root"/boot/initrd.img-* "$tmp/initrd"
	mkfs.ext4 -q -d "$root" "$tmp/base.img" 3G >/dev/null
	qemu-img create -q -f qcow2 -b base.img -F raw "$tmp/ready.qcow2"

	name=$(claim '' vm-build)
	# shellcheck disable=SC2064  # both are known now, and local later
	trap "[[ ! -d '$RUN/$name' ]] || lab_stop '$name'; rm -rf -- '$tmp'" EXIT
	vm_directory "$name"
	vm_qemu "$name" "$tmp" "$tmp/ready.qcow2" 9>&-
	wait_for "$VM_BOOT_DEADLINE" vm_is_ready "$name" ||
		{ tail -n 40 "$RUN/$name/console" >&2 && die "the virtual machine did not get ready, its console is above"; }
	vm_prepare "$name"
	vm_save "$name" "$tmp/ready.state"
	lab_stop "$name"
	mv -T "$tmp" "$dir"
	trap - EXIT
}

# vm_prepare NAME: what every machine shall have: the image, and all that is
# still to be written on the disk.
vm_prepare() {
	vm_script "$1" 'docker import - lab-busybox && sync' "$(rootfs_dir "$VM_SUITE" vm)/image.tar" >/dev/null
}

# vm_save NAME FILE: the machine stops where it is saved, so disk and state agree.
vm_save() {
	qmp "$1" '{"execute":"qmp_capabilities"}' >/dev/null
	qmp "$1" '{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":10000000000}}' >/dev/null
	qmp "$1" "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"exec:cat >$2\"}}" >/dev/null
	wait_for 120 vm_is_saved "$1" || die "the virtual machine cannot be saved: $(qmp "$1" '{"execute":"query-migrate"}')"
	qmp "$1" '{"execute":"quit"}' >/dev/null
	wait_for 10 vm_is_off "$1"
}

vm_is_saved() {
	[[ $(qmp "$1" '{"execute":"query-migrate"}') == *'"status": "completed"'* ]]
}

# --- one machine ----------------------------------------------------------------

# vm_directory NAME: the disk is a tmpfs, as that of a host.
vm_directory() {
	local dir=$RUN/$1
	mkdir "$dir/disk"
	mount -t tmpfs -o mode=755,size=6g "lab-$1" "$dir/disk"
	mkfifo "$dir"/{agent,qmp}.{in,out}
	echo "$VM_SUITE" >"$dir/suite"
	echo vm >"$dir/kind"
}

# vm_qemu NAME KERNEL-DIRECTORY DISK [OPTION...]: starts qemu, returns when it runs.
#   apparmor=0: the file system has no AppArmor, and Docker would insist on it
#   default_timeout_start_sec: on a busy machine, dockerd alone needs a minute
#   cache=unsafe: what the guest has flushed outlives qemu anyway (only this
#   machine's power cut would lose it), and nothing waits for this machine's disk
vm_qemu() {
	local dir=$RUN/$1 kernel=$2 disk=$3
	shift 3
	qemu-system-x86_64 -daemonize -pidfile "$dir/qemu.pid" \
		-machine pc -accel tcg -cpu qemu64 -smp 2 -m 1024 \
		-nodefaults -no-user-config -display none -nic none \
		-kernel "$kernel/vmlinuz" -initrd "$kernel/initrd" \
		-append 'root=/dev/vda rw console=ttyS0 quiet apparmor=0 systemd.default_timeout_start_sec=600' \
		-serial "file:$dir/console" \
		-drive "file=$disk,format=qcow2,if=virtio,cache=unsafe,discard=unmap" \
		-device virtio-rng-pci -device virtio-serial-pci \
		-chardev "pipe,id=agent,path=$dir/agent" -device virtserialport,chardev=agent,name=lab \
		-chardev "pipe,id=qmp,path=$dir/qmp" -mon chardev=qmp,mode=control \
		"$@" </dev/null >"$dir/qemu.log" 2>&1 ||
		{ cat "$dir/qemu.log" >&2 && die "qemu does not start"; }
}

lab_vm_boot() {
	local name dir
	need_tools qemu-system-x86_64 qemu-img flock
	lab_vm_build
	dir=$(vm_dir)
	name=$(claim "${1-}" vm)
	undo_on_exit "$name"
	vm_directory "$name"
	qemu-img create -q -f qcow2 -b "$dir/ready.qcow2" -F qcow2 "$RUN/$name/disk/disk.qcow2"
	vm_qemu "$name" "$dir" "$RUN/$name/disk/disk.qcow2" -incoming "exec:cat $dir/ready.state"
	wait_for "$DEADLINE" vm_answers "$name" || die "$name does not answer"
	vm_set_clock "$name"
	trap - EXIT
	echo "$name"
}

# A machine from a saved state believes it is still the day it was saved.
vm_set_clock() {
	vm_script "$1" "date --utc --set=@$(date +%s)" >/dev/null
}

# lab_vm_reboot NAME [--cut]: through the kernel and all of systemd.
lab_vm_reboot() {
	local name=${1-} boot
	need_kind "$name" vm
	if [[ ${2-} == --cut ]]; then
		vm_kill "$name"
		vm_qemu "$name" "$(vm_dir)" "$RUN/$name/disk/disk.qcow2"
	else
		boot=$(vm_boot_id "$name")
		VM_TIMEOUT=20 vm_script "$name" 'systemctl --no-block reboot' || true
		wait_for "$VM_BOOT_DEADLINE" vm_has_rebooted "$name" "$boot" || die "$name does not reboot"
	fi
	wait_for "$VM_BOOT_DEADLINE" vm_is_ready "$name" ||
		{ tail -n 40 "$RUN/$name/console" >&2 && die "$name does not get ready"; }
}

vm_boot_id() {
	VM_TIMEOUT=30 vm_script "$1" 'cat /proc/sys/kernel/random/boot_id'
}

vm_has_rebooted() {
	local now
	now=$(vm_boot_id "$1" 2>/dev/null) && [[ $now != "$2" ]]
}

vm_pid() {
	local pid
	pid=$(cat "$RUN/$1/qemu.pid" 2>/dev/null) && [[ /proc/$pid/exe -ef $(command -v qemu-system-x86_64) ]] && echo "$pid"
}

vm_is_off() {
	! vm_pid "$1" >/dev/null
}

# vm_kill NAME: the power cut. What the guest has not flushed is lost.
vm_kill() {
	local pid
	pid=$(vm_pid "$1") || return 0
	kill -KILL "$pid"
	wait_for 30 has_ended "$pid" || die "$1: qemu (pid $pid) does not end"
}

# has_ended PID: and let go of all its files. One that is dying has no program
# any more, but still holds the lock on its pid file; so does one whose first
# thread has ended and another has not.
has_ended() {
	local state threads
	state=$(sed 's/.*) \(.\).*/\1/' "/proc/$1/stat" 2>/dev/null) || return 0
	threads=("/proc/$1/task"/*)
	[[ $state == [ZX] ]] && ((${#threads[@]} == 1))
}

lab_vm_stop() {
	need_kind "${1-}" vm
	lab_stop "$1"
}

# --- talking to it ----------------------------------------------------------------

# qmp NAME JSON: one request to qemu, its answer printed. The events and the
# greeting in between are passed over.
qmp() {
	local line fd
	exec {fd}<>"$RUN/$1/qmp.out"
	printf '%s\n' "$2" >"$RUN/$1/qmp.in"
	while IFS= read -r -t 30 -u "$fd" line; do
		if [[ $line == '{"return"'* || $line == '{"error"'* ]]; then
			exec {fd}>&-
			printf '%s\n' "$line"
			[[ $line == '{"return"'* ]]
			return
		fi
	done
	die "$1: qemu does not answer $2"
}

# vm_script NAME SCRIPT [STDIN-FILE]: runs a bash script there, see vm-agent for
# the protocol. 124: no answer in time.
vm_script() (
	vm_open "$1" || exit 124
	vm_send "$id" "$2" "${3:-/dev/null}"
	vm_receive "$id" "$VM_TIMEOUT"
)

# vm_answers NAME: asks again and again under one id, so that any answer will
# do: a machine that is slower than we are impatient must not fall behind.
vm_answers() (
	vm_open "$1" || exit 124
	for ((i = 0; i < 30; i++)); do
		vm_send "$id" '' /dev/null
		vm_receive "$id" 1 && exit
	done
	exit 124
)

# vm_open NAME: the port on descriptors 6 (out) and 7 (in), for one request at a
# time. The random id tells its answer from what is left of one given up on.
vm_open() {
	vm_pid "$1" >/dev/null || return
	exec 8>"$RUN/$1/agent.lock" 7<>"$RUN/$1/agent.out" 6<>"$RUN/$1/agent.in"
	flock 8
	id=lab-$(head -c 8 /dev/urandom | od -An -v -tx1 | tr -d ' \n')
}

vm_send() {
	local LC_ALL=C # lengths are bytes
	printf '\n%s %d %d\n%s' "$1" "${#2}" "$(stat -L -c %s "$3")" "$2" >&6
	cat "$3" >&6
}

# vm_receive ID SECONDS: prints the answer and returns its exit code.
vm_receive() {
	local line until=$((SECONDS + $2))
	while IFS= read -r -t $((until - SECONDS)) -u 7 line; do
		if [[ $line =~ ^"$1 "([0-9]+)" "([0-9]+)" "([0-9]+)$ ]]; then
			head -c "${BASH_REMATCH[2]}" <&7
			head -c "${BASH_REMATCH[3]}" <&7 >&2
			return "${BASH_REMATCH[1]}"
		fi
		((SECONDS < until)) || break
	done
	return 124
}

# vm_is_ready NAME: everything that is to start has started, Docker and auditd too.
vm_is_ready() {
	vm_answers "$1" && [[ $(vm_script "$1" 'systemctl is-system-running') == running ]] &&
		vm_script "$1" 'systemctl -q is-active docker.service auditd.service'
}

lab_vm_run() {
	(($# >= 2)) || misuse "run what, where?"
	need_kind "$1" vm
	local name=$1 code=0
	shift
	vm_pid "$name" >/dev/null || die "$name is not running"
	vm_script "$name" "exec ${*@Q}" || code=$?
	((code != 124)) || printf 'lab: exit code 124: perhaps no answer from %s within %s s\n' "$name" "$VM_TIMEOUT" >&2
	return "$code"
}

lab_vm_put() {
	(($# == 3)) || misuse "put which file where?"
	need_kind "$1" vm
	[[ -f $2 ]] || die "no such file: $2"
	vm_script "$1" "install -D -m $(stat -L -c %a "$2") /dev/stdin ${3@Q}" "$(readlink -f "$2")"
}
