#!/bin/sh
# A terminal that stops a run in the middle, or what it shows: the run goes on to its end, and lets go of the lock.
. "$SOURCE/tests/cli/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'

b=$work/baseline.yaml
mkfifo "$work/keys"

newest()
{
	"$HARDEN" history --root "$host" --json 2>/dev/null | tr -d ' ,"' | sed -n 's/^state://p' | tail -n 1
}

# until COMMAND...: at most 20 s
until_()
{
	for _ in $(seq 200); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	return 1
}

runs()
{
	"$HARDEN" status --root "$host" --json 2>/dev/null | grep -q '"running": true'
}

over()
{
	! runs
}

# begin NAME: a run on a terminal, which stands in the middle until $work/NAME is there
begin()
{
	make_root "$1"
	host=$work/$1
	HARDEN_UNWELL="pause $work/go-$1" "$PTY" "$work/out-$1" "$UNWELL" apply --root "$host" --baseline "$b" --yes <"$work/keys" &
	job=$!
	exec 3>"$work/keys"
	ok "$1: it is in the middle" until_ test -e "$work/go-$1.at"
}

# end NAME: the run's exit code in $code
end()
{
	code=0
	exec 3>&-
	wait "$job" || code=$?
}

begin stop
harden status --root "$host"
ok 'status names the process' grep -qE '^A run of harden \(process [0-9]+\) is at work' "$work/out"
ok '... as every look does' grep -qE 'a run of harden \(process [0-9]+\) is at work' "$work/err"
json 0 status --root "$host"
ok '... as data' grep -qE '"running_process": [0-9]+' "$work/out"
expect 75 'another run of harden (process ' apply --root "$host" --baseline "$b" --yes
printf '\032' >&3
sleep 1
touch "$work/go-stop"
end stop
ok 'Ctrl-Z does not stop it in the middle' test "$code" -eq 0
ok '... and it is kept' test "$(newest)" = committed

begin xoff
printf '\023' >&3
sleep 1
touch "$work/go-xoff"
ok 'Ctrl-S does not keep the lock' until_ over
ok '... and it is kept' test "$(newest)" = committed
ok '... while nothing is shown' sh -c '! grep -q " kept[.]" "$1"' - "$work/out-xoff"
printf '\021' >&3
end xoff
ok 'Ctrl-Q shows the rest' grep -q ' kept[.]' "$work/out-xoff"
ok '... and it ends as ever' test "$code" -eq 0

# a pager that shows its first page, and then goes away
make_root pager
host=$work/pager
mkfifo "$work/page"
exec 4<>"$work/page"
dd if=/dev/zero bs=4096 count=16 status=none >&4 # as much as it takes
"$HARDEN" apply --root "$host" --baseline "$b" --yes >"$work/page" 2>&1 4>&- &
job=$!
ok 'a reader that does not read keeps no lock' until_ sh -c '"$1" history --root "$2" --json | grep -q committed' - "$HARDEN" "$host"
exec 4>&-
ok '... and may go away' wait "$job"

# one that was stopped for all that: who waits for its end has it go on
begin halt
pid=$("$HARDEN" status --root "$host" --json 2>/dev/null | tr -d ' ,' | sed -n 's/^"running_process"://p')
kill -STOP "$pid"
sleep 0.2
expect 75 "(process $pid) holds the lock, and is stopped: 'kill -CONT $pid' has it go on" recover --root "$host"
touch "$work/go-halt"
expect 0 "(process $pid) holds the lock, and was stopped: it is told to go on (SIGCONT)" recover --root "$host" --lock-timeout 20s
end halt
ok '... and it is kept' test "$(newest)" = committed
finish
