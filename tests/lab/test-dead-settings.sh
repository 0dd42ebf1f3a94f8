#!/bin/bash
#
# What dockerd takes at its start, and looks at when it makes a container: harden refuses to write what
# no container starts with, and its check fails where others did, and nowhere else.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

SITE=/etc/harden/conf.d/dead.yaml

# site CONTROL SETTINGS: what the site says of it
site() {
	printf 'site: lab\ncontrols:\n  %s:\n    settings: %s\n' "$1" "$2" | h sh -c "cat >$SITE"
}

# check_agrees OUTCOME CONFIG: what check says of a dockerd with that file, and what a container does
check_agrees() {
	local outcome starts=fail
	h sh -c 'printf "%s\n" "$1" >/etc/docker/daemon.json' sh "$2"
	h systemctl reset-failed docker.service docker.socket
	h systemctl restart docker.service
	h docker run --rm lab-busybox /bin/true >/dev/null 2>&1 </dev/null && starts=pass
	is "$starts" "$1" "$2: whether a container starts"
	outcome=$({ h harden check --json --only daemon.remote-log,daemon.log-limits || true; } |
		jq -r '[.controls[].reason | select(contains("no container would start"))] | if length > 0 then "fail" else "pass" end')
	is "$outcome" "$1" "$2: check says so"
}

host_start trixie
image_import
h mkdir -p /etc/harden/conf.d

for driver in sylog acme/log; do
	site daemon.remote-log "{ \"docker-daemon[log-driver]\": { value: $driver }, \"docker-daemon[log-opts]\": { value: {} } }"
	exits 5 "the log driver $driver is refused" h harden apply --yes --only daemon.remote-log --ack daemon.remote-log
	like "$OUTPUT" "no log driver '$driver'" 'it says why'
done
site daemon.log-limits '{ value: { max-size: 10x, max-file: "3" } }'
exits 1 'a size that is none is a mistake of the site' h harden baseline lint "$SITE"
like "$OUTPUT" "max-size must be a size" 'it says which'
h rm "$SITE"
ok 'containers start as before' h docker run --rm lab-busybox /bin/true

check_agrees pass '{"log-driver": "local", "log-opts": {"max-file": "1", "compress": "false"}}'
check_agrees fail '{"log-driver": "sylog"}'
check_agrees fail '{"log-opts": {"max-size": "10x", "max-file": "3"}}'
check_agrees fail '{"log-opts": {"max-size": "1m", "max-file": "0"}}'
check_agrees fail '{"log-opts": {"max-size": "1m", "tag": "{{.Nmae}}"}}'
check_agrees pass '{"log-opts": {"max-size": "1.5m", "max-file": "2", "compress": "T"}}'
