# shellcheck shell=bash
#
# lib.sh - what the tests of this directory share. Source it first:
#
#   . "$(dirname "$0")/lib.sh"
#   host_start bookworm
#   ok 'docker answers' h docker version
#
# A test prints TAP. It need not say how many tests it has, nor clean up: both
# happen when it ends, however it ends. It runs with `set -euo pipefail`, so a
# step that is not a test of its own (`h systemctl stop docker`) must succeed.
# The exit code is 0 (all ok), 1 (some not ok) or 77 (skipped).

set -Eeuo pipefail

LAB_DIR=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
LAB=$LAB_DIR/lab
HARDEN=${HARDEN:-$(readlink -m "$LAB_DIR/../../build/harden")}

# The suites that a test goes through; HARDEN_LAB_SUITES="forky" tries one of them by hand.
# shellcheck disable=SC2034  # the tests use it
read -ra SUITES <<<"${HARDEN_LAB_SUITES:-bookworm trixie forky}"

# whole SUITE: SUITE is to see all of a test, what hangs on no version of Docker's or systemd's
# too. A share of the whole, as every submission runs it, has that on one suite alone; a release
# sets HARDEN_LAB_WHOLE=1 and has all on each.
whole() {
	[[ -n ${HARDEN_LAB_WHOLE:-} || $1 == trixie ]]
}

HOST=       # the current host: where h, container_run, ... go
HOSTS=()    # all that this test has started
TESTS=0     # run so far
FAILED=0    # of these
WORK=$(mktemp -d "${TMPDIR:-/tmp}/lab-test.XXXXXX") # for the test's files

# --- TAP ----------------------------------------------------------------------

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass() {
	TESTS=$((TESTS + 1))
	printf 'ok %d - %s\n' "$TESTS" "$1"
}

# fail DESC: what may explain it goes to standard input, as diagnostics.
fail() {
	TESTS=$((TESTS + 1)) FAILED=$((FAILED + 1))
	printf 'not ok %d - %s\n' "$TESTS" "$1"
	printf '# at %s line %s\n' "$(basename "$0")" "$(test_line)"
	sed 's/^/#   /'
}

# test_line: the line of the test itself, however deep in this file we are.
test_line() {
	local i
	for ((i = 1; i < ${#BASH_SOURCE[@]}; i++)); do
		[[ ${BASH_SOURCE[i]} == "${BASH_SOURCE[0]}" ]] || { echo "${BASH_LINENO[i - 1]}" && return; }
	done
	echo '?'
}

# ok DESC CMD...: CMD succeeds.
ok() {
	exits 0 "$@"
}

# exits CODE DESC CMD...: CMD ends with exactly this code. Its output is left in
# OUTPUT (both streams), for a `like` on it.
exits() {
	local want=$1 desc=$2 got=0
	shift 2
	OUTPUT=$("$@" 2>&1 </dev/null) || got=$?
	if ((got == want)); then
		pass "$desc"
	else
		fail "$desc" <<<"exit code $got, wanted $want: $*"$'\n'"$OUTPUT"
	fi
}

# is GOT WANT DESC
is() {
	if [[ $1 == "$2" ]]; then pass "$3"; else fail "$3" <<<"got:    $1"$'\n'"wanted: $2"; fi
}

# isnt GOT UNWANTED DESC
isnt() {
	if [[ $1 != "$2" ]]; then pass "$3"; else fail "$3" <<<"got, unwanted: $1"; fi
}

# like GOT REGEX DESC: an extended regular expression, found anywhere in GOT.
like() {
	if [[ $1 =~ $2 ]]; then pass "$3"; else fail "$3" <<<"got:        $1"$'\n'"wanted like: $2"; fi
}

# unlike GOT REGEX DESC
unlike() {
	if [[ ! $1 =~ $2 ]]; then pass "$3"; else fail "$3" <<<"got:           $1"$'\n'"wanted unlike: $2"; fi
}

# skip_all REASON: for what this machine cannot do. CI must be able to: there, a
# skipped test would look like a passed one for ever.
skip_all() {
	if [[ ${CI-} == true ]]; then
		printf 'Bail out! CI skips nothing, and this machine lacks something: %s\n' "$1"
		BAILED=yes
		exit 1
	fi
	printf '1..0 # SKIP %s\n' "$1"
	exit 77
}

# need_lab: skips the test where the lab cannot run.
need_lab() {
	local tool
	((EUID == 0)) || skip_all 'the lab needs root'
	for tool in systemd-nspawn mmdebstrap nsenter busybox setfattr; do
		command -v "$tool" >/dev/null || skip_all "$tool is not installed (see tests/lab/packages)"
	done
}

finish() {
	local code=$? host
	trap - EXIT
	set +e
	for host in "${HOSTS[@]}"; do
		"$LAB" stop "$host" || code=1
	done
	rm -rf -- "$WORK"
	((code != 77 || TESTS > 0)) || exit 77
	if ((code != 0)); then
		[[ -n ${BAILED-} ]] || printf 'Bail out! %s ended with %d near %s\n' "$(basename "$0")" "$code" "${LAST_LINE:-?}"
		exit 1
	fi
	printf '1..%d\n' "$TESTS"
	exit $((FAILED > 0))
}

trap finish EXIT
trap 'LAST_LINE=${BASH_SOURCE[0]##*/}:$LINENO' ERR
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# --- hosts ----------------------------------------------------------------------

# host_start SUITE [OPTION...]: boots a fresh host with harden in its PATH (if it
# is built), and makes it the current one. Stopped when the test ends.
host_start() {
	need_lab
	local bind=()
	[[ ! -x $HARDEN ]] || bind=(--bind "$HARDEN:/usr/local/bin/harden")
	HOST=$("$LAB" boot "$@" "${bind[@]}")
	HOSTS+=("$HOST")
}

# root_start SUITE [OPTION...]: the same for a root that is not booted; enter it
# with "$LAB" chroot "$HOST".
root_start() {
	need_lab
	HOST=$("$LAB" root "$@")
	HOSTS+=("$HOST")
}

# host_stop: stops the current host before the end of the test.
host_stop() {
	local host rest=()
	"$LAB" stop "$HOST"
	for host in "${HOSTS[@]}"; do
		[[ $host == "$HOST" ]] || rest+=("$host")
	done
	HOSTS=("${rest[@]}")
	HOST=
}

# h CMD...: runs CMD in the current host. A boot gives it another PID 1: then the lab is asked again,
# which takes twenty times as long as to enter.
h() {
	entered || {
		read -ra ENTER <<<"$("$LAB" enter "$HOST")"
		((${#ENTER[@]})) || return
		ENTERED=$HOST
	}
	"${ENTER[@]}" "$@"
}

entered() {
	local name
	[[ ${ENTERED-} == "$HOST" ]] && read -r name 2>/dev/null <"/proc/${ENTER[2]}/comm" && [[ $name == systemd ]]
}

h_harden() {
	h harden "$@"
}

# h_write FILE [MODE]: standard input becomes FILE there.
h_write() {
	h sh -c 'cat >"$1" && chmod "$2" "$1"' sh "$1" "${2:-644}"
}

# --- containers -----------------------------------------------------------------

image_import() {
	"$LAB" image "$HOST" >/dev/null
}

# container_run NAME [DOCKER-ARG... --] CMD...: detached, from the lab's image.
container_run() {
	local name=$1 arg options=()
	shift
	for arg; do
		if [[ $arg == -- ]]; then
			while [[ $1 != -- ]]; do
				options+=("$1")
				shift
			done
			shift
			break
		fi
	done
	h docker run --detach --name "$name" "${options[@]}" lab-busybox "$@" >/dev/null
}

# container_pid NAME: 0 if it does not run.
container_pid() {
	h docker inspect --format '{{.State.Pid}}' "$1"
}

# --- trees ------------------------------------------------------------------------

# snapshot_tree FILE PATH...: writes to FILE (here) everything that can be told
# about PATH... (in the host), one fact a line, sorted, each line beginning with
# the path it is about. A path that is missing is a fact too.
snapshot_tree() {
	local file=$1
	shift
	h sh -s -- "$@" <"$LAB_DIR/snapshot.sh" | LC_ALL=C sort >"$file"
}

# same_tree A B DESC [--ignore REGEX]: two snapshots are equal, save for lines
# that match REGEX (extended).
same_tree() {
	local a=$1 b=$2 desc=$3 ignore=${5-} difference
	[[ -z ${4-} || $4 == --ignore ]] || { echo "same_tree: $4?" >&2 && exit 2; }
	[[ -s $a && -s $b ]] || { fail "$desc" <<<'a snapshot is empty' && return; }
	if difference=$(diff -U0 <(without "$ignore" "$a") <(without "$ignore" "$b") | grep -v '^@@'); then
		fail "$desc" <<<"$difference"
	else
		pass "$desc"
	fi
}

without() {
	if [[ -n $1 ]]; then grep -Ev -- "$1" "$2"; else cat "$2"; fi
}
