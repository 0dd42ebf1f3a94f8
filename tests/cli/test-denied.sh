#!/bin/sh
# A kernel, a container or the library of a next release that refuses what looking asks for: each
# call that the sandbox lets through fails in turn, and every command that looks must end by itself
# (no crash, no endless loop), with all of an answer or with an error that it tells. What could not
# be measured then is never a pass.
. "$SOURCE/tests/cli/lib.sh"
: "${PLANTED:?}"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'
"$HARDEN" facts 2>/dev/null | grep -q '^  sandbox   .*seccomp' || skip_all 'no seccomp here'

ENOSYS=38 EPERM=1
b=$work/baseline.yaml
make_root host
on="--root $work/host --baseline $b"
# shellcheck disable=SC2086
"$HARDEN" apply --yes $on >/dev/null
# shellcheck disable=SC2086
"$HARDEN" rollback --yes $on --root "$work/host" >/dev/null 2>&1 || "$HARDEN" rollback --yes --root "$work/host" >/dev/null

# passes FILE: the ids of what passed in a check's JSON answer
passes()
{
	awk -F'"' '$2 == "id" { id = $4 } $2 == "outcome" && $4 == "pass" { print id }' "$1" | sort
}

# denied I ERRNO WORD...: the command without the I-th call; sets $code and $call
denied()
{
	i=$1 with=$2
	shift 2
	code=0
	HARDEN_PLANT="deny $i $with" timeout -s KILL 10 "$PLANTED" "$@" >"$work/out" 2>"$work/err" \
		</dev/null || code=$?
	read -r _ call <"$work/err" || call=none
}

# What is wrong with how it ended, or nothing.
verdict()
{
	case $code in
	0 | 2)
		# all of an answer: JSON to its last bracket
		[ "$(tail -n 1 "$work/out")" = '}' ] || echo 'half an answer'
		;;
	1 | 5 | 64 | 77)
		# no way to say anything without write(), which is also how errors are told
		[ "$(wc -l <"$work/err")" -gt 1 ] || [ "$call" = "$SYS_write" ] || echo 'no error is told'
		;;
	*) echo "ended with $code" ;;
	esac
}

case $(uname -m) in x86_64) SYS_write=1 ;; *) SYS_write=64 ;; esac
# shellcheck disable=SC2086
"$PLANTED" check $on --json >"$work/whole" 2>/dev/null
passes "$work/whole" >"$work/may-pass"

# each DESC ERRNO WORD...: the command without each call in turn, in the background; one that makes a
# mount namespace mostly waits for the kernel
jobs=0
each()
{
	jobs=$((jobs + 1))
	mkdir "$work/job$jobs"
	echo "$1" >"$work/job$jobs/desc"
	(
		may=$work/may-pass work=$work/job$jobs errno=$2 n=0
		shift 2
		while denied $n "$errno" "$@" --json && [ "$code" -ne 99 ]; do
			n=$((n + 1))
			wrong=$(verdict)
			if [ "$1" = check ] && [ "$code" -ne 1 ]; then
				passes "$work/out" >"$work/now"
				more=$(comm -13 "$may" "$work/now")
				[ -z "$more" ] || wrong="$wrong passes: $more"
			fi
			[ -z "$wrong" ] || {
				echo "# without call $call: $wrong"
				sed 's/^/#   /' "$work/err"
			}
		done >"$work/wrong"
		echo $n >"$work/tried"
	) &
}

# shellcheck disable=SC2086
{
	each "check (ENOSYS)" $ENOSYS check $on
	each "check (EPERM)" $EPERM check $on
	each 'plan' $ENOSYS plan $on
	each 'facts of this machine' $ENOSYS facts
	each status $ENOSYS status --root "$work/host"
	each history $ENOSYS history --root "$work/host"
	each 'rollback --dry-run' $ENOSYS rollback --dry-run --root "$work/host"
	each explain $ENOSYS explain daemon.icc --baseline "$b"
}
wait
while [ $jobs -gt 0 ]; do
	at=$work/job$jobs
	cat "$at/wrong"
	ok "$(cat "$at/desc") ends properly without each of $(cat "$at/tried") calls" \
		test ! -s "$at/wrong" -a "$(cat "$at/tried")" -gt 80
	jobs=$((jobs - 1))
done

finish
