# shellcheck shell=bash disable=SC2034
# Nothing but Docker and two containers: what the newest library does must not make looking fail.

IN='forky'

expect() {
	is "$(h sh -c 'harden facts >/dev/null 2>&1; echo $?')" 0 "$1: facts ends 0"
}
