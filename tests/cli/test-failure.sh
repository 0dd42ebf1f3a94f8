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

# Whether the answer says so, wherever its lines are broken.
flat()
{
	tr -s ' \n' ' ' <"$work/out" | grep -qF -- "$1"
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

# a kernel without openat2(); a host without libcrypto and the others that are bound late
for lack in 'old 0 0' 'bare 0 0'; do
	make_root host
	picture "$work/host" >"$work/before"
	for word in apply rollback; do
		code=0
		HARDEN_FAULT=$lack LD_PRELOAD=$FAULT "$HARDEN" $word --root "$work/host" --yes \
			$([ $word = rollback ] || echo "--baseline $b") >"$work/out" 2>"$work/err" </dev/null || code=$?
		ok "with '$lack', $word ends well" test $code -eq 0
		picture "$work/host" >"$work/$word"
	done
	ok '... and what it changed' sh -c '! cmp -s "$1" "$2"' - "$work/before" "$work/apply"
	ok '... is put back' cmp -s "$work/before" "$work/rollback"
	rm -r "$work/host"
done

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

# once the cause is gone, recover fixes what was left
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

# one whose file of dockerd's is not the last that is renamed
cat >"$work/late.yaml" <<'END'
baseline: late
version: "1"
title: A file behind the daemon's
controls:
  - id: daemon.icc
    severity: medium
    title: No traffic between containers
    resources:
      - docker-daemon: { key: icc, value: false }
  - id: host.martians
    severity: medium
    title: Martians are logged
    resources:
      - sysctl: { key: net.ipv4.conf.all.log_martians, value: "1" }
END
all=$b
b=$work/late.yaml

# what an apply has left in force beside a key of somebody's is undone by a rollback, subject by subject
for way in 'fail %d 0' 'signal %d 9'; do
	for n in 1 2 3 4 5 6; do
		faulty "$(printf "$way" $n)"
		! grep -q '"icc": false' "$work/host/etc/docker/daemon.json" || break
	done
	ok "$way: it did not end well" test "$code" -ne 0
	ok '... and the file is as it was applied' grep -q '"icc": false' "$work/host/etc/docker/daemon.json"
	sed -i '0,/{/s//{ "mtu": 1400,/' "$work/host/etc/docker/daemon.json"
	expect 4 '' recover --root "$work/host"
	expect 0 '' recover --root "$work/host" --on-conflict keep
	id=$("$HARDEN" history --root "$work/host" | sed -n '1s/ .*//p')
	way_back="'harden rollback --root $work/host $id' takes that out"
	ok 'recover names what stays and the way back' flat "$way_back"
	harden status --root "$work/host"
	ok '... so does status' flat "$way_back"
	harden prune --root "$work/host" --keep 0 --yes
	ok 'it is not pruned' grep -qF "$id: in force" "$work/out"
	json 0 status --root "$work/host"
	ok '... in JSON too' grep -qF '"json:/icc of /etc/docker/daemon.json"' "$work/out"
	expect 0 '' rollback --root "$work/host" --yes
	ok 'the key is as before' grep -q '"icc": true' "$work/host/etc/docker/daemon.json"
	ok '... and theirs stays' grep -q '"mtu": 1400' "$work/host/etc/docker/daemon.json"
	harden status --root "$work/host"
	ok 'nothing is in force, and nothing left' grep -qF 'In force: nothing; all was undone.' "$work/out"
	ok '... at all' sh -c '! grep -q "^Left:" "$1"' - "$work/out"
	expect 1 'there is no transaction to undo' rollback --root "$work/host" --yes
	expect 0 "$id is undone already" rollback --root "$work/host" --yes "$id"
done

# a rollback that was broken off, and closed beside such a key: what it took away is not said to be there
rm -rf "$work/host" "$work/applied"
make_root host
harden apply --root "$work/host" --baseline "$b" --yes
id=$("$HARDEN" history --root "$work/host" | sed -n '1s/ .*//p')
cp -a "$work/host" "$work/applied"
for n in 1 2 3 4 5 6; do
	rm -rf "$work/host"
	cp -a "$work/applied" "$work/host"
	HARDEN_FAULT="signal $n 9" LD_PRELOAD=$FAULT "$HARDEN" rollback --root "$work/host" --yes \
		>"$work/out" 2>&1 </dev/null
	! grep -q '"icc": true' "$work/host/etc/docker/daemon.json" || break
done
ok 'the rollback was killed behind the file' grep -q '"icc": true' "$work/host/etc/docker/daemon.json"
sed -i '0,/{/s//{ "mtu": 1400,/' "$work/host/etc/docker/daemon.json"
expect 0 '' recover --root "$work/host" --on-conflict keep
ok 'recover names what is gone' flat 'not as it was applied is json:/icc of /etc/docker/daemon.json'
harden status --root "$work/host"
ok '... so does status' grep -q '^Gone: ' "$work/out"
ok '... of what is in force' grep -q "^In force: $id" "$work/out"
json 0 status --root "$work/host"
ok '... in JSON too' grep -qF '"gone": ' "$work/out"
harden check --root "$work/host" --baseline "$b"
ok 'check says the same' grep -q 'json:/icc: applied false, now true' "$work/out"
expect 0 '' rollback --root "$work/host" --yes
harden status --root "$work/host"
ok 'the rest is undone' grep -qF 'In force: nothing; all was undone.' "$work/out"
ok '... and theirs stays' grep -q '"mtu": 1400' "$work/host/etc/docker/daemon.json"
b=$all

for signal in 1 2 15; do
	faulty "signal 2 $signal"
	ok "signal $signal ends with $((128 + signal))" test $code -eq $((128 + signal))
	ok 'and everything is as before' holds
done

finish
