# shellcheck shell=bash disable=SC2034
# live-restore keeps processes, and not all that dockerd keeps for them: the port on an address that is
# on another host now, the name of a link, what a link may reach under icc=false, a runtime that was
# taken out. Who would lose it is named, and nobody else.

ARGS=(--only daemon.no-new-privileges)

set_up() {
	cp "$(command -v runc)" /usr/local/bin/r2
	docker stop -t0 keep pub
	printf '{"live-restore": true, "icc": false, "runtimes": {"r2": {"path": "/usr/local/bin/r2"}}}' >/etc/docker/daemon.json
	systemctl restart docker
	docker start keep pub
	docker network create n1
	ip addr add 10.77.0.9/32 dev lo
	docker run -d --name vip -p 10.77.0.9:8077:80 bb /bin/sleep 100001
	docker run -d --name db1 --network n1 bb /bin/sleep 100002
	docker run -d --name shop --network n1 --link db1:database bb /bin/sleep 100003
	docker run -d --name ex --link keep:kk bb /bin/sleep 100004
	docker run -d --name viar2 --runtime r2 bb /bin/sleep 100005
	ip addr del 10.77.0.9/32 dev lo
	printf '{"live-restore": true, "icc": false}' >/etc/docker/daemon.json
	systemctl reload docker
}

# The runtime's change waits, too, where dockerd cannot tell: what it stops is asked with the consent.
expect() {
	run_of ALL h_harden plan "${ARGS[@]}" --ack daemon.no-new-privileges
	like "$ALL" 'stops 4[[:space:]]+containers' "$1: four are named"
	like "$ALL" '10\.77\.0\.9 until' "$1: ... for an address that this host has not"
	like "$ALL" "link[[:space:]]+'db1:database'" "$1: ... for the name of a link"
	like "$ALL" "'/keep:/ex/kk'" "$1: ... for a link under icc=false"
	like "$ALL" "runtime 'r2' is" "$1: ... for a runtime"
	like "$PLAN" 'No changes' "$1: unasked nothing is restarted"
}

after() {
	h docker rm -f vip shop ex viar2
	run_of ALL apply "${ARGS[@]}" --ack daemon.no-new-privileges
	is "$CODE" 0 "$1: without them nothing is lost"
	unlike "$ALL" 'until it is[[:space:]]+started' "$1: ... and nobody is named"
}
