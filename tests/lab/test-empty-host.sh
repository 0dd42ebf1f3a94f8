#!/bin/bash
#
# A host as installed, without containers: everything that breaks nothing comes into force at
# once, userns-remap included, and goes away again without a trace.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

TREES=(/etc /usr /run/systemd/system) # here all of /usr: it takes half a minute

# The mission's keys, as Docker sees them.
in_force() {
	local suite=$1
	is "$(bridge_icc)" false "$suite: icc is off on the bridge"
	is "$(h docker info --format '{{.LiveRestoreEnabled}}')" true "$suite: live-restore is on"
	like "$(h docker info --format '{{.SecurityOptions}}')" userns "$suite: userns-remap is on"
	image_import
	container_run probe --publish 8080:80 -- /bin/sleep 1000
	is "$(h sh -c 'grep NoNewPrivs /proc/$1/status' sh "$(container_pid probe)" | tr -cd 0-9)" 1 \
		"$suite: a new container may not gain privileges"
	is "$(h pgrep -c docker-proxy || true)" 0 "$suite: no proxy process for a published port"
	is "$(h docker inspect --format '{{index .HostConfig.LogConfig.Config "max-size"}}' probe)" 10m \
		"$suite: its log is limited"
	isnt "$(h stat -c %u "/proc/$(container_pid probe)")" 0 "$suite: its root is not the host's"
	h docker rm --force probe >/dev/null
	h docker rmi lab-busybox >/dev/null
}

test_plan() {
	local suite=$1
	exits 2 "$suite: plan --detailed-exitcode says that there is something to do" \
		h_harden plan --level 2 --detailed-exitcode
	is "$(h_harden plan --level 2 | sha256sum)" "$(h_harden plan --level 2 | sha256sum)" \
		"$suite: two plans are the same bytes"
	is "$(planned --level 2 | grep '^daemon\.' | tr '\n' ' ')" \
		'daemon.icc daemon.live-restore daemon.log-limits daemon.no-new-privileges daemon.userland-proxy daemon.userns-remap ' \
		"$suite: the daemon's keys are planned without being asked for by name"
}

# What must never be in a plan's trace: anything that changes, and any child.
MUTATING='^(creat|mkdir|mkdirat|mknod|mknodat|unlink|unlinkat|rename|renameat|renameat2|link|linkat|symlink|symlinkat|chmod|fchmod|fchmodat|fchmodat2|chown|fchown|lchown|fchownat|truncate|ftruncate|setxattr|lsetxattr|fsetxattr|removexattr|lremovexattr|fremovexattr|utimensat|utime|utimes|mount|umount2|fork|vfork|clone|clone3|kill|syncfs|fsync|fdatasync)$'

test_plan_changes_nothing() {
	local suite=$1
	h strace -f -qq -o /run/trace harden plan --level 2 >/dev/null
	h cat /run/trace >"$WORK/trace"
	is "$(sed -E 's/^[0-9]+ +//; s/\(.*//' "$WORK/trace" | grep -Ec "$MUTATING" || true)" 0 \
		"$suite: plan makes no mutating call and no child"
	is "$(grep -E 'open(at|at2)?\(' "$WORK/trace" | grep -v /dev/null | grep -Ec 'O_(WRONLY|RDWR|CREAT|TRUNC)' || true)" 0 \
		"$suite: plan opens nothing for writing"
	is "$(grep -c 'execve(' "$WORK/trace")" 1 "$suite: plan runs no other program"
	ok "$suite: the trace can show a mutating call (control arm)" \
		h sh -c 'strace -qq -e trace=mkdir -o /run/trace2 mkdir /run/x && grep -q mkdir /run/trace2'
}

for suite in "${SUITES[@]}"; do
	host_start "$suite"
	remember_host
	test_plan "$suite"
	test_plan_changes_nothing "$suite"
	as_before "$suite: plan left the host alone"
	exits 0 "$suite: apply --yes --level 2" apply --level 2
	like "$OUTPUT" 'Transaction [0-9a-f-]+ kept' "$suite: ... and says that it is kept"
	exits 0 "$suite: nothing is left to do" h_harden plan --level 2 --detailed-exitcode
	in_force "$suite"
	exits 0 "$suite: the daily check is content from the first day" h_harden check --fail-on high
	exits 0 "$suite: a second apply has nothing to do" apply --level 2
	exits 0 "$suite: rollback" rollback
	as_before "$suite: the host is as it was"
	info_as_before "$suite: docker info is as it was"
	is "$(bridge_icc)" true "$suite: icc is on again"
	ok "$suite: no staged file is left" h sh -c '! find /etc /usr -name ".*.harden-*" | grep .'
	host_stop
done
