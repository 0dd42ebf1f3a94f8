#!/bin/bash
#
# The sandbox of what only looks, on real hosts: it is all there, stops nothing that plan, check
# and facts need, and changes nothing of what they say. For the comparison the kernel is made to
# refuse it, which the program has to bear anyway.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

WALLS=unshare,landlock_create_ruleset,prctl

# refused CMD...: runs CMD where the calls that set the walls up fail.
refused() {
	h strace -f -qq -o /dev/null -e "trace=$WALLS" -e "inject=$WALLS:error=EPERM" "$@"
}

as_worker() {
	h setpriv --reuid=worker --regid=worker --clear-groups "$@"
}

# facts_of CMD...: all but those on the sandbox itself, as CMD harden finds them.
facts_of() {
	"$@" harden facts --json | jq -S 'del(.facts.sandbox, .facts.sandbox_lacks)'
}

# no_call_stopped DESC CMD...: neither by the filter (SIGSYS) nor for being unknown to it.
no_call_stopped() {
	local desc=$1
	shift
	h sh -c 'rm -f /tmp/trace; "$@" >/dev/null || test $? -eq 2' sh "$@"
	is "$(h grep -Ec -- '--- SIGSYS|= -1 ENOSYS|= -1 EROFS' /tmp/trace || true)" 0 "$desc"
	ok "... (control arm: the trace shows the filter)" \
		h grep -q 'prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, .*= 0' /tmp/trace
}

test_root() {
	local suite=$1 command
	like "$(h_harden facts)" 'sandbox +mount namespace, seccomp'$'\n' "$suite: both walls stand"
	unlike "$(h_harden facts)" 'sandbox lacks' "$suite: ... and nothing is missing"
	is "$(h_harden facts --json | jq -c '[.facts.no_systemd, .facts.docker.running, .facts.docker.not_measured]')" \
		'[null,true,null]' "$suite: systemd and Docker answer"
	for command in 'plan --level 2' check facts; do
		# shellcheck disable=SC2086
		no_call_stopped "$suite: $command needs no call that is stopped" \
			strace -f -qq -o /tmp/trace harden $command
	done
	like "$(refused harden facts)" 'sandbox +none' "$suite: where the kernel refuses, facts says so"
	is "$(h_harden plan --level 2 | sha256sum)" "$(refused harden plan --level 2 | sha256sum)" \
		"$suite: the plan is the same bytes with and without"
	is "$(h_harden plan --level 2 --json | sha256sum)" "$(refused harden plan --level 2 --json | sha256sum)" \
		"$suite: so it is as JSON"
	is "$(facts_of h)" "$(facts_of refused)" "$suite: so are the facts"
}

# Root of a container may make no namespaces.
test_less_than_root() {
	local suite=$1
	local less=(setpriv '--bounding-set=-sys_admin')
	like "$(h "${less[@]}" harden facts)" \
		'sandbox +seccomp'$'\n'' +sandbox lacks +mount namespace: Operation not permitted' \
		"$suite, root without CAP_SYS_ADMIN: seccomp stands alone, and that is said"
	is "$(h "${less[@]}" harden plan --level 2 | sha256sum)" "$(h_harden plan --level 2 | sha256sum)" \
		"$suite, root without CAP_SYS_ADMIN: the same plan"
}

test_ordinary_user() {
	local suite=$1
	h useradd --create-home worker
	like "$(as_worker harden facts 2>/dev/null)" 'sandbox +Landlock, seccomp' "$suite, ordinary user: his walls stand"
	no_call_stopped "$suite, ordinary user: check needs no call that is stopped" \
		setpriv --reuid=worker --regid=worker --clear-groups strace -f -qq -o /tmp/trace harden check
	is "$(as_worker harden plan --level 2 2>&1 | sha256sum)" \
		"$(as_worker strace -f -qq -o /dev/null -e "trace=$WALLS" -e "inject=$WALLS:error=EPERM" harden plan --level 2 2>&1 | sha256sum)" \
		"$suite, ordinary user: the plan is the same with and without"
	h rm -f /tmp/trace
}

test_saved_plan() {
	local suite=$1
	exits 0 "$suite: plan -o writes its file all the same" h_harden plan --level 2 -o /root/saved
	exits 0 "$suite: ... which show reads" h_harden show /root/saved
	is "$(h stat -c '%a %U' /root/saved)" '600 root' "$suite: ... 0600, root's"
}

for suite in "${SUITES[@]}"; do
	host_start "$suite"
	test_root "$suite"
	test_less_than_root "$suite"
	test_saved_plan "$suite"
	test_ordinary_user "$suite"
	host_stop
done
