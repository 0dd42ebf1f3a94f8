# Helpers of the command line's tests; sourced. TAP on stdout.
#
#     harden ARG...              runs the program; $code, $work/out and $work/err hold the rest
#     expect CODE TEXT ARG...    runs it; passes when it ends with CODE and stderr holds TEXT
#     golden NAME CODE ARG...    runs it; passes when stdout is golden/NAME, normalised
#     json CODE ARG...           runs it with --json; passes when the answer fits the schema
#     ok TEXT COMMAND...         passes when the command succeeds
#     skip N REASON              N tests that cannot run here
#     finish                     the plan
#
# HARDEN_REWRITE_GOLDEN=1 writes the golden files anew.

set -u
: "${HARDEN:?}" "${JSON_CHECK:?}" "${SOURCE:?}"
here=$SOURCE/tests/cli
count=0
work=$(mktemp -d "${TMPDIR:-/tmp}/harden-cli-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
LC_ALL=C TERM=dumb
export LC_ALL TERM
unset NO_COLOR CLICOLOR_FORCE SUDO_UID SUDO_USER 2>/dev/null || :
umask 022
# an archive unpacked by root may have files that a group can write, which harden refuses to trust
install -m 644 "$here/baseline.yaml" "$work/baseline.yaml"

say()
{
	count=$((count + 1))
	echo "$1 $count - $2"
}

# What the last run said, as TAP diagnostics.
tell()
{
	{
		echo "exit code $code"
		cat "$work/out" "$work/err"
	} | sed 's/^/# /' | head -n 60
}

harden()
{
	code=0
	"$HARDEN" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
}

expect()
{
	want=$1 text=$2
	shift 2
	harden "$@"
	if [ "$code" -eq "$want" ] && { [ -z "$text" ] || grep -qF -- "$text" "$work/err"; }; then
		say ok "harden $* ends with $want"
	else
		say 'not ok' "harden $* ends with $want and says: $text"
		tell
	fi
}

# Ids, times, the version and the place of the test's directory differ from run to run.
normalise()
{
	sed -E -e "s|$work|WORK|g" -e 's/[0-9]{8}-[0-9]{6}-[0-9a-f]{6}/ID/g' \
		-e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z/TIME/g' -e 's/ +[0-9]+\.[0-9]{2} s$/ T s/' \
		-e 's/harden [0-9]+\.[0-9]+\.[0-9]+/harden VERSION/' \
		-e 's/by (no login|login uid [0-9]+)/by SOMEBODY/'
}

golden()
{
	name=$1 want=$2
	shift 2
	harden "$@"
	normalise <"$work/out" >"$work/normal"
	if [ "${HARDEN_REWRITE_GOLDEN-}" ]; then
		cp "$work/normal" "$here/golden/$name"
	fi
	if [ "$code" -eq "$want" ] && cmp -s "$work/normal" "$here/golden/$name"; then
		say ok "$name: harden $* prints what it did"
	else
		say 'not ok' "$name: harden $* ends with $want ($code) and prints what it did"
		diff -u "$here/golden/$name" "$work/normal" | sed 's/^/# /'
		sed 's/^/# /' "$work/err"
	fi
}

json()
{
	want=$1
	shift
	harden "$@" --json
	if [ "$code" -eq "$want" ] && mistake=$("$JSON_CHECK" \
		"$SOURCE/packaging/harden-output.schema.json" <"$work/out" 2>&1); then
		say ok "harden $* --json fits the schema"
	else
		say 'not ok' "harden $* --json ends with $want ($code) and fits the schema: ${mistake-}"
		tell
	fi
}

ok()
{
	text=$1
	shift
	if "$@" >/dev/null; then
		say ok "$text"
	else
		say 'not ok' "$text"
	fi
}

skip()
{
	left=$1
	while [ "$left" -gt 0 ]; do
		say ok "# SKIP $2"
		left=$((left - 1))
	done
}

skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

finish()
{
	echo "1..$count"
}

# A made-up system with a Docker whose config file is wrong in three ways.
make_root()
{
	r=$work/$1
	mkdir -p "$r/etc/docker" "$r/etc/audit/rules.d" "$r/usr/bin" "$r/usr/lib/systemd/system" \
		"$r/var/lib/docker/containers" "$r/run"
	echo web-03 >"$r/etc/hostname"
	echo "${2-0123456789abcdef0123456789abcdef}" >"$r/etc/machine-id"
	echo 'PRETTY_NAME="Test GNU/Linux 1"' >"$r/etc/os-release"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$r/etc/passwd"
	printf 'root:x:0:\ndocker:x:999:\n' >"$r/etc/group"
	printf '\177ELF\n' >"$r/usr/bin/dockerd" # a script would be a wrapper
	chmod 755 "$r/usr/bin/dockerd"
	printf '{\n    "icc": true,\n    "data-root": "/var/lib/docker"\n}\n' >"$r/etc/docker/daemon.json"
	chmod 666 "$r/etc/docker/daemon.json"
	printf '[Service]\nType=notify\nExecStart=/usr/bin/dockerd -H fd://\n' \
		>"$r/usr/lib/systemd/system/docker.service"
	printf '[Socket]\nListenStream=/run/docker.sock\n' >"$r/usr/lib/systemd/system/docker.socket"
	echo '-D' >"$r/etc/audit/rules.d/audit.rules"
	chmod 755 "$r"
}

# What dockerd keeps of a container in its data root: plant_container DATA_ROOT NAME
plant_container()
{
	directory=$1/containers/$(printf %s "$2" | sha256sum | cut -c1-64)
	mkdir -p "$directory"
	printf '{"ID":"%s","Name":"/%s","Config":{"Image":"bb"},"NetworkSettings":{"Networks":{"bridge":{}}}}' \
		"${directory##*/}" "$2" >"$directory/config.v2.json"
	printf '{"NetworkMode":"default","RestartPolicy":{"Name":"always"}}' >"$directory/hostconfig.json"
}

# Everything of a system but harden's own state: names, modes, owners, contents.
picture()
{
	(cd "$1" && find . -path ./var/lib/harden -prune -o -printf '%p %m %u %g\n' | sort &&
		find . -path ./var/lib/harden -prune -o -type f -print | sort | xargs sha256sum)
}
