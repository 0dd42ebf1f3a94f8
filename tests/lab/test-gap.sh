#!/bin/bash
#
# What users see of containers: that their published ports take connections, before, meanwhile and after. A
# port that stops answering is undone, and how long each was away is measured.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

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

test_calm() {
	local suite=$1
	exits 0 "$suite: without it the same is kept" apply "${RESTART[@]}"
	ok "$suite: ... the port answers" answers 8080
	exits 0 "$suite: ... and is rolled back" rollback
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
	test_calm "$suite"
	test_health_cmd "$suite"
	host_stop
done
