# shellcheck shell=bash disable=SC2034
# dockerd runs, and could not be started again: systemd would refuse, a condition of its start does
# not hold any more, a unit that it needs fails now. Who consents is refused, too, before anything
# is written.

IN='bookworm forky'
ARGS=(--only daemon.no-new-privileges)
ACK=(--ack daemon.no-new-privileges)
APPLY=5

set_up() {
	touch /srv/flag
	printf '[Service]\nType=oneshot\nExecStart=/usr/bin/test -e /srv/flag\n' >/etc/systemd/system/need.service
	mkdir -p /etc/systemd/system/docker.service.d
	printf '[Unit]\nConditionPathExists=/srv/flag\nRequires=need.service\nAfter=need.service\n' \
		>/etc/systemd/system/docker.service.d/start.conf
	printf '{"live-restore": true}' >/etc/docker/daemon.json
	systemctl daemon-reload
	systemctl reload docker
	systemctl restart docker
	rm /srv/flag
}

between() {
	touch /srv/flag
	printf 'MET '
	harden plan --only daemon.no-new-privileges
	printf '[Unit]\nRefuseManualStop=yes\n' >/etc/systemd/system/docker.service.d/start.conf
	systemctl daemon-reload
	printf 'REFUSED '
	harden plan --only daemon.no-new-privileges
	printf '[Service]\nType=oneshot\nRestart=no\n' >/etc/systemd/system/docker.service.d/start.conf
	systemctl daemon-reload
	printf 'TYPE '
	harden plan --only daemon.no-new-privileges
	rm /etc/systemd/system/docker.service.d/start.conf
	systemctl daemon-reload
	printf '{"live-restore": true, "metrics-addr": "127.0.0.1:9444", "experimental": true}' >/etc/docker/daemon.json
	perl -MIO::Socket::INET -e 'IO::Socket::INET->new(LocalAddr => "127.0.0.1:9444", Listen => 1) and sleep 20' &
	sleep 0.5
	printf 'PORT '
	harden plan --only daemon.no-new-privileges
	kill "$!"
	printf '{"live-restore": true}' >/etc/docker/daemon.json
	printf '[Service]\nType=oneshot\nRestart=no\n' >/etc/systemd/system/docker.service.d/start.conf
	systemctl daemon-reload
}

expect() {
	like "$PLAN" 'not start it[[:space:]]+again: ConditionPathExists=/srv/flag' \
		"$1: the condition that fails now is named"
	like "$BETWEEN" 'need\.service is inactive, and dockerd.s start' "$1: so is the unit that may fail"
	like "$BETWEEN" 'REFUSED .*systemd refuses to restart' "$1: and RefuseManualStop="
	like "$BETWEEN" 'TYPE .*with Type=oneshot docker\.service[[:space:]]+never' "$1: and a type that dockerd does not serve"
	like "$BETWEEN" 'PORT .*another[[:space:]]+process[[:space:]]+listens[[:space:]]+on' "$1: and a port of its settings that somebody else has"
	is "$(h systemctl is-active docker)" active "$1: dockerd runs on"
}

# A unit that dockerd needs and that is started with it: who consents goes on, and reads which failed.
after() {
	h sh -c 'printf "[Unit]\nRequires=need.service\nAfter=need.service\n" >/etc/systemd/system/docker.service.d/start.conf; systemctl daemon-reload; rm /srv/flag'
	run_of LEFT apply "${ARGS[@]}" "${ACK[@]}"
	is "$CODE" 4 "$1: dockerd stays down where need.service fails"
	like "$LEFT" "ended with 'dependency':[[:space:]]+need\\.service[[:space:]]+failed" "$1: ... and it is named"
	h sh -c 'touch /srv/flag; systemctl reset-failed'
	run_of LEFT h_harden recover
	is "$CODE" 0 "$1: once it starts, recover puts everything back"
	is "$(h systemctl is-active docker)" active "$1: ... and dockerd runs"
}
