# shellcheck shell=bash disable=SC2034
# Containers whose log is sent somewhere. With live-restore dockerd takes each over at its start, and
# gives up the one whose collector does not answer then: the process runs on, without a network, and
# can be neither entered nor stopped. Where the collector is a container itself, that is certain.

IN='trixie'
ARGS=(--only daemon.no-new-privileges)

set_up() {
	mkdir -p /etc/docker
	printf '{"live-restore": true}' >/etc/docker/daemon.json
	systemctl restart docker
	docker_up
	docker run -d --name collector -p 127.0.0.1:5514:5514 bb /bin/httpd -f -p 5514
	sleep 1
	docker run -d --name shop --log-driver syslog --log-opt syslog-address=tcp://127.0.0.1:5514 bb /bin/sleep 100000
	docker run -d --name datagrams --log-driver syslog --log-opt syslog-address=udp://127.0.0.1:5514 bb /bin/sleep 100001
	docker run -d --name plain --log-driver syslog bb /bin/sleep 100002
}

expect() {
	like "$PLAN" 'cuts[[:space:]]+off[[:space:]]+1[[:space:]]+container:[[:space:]]+shop' "$1: who would be given up is named, and nobody else"
	like "$PLAN" 'container[[:space:]]+collector[[:space:]]+publishes' "$1: ... and why"
	like "$(h docker network inspect bridge)" '"shop"' "$1: nothing was restarted"
}

# A collector that answers now, and no more while dockerd starts: nobody can foresee that. The gate sees
# it, by the networks and by dockerd's log, and says how it is fixed; then all is well again.
after() {
	h docker rm -f collector shop >/dev/null
	h sh -c 'perl -MIO::Socket::INET -e '\''$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:6514", Listen => 9, ReuseAddr => 1) or die; 1 while $s->accept'\'' >/dev/null 2>&1 &'
	sleep 0.5
	h docker run -d --name shop --log-driver syslog --log-opt syslog-address=tcp://127.0.0.1:6514 bb /bin/sleep 100000 >/dev/null
	h sh -c 'pid=$(systemctl show -P MainPID docker); (while kill -0 "$pid"; do sleep 0.01; done; pkill -x perl) >/dev/null 2>&1 &'
	run_of BLIND apply "${ARGS[@]}"
	like "$CODE" '^[34]$' "$1: an apply after which a container is dockerd's no more does not end well"
	like "$BLIND" "container 'shop' runs[[:space:]]+on,[[:space:]]+but[[:space:]]+dockerd[[:space:]]+could[[:space:]]+not[[:space:]]+take" \
		"$1: ... and tells which"
	is "$(h cat /etc/docker/daemon.json)" '{"live-restore": true}' "$1: ... and the file is as it was"
	run_of BLIND h_harden recover
	is "$CODE" 0 "$1: recover has nothing left to do"
	like "$(tr -s ' \n' ' ' <<<"$BLIND")" "docker restart shop" "$1: ... but names who is still cut off"
	run_of BLIND h_harden plan "${ARGS[@]}"
	like "$BLIND" '1 to add' "$1: what is lost is no reason against a restart any more"
	removed_meanwhile "$1"
}

# Somebody removes a network while dockerd is restarted: here its own ExecStop=, after harden's look. That
# is told, and no loss.
removed_meanwhile() {
	h mkdir -p /etc/systemd/system/docker.service.d
	h sh -c 'printf "[Service]\nExecStop=-/usr/bin/docker network rm nn\n" >/etc/systemd/system/docker.service.d/stop.conf'
	h docker network create nn >/dev/null
	h systemctl daemon-reload
	run_of MEANWHILE apply "${ARGS[@]}" --ack daemon.no-new-privileges
	is "$CODE" 0 "$1: a network that somebody removed meanwhile is no loss"
	like "$MEANWHILE" "network 'nn',[[:space:]]+which[[:space:]]+no[[:space:]]+container[[:space:]]+was[[:space:]]+in" "$1: ... and is told"
}
