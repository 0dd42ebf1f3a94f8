#!/bin/sh
# An answer that cannot be written. Of a command that only looks the answer is all there is: 1. Of one that
# changes something the exit code tells what became of the host, and 1 would say that nothing was changed.
. "$SOURCE/tests/cli/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'
[ -c /dev/full ] || skip_all 'there is no /dev/full'

host=$work/host
b=$work/baseline.yaml
config=$host/etc/docker/daemon.json

# How the host is when a command comes to it.
fresh() { rm -rf "$host" && make_root host; }
applied() { fresh && "$HARDEN" apply --root "$host" --baseline "$b" --yes >/dev/null 2>&1; }
waiting() { applied && "$WAITING" "$host" 300 >/dev/null; }
too_late() { applied && "$WAITING" "$host" -1 >/dev/null; }
broken_off() { applied && "$WAITING" "$host" broken-off >/dev/null; }
undone() { applied && "$HARDEN" rollback --root "$host" --yes >/dev/null 2>&1; }

# What became of it.
hardened() { grep -q '"icc": false' "$config"; }
as_before() { grep -q '"icc": true' "$config"; }
state_is() { test "$("$HARDEN" history --root "$host" --json 2>/dev/null | jq -r '.transactions[-1].state')" = "$1"; }
kept() { hardened && state_is committed; }
waits() { hardened && state_is waiting; }
put_back() { as_before && state_is rolled_back; }
put_back_by() { as_before && state_is committed; }
forgotten() { test "$("$HARDEN" history --root "$host" --json 2>/dev/null | jq '.transactions | length')" = 0; }

# The host beforehand, the exit code, the host thereafter, the command; R is --root, B --baseline, N the newest's id.
rows='fresh 0 kept apply B R --yes --json
fresh 1 as_before apply B R --yes
fresh 1 as_before apply B R --dry-run
fresh 1 as_before apply B R --dry-run --json
applied 0 put_back_by rollback R --yes --json
applied 1 kept rollback R --yes
applied 1 kept rollback R --dry-run
waiting 0 put_back rollback R --yes --json
waiting 1 waits rollback R --yes
broken_off 0 put_back rollback R --yes --json
broken_off 0 put_back rollback R --yes
waiting 0 kept confirm R
waiting 0 kept confirm R --json
too_late 3 put_back confirm R
broken_off 0 put_back recover R
broken_off 0 put_back recover R --json
broken_off 0 put_back recover R --on-conflict=keep
waiting 0 waits recover R
fresh 0 as_before recover R
fresh 0 as_before recover R --json
undone 0 forgotten prune R --keep=0 --yes
undone 0 forgotten prune R --keep=0 --yes --json
undone 1 as_before prune R --keep=0 --dry-run
fresh 1 as_before plan B R
fresh 1 as_before plan B R --json
fresh 1 as_before plan B R --detailed-exitcode
applied 1 kept check B R --allow-unmeasured --only=daemon.icc
applied 1 kept check B R --allow-unmeasured --only=daemon.icc --json
fresh 1 as_before check B R
applied 1 kept status R
applied 1 kept status R --json
applied 1 kept history R
applied 1 kept history R --verify
applied 1 kept show R N
applied 1 kept diff R N
fresh 1 as_before list B
fresh 1 as_before explain B daemon.icc
fresh 1 as_before facts R
fresh 1 as_before baseline lint '"$b"'
fresh 1 as_before baseline show
fresh 1 as_before version
fresh 1 as_before help
fresh 1 as_before help apply'

# words COMMAND...: with what the letters stand for
words()
{
	for word in "$@"; do
		case $word in
		R) echo "--root=$host" ;;
		B) echo "--baseline=$b" ;;
		N) "$HARDEN" history --root "$host" --json 2>/dev/null | jq -r '.transactions[-1].id' ;;
		*) echo "$word" ;;
		esac
	done
}

# full BEFORE CODE AFTER COMMAND...
full()
{
	before=$1 want=$2 after=$3
	shift 3
	"$before"
	code=0
	# shellcheck disable=SC2046  # words
	"$HARDEN" $(words "$@") >/dev/full 2>"$work/err" </dev/null || code=$?
	: >"$work/out"
	ok "$before, $*: ends with $want" test "$code" -eq "$want"
	[ "$code" -eq "$want" ] || tell
	ok '... the host is so' "$after"
	ok '... and what could not be written is said' grep -q 'cannot write to stdout' "$work/err"
}

while read -r before want after command; do
	# shellcheck disable=SC2086  # words
	full "$before" "$want" "$after" $command
done <<END
$rows
END

# nor does it count that nobody can be told of that
broken_off
ok 'a stderr that is full changes no code' sh -c '"$HARDEN" recover --root "$1" >/dev/full 2>/dev/full' - "$host"
ok '... the host is as before' put_back

for command in $("$HARDEN" help | sed -n '/^Commands:/,/^$/ s/^  \([a-z]*\) .*/\1/p'); do
	ok "there is a row of $command" sh -c 'echo "$1" | grep -qE "^[a-z_]+ [0-9]+ [a-z_]+ $2( |\$)"' - "$rows" "$command"
done
finish
