# shellcheck shell=bash disable=SC2034
# With userland-proxy=false dockerd sets route_localnet of its bridges, and does not take it back; nor
# does 20.10 a rule of the table nat.

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
	local masquerade
	like "$UNDONE" 'docker0\.route_localnet is 1' "$1: the rollback names what is left"
	like "$(h_harden status)" 'docker0\.route_localnet is 1' "$1: so does status"
	masquerade=(POSTROUTING -o docker0 -m addrtype --src-type LOCAL -j MASQUERADE)
	if h iptables -t nat -C "${masquerade[@]}" 2>/dev/null; then
		like "$(tr -s "\n " " " <<<"$UNDONE")" "iptables -t nat -D ${masquerade[*]}" "$1: so does it the rule, and how it is taken out"
		h iptables -t nat -D "${masquerade[@]}"
	fi
	unlike "$(h_harden status)" 'masqueraded' "$1: no rule is named that is not there"
	h sysctl -q -w net.ipv4.conf.docker0.route_localnet=0
	unlike "$(h_harden status)" 'route_localnet' "$1: taken back, it is not named any more"
}
