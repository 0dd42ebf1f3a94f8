# shellcheck shell=bash disable=SC2034
# Rules of others in the packet filter that dockerd's start overrules or takes away: those above its
# jumps in FORWARD (with 28.5 it lets in above them what they forbid), and those in its chain DOCKER,
# which it makes anew. What systemd starts if dockerd does not come back is told.

IN='bookworm forky'
ARGS=(--only daemon.no-new-privileges)

set_up() {
	mkdir -p /etc/systemd/system/docker.service.d
	printf '[Unit]\nOnFailure=alert.service\n' >/etc/systemd/system/docker.service.d/alert.conf
	printf '{"live-restore": true}' >/etc/docker/daemon.json
	systemctl daemon-reload
	systemctl reload docker
	systemctl restart docker
	until docker version >/dev/null 2>&1; do sleep 0.1; done
	iptables -I FORWARD 1 -i eth9 -d 172.17.0.0/16 -j DROP
	iptables -I DOCKER 1 -s 192.0.2.7 -j DROP
	iptables -I DOCKER-USER 1 -s 192.0.2.8 -j DROP
}

expect() {
	local above='held back: 1 rule of others stands in FORWARD above the jumps'
	if [[ $1 == forky* ]]; then
		like "$PLAN" "$above" "$1: a rule above dockerd's jumps holds"
	else
		unlike "$PLAN" "$above" "$1: a rule above the one jump that moves does not hold"
	fi
	like "$PLAN" 'without[[:space:]]+the 1 rule of others there' "$1: a rule in dockerd's chain holds"
	unlike "$PLAN" 'ip6tables' "$1: what has none is not named"
	run_of TOLD h_harden plan "${ARGS[@]}" --ack daemon.no-new-privileges
	like "$TOLD" 'if dockerd fails to start, systemd starts alert\.service' "$1: OnFailure= is told"
	h iptables -D FORWARD -i eth9 -d 172.17.0.0/16 -j DROP
	h iptables -N vpn
	h iptables -N vpn-in
	h iptables -A vpn-in -i wg0 -j ACCEPT
	h iptables -A vpn -j vpn-in
	h iptables -A vpn -j RETURN
	h iptables -I FORWARD 1 -j vpn
	run_of TOLD h_harden plan "${ARGS[@]}"
	unlike "$TOLD" 'stands in FORWARD above' "$1: a chain that only accepts holds nothing"
	h iptables -A vpn-in -s 192.0.2.9 -j DROP
	run_of TOLD h_harden plan "${ARGS[@]}"
	if [[ $1 == forky* ]]; then
		like "$TOLD" "$above" "$1: one that drops further in does"
	fi
	h iptables -D FORWARD -j vpn
	h iptables -D DOCKER -s 192.0.2.7 -j DROP
	run_of TOLD h_harden plan "${ARGS[@]}"
	like "$TOLD" 'no-new-privileges.* \[R\] ' "$1: without those rules, and with those of dockerd for a port, nothing holds"
	expect_lost_network "$1"
	expect_closed_ports "$1"
}

# What dockerd makes anew has to be possible as it was: a network whose parent is gone would be lost.
expect_lost_network() {
	h ip link add p1 type veth peer name p1b
	h docker network create -d macvlan --subnet 10.77.0.0/24 -o parent=p1 lan >/dev/null
	run_of TOLD h_harden plan "${ARGS[@]}"
	like "$TOLD" 'no-new-privileges.* \[R\] ' "$1: a macvlan network that has its parent holds nothing"
	h ip link del p1
	run_of TOLD h_harden plan "${ARGS[@]}"
	like "$(tr -s ' \n' ' ' <<<"$TOLD")" "held back: network 'lan' \(macvlan\) stands on the interface p1" "$1: ... and holds where that is gone"
	h docker network rm lan >/dev/null
}

# A port that is closed in a chain of dockerd is open again after its start: named and held.
expect_closed_ports() {
	local -a rule
	local line gone='container pub publishes 8099/tcp on 0\.0\.0\.0, and rules of dockerd'
	h iptables -I DOCKER 1 -o docker0 ! -i docker0 -p tcp --dport 80 -j DROP
	h iptables -t nat -I DOCKER 1 -p tcp --dport 8099 -j RETURN
	run_of TOLD h_harden plan "${ARGS[@]}"
	TOLD=$(tr -s ' \n' ' ' <<<"$TOLD")
	like "$TOLD" 'chain DOCKER anew' "$1: a rule that drops what goes to a bridge holds"
	like "$TOLD" 'chain DOCKER of the table nat anew' "$1: one in the table nat does"
	h iptables -D DOCKER 1
	h iptables -t nat -D DOCKER 1
	line=$(h iptables -S DOCKER | grep -e '--dport 80 -j ACCEPT')
	read -ra rule <<<"${line#-A }"
	h iptables -D "${rule[@]}"
	run_of TOLD h_harden plan "${ARGS[@]}"
	like "$(tr -s ' \n' ' ' <<<"$TOLD")" "$gone" "$1: a rule of dockerd that was taken out holds"
}
