#!/bin/bash
#
# Limits of containers, in the virtual machine: its kernel has the controllers of control groups
# that a host of nspawn may lack, and all capabilities. Each limit is found to be missing at the
# containers that lack it, whatever they have of the others.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

v() {
	"$LAB" vm-run "$HOST" "$@"
}

# found ASPECT: the containers that its reason names, what is in brackets left out.
found() {
	jq -r --arg id "container.$1" '.controls[] | select(.id == $id and .outcome == "fail") | .reason |
		gsub("\\([^()]*\\)"; "") | [scan("c-[a-z-]+")] | unique | join(" ")' "$WORK/check"
}

# run NAME OPTION...: each by itself, the machine is slow.
run() {
	v docker run --detach --network none --name "$@" lab-busybox /bin/sleep 1000 >/dev/null
}

need_lab
HOST=$("$LAB" vm-boot)
HOSTS+=("$HOST")
"$LAB" vm-put "$HOST" "$HARDEN" /usr/local/bin/harden
run c-limited --memory 64m --cpus 0.5 --pids-limit 50
run c-weighted --memory 64m --cpu-shares 512 --pids-limit 512
run c-default-shares --memory 64m --cpu-shares 1024 --pids-limit 513
run c-pinned --cpuset-cpus 0 --pids-limit 50
run c-privileged --privileged
v docker exec --detach --privileged c-limited /bin/sleep 1000
v harden check --level 2 --only 'container.*' --json >"$WORK/check" || true
is "$(found memory)" 'c-pinned c-privileged' 'vm: memory'
is "$(found cpu)" 'c-default-shares c-privileged' 'vm: cpu; 1024 shares are the default'
is "$(found pids)" 'c-default-shares c-privileged' 'vm: pids; systemd gives one that asks for nothing a limit, too high a one'
is "$(found privileged)" c-privileged 'vm: privileged'
is "$(found seccomp)" c-privileged 'vm: seccomp'
is "$(found exec-privileged)" c-limited 'vm: exec-privileged'
like "$(jq -r '.controls[] | select(.id == "container.selinux") | .outcome' "$WORK/check")" '^not_applicable$' \
	'vm: SELinux without a policy confines nobody, and is not a finding'

v docker update --memory 64m --memory-swap 64m c-pinned >/dev/null
v harden check --only container.memory --json >"$WORK/check" || true
is "$(found memory)" c-privileged 'vm: a limit that was set later counts'
