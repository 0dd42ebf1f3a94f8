#!/bin/sh
# A module that writes while it looks: the kernel stops it, the command says so and fails. The
# control arm is apply, which is to write and runs without the sandbox.
. "$SOURCE/tests/cli/lib.sh"
: "${PLANTED:?}"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'

b=$here/baseline.yaml
"$HARDEN" facts >"$work/facts" 2>/dev/null
grep -q '^  sandbox   .*seccomp' "$work/facts" ||
	skip_all "no seccomp here: $(grep sandbox "$work/facts" | tr '\n' ' ')"

# planted KIND WORD...: the command with this plant, on a fresh system; sets $code
planted()
{
	kind=$1
	shift
	rm -rf "$work/host"
	make_root host
	echo text >"$work/host/victim"
	target=$work/host/victim
	case $kind in create | openat2) target=$work/host/new ;; esac
	picture "$work/host" >"$work/before"
	code=0
	HARDEN_PLANT="$kind $target" "$PLANTED" "$@" --root "$work/host" --baseline "$b" \
		>"$work/out" 2>"$work/err" </dev/null || code=$?
	picture "$work/host" >"$work/after"
}

# Stopped loudly: the call failed, the command too, and nothing is changed.
stopped()
{
	[ "$code" -eq 1 ] && grep -q "^plant $kind: Operation not permitted" "$work/err" &&
		grep -q "the sandbox stopped the system call '$1'" "$work/err" &&
		cmp -s "$work/before" "$work/after"
}

each='create:openat chmod:chmod chown:chown setxattr:setxattr sysctl:openat
	io_uring:io_uring_setup fork:clone'
[ "$(uname -m)" = x86_64 ] || each='create:openat setxattr:setxattr sysctl:openat io_uring:io_uring_setup fork:clone'
make_root host
ok 'without a plant, plan ends well' "$PLANTED" plan -q --root "$work/host" --baseline "$b"
for pair in $each; do
	planted "${pair%:*}" plan
	ok "plan: $kind is stopped and named" stopped "${pair#*:}"
	planted "${pair%:*}" apply --yes
	ok "apply, control arm: $kind is done" grep -Eq "^plant $kind: (done|Operation not supported)" "$work/err"
done
planted openat2 plan
ok 'plan: there is no openat2' grep -q '^plant openat2: Function not implemented' "$work/err"
ok '... and nothing new' cmp -s "$work/before" "$work/after"

for command in 'check' 'apply --dry-run'; do
	planted create $command
	ok "$command: create is stopped too" stopped openat
done
planted create plan -o "$work/saved"
ok 'what a stopped plan says is not saved' test ! -e "$work/saved"
# the file of -o is written outside, by a name that was given before
make_root host
cd "$work"
expect 0 '' plan --root "$work/host" --baseline "$b" -o relative
ok 'the plan is saved in the working directory' test -s "$work/relative"
json 0 facts
ok 'facts says what stands' grep -q '"sandbox": ".*seccomp"' "$work/out"

finish
