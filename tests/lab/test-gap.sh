#!/bin/bash
#
# What users see of containers: that their published ports take connections, before, meanwhile and after. A
# port that stops answering is undone, and how long each was away is measured.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

GAP_PROBE=${GAP_PROBE:-$(readlink -m "$LAB_DIR/../../build/tests/lab/gap-probe")}

# One suite is enough for a short run; HARDEN_LAB_SUITES names others.
[[ -n ${HARDEN_LAB_SUITES:-} ]] || SUITES=(trixie)

# A restart that touches no port.
RESTART=(--only daemon.live-restore --only daemon.no-new-privileges)

# web NAME PORT: answers there.
web() {
	container_run "$1" --publish "$2:80" -- /bin/httpd -f -p 80 -h /tmp
}

answers() {
	h timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/"$1"' bash "$1"
}

flat() {
	tr -s ' \n' ' ' <<<"$OUTPUT"
}

start_host() {
	host_start "$1"
	image_import
	h mkdir -p /etc/docker
	h_write /etc/docker/daemon.json <<<'{"live-restore": true}'
	h systemctl restart docker.service
	web web 8080
	web other 8081
	container_run silent --publish 8082:80 -- /bin/sleep 100000
	container_run dns --publish 53/udp -- /bin/sleep 100000
	ok "$1: a published port answers" answers 8080
}

# plant_deaf WHEN: a dockerd whose start on a file with this word closes port 8080, and opens it otherwise.
plant_deaf() {
	h_write /usr/local/sbin/deaf 755 <<'END'
#!/bin/sh
while iptables -D INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset; do :; done 2>/dev/null
! grep -q "$1" /etc/docker/daemon.json || iptables -I INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset
END
	ship_lines "ExecStartPost=/usr/local/sbin/deaf $1"
}

test_deaf() {
	local suite=$1 pids
	pids=$(pids web other silent dns)
	plant_deaf no-new-privileges
	exits 3 "$suite: a port that stops answering undoes it" apply "${RESTART[@]}"
	like "$(flat)" "a published port took connections before, and takes none now: 127\.0\.0\.1:8080 of the container 'web'" \
		"$suite: ... and is named, alone"
	is "$(pids web other silent dns)" "$pids" "$suite: ... every container has its process"
	ok "$suite: ... and the port answers again" answers 8080
	unship_lines
	h systemctl reset-failed docker.service docker.socket
}

# Beside the usual socket one of TCP, which systemd hands to dockerd.
open_tcp() {
	h_write /etc/systemd/system/docker-tcp.socket <<'END'
[Socket]
ListenStream=2375
Service=docker.service
[Install]
WantedBy=sockets.target
END
	h systemctl daemon-reload
	h systemctl stop docker.service docker.socket
	h systemctl enable --now docker-tcp.socket docker.socket 2>/dev/null
	h systemctl start docker.service
}

close_tcp() {
	h systemctl stop docker.service docker.socket docker-tcp.socket
	h systemctl disable docker-tcp.socket 2>/dev/null
	h rm /etc/systemd/system/docker-tcp.socket
	h systemctl daemon-reload
	h systemctl start docker.service
}

# plant_mute WHEN: a dockerd whose start on a file with this word keeps clients of its API out, by TCP and by group.
plant_mute() {
	h_write /usr/local/sbin/mute 755 <<'END'
#!/bin/sh
while iptables -D INPUT -p tcp --dport 2375 -j REJECT --reject-with tcp-reset; do :; done 2>/dev/null
chgrp docker /run/docker.sock
grep -q "$1" /etc/docker/daemon.json || exit 0
iptables -I INPUT -p tcp --dport 2375 -j REJECT --reject-with tcp-reset
chgrp root /run/docker.sock
END
	ship_lines "ExecStartPost=/usr/local/sbin/mute $1"
}

# What clients of the API see, remote ones among them.
test_api() {
	local suite=$1 pids group
	pids=$(pids web other silent dns)
	open_tcp
	plant_mute no-new-privileges
	group=$(h stat -c %g /run/docker.sock)
	h systemd-run --quiet --unit=remote bash -c 'exec 3<>/dev/tcp/127.0.0.1/2375; sleep 1000'
	exits 0 "$suite: the plan" h_harden plan "${RESTART[@]}"
	like "$(flat)" 'ends 1 open connection to its API over TCP, from 127\.0\.0\.1' "$suite: ... names a remote client of the API"
	exits 3 "$suite: an API that keeps clients out undoes it" apply "${RESTART[@]}"
	like "$(flat)" 'the Engine API answered before, and does not now: [^;]*127\.0\.0\.1:2375 \(where 127\.0\.0\.1 had connections\)' \
		"$suite: ... and the address is named, with who came there"
	like "$(flat)" "/run/docker\.sock, which the group $group could use" "$suite: ... and the socket whose group it lost"
	is "$(h stat -c %g /run/docker.sock)" "$group" "$suite: ... which it has again"
	is "$(pids web other silent dns)" "$pids" "$suite: ... every container has its process"
	unship_lines
	h systemctl stop remote.service
	h systemctl reset-failed docker.service docker.socket
	close_tcp
}

test_measured() {
	local suite=$1 id gap
	exits 0 "$suite: without it the same is kept" apply "${RESTART[@]}"
	like "$(flat)" 'Published ports: [0-9]+ of [0-9]+ were away for a time, the longest \([^)]* of (web|other)\) for [0-9]' \
		"$suite: ... and how long ports were away is told"
	like "$(flat)" 'The Engine API was away for [0-9.]+ m?s at most' "$suite: ... how long the API was, too"
	like "$(flat)" 'Published ports not measured: [0-9]+/udp on [^ ]* of dns' "$suite: ... with what was not measured"
	ok "$suite: ... the port answers" answers 8080
	id=$(h_harden history --json | jq -r '.transactions[-1].id')
	gap=$(h_harden show "$id" --json | jq '.transaction.gap')
	ok "$suite: ... the ledger has it" jq -en --argjson gap "$gap" '$gap | .longest_ms > 0 and .api_ms > 0 and .api_ms < 60000 and .longest_ms < 60000 and (.ports | all(.away == false and (.container == "web" or .container == "other"))) and (.ports | map(.at) | contains(["127.0.0.1:8080", "127.0.0.1:8081"]))'
	like "$(h_harden show "$id")" '127\.0\.0\.1:8080 of web: [0-9]' "$suite: ... and shows it"
	exits 0 "$suite: ... and is rolled back" rollback
	exits 0 "$suite: the next plan" h_harden plan "${RESTART[@]}"
	like "$(flat)" 'API and published ports away a few seconds; published ports [0-9.]+ m?s at most the last time' "$suite: ... says how long the last time"
	is "$(h_harden plan --json "${RESTART[@]}" | jq '.last_gap_ms > 0')" true "$suite: ... in JSON too"
}

# Without the proxy nothing takes connections to IPv6 or to where nobody listens; neither is a surprise.
test_no_proxy() {
	local suite=$1 proxy=(--only daemon.userland-proxy --ack daemon.userland-proxy)
	exits 0 "$suite: userland-proxy=false is kept" apply "${proxy[@]}"
	like "$(flat)" '\[::1\]:808[01] of the container .(web|other). takes no connection any more: dockerd starts no proxy for it, as was announced' \
		"$suite: ... and tells of IPv6"
	unlike "$(flat)" '8082 of the container' "$suite: ... and not of a port behind which nobody listens"
	ok "$suite: ... the port answers" answers 8080
	exits 0 "$suite: ... and is rolled back" rollback
}

# A unit that goes down before dockerd, and takes its time for that.
slow_dependent() {
	h_write /etc/systemd/system/shop-db.service <<'END'
[Unit]
Requires=docker.service
After=docker.service
[Service]
ExecStart=/bin/sleep 100000
ExecStop=/bin/sleep 9
END
	h systemctl daemon-reload
	h systemctl start shop-db.service
}

test_max_gap() {
	local suite=$1 pids
	pids=$(pids web other silent dns)
	slow_dependent
	exits 3 "$suite: a gap that is longer than is allowed undoes it, however long others stop before" \
		apply --max-gap 1ms --ack daemon.no-new-privileges "${RESTART[@]}"
	like "$(flat)" 'took no connection for at least [0-9]+ ms, and 1 ms are allowed' "$suite: ... and says so"
	is "$(h_harden show --json "$(h_harden history --json | jq -r '.transactions[-1].id')" | jq '[.transaction.gap.ports[].ms] | min > 0')" \
		true "$suite: ... of no port it says 0"
	h systemctl stop shop-db.service
	h rm /etc/systemd/system/shop-db.service
	h systemctl daemon-reload
	is "$(pids web other silent dns)" "$pids" "$suite: ... every container has its process"
	exits 0 "$suite: one that is not is kept" apply --max-gap 1m "${RESTART[@]}"
	exits 0 "$suite: ... and rolled back" rollback --max-gap 1m
}

# notes NAME CODE: a command that notes that it ran, and which dockerd did.
notes() {
	h_write "/usr/local/sbin/$1" 755 <<END
#!/bin/sh
echo "$1 \$(grep -c no-new-privileges /etc/docker/daemon.json) \$(systemctl show -P MainPID docker.service)" >>/run/drained
exit $2
END
}

drained() {
	h sh -c 'cut -d" " -f"$1" /run/drained | tr "\n" " "' sh "$1"
}

test_drain() {
	local suite=$1 before commands=(--drain-cmd /usr/local/sbin/out --undrain-cmd /usr/local/sbin/back)
	notes out 0
	notes back 0
	h systemctl reset-failed docker.service docker.socket
	h rm -f /run/drained
	before=$(dockerd_pid)
	exits 0 "$suite: it is drained" apply "${commands[@]}" "${RESTART[@]}"
	is "$(drained 1,3)" "out $before back $(dockerd_pid) " "$suite: ... before the restart, and undrained behind it"
	exits 0 "$suite: ... and rolled back" rollback
	notes out 7
	h rm -f /run/drained
	before=$(dockerd_pid)
	exits 3 "$suite: a drain that fails ends it" apply "${commands[@]}" "${RESTART[@]}"
	like "$(flat)" "the drain command: '/usr/local/sbin/out' failed \\(exit code 7\\)" "$suite: ... and says so"
	is "$(dockerd_pid)" "$before" "$suite: ... before dockerd is restarted"
	is "$(drained 1,2)" 'out 1 back 0 ' "$suite: ... and it is undrained once the files are back"
	notes out 0
	h rm -f /run/drained
	start_run apply --yes --health-timeout 30s "${commands[@]}" "${RESTART[@]}"
	wait_for_phase '1 restart of dockerd'
	send KILL
	run_code >/dev/null
	is "$(drained 1)" 'out ' "$suite: killed in between"
	exits 0 "$suite: ... recovery" h_harden recover
	is "$(drained 1,2)" 'out 1 back 0 ' "$suite: ... undrains it when all is put back"
	h systemctl reset-failed docker.service docker.socket
}

# Beside a restart by hand, of the same host with as many containers: a report, not a promise.
test_beside_plain() {
	local suite=$1 i ports=() plain ours
	h_write /usr/local/bin/gap-probe 755 <"$GAP_PROBE"
	for ((i = 0; i < 25; i++)); do
		web "many-$i" $((9000 + i))
		ports+=($((9000 + i)))
	done
	h systemctl reset-failed docker.service docker.socket
	plain=$(h gap-probe "${ports[@]}" -- systemctl restart docker.service)
	exits 0 "$suite: with 25 published containers it is kept" apply "${RESTART[@]}"
	ours=$(h_harden history --json | jq -r '.transactions[-1].id')
	ours=$(h_harden show "$ours" --json | jq '.transaction.gap | select(.ports | map(select(.container | startswith("many-"))) | length >= 25) | .longest_ms')
	ok "$suite: ... and the gap of each is measured" test "${ours:-0}" -gt 0
	diag "$suite: 25 published containers: a plain restart $plain ms, harden ${ours:-?} ms$(awk -v a="${ours:-0}" -v b="$plain" 'BEGIN { printf ", x%.2f%s", a / b, (a > 1.5 * b) ? " (longer than x1.5)" : "" }')"
	h sh -c 'docker rm --force $(docker ps --quiet --filter name=many-)' >/dev/null
}

test_health_cmd() {
	local suite=$1
	h_write /usr/local/sbin/well 755 <<'END'
#!/bin/sh
! grep -q no-new-privileges /etc/docker/daemon.json || { echo the shop is closed; exit 3; }
END
	exits 3 "$suite: a health command that fails afterwards undoes it" apply --health-cmd /usr/local/sbin/well "${RESTART[@]}"
	like "$(flat)" "the health command: '/usr/local/sbin/well' failed \(exit code 3\): the shop is closed" "$suite: ... and says why"
	unlike "$(flat)" 'now that all is put back, too' "$suite: ... and does well once all is put back"
	exits 5 "$suite: one that fails before is a refusal" apply --health-cmd /bin/false "${RESTART[@]}"
	like "$(flat)" "says, before anything is changed, that the host is not well: '/bin/false' failed" "$suite: ... that says so"
	h chmod 777 /usr/local/sbin/well
	exits 5 "$suite: one that others can write is not run" apply --health-cmd /usr/local/sbin/well "${RESTART[@]}"
	like "$(flat)" "others can write it" "$suite: ... which says why"
	h chmod 755 /usr/local/sbin/well
}

need_lab
for suite in "${SUITES[@]}"; do
	start_host "$suite"
	test_deaf "$suite"
	test_measured "$suite"
	if whole "$suite"; then
		test_api "$suite"
		test_no_proxy "$suite"
		test_max_gap "$suite"
		test_health_cmd "$suite"
		test_drain "$suite"
		test_beside_plain "$suite"
	fi
	host_stop
done
