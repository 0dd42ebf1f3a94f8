#!/bin/bash
#
# Containers that live through an upgrade of what started them: each is named with what is older, in the order
# in which to renew them, and a restart of each renews it. What a userns-remap that was undone leaves is named.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

# More often than systemd lets a person: harden's own restarts come beside it.
restart_dockerd() {
	h sh -c 'systemctl reset-failed docker.service docker.socket; systemctl restart docker.service'
}

look() {
	h_harden check --only container.renewal --json >"$WORK/check" || true
}

# of MEMBER: of the control, as the last look had it.
of() {
	jq -r --arg member "$1" '.controls[] | select(.id == "container.renewal") | .[$member] // ""' "$WORK/check"
}

# program NAME: where it is, links followed.
program() {
	h sh -c 'readlink -f "$(command -v "$1")"' sh "$1"
}

# exchange PATH: the same bytes in a new file, as an upgrade puts it there.
exchange() {
	h sh -c 'sleep 1; cp -p "$1" "$1.new" && mv "$1.new" "$1"' sh "$1"
}

start_containers() {
	image_import
	container_run db -- /bin/sleep 100000
	container_run app --link db:database -- /bin/sleep 100000
	container_run a-front --publish 8080:80 -- /bin/sleep 100000
	container_run side --network container:db -- /bin/sleep 100000
}

test_new() {
	local suite=$1
	look
	is "$(of outcome)" pass "$suite: who was started by what is installed passes"
	restart_dockerd
	look
	is "$(of outcome)" pass "$suite: ... also once dockerd was started again, which does not count"
}

ORDER='db, app, side, a-front$'

test_shim() {
	local suite=$1 shim
	shim=$(program containerd-shim-runc-v2)
	exchange "$shim"
	look
	is "$(of outcome)" fail "$suite: a shim that was replaced is a finding"
	like "$(of reason)" "db \(its shim '[^']*containerd-shim-runc-v2' is another program now" "$suite: ... that names it"
	like "$(of remediation)" "in this order: $ORDER" "$suite: ... and the order to renew them in"
	h mv "$shim" "$shim.away"
	look
	like "$(of reason)" 'is not there any more' "$suite: one that was taken away is one, too"
	h mv "$shim.away" "$shim"
}

test_runc() {
	local suite=$1
	h docker restart --time 0 db app a-front side >/dev/null
	look
	is "$(of outcome)" pass "$suite: a restart renews a container"
	exchange "$(program runc)"
	look
	is "$(of outcome)" fail "$suite: a runc that was replaced is a finding"
	like "$(of reason)" "app \('[^']*runc', which started it, was replaced since" "$suite: ... that names it"
	h docker restart --time 0 app >/dev/null
	look
	unlike "$(of reason)" 'app \(' "$suite: ... and not the one that was started since"
	like "$(of remediation)" 'in this order: db, side, a-front$' "$suite: ... and so does the order"
}

# A daemon-wide profile that was changed while containers lived on: as an upgraded dockerd has another one.
test_profile() {
	local suite=$1
	h docker rm --force db app a-front side >/dev/null
	container_run old -- /bin/sleep 100000
	h sh -c 'mkdir -p /etc/docker; cat >/etc/docker/filter.json' <<<'{"defaultAction": "SCMP_ACT_ALLOW",
		"syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ERRNO"}]}'
	h_write /etc/docker/daemon.json <<<'{"live-restore": true, "seccomp-profile": "/etc/docker/filter.json"}'
	restart_dockerd
	look
	is "$(of outcome)" not_measured "$suite: a filter that there is nothing to hold against is not measured"
	container_run young -- /bin/sleep 100000
	look
	if [[ $(h docker info --format '{{.SecurityOptions}}') == *seccomp* ]]; then
		like "$(of reason)" 'old \(its seccomp filter is another than dockerd gave young' "$suite: a filter of before is a finding"
	fi
	h docker restart --time 0 old >/dev/null
	look
	is "$(of outcome)" pass "$suite: ... until its restart"
	h docker rm --force old young >/dev/null
}

test_remapped() {
	local suite=$1 left
	h_write /etc/docker/daemon.json <<<'{"live-restore": true}'
	restart_dockerd
	exits 0 "$suite: userns-remap is planned" h_harden plan --level 2 --only daemon.userns-remap --ack daemon.userns-remap
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" 'not exactly \(daemon\.userns-remap\).*/var/lib/docker/[0-9A-Z]+\.[0-9A-Z]+ \(' \
		"$suite: ... and what its undo leaves is told"
	exits 0 "$suite: ... applied" apply --level 2 --only daemon.userns-remap --ack daemon.userns-remap
	exits 0 "$suite: ... rolled back" rollback
	left=$(h sh -c 'echo /var/lib/docker/[0-9]*.[0-9]*')
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" "'$left' stays \((about|more than) [0-9]+ [A-Za-z]+\).*'rm -r $left' removes it" \
		"$suite: ... which names what is left, its size and how to remove it"
	is "$(grep -o "'$left' stays" <<<"$OUTPUT" | wc -l)" 1 "$suite: ... once"
	ok "$suite: ... by a command that does" h rm -r "$left"
}

need_lab
for suite in "${SUITES[@]}"; do
	host_start "$suite"
	h_write /etc/docker/daemon.json <<<'{"live-restore": true}'
	restart_dockerd
	start_containers
	test_new "$suite"
	test_shim "$suite"
	test_runc "$suite"
	test_profile "$suite"
	test_remapped "$suite"
	host_stop
done
