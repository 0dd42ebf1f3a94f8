#!/bin/sh
# What somebody broke: files that were applied, and the ledger itself. Every command names it and
# goes on with the rest.
. "$SOURCE/tests/cli/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'

b=$work/baseline.yaml

# The n-th transaction's id, from the oldest.
id()
{
	"$HARDEN" history --root "$host" 2>/dev/null | grep '^[0-9]' | sed -n "$1s/ .*//p"
}

# a config file that does not parse any more
for how in stop keep before; do
	make_root "host-$how"
	host=$work/host-$how file=$work/host-$how/etc/docker/daemon.json
	picture "$host" >"$work/before"
	harden apply --root "$host" --baseline "$b" --yes
	printf '{\n  "icc": false,\n  live\n' >"$file"
	cp "$file" "$work/broken"
	case $how in
	stop)
		# only what was selected is compared; why that cannot be, and of which file, is said
		expect 0 '' check --root "$host" --baseline "$b" --only audit.etc-docker
		expect 2 "not compared with the last apply: '/etc/docker/daemon.json': line" \
			check --root "$host" --baseline "$b" --only daemon.icc
		tr -s '\n ' ' ' <"$work/out" >"$work/line"
		ok '... on the report, too' grep -q \
			"Not compared with the last apply, .*: '/etc/docker/daemon.json': line .*; it counts as a difference (exit code 2)" \
			"$work/line"
		json 2 check --root "$host" --baseline "$b" --only daemon.icc
		ok '... and as data' grep -qF "\"not_compared\": \"'/etc/docker/daemon.json': line" "$work/out"
		golden broken-stop 5 rollback --root "$host" --yes
		ok 'the broken file stays' cmp -s "$file" "$work/broken"
		;;
	keep)
		expect 0 '' rollback --root "$host" --yes --on-conflict keep
		ok 'the broken file stays' cmp -s "$file" "$work/broken"
		expect 0 '' recover --root "$host"
		;;
	before)
		expect 0 '' rollback --root "$host" --yes --on-conflict before
		picture "$host" >"$work/now"
		ok 'all is as before' cmp -s "$work/before" "$work/now"
		;;
	esac
done

# something else in its place: what that is, where it leads, what can be done; no word of its mode
make_root host-link
host=$work/host-link file=$work/host-link/etc/docker/daemon.json
harden apply --root "$host" --baseline "$b" --yes
mv "$file" "$host/etc/elsewhere.json"; ln -s /etc/elsewhere.json "$file"
expect 2 '' check --root "$host" --baseline "$b" --allow-unmeasured
tr -s '\n ' ' ' <"$work/out" >"$work/line"
ok 'a link is told as such' grep -qF \
	"daemon.json kind: applied a file, now a symbolic link to '/etc/elsewhere.json'; move it away" \
	"$work/line"
ok '... once, and not as a mode' sh -c '! grep -q "daemon.json mode: applied" "$1"' - "$work/line"
json 2 check --root "$host" --baseline "$b" --allow-unmeasured
expect 5 '--on-conflict before' rollback --root "$host" --yes
ok '... on the way back, too' grep -qF "is now a symbolic link to" "$work/out"
expect 0 '' rollback --root "$host" --yes --on-conflict before
ok '... which puts the file back' test -f "$file" -a ! -L "$file"

# the journal of a kept one is gone: what was saved is the way back, and stays
make_root host-gone
host=$work/host-gone
harden apply --root "$host" --baseline "$b" --yes
lost=$(id 1)
rm "$host/var/lib/harden/txn/$lost/journal"
expect 0 "transaction $lost is damaged and may be open: the journal is gone" status --root "$host"
ok 'it is not said that none was kept' \
	grep -qF 'In force: not known; a transaction cannot be read.' "$work/out"
harden history --root "$host"
ok 'when it began is not known' grep -qF "$lost  ?  " "$work/out"
expect 4 '' recover --root "$host"
ok 'a way out is named' \
	grep -qF "helps: harden recover --root $host --set-aside $lost" "$work/out"
ok 'what was saved is there still' test -f "$host/var/lib/harden/txn/$lost/RESTORE"
expect 0 '' recover --root "$host" --set-aside "$lost"
ok '... and is set aside whole' test -f "$host/var/lib/harden/aside/$lost/RESTORE"
expect 0 '' status --root "$host"
ok '... and named there' grep -qF "Set aside: $lost" "$work/out"
for way in --yes --dry-run; do
	expect 1 "'$lost' was set aside, and RESTORE in /var/lib/harden/aside/$lost" rollback --root "$host" $way "$lost"
done

# one that died before it began, whose list of staged files cannot be trusted: it is named, and there is a way out
make_root host-unswept
host=$work/host-unswept
unborn=20260101-000000-abcdef
mkdir -p "$host/var/lib/harden/txn/$unborn"
chmod 0700 "$host/var/lib/harden" "$host/var/lib/harden/txn" "$host/var/lib/harden/txn/$unborn"
: >"$host/var/lib/harden/txn/$unborn/staged"
chmod 0666 "$host/var/lib/harden/txn/$unborn/staged"
harden status --root "$host"
ok 'status names it' grep -q "^Unswept:  $unborn" "$work/out"
json 0 status --root "$host"
if command -v flock >/dev/null; then
	flock "$host/var/lib/harden/lock" "$HARDEN" status --root "$host" --json >"$work/out"
	ok 'what a run is at work on is not called unswept' grep -q '"unswept": *\[\]' "$work/out"
else
	skip 1 'no flock(1)'
fi
expect 4 '' apply --root "$host" --baseline "$b" --yes
expect 4 '' recover --root "$host"
ok 'a way out is named' grep -qF -- "--set-aside $unborn" "$work/out"
expect 0 '' recover --root "$host" --set-aside "$unborn"
ok 'what may lie there is told' grep -qF "$unborn: what it staged" "$work/out"
expect 0 '' recover --root "$host"

# one damaged byte in an old journal: it is named, and every command goes on
make_root host-ledger
host=$work/host-ledger
picture "$host" >"$work/before"
harden apply --root "$host" --baseline "$b" --yes
old=$("$HARDEN" history --root "$host" | sed -n '1s/ .*//p')
harden rollback --root "$host" --yes
journal=$host/var/lib/harden/txn/$old/journal
printf '\377' | dd of="$journal" bs=1 seek=600 conv=notrunc status=none
says="transaction $old is damaged, and over"
for command in history status 'prune --dry-run' "check --baseline $b --allow-unmeasured" \
	"plan --baseline $b"; do
	want=0
	[ "${command%% *}" != check ] || want=2
	# shellcheck disable=SC2086  # words
	expect "$want" "$says" $command --root "$host"
done
expect 1 "$says" show --root "$host" "$old"
expect 0 "$old: is damaged, and over" apply --root "$host" --baseline "$b" --yes
expect 0 "$old: is damaged, and over" rollback --root "$host" --yes
picture "$host" >"$work/now"
ok 'all is as before' cmp -s "$work/before" "$work/now"
json 0 status --root "$host"
ok 'JSON names it' grep -q '"state": *"damaged"' "$work/out"
expect 5 "'$(id 2)' is committed: there is nothing" recover --root "$host" --set-aside "$(id 2)"
expect 0 '' recover --root "$host" --set-aside "$old"
ok 'it is told where that is' grep -q "$old: set aside in /var/lib/harden/aside" "$work/out"
expect 0 '' history --root "$host" --verify
ok 'the chain is over it, and says why' sh -c 'tr -s " \n" " " <"$1" | grep -q "set aside; its journal was not as the next one had found it"' - "$work/out"
harden status --root "$host"
ok 'a rollback had taken it back: nothing of it stands' sh -c '! grep -q "^Set aside" "$1"' - "$work/out"
harden history --root "$host"
ok 'and gone from the ledger' sh -c '! grep -q "^$1" "$2" && ! grep -q damaged "$3"' - "$old" \
	"$work/out" "$work/err"

# boot recovery and a run that goes on
if command -v flock >/dev/null; then
	flock "$host/var/lib/harden/lock" "$HARDEN" status --root "$host" >"$work/out" 2>"$work/err"
	ok 'status sees that harden runs' grep -qE 'A run of harden \(process [0-9]+\) is at work' "$work/out"
	flock "$host/var/lib/harden/lock" "$HARDEN" status --root "$host" --json >"$work/out"
	ok 'in JSON, too' grep -q '"running": *true' "$work/out"
else
	skip 2 'no flock(1)'
fi

# on a host that runs systemd and does not recover at boot: told where something is broken off, by
# status, and before a change; not by each look
# live STATE WORD...: the command on this machine, with a /run of its own and a copy of the ledger
live()
{
	ledger=$1
	shift
	unshare -m sh -c 'mount -t tmpfs none /run && mount -t tmpfs none /var/lib || exit 99
		mkdir -p /run/systemd/system && { [ ! -d "$1" ] || cp -a "$1" /var/lib/harden; }
		shift; exec "$@"' - "$ledger" "$HARDEN" "$@" >"$work/out" 2>"$work/err" </dev/null
	code=$?
}
off='boot recovery is not switched on'
live none version
if [ $code -eq 0 ] && [ ! -e /etc/systemd/system/sysinit.target.wants/harden-recover.service ]; then
	live "$host/var/lib/harden" history
	ok 'history says nothing of it' sh -c '! grep -q "$1" "$2"' - "$off" "$work/err"
	live "$host/var/lib/harden" status
	ok 'status does' grep -q "$off" "$work/err"
	# the power went away before its end was written
	last=$(find "$host/var/lib/harden/txn" -name journal | sort | tail -n 1)
	truncate -s $(($(stat -c %s "$last") - 30)) "$last"
	harden check --root "$host" --only file.daemon-json.mode
	ok 'nobody passes on what may be put back' grep -q 'is open, and .harden recover. would put back' "$work/err"
	ok '... and check ends with 2' test $code -eq 2
	live "$host/var/lib/harden" history
	ok 'where a run is broken off history says it, once' \
		test "$(grep -c "$off" "$work/err")" -eq 1 -a "$(grep -c 'is open' "$work/err")" -eq 1
else
	skip 5 'no mount namespace here'
fi

# limits of the process: told before the first write; soft ones are raised
make_root host-limits
host=$work/host-limits
picture "$host" >"$work/before"
for limit in 'n 12' 'f 8' 'v 300000'; do
	# shellcheck disable=SC2086  # an option and its value
	if ! (ulimit -${limit%% *} ${limit#* } && exec "$HARDEN" version) >/dev/null 2>&1; then
		skip 4 "this build does not even start with ulimit -$limit (sanitizers)"
		continue
	fi
	# shellcheck disable=SC2086  # an option and its value
	(ulimit -${limit%% *} ${limit#* } && exec "$HARDEN" apply --root "$host" --baseline "$b" --yes) \
		>"$work/out" 2>"$work/err" </dev/null
	code=$?
	ok "ulimit -$limit ends with 5" test $code -eq 5
	ok '... and names the limit' grep -qF "(ulimit -${limit%% *})" "$work/err"
	picture "$host" >"$work/now"
	ok '... and nothing was changed' cmp -s "$work/before" "$work/now"
	# shellcheck disable=SC2086
	(ulimit -S -${limit%% *} ${limit#* } && exec "$HARDEN" plan --root "$host" --baseline "$b") \
		>"$work/out" 2>"$work/err" </dev/null
	code=$?
	ok 'a soft limit is raised' test $code -eq 0
done
finish
