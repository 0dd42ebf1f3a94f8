#!/bin/sh
# Selection is an intersection, and the same for every command: each combination of --level, --only,
# --skip and --ack, held against the rule in words, on plan, apply, check, list and a saved plan.
. "$SOURCE/tests/cli/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'

b=$work/baseline.yaml
make_root host
host=$work/host

# expected CONTROL ITS-LEVEL: yes, no, or 64, of $level $only $skip $ack
expected()
{
	admitted=no
	{ [ "$2" -le "$level" ] || [ "$ack" = "$1" ]; } && admitted=yes
	named=no
	case $only in '' | '*' | "$1" | 'daemon.*') named=yes ;; esac
	skipped=no
	case $skip in "$1" | 'daemon.*') skipped=yes ;; esac
	if [ "$only" = "$1" ] && [ $admitted = no ]; then
		echo 64
	elif [ "$only" = "$1" ] && [ $skipped = yes ]; then
		echo 64 # none is left
	elif [ "$only" = 'daemon.*' ] && [ "$skip" = 'daemon.*' ]; then
		echo 64
	elif [ $admitted = yes ] && [ $named = yes ] && [ $skipped = no ]; then
		echo yes
	else
		echo no
	fi
}

# got KEY CONTROL: whether the last answer, JSON, has the control in this key
got()
{
	if [ "$code" -eq 64 ]; then
		echo 64
	elif grep -qE "^ +\"$1\": \"$2\"" "$work/out"; then
		echo yes
	else
		echo no
	fi
}

# applied CONTROL: whether the newest transaction changed something for it
applied()
{
	if [ "$code" -eq 64 ]; then
		echo 64
	elif [ "$code" -ne 0 ]; then
		echo "code $code"
	elif grep -qE "$2" "$host/etc/docker/daemon.json"; then
		echo yes
	else
		echo no
	fi
}

wrong()
{
	echo "# $1: $2 and not $3: --level $level --only '$only' --skip '$skip' --ack '$ack'"
	bad=$((bad + 1))
}

fresh()
{
	rm -rf "$host/var/lib/harden" "$work/plan"
	printf '{\n    "icc": true,\n    "log-level": "warn"\n}\n' >"$host/etc/docker/daemon.json"
	chmod 666 "$host/etc/docker/daemon.json"
}

# combination CONTROL ITS-LEVEL WHAT-IT-WRITES: all commands with the present flags
combination()
{
	want=$(expected "$1" "$2")
	flags="--baseline $b --level $level"
	[ -z "$skip" ] || flags="$flags --skip $skip"
	[ -z "$only" ] || flags="$flags --only $only"
	tried=$((tried + 1))
	# words: no glob of these may meet a file
	if [ -z "$ack" ]; then
		harden check --root "$host" --json $flags
		is=$(got id "$1")
		[ "$is" = "$want" ] || wrong "check: $1" "$is" "$want"
		harden list --json $flags
		is=$(got id "$1")
		[ "$is" = "$want" ] || wrong "list: $1" "$is" "$want"
	else
		flags="$flags --ack $ack"
	fi
	harden plan --root "$host" --json $flags
	is=$(got control "$1")
	[ "$is" = "$want" ] || wrong "plan: $1" "$is" "$want"
	harden apply --root "$host" --yes $flags
	is=$(applied "$1" "$3")
	[ "$is" = "$want" ] || wrong "apply: $1" "$is" "$want"
	fresh
	harden plan --root "$host" $flags -o "$work/plan"
	[ "$code" -ne 0 ] || harden apply --root "$host" --baseline "$b" --yes "$work/plan"
	is=$(applied "$1" "$3")
	[ "$is" = "$want" ] || wrong "saved plan: $1" "$is" "$want"
	fresh
}

set -f
fresh
tried=0
for control in 'daemon.icc 1 "icc":.false' 'daemon.log-level 2 "log-level":."info"'; do
	set -- $control
	for level in 1 2; do
		for only in '' "$1" 'daemon.*' file.daemon-json; do
			bad=0
			for skip in '' "$1" 'daemon.*'; do
				for ack in '' "$1"; do
					combination "$1" "$2" "$3"
				done
			done
			ok "$1, --level $level --only '$only': all commands take the same" test $bad -eq 0
		done
	done
done
ok 'all combinations were tried' test $tried -eq $((2 * 2 * 4 * 3 * 2))
set +f

# what is refused says what would take it
expect 64 "'--level 2' or '--ack daemon.log-level' takes it" plan --root "$host" --baseline "$b" --only daemon.log-level
expect 64 "'--level 2' or '--ack daemon.log-level' takes it" apply --yes --root "$host" --baseline "$b" --only 2.2@bench
expect 64 "'--level 2' takes it" check --root "$host" --baseline "$b" --only 'daemon.log-*'
expect 0 '' list --baseline "$b" --only daemon.log-level
for command in plan check list; do
	expect 64 "--only 'nothing.*' names no control" $command --baseline "$b" --only 'nothing.*'
	expect 64 "--skip 'nothing.*' names no control" $command --baseline "$b" --skip 'nothing.*'
done
expect 0 "--ack 'daemon.ulimits' changes nothing: --skip leaves it out" plan --root "$host" \
	--baseline "$b" --ack daemon.ulimits --skip daemon.ulimits
expect 0 "--ack 'daemon.ulimits' changes nothing: --only leaves it out" plan --root "$host" \
	--baseline "$b" --ack daemon.ulimits --only daemon.icc
expect 64 'does not go with a saved plan' apply --yes --root "$host" --only daemon.icc "$work/plan"

set -f
# what all flags together leave
before=$(cd "$host" && find . -type f -exec cksum {} + | sort)
for flags in '--only daemon.icc --skip daemon.icc' '--skip *' '--only daemon.* --skip daemon.*' \
	'--only daemon.log-level --level 2 --skip 2.2@bench'; do
	for command in check 'check --json' plan 'plan --detailed-exitcode' "plan -o $work/none" 'apply --yes'; do
		expect 64 'nothing would be looked at' $command --root "$host" --baseline "$b" $flags
	done
	expect 64 'nothing would be looked at' list --baseline "$b" $flags
done
ok 'no plan was saved of nothing' test ! -e "$work/none"
ok 'nothing was written for nothing' test "$(cd "$host" && find . -type f -exec cksum {} + | sort)" = "$before"
harden check --root "$host" --baseline "$b" --only daemon.icc --skip file.daemon-json
ok 'one that is left is not told as none' sh -c '! grep -q "no control" "$1"' - "$work/err"

# drift is told of what is taken alone
expect 0 '' apply --yes --root "$host" --baseline "$b"
chmod 666 "$host/etc/docker/daemon.json"
for flags in '' '--only file.*' '--only daemon.icc,3.1@bench' '--skip daemon.icc' '--skip daemon.*'; do
	harden check --root "$host" --baseline "$b" $flags
	ok "check $flags tells that a mode changed" sh -c 'test "$1" = 2 && grep -q "1 changed since" "$2"' - $code "$work/out"
done
for flags in '--skip file.daemon-json' '--skip 3.1@bench' '--only daemon.icc' '--only audit.* --skip daemon.*' \
	'--only daemon.icc,file.daemon-json --skip file.*'; do
	for format in text json; do
		harden check --root "$host" --baseline "$b" $flags --format $format
		ok "check $flags ($format) has nothing to do with it" sh -c \
			'test "$1" = 0 && ! grep -q "changed since\|0666" "$2"' - $code "$work/out"
	done
done
chmod 644 "$host/etc/docker/daemon.json"
set +f
expect 0 '' rollback --yes --root "$host"
fresh

# rollback: one control that had a part
expect 0 '' apply --yes --root "$host" --baseline "$b"
expect 64 "names nothing that had a part" rollback --yes --root "$host" --only 'nothing.*'
expect 64 "names nothing that had a part" rollback --yes --root "$host" --only daemon.log-level
expect 64 "names several, and one is undone at a time" rollback --yes --root "$host" --only '*'
expect 64 "takes no option '--skip'" rollback --yes --root "$host" --skip daemon.icc
ok 'nothing of that undid anything' grep -q '"icc": false' "$host/etc/docker/daemon.json"
expect 0 '' rollback --yes --root "$host" --only 'daemon.i*'
ok 'what is named is undone' grep -q '"icc": true' "$host/etc/docker/daemon.json"
ok '... and nothing else' test "$(stat -c %a "$host/etc/docker/daemon.json")" = 644

finish
