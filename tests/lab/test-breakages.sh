#!/bin/bash
#
# The ten ways in which a host breaks that somebody hardens, told one after the other. What can be known
# beforehand the plan says by name, and nothing is written; what cannot, the gate undoes, and --bisect names the
# control. Behind each of them every container has the process that it had before.
#
#     breakage                                met
#  1  a container that needs icc              the plan names who talks over docker0, and holds it back; with
#                                             consent the bridge of those that run stays as it is
#  2  one that needs set-user-id programs     the plan names it and its program, and holds it back; with consent
#                                             what runs keeps its rights
#  3  a client of the TCP port                the plan names where it is; with consent the site's --health-cmd
#                                             undoes it, and --bisect names the control
#  4  userns-remap beside volumes             the plan names what would vanish; no consent is enough
#  5  dockerd dies 10 s after its start       the gate undoes it where it lasts as long; --bisect names it
#  6  a published port that stops answering   the gate undoes it, and names the port; --bisect names the control
#  7  a removed directive                     refused, with its line, by the version of dockerd
#  8  an unknown authorization plugin         refused, with its line: dockerd dies of it some 15 s later
#  9  a log driver that is not there          refused, with its line; whoever writes it himself hears why not
# 10  a swarm, which forbids live-restore     the plan names each container that a restart stops
#
# 5 waits for its 10 seconds on a host of its own while the others are told. What hangs on no version of
# Docker's (1, 2, 3, 5, 6) is told on trixie alone.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

JSON=/etc/docker/daemon.json
ALL=(web shop db lift client)
LIVE='{\n  "live-restore": true\n}\n'

# What needs a restart of dockerd, and what needs none.
NNP=(--only daemon.no-new-privileges --ack daemon.no-new-privileges)
MODE=(--only file.daemon-json.mode)

flat() {
	tr -s ' \n' ' ' <<<"$OUTPUT"
}

# config TEXT: daemon.json, with printf's escapes; nobody tells dockerd.
config() {
	# shellcheck disable=SC2059  # it is a format
	printf "$1" | h_write "$JSON" 666
}

api_over_tcp() {
	h mkdir -p /etc/systemd/system/docker.service.d /etc/docker/tls
	h_write /etc/systemd/system/docker.service.d/tcp.conf <<-'END'
		[Service]
		ExecStart=
		ExecStart=/usr/sbin/dockerd -H fd:// -H tcp://0.0.0.0:2375 --containerd=/run/containerd/containerd.sock
	END
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$WORK/key.pem" -out "$WORK/cert.pem" -days 30 -subj /CN=lab 2>/dev/null
	for file in ca server-cert; do h_write "/etc/docker/tls/$file.pem" <"$WORK/cert.pem"; done
	h_write /etc/docker/tls/server-key.pem 600 <"$WORK/key.pem"
	h systemctl daemon-reload
}

# A shop that asks its neighbour, a database with volumes, one that lives on sudo, a client of the API.
start_shop() {
	host_start "$1"
	image_import
	h mkdir -p /etc/docker /srv/data
	config "$LIVE"
	api_over_tcp
	h systemctl restart docker.service
	container_run web --publish 8080:80 -- /bin/sh -c 'echo open >/tmp/index.html; exec httpd -f -p 80 -h /tmp'
	container_run shop -- /bin/sh -c 'while :; do wget -qO- http://172.17.0.2/; sleep 1; done'
	container_run db --volume data:/var/data --volume /srv/data:/srv -- /bin/sleep 100000
	container_run lift --user 1000 -- /bin/sleep 100000
	h docker exec --user 0 lift sh -c 'cp /bin/busybox /bin/sudo && chmod 4755 /bin/sudo'
	container_run client -- /bin/sh -c 'while :; do wget -qO /dev/null http://172.17.0.1:2375/events; sleep 0.2; done'
	PIDS=$(pids "${ALL[@]}")
	DOCKERD=$(dockerd_pid)
	remember_host
}

unharmed() {
	is "$(pids "${ALL[@]}")" "$PIDS" "$1: every container has its process"
}

# Nothing was written, and dockerd is the one that it was.
untouched() {
	unharmed "$1"
	is "$(dockerd_pid)" "$DOCKERD" "$1: dockerd was left alone"
}

back() {
	exits 0 "$1: rollback" rollback
	as_before "$1: the files are as before"
	unharmed "$1"
	h systemctl reset-failed docker.service docker.socket
	DOCKERD=$(dockerd_pid)
}

tell_icc() {
	local it="$1, 1, icc" icc=(--only daemon.icc)
	exits 0 "$it: plan" h_harden plan "${icc[@]}"
	like "$(flat)" 'daemon\.icc .*held back: containers [^.]*shop[^.]* can talk over docker0 without a link \(seen now: [^)]*shop with web on 80/tcp' "$it: names who talks"
	exits 0 "$it: apply" apply "${icc[@]}"
	as_before "$it: without consent nothing is written"
	untouched "$it"
}

tell_setuid() {
	local it="$1, 2, set-user-id" only=(--only daemon.no-new-privileges)
	exits 0 "$it: plan" h_harden plan "${only[@]}"
	like "$(flat)" 'held back: container lift runs without root.s rights and has sudo' "$it: names the container and its program"
	exits 0 "$it: apply" apply "${only[@]}"
	as_before "$it: without consent nothing is written"
	untouched "$it"
}

# What was named comes to those that are made anew.
tell_consent() {
	local it="$1, 1 and 2, with consent"
	exits 0 "$it: apply" apply --only daemon.icc --ack daemon.icc "${NNP[@]}"
	ok "$it: ... they still talk" h docker exec shop wget -qO /dev/null http://172.17.0.2/
	like "$(h docker exec lift grep NoNewPrivs /proc/1/status)" '0$' "$it: ... what runs keeps its rights"
	unharmed "$it"
	back "$it"
}
# What a site's own check sees, nobody else does: the client asks as it always did.
tell_client() {
	local it="$1, 3, client over TCP" tls=(--only daemon.tls)
	h timeout 20 sh -c 'until ss -Htn state established "( sport = :2375 )" | grep -q .; do sleep 0.1; done'
	exits 0 "$it: plan" h_harden plan "${tls[@]}"
	like "$(flat)" 'would have to bring a certificate: ([0-9.]+ and )?172\.17\.0\.[0-9]+ \(container client\)' "$it: names the container"
	exits 0 "$it: apply" apply "${tls[@]}"
	as_before "$it: without consent nothing is written"
	untouched "$it"
	h_write /usr/local/sbin/ask 755 <<-'END'
		#!/bin/bash
		exec 3<>/dev/tcp/127.0.0.1/2375 && printf 'GET /_ping HTTP/1.0\r\n\r\n' >&3 && timeout 5 grep -q '^OK' <&3
	END
	remember_host
	exits 2 "$it: with consent, beside the client's own check" apply --bisect --health-cmd /usr/local/sbin/ask "${tls[@]}" --ack daemon.tls "${MODE[@]}"
	like "$(flat)" 'Because of: daemon\.tls . with it: the health command' "$it: ... it is undone and named"
	like "$(flat)" 'Left out: daemon\.tls In force: 1 of 2 controls' "$it: ... and the rest is kept"
	ok "$it: ... the client is answered" h /usr/local/sbin/ask
	back "$it"
}

tell_userns() {
	local it="$1, 4, userns-remap" only=(--level 2 --only daemon.userns-remap)
	exits 0 "$it: plan" h_harden plan "${only[@]}"
	like "$(flat)" '1 image \([^)]*\), 5 containers and 1 volume would vanish from view' "$it: names what would vanish, with its size"
	like "$(flat)" 'held back: containers [^.]*db[^.]* run, and dockerd would not know them any more: stop them first' "$it: ... and whom dockerd would lose"
	exits 5 "$it: no consent is enough" apply "${only[@]}" --ack daemon.userns-remap
	as_before "$it: ... nothing is written"
	untouched "$it"
}

# plant NAME: ExecStartPost= is a program that comes from standard input. A restart that fails may not be counted.
plant() {
	h_write /usr/local/sbin/broken 755
	ship_lines "ExecStartPost=/usr/local/sbin/broken"
	h systemctl reset-failed docker.service docker.socket
	remember_host
}

# On a host of its own, since it lasts: 10 s to each death, and as long to see that all is well without.
plant_death() {
	host_start "$1"
	image_import
	h mkdir -p /etc/docker
	config "$LIVE"
	h systemctl restart docker.service
	container_run web -- /bin/sleep 100000
	plant <<-'END'
		#!/bin/sh
		grep -q no-new-privileges /etc/docker/daemon.json || exit 0
		setsid -f sh -c 'sleep 10; kill -KILL "$1"' sh "$MAINPID" >/dev/null 2>&1
	END
	DEATH=("$HOST" "$(pids web)" "$WORK/death-before")
	cp "$WORK/before" "${DEATH[2]}"
	start_run apply --yes --health-timeout 12s --bisect "${NNP[@]}" "${MODE[@]}"
}

tell_death() {
	local it="$1, 5, death after 10 s" host=$HOST
	HOST=${DEATH[0]}
	is "$(run_code)" 2 "$it: it is undone, and the rest is kept"
	OUTPUT=$(h cat /run/run.out)
	like "$(flat)" 'Because of: daemon\.no-new-privileges . with it: ' "$it: ... which --bisect names"
	like "$(flat)" 'Left out: daemon\.no-new-privileges In force: 1 of 2 controls' "$it: ... with what is in force"
	is "$(pids web)" "${DEATH[1]}" "$it: ... every container has its process"
	exits 0 "$it: ... rollback" rollback
	cp "${DEATH[2]}" "$WORK/before"
	as_before "$it: ... the files are as before"
	HOST=$host
}

tell_deaf() {
	local it="$1, 6, deaf port"
	plant <<-'END'
		#!/bin/sh
		while iptables -D INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset; do :; done 2>/dev/null
		! grep -q max-size /etc/docker/daemon.json || iptables -I INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset
	END
	exits 2 "$it: it is undone, and the rest is kept" apply --bisect --only daemon.log-limits "${MODE[@]}"
	like "$(flat)" 'Because of: daemon\.log-limits . with it: a published port took connections before, and takes none now: [^ ]*:8080 of the container .web' \
		"$it: ... port, container and control are named"
	like "$(flat)" 'Left out: daemon\.log-limits In force: 1 of 2 controls' "$it: ... with what is in force"
	ok "$it: ... the port answers" h timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/8080'
	back "$it"
	unship_lines
	remember_host
}

# found NAME LINES WORDS: daemon.json is bad already, and nobody has told dockerd. What its line says is named, and
# nothing is restarted beside it, whatever is consented to.
found() {
	local it=$1 words=$3
	config "$2"
	remember_host
	OUTPUT=$(h_harden plan "${NNP[@]}" 2>&1 </dev/null || true)
	like "$(flat)" "$words" "$it: plan names directive, line and file"
	exits 5 "$it: apply is refused, with consent as well" apply "${NNP[@]}"
	as_before "$it: ... nothing is written"
	untouched "$it"
	config "$LIVE"
}

tell_removed() {
	local key=cluster-store since=23.0
	[[ $1 != bookworm ]] || key=disable-legacy-registry since='[0-9.]+'
	found "$1, 7, removed directive" '{\n  "live-restore": true,\n  "'$key'": true\n}\n' \
		"dockerd would refuse '$JSON': line 3: '$key' is (refused since engine $since|not a setting of dockerd)"
}

# baseline KEY VALUE: one that somebody wrote.
baseline() {
	h_write /root/own.yaml 600 <<-END
		baseline: own
		version: "1"
		title: What is not there
		controls:
		  - id: own.key
		    severity: medium
		    title: A key
		    resources:
		      - docker-daemon: { key: $1, value: $2 }
	END
}

tell_plugin() {
	local it="$1, 8, unknown plugin"
	found "$it" '{\n  "live-restore": true,\n  "authorization-plugins": ["nosuch"]\n}\n' \
		"line 3 of '$JSON' has \"authorization-plugins\": \[\"nosuch\"\].* plugin 'nosuch' is not there .*: without it dockerd gives up some 15 s after"
	baseline authorization-plugins '["nosuch"]'
	remember_host
	exits 0 "$it: a baseline that wants it" apply --baseline /root/own.yaml
	like "$(flat)" "there is no plugin 'nosuch': dockerd would not start" "$it: ... hears why not"
	as_before "$it: ... nothing is written"
	untouched "$it"
}

tell_driver() {
	local it="$1, 9, dead log driver"
	found "$it" '{\n  "live-restore": true,\n  "log-driver": "nosuch"\n}\n' \
		"line 3 of '$JSON' has \"log-driver\": \"nosuch\".* plugin 'nosuch' is not there .*: without it no container starts"
	baseline log-driver nosuch
	remember_host
	exits 0 "$it: a baseline that wants it" apply --baseline /root/own.yaml
	like "$(flat)" "dockerd has no log driver 'nosuch', and no such plugin is enabled: no container would start" "$it: ... hears why not"
	as_before "$it: ... nothing is written"
	untouched "$it"
}

# stopped: the containers that have another process than before.
stopped() {
	local name was
	read -ra was <<<"$PIDS"
	for name in "${ALL[@]}"; do
		[[ $(container_pid "$name") == "${was[0]}" ]] || echo "$name"
		was=("${was[@]:1}")
	done
}

# No live-restore there, not even lent: who consents knows of each by name, and of none in vain.
tell_swarm() {
	local it="$1, 10, swarm" name
	config '{\n  "live-restore": false\n}\n'
	h systemctl reload docker.service
	h timeout 20 sh -c 'until [ "$(docker info -f "{{.LiveRestoreEnabled}}")" = false ]; do sleep 0.1; done'
	h docker swarm init --advertise-addr 127.0.0.1 >/dev/null
	remember_host
	exits 0 "$it: plan" h_harden plan --only daemon.no-new-privileges,daemon.live-restore
	for name in "${ALL[@]}"; do
		like "$(flat)" "stops 5 containers: [^;]*$name" "$it: names $name, which a restart stops"
	done
	exits 0 "$it: apply" apply --only daemon.no-new-privileges,daemon.live-restore
	as_before "$it: without consent nothing is written"
	untouched "$it"
	exits 0 "$it: with consent" apply "${NNP[@]}"
	is "$(stopped | sort | tr '\n' ' ')" "$(printf '%s\n' "${ALL[@]}" | sort | tr '\n' ' ')" "$it: ... those stop that were named"
	exits 0 "$it: ... and it is rolled back" rollback --ack daemon.no-new-privileges
	as_before "$it: ... the files are as before"
}

need_lab
for suite in "${SUITES[@]}"; do
	! whole "$suite" || plant_death "$suite"
	start_shop "$suite"
	if whole "$suite"; then
		tell_icc "$suite"
		tell_setuid "$suite"
		tell_consent "$suite"
		tell_client "$suite"
	fi
	tell_userns "$suite"
	! whole "$suite" || tell_deaf "$suite"
	tell_removed "$suite"
	tell_plugin "$suite"
	tell_driver "$suite"
	tell_swarm "$suite"
	! whole "$suite" || tell_death "$suite"
	host_stop
	! whole "$suite" || { HOST=${DEATH[0]} && host_stop; }
done
