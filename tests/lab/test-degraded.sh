#!/bin/bash
#
# Hosts where something is missing: no Docker, no systemd, no root. What was not read is said to
# be not measured, and is never a pass.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

verdicts() {
	jq -r '.plan.findings[] | "\(.control) \(.verdict)"'
}

test_no_systemd() {
	local suite=$1 out
	root_start "$suite" --bind "$HARDEN:/usr/local/bin/harden"
	out=$("$LAB" chroot "$HOST" harden plan --json)
	is "$(verdicts <<<"$out" | grep '^daemon\.' | grep -c ' pass$' || true)" 0 \
		"$suite, no systemd: no daemon setting passes unseen"
	like "$("$LAB" chroot "$HOST" harden plan)" 'systemd' "$suite, no systemd: the plan says why"
	host_stop
}

test_no_docker() {
	local out
	root_start bookworm --minbase
	cp "$HARDEN" "$("$LAB" path "$HOST")/usr/local/bin/harden"
	"$LAB" chroot "$HOST" sh -c 'apt-get update && apt-get install -y --no-install-recommends libyaml-0-2 libjansson4 libaudit1 libacl1 libsystemd0 libssl3' >/dev/null 2>&1
	out=$("$LAB" chroot "$HOST" harden plan --json)
	# the host's own settings can be measured all the same
	is "$(verdicts <<<"$out" | grep -Ev '^(host|kernel|network)\.' | grep -E ' (pass|fail)$' || true)" '' \
		"no Docker: nothing of Docker passes, nothing fails"
	exits 0 "no Docker: there is nothing to change" "$LAB" chroot "$HOST" harden plan --detailed-exitcode
	host_stop
}

test_stopped_docker() {
	local suite=$1
	host_start "$suite" --no-docker
	h systemctl start docker.socket
	h_harden plan >/dev/null
	is "$(h systemctl is-active docker.service)" inactive "$suite: plan does not wake Docker through its socket"
	is "$(h_harden plan --json | verdicts | grep -c '^daemon\.\(icc\|live-restore\) pass' || true)" 0 \
		"$suite, Docker stopped: its settings do not pass"
	host_stop
}

test_ordinary_user() {
	local suite=$1 out
	host_start "$suite"
	h useradd --create-home worker
	out=$(h setpriv --reuid=worker --regid=worker --clear-groups harden plan --json)
	is "$(verdicts <<<"$out" | grep -Ec '^(daemon|audit)\.[^ ]* pass$' || true)" 0 \
		"$suite, ordinary user: no daemon setting and no audit rule passes unseen"
	is "$(verdicts <<<"$out" | grep -Ec '^audit\.[^ ]* not_measured$')" \
		"$(verdicts <<<"$out" | grep -Ec '^audit\.')" \
		"$suite, ordinary user: audit rules are not measured"
	exits 77 "$suite, ordinary user: apply needs root" \
		h setpriv --reuid=worker --regid=worker --clear-groups harden apply --yes
	exits 2 "$suite, ordinary user: check does not end as if all were well" \
		h setpriv --reuid=worker --regid=worker --clear-groups harden check
	host_stop
}

# --- what cannot be asked is not nothing -------------------------------------------------------

# The controls whose change may cost containers or images something.
GUARDED=(daemon.icc daemon.no-new-privileges daemon.userland-proxy daemon.userns-remap)

only_guarded() {
	printf -- '--only %s ' "${GUARDED[@]}"
}

# unseen STATE WORDS: with dockerd in that state every guarded control is held, WORDS and the
# containers that the disk knows of are told; check does not end well; apply writes none of them.
unseen() {
	local what="$1" words=$2 out
	# shellcheck disable=SC2046
	out=$(h_harden plan --level 2 --json $(only_guarded)) || true
	is "$(jq -r '.plan.findings[] | select(.state == "held") | .control' <<<"$out" | xargs)" "${GUARDED[*]}" \
		"$what: all guarded controls are held back"
	is "$(jq -r '[.plan.findings[] | .holds[]] | map(select(test("keep, pub$"))) | length' <<<"$out")" 4 \
		"$what: ... each names the containers that the disk knows of"
	like "$(jq -r '.plan.findings[0].holds[]' <<<"$out")" "$words" "$what: ... and says why they cannot be seen"
	# shellcheck disable=SC2046
	exits 2 "$what: check does not end as if all were well" h_harden check --level 2 $(only_guarded)
	# shellcheck disable=SC2046
	exits 0 "$what: apply" apply --level 2 $(only_guarded)
	like "$OUTPUT" '4 held back' "$what: ... does none of it"
	is "$(h sh -c 'cat /etc/docker/daemon.json 2>/dev/null || echo none')" none "$what: ... and writes no config file"
}

docker_back() {
	h systemctl reset-failed docker.service docker.socket
	h systemctl --quiet stop docker.service docker.socket
	h systemctl start docker.socket docker.service
	h docker start keep >/dev/null
}

test_unseen() {
	local suite=$1 dropins=/etc/systemd/system/docker.service.d lib
	host_start "$suite"
	image_import
	container_run keep -- /bin/sleep 100000
	container_run pub --publish 8099:80 --restart unless-stopped -- /bin/httpd -f

	h systemctl stop docker.service docker.socket
	unseen "$suite, stopped" 'cannot be seen while dockerd is stopped, 2 are in /var/lib/docker/containers'
	h systemctl --quiet mask docker.service
	unseen "$suite, masked" 'cannot be seen while dockerd is stopped'
	h systemctl --quiet unmask docker.service

	# as a unit of another name: nobody says that it does not run
	h sh -c 'sed "s/^Requires=docker.socket//; s|fd://|unix:///run/docker.sock|; s/^After=.*/After=containerd.service/" \
		/usr/lib/systemd/system/docker.service >/etc/systemd/system/dockerd-own.service'
	h systemctl daemon-reload
	h systemctl start dockerd-own.service
	unseen "$suite, another unit" 'dockerd runs beside docker.service: pid [0-9]*, unit dockerd-own.service'
	like "$(h_harden facts)" 'daemon  *not known' "$suite, another unit: facts do not say that it is stopped"
	exits 2 "$suite, another unit: check names it" h_harden check --only host.other-dockerd
	like "$OUTPUT" 'dockerd-own.service' "$suite, another unit: ... by its unit"
	h systemctl stop dockerd-own.service
	h systemctl --quiet enable dockerd-own.service
	exits 2 "$suite, another unit that is to start: check names it" h_harden check --only host.other-dockerd
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" 'dockerd-own.service, at its next start' "$suite, another unit that is to start: ... by its unit"
	h systemctl --quiet disable dockerd-own.service
	h rm /etc/systemd/system/dockerd-own.service
	h systemctl daemon-reload
	docker_back

	lib=$(h sh -c 'ls /usr/lib/*/libcurl.so.4')
	h mv "$lib" /root/
	unseen "$suite, without libcurl" "cannot be seen \(cannot load 'libcurl.so.4'"
	h mv /root/libcurl.so.4 "$lib"

	h mkdir -p "$dropins"
	h_write "$dropins/socket.conf" <<<$'[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -H unix:///run/other.sock --containerd=/run/containerd/containerd.sock'
	h systemctl daemon-reload
	h systemctl stop docker.socket
	h systemctl restart docker.service
	h rm -f /run/docker.sock
	unseen "$suite, another socket" "cannot be seen \(cannot connect to '/run/docker.sock'"
	h rm -r "$dropins"
	h systemctl daemon-reload
	docker_back

	# crash-looping: what the broken file says of the data root is not known either
	h_write /etc/docker/daemon.json <<<'{ "icc": tru'
	h systemctl restart docker.service || true
	like "$(h_harden facts | tr -s ' \n' ' ')" 'containers  *not known: .* 2 are in .*keep, pub' "$suite, crash-looping: containers are not none"
	like "$(h_harden facts)" 'images  *not known: .* 1 is in' "$suite, crash-looping: images are not none"
	is "$(planned --level 2 | grep -cFxf <(printf '%s\n' "${GUARDED[@]}") || true)" 0 "$suite, crash-looping: nothing guarded is planned"
	exits 2 "$suite, crash-looping: check does not end as if all were well" h_harden check
	h rm /etc/docker/daemon.json
	docker_back

	exits 5 "$suite, userns-remap beside what runs: no acknowledgement helps" h_harden plan --only daemon.userns-remap --ack daemon.userns-remap
	like "$OUTPUT" 'containers (keep and pub|pub and keep) run, .*stop them first' "$suite, ... and says who is to be stopped first"

	# a container that comes between a plan and its apply
	h docker stop --time 0 keep pub >/dev/null
	h docker network create shop >/dev/null
	exits 0 "$suite, once nothing runs it is planned" h_harden plan --only daemon.userns-remap --ack daemon.userns-remap -o /root/plan
	like "$OUTPUT" 'warn  1 image \([^)]*\), 2 containers and 1 network[[:space:]]+would[[:space:]]+vanish[[:space:]]+from view' "$suite, ... and the plan says what it hides"
	container_run third -- /bin/sleep 100000
	exits 5 "$suite, a plan of before a container came: apply ends 5" h_harden apply --yes /root/plan
	like "$OUTPUT" 'daemon.userns-remap.*container third runs' "$suite, ... and says what is new"
	is "$(h sh -c 'ls /etc/docker/daemon.json 2>/dev/null || echo none')" none "$suite, ... and wrote nothing"

	# a network that somebody made is out of view, too, and that is not a failure
	h docker rm -f third >/dev/null
	exits 0 "$suite, userns-remap beside a network of somebody's" apply --level 2 --only daemon.userns-remap --ack daemon.userns-remap
	is "$(h docker network ls -q --filter name=shop)" '' "$suite, ... which is out of view"
	h docker network create late >/dev/null
	exits 5 "$suite, ... nor is one that came since hidden unasked" rollback
	like "$OUTPUT" '1 network would vanish from view' "$suite, ... and it is said"
	exits 0 "$suite, ... rolled back" rollback --ack daemon.userns-remap
	like "$OUTPUT" "[0-9]+\.[0-9]+' stays" "$suite, ... what dockerd made for it is named"
	isnt "$(h docker network ls -q --filter name=shop)" '' "$suite, ... and the network is back"
	host_stop
}

# test_frozen SUITE: costs the 5 s that a first answer may take, once a run.
test_frozen() {
	local suite=$1 start
	host_start "$suite"
	image_import
	container_run keep -- /bin/sleep 100000
	container_run pub -- /bin/sleep 100000
	h sh -c 'kill -STOP $(pidof dockerd)'
	start=$SECONDS
	unseen "$suite, frozen" "cannot be seen \(GET /info: '/run/docker.sock' did not answer within 5 s\)"
	((SECONDS - start < 40)) && pass "$suite, frozen: three runs take as long as three requests" ||
		fail "$suite, frozen: three runs take as long as three requests" <<<"$((SECONDS - start)) s"
	h sh -c 'kill -CONT $(pidof dockerd)'
	host_stop
}

# An empty host has nothing to lose, whether dockerd runs or not.
test_nothing_to_see() {
	local suite=$1
	host_start "$suite"
	h systemctl stop docker.service docker.socket
	exits 0 "$suite, stopped and empty: apply" apply --only daemon.icc --only daemon.no-new-privileges
	like "$(h cat /etc/docker/daemon.json)" '"icc": false' "$suite, stopped and empty: ... goes on"
	host_stop
}

test_no_docker
test_frozen trixie
for suite in "${SUITES[@]}"; do
	test_stopped_docker "$suite"
	test_unseen "$suite"
	if whole "$suite"; then
		test_no_systemd "$suite"
		test_ordinary_user "$suite"
		test_nothing_to_see "$suite"
	fi
done
