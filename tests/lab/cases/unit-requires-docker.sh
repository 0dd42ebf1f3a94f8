# shellcheck shell=bash disable=SC2034
# Units that hang on docker.service (Requires=, PartOf=, BindsTo=) go down with its restart, and
# their containers with them: garethr-docker#691, matrix-docker-ansible-deploy#308, ceph-ansible#5444.
# So is what such a unit listens on for dockerd: a container that logs to it is cut off. A word of a
# command is not a container for being called as one.

IN='bookworm trixie'

set_up() {
	cat >/etc/systemd/system/docker-shop.service <<-'X'
		[Unit]
		Description=shop in a container
		After=docker.service
		Requires=docker.service
		[Service]
		Restart=always
		ExecStartPre=-/usr/bin/docker rm -f shop
		ExecStart=/usr/bin/docker run --rm --name shop bb /bin/sleep 100000
		ExecStop=/usr/bin/docker stop -t 1 shop
		[Install]
		WantedBy=multi-user.target
	X
	cat >/etc/systemd/system/compose-web.service <<-'X'
		[Unit]
		Description=compose project
		After=docker.service
		PartOf=docker.service
		BindsTo=docker.service
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/usr/bin/docker run -d --name web bb /bin/sleep 100000
		ExecStopPost=/opt/web/down
		[Install]
		WantedBy=multi-user.target
	X
	mkdir -p /opt/web
	printf '#!/bin/sh\ndocker rm -f web\n' >/opt/web/down
	chmod +x /opt/web/down
	cat >/etc/systemd/system/logs.service <<-'X'
		[Unit]
		Requires=docker.service
		After=docker.service
		[Service]
		ExecStart=/usr/bin/perl -MIO::Socket::INET -e 'our @s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:7514", Listen => 9, ReuseAddr => 1); sleep 9000' keep
	X
	systemctl daemon-reload
	systemctl start docker-shop compose-web logs
	until docker run -d --name sent --log-driver syslog --log-opt syslog-address=tcp://127.0.0.1:7514 bb /bin/sleep 100000; do docker rm -f sent; sleep 0.1; done
	until docker inspect shop web >/dev/null 2>&1; do sleep 0.1; done
}

expect() {
	like "$PLAN" 'docker-shop\.service' "$1: the plan names the unit that requires docker.service"
	like "$PLAN" 'compose-web\.service' "$1: ... and the one that is part of it"
	run_of DOWN h_harden plan --only daemon.live-restore,daemon.no-new-privileges --ack daemon.no-new-privileges
	DOWN=$(tr -s ' \n' ' ' <<<"$DOWN")
	like "$DOWN" 'web \(goes down with compose-web\.service[;)]' "$1: a container that a script removes goes down with its unit"
	like "$DOWN" 'what ExecStopPost= of compose-web\.service does to containers is not known: /opt/web/down' "$1: ... and what else the script does is not known"
	unlike "$DOWN" 'should keep running' "$1: ... so nobody is said to run on"
	unlike "$DOWN" 'keep \(goes down' "$1: a name among the words of a program is not a container"
	like "$DOWN" 'sent \(runs on, cut off: .* port 7514, which logs\.service has, and that goes down' "$1: who logs to such a unit is cut off"
}

# What the printed way back needs is said beside it; what speaks against it is said by it.
after() {
	local undo
	run_of TOLD apply --only daemon.no-new-privileges --ack daemon.no-new-privileges
	is "$CODE" 0 "$1: with consent the restart is made"
	TOLD=$(tr -s ' \n' ' ' <<<"$TOLD")
	undo=$(sed -n 's/.*Undo: harden \(rollback [^ ]*\).*/\1/p' <<<"$TOLD")
	like "$TOLD" "'--ack daemon\.no-new-privileges' consents to it" "$1: ... and what the undo needs is said beside it"
	# shellcheck disable=SC2086  # words of a command
	run_of TOLD h_harden $undo --yes --health-timeout "$GATE"
	is "$CODE" 5 "$1: ... without which it is refused"
	# shellcheck disable=SC2086
	run_of TOLD h_harden $undo --yes --health-timeout "$GATE" --ack daemon.no-new-privileges
	is "$CODE" 0 "$1: ... and with it does it"
	like "$TOLD" 'docker-shop\.service.*\(acknowledged: daemon\.no-new-privileges\)' "$1: ... and says to what was consented"
}
