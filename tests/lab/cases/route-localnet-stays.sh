# shellcheck shell=bash disable=SC2034
# With userland-proxy=false dockerd sets route_localnet of its bridges, and does not take it back.

ARGS=(--only daemon.live-restore --only daemon.userland-proxy)
ACK=(--ack daemon.userland-proxy)

set_up() {
	docker rm -f pub
	docker run -d --name lo -p 127.0.0.1:8098:80 --restart always bb /bin/sleep 100000
}

expect() {
	like "$APPLIED" 'net\.ipv4\.conf\.BRIDGE\.route_localnet' "$1: what an undo leaves is said before"
	is "$(h cat /proc/sys/net/ipv4/conf/docker0/route_localnet)" 1 "$1: dockerd sets it"
	unlike "$(h_harden status)" 'route_localnet' "$1: while it is in force, status has nothing to name"
}

after() {
	like "$UNDONE" 'docker0\.route_localnet is 1' "$1: the rollback names what is left"
	like "$(h_harden status)" 'docker0\.route_localnet is 1' "$1: so does status"
	h sysctl -q -w net.ipv4.conf.docker0.route_localnet=0
	unlike "$(h_harden status)" 'route_localnet' "$1: taken back, it is not named any more"
}
