#!/bin/sh
# An apply whose renames fail, or that is asked to stop: the exit code says what became of the
# system, and tells the truth.
. "$SOURCE/tests/cli/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'
LD_PRELOAD=$FAULT "$HARDEN" version >/dev/null 2>"$work/err" && [ ! -s "$work/err" ] ||
	skip_all 'nothing can be preloaded into this build'

b=$work/baseline.yaml

# One apply on a fresh system under that fault; sets $code and whether the system is as before.
faulty()
{
	rm -rf "$work/host"
	make_root host
	picture "$work/host" >"$work/before"
	code=0
	HARDEN_FAULT=$1 LD_PRELOAD=$FAULT "$HARDEN" apply --root "$work/host" --baseline "$b" --yes \
		${2-} >"$work/out" 2>"$work/err" </dev/null || code=$?
	picture "$work/host" >"$work/after"
	same=no
	cmp -s "$work/before" "$work/after" && same=yes
}

# What a code promises of the system.
holds()
{
	case $code in
	0) [ "$same" = no ] ;;
	1 | 3 | 129 | 130 | 143) [ "$same" = yes ] ;;
	4) grep -q 'a person is needed' "$work/out" ;;
	*) false ;;
	esac
}

seen=
for n in 1 2 3; do
	faulty "fail $n $n"
	seen="$seen $code"
	ok "rename $n fails once: code $code is the truth" holds
	faulty "fail $n 0"
	seen="$seen $code"
	ok "renames fail from $n on: code $code is the truth" holds
done
ok "one of them was put back (3):$seen" sh -c 'case " $1 " in *" 3 "*) ;; *) exit 1 ;; esac' - "$seen"
ok "one of them needs a person (4):$seen" sh -c 'case " $1 " in *" 4 "*) ;; *) exit 1 ;; esac' - "$seen"

# a kernel without openat2()
make_root host
picture "$work/host" >"$work/before"
for word in apply rollback; do
	code=0
	HARDEN_FAULT='old 0 0' LD_PRELOAD=$FAULT "$HARDEN" $word --root "$work/host" --yes \
		$([ $word = rollback ] || echo "--baseline $b") >"$work/out" 2>"$work/err" </dev/null || code=$?
	ok "without openat2(), $word ends well" test $code -eq 0
	picture "$work/host" >"$work/$word"
done
ok '... and what it changed' sh -c '! cmp -s "$1" "$2"' - "$work/before" "$work/apply"
ok '... is put back' cmp -s "$work/before" "$work/rollback"

# what a person reads of it
for n in 1 2 3; do
	faulty "fail $n $n"
	[ "$code" -ne 3 ] || break
done
ok 'it says what failed' grep -q '^Failed: ' "$work/out"
ok 'it says that it was put back' grep -q '^Put back: the host is as it was (transaction ' "$work/out"
ok 'stderr says so too' grep -q '^harden: apply failed: ' "$work/err"
expect 0 '' apply --root "$work/host" --baseline "$b" --yes
faulty "fail $n $n" --json
"$JSON_CHECK" "$SOURCE/packaging/harden-output.schema.json" <"$work/out" >"$work/mistake" 2>&1
fits=$?
ok "JSON of a failure fits the schema $(head -n 1 "$work/mistake")" test $fits -eq 0

# once the cause is gone, recover mends what was left
for n in 1 2 3; do
	faulty "fail $n 0"
	[ "$code" -ne 4 ] || break
done
ok 'it says what to do' grep -q 'harden recover' "$work/out"
harden status --root "$work/host"
ok 'status names it' grep -q '^Open: ' "$work/out"
expect 0 '' recover --root "$work/host"
picture "$work/host" >"$work/after"
ok 'recover puts everything back' cmp -s "$work/before" "$work/after"

# what somebody made of a file meanwhile stays, and a person says when that is settled
faulty "fail $n 0"
ok 'a person is needed once more' test $code -eq 4
echo '{ "mtu": 1400 }' >"$work/host/etc/docker/daemon.json"
cp "$work/host/etc/docker/daemon.json" "$work/theirs"
expect 4 'need a person' recover --root "$work/host"
ok '... and says how to settle it' grep -q -- '--on-conflict keep' "$work/out"
expect 4 '--on-conflict keep' apply --root "$work/host" --baseline "$b" --yes
expect 64 'overwrites nothing' recover --root "$work/host" --on-conflict before
expect 0 '' recover --root "$work/host" --on-conflict keep
ok 'it says what it left' grep -q "put back but for what others changed" "$work/out"
ok '... by its name' grep -q "'/etc/docker/daemon.json' was changed by somebody else" "$work/out"
ok 'what others made is as they made it' cmp -s "$work/theirs" "$work/host/etc/docker/daemon.json"
harden status --root "$work/host"
ok 'nothing is open any more' sh -c '! grep -q "^Open: " "$1"' - "$work/out"
ok 'nothing is staged any more' sh -c '[ -z "$(find "$1" -name ".harden-*" | grep -v /var/lib/harden)" ]' - "$work/host"
harden recover --root "$work/host"
ok 'nothing is left to recover' grep -q '^Nothing to recover' "$work/out"
expect 0 '' apply --root "$work/host" --baseline "$b" --yes
ok 'apply keeps their settings' grep -q '"mtu": 1400' "$work/host/etc/docker/daemon.json"

for signal in 1 2 15; do
	faulty "signal 2 $signal"
	ok "signal $signal ends with $((128 + signal))" test $code -eq $((128 + signal))
	ok 'and everything is as before' holds
done

finish
