#!/bin/sh
# A module that writes while it looks: the kernel stops it, the command says so and fails. The
# control arm is apply, which is to write and runs without the sandbox.
. "$SOURCE/tests/cli/lib.sh"
: "${PLANTED:?}"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'

b=$work/baseline.yaml
"$HARDEN" facts >"$work/facts" 2>/dev/null
grep -q '^  sandbox   .*seccomp' "$work/facts" ||
	skip_all "no seccomp here: $(grep sandbox "$work/facts" | tr '\n' ' ')"

# planted KIND PLACE WORD...: the command with this plant, on a fresh system; sets $code
planted()
{
	kind=$1 place=$2
	shift 2
	rm -rf "$work/host"
	make_root host
	echo text >"$work/host/victim"
	target=$work/host/victim
	case $kind in create | openat2) target=$work/host/new ;; esac
	[ -z "$as" ] || chown -R 65534 "$work/host"
	picture "$work/host" >"$work/before"
	code=0
	HARDEN_PLANT="$kind $target $place" $as "$PLANTED" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
	picture "$work/host" >"$work/after"
}

# Stopped loudly: the call failed, the command too, and nothing is changed.
stopped()
{
	[ "$code" -eq 1 ] && grep -q "^plant $kind: Operation not permitted" "$work/err" &&
		grep -q "the sandbox stopped the system call '$1'" "$work/err" &&
		cmp -s "$work/before" "$work/after"
}

as='' on="--root $work/host --baseline $b"
each='create:openat chmod:chmod chown:chown setxattr:setxattr sysctl:openat
	io_uring:io_uring_setup fork:clone'
[ "$(uname -m)" = x86_64 ] || each='create:openat setxattr:setxattr sysctl:openat io_uring:io_uring_setup fork:clone'
make_root host
ok 'without a plant, plan ends well' "$PLANTED" plan -q --root "$work/host" --baseline "$b"
for pair in $each; do
	planted "${pair%:*}" diff plan $on
	ok "plan: $kind is stopped and named" stopped "${pair#*:}"
	planted "${pair%:*}" diff apply --yes $on
	ok "apply, control arm: $kind is done" grep -Eq "^plant $kind: (done|Operation not supported)" "$work/err"
done
planted openat2 diff plan $on
ok 'plan: there is no openat2' grep -q '^plant openat2: Function not implemented' "$work/err"
ok '... and nothing new' cmp -s "$work/before" "$work/after"

# look PLACE WORD...: another command that only looks, with plants where it passes
look()
{
	place=$1
	shift
	for pair in create:openat setxattr:setxattr io_uring:io_uring_setup; do
		planted "${pair%:*}" "$place" "$@"
		ok "$1 ($place): ${pair%:*} is stopped" stopped "${pair#*:}"
	done
}

# shellcheck disable=SC2086
{
	look diff check $on
	look diff apply --dry-run $on
	look check plan $on
	look check list --baseline "$b"
	look check explain daemon.icc --baseline "$b"
	look check baseline lint "$b"
	look check baseline show "$b"
	look facts plan $on
	look facts facts --root "$work/host"
}
planted create diff plan $on -o "$work/saved"
ok 'what a stopped plan says is not saved' test ! -e "$work/saved"

# an ordinary user, on a system that is his own
chmod 755 "$work"
as='setpriv --reuid=65534 --regid=65534 --clear-groups'
if $as "$PLANTED" version >/dev/null 2>&1; then
	make_root host && chown -R 65534 "$work/host"
	ok 'without a plant, a user plans as well' $as "$PLANTED" plan -q $on
	for pair in $each; do
		kind=${pair%:*}
		[ "$kind" != sysctl ] || continue # is not his to write
		planted "$kind" diff plan $on
		ok "a user's plan: $kind is stopped and named" stopped "${pair#*:}"
		planted "$kind" diff apply --yes $on
		ok "a user's apply, control arm: $kind is done" \
			grep -Eq "^plant $kind: (done|Operation not supported)" "$work/err"
	done
	planted create facts facts --root "$work/host"
	ok "a user's facts: create is stopped" stopped openat
	planted create check baseline lint "$b"
	ok "a user's baseline lint: create is stopped" stopped openat
else
	skip 15 'cannot run the program as another user'
fi
as=

# the file of -o is written outside, by a name that was given before
make_root host
cd "$work"
expect 0 '' plan --root "$work/host" --baseline "$b" -o relative
ok 'the plan is saved in the working directory' test -s "$work/relative"
json 0 facts
ok 'facts says what stands' grep -q '"sandbox": ".*seccomp"' "$work/out"

finish
