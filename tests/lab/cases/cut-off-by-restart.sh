# shellcheck shell=bash disable=SC2034
# What live-restore does not keep of a container that it keeps: a port on an address that the host
# lacks while dockerd starts, the names of links on networks that somebody made, and the rules of
# links where icc is false. Who would lose one is named, and nothing is restarted without consent.

IN='bookworm forky'
ARGS=(--only daemon.no-new-privileges)

set_up() {
	mkdir -p /etc/docker
	printf '{"live-restore": true, "icc": false}' >/etc/docker/daemon.json
	systemctl restart docker
	docker_up
	ip link add vrrp0 type veth peer name vrrp1
	ip addr add 10.77.0.1/24 dev vrrp0
	ip addr add 10.77.0.9/32 dev vrrp0
	ip link set vrrp0 up
	docker run -d --name vip -p 10.77.0.9:8080:80 bb /bin/httpd -f
	docker run -d --name here -p 10.77.0.1:8080:80 -p 127.0.0.1:8081:80 bb /bin/httpd -f
	ip route add local 10.78.0.0/24 dev lo # a range that a route makes local: nothing is lost
	docker run -d --name any -p 10.78.0.7:8080:80 bb /bin/httpd -f
	docker network create back
	docker run -d --name db --network back --network-alias store bb /bin/sleep 100001
	docker run -d --name shop --network back --link db:database --link db:store bb /bin/sleep 100002
	docker run -d --name api --expose 80 bb /bin/httpd -f
	docker run -d --name client --link api:a bb /bin/sleep 100003
	sleep 1
	ip addr del 10.77.0.9/32 dev vrrp0
}

# What is the case: 0 where the link still leads there.
name_resolves() {
	h timeout 20 docker exec shop /bin/busybox ping -c1 -W2 database
}

link_leads() {
	h sh -c 'timeout 8 docker exec client /bin/busybox timeout 3 /bin/busybox nc "$(docker inspect -f "{{.NetworkSettings.Networks.bridge.IPAddress}}" api)" 80 </dev/null'
}

expect() {
	local plan
	plan=$(tr -s ' \n' ' ' <<<"$PLAN")
	like "$plan" 'cuts off 3 containers: ' "$1: three would be cut off"
	like "$plan" 'vip \(runs on, cut off: it loses port 8080/tcp on 10\.77\.0\.9, an address' "$1: ... one from its port"
	like "$plan" "shop \\(runs on, cut off: it loses the name 'database', its link to db on network back; only" "$1: ... one from a name, and from one only"
	like "$plan" 'client \(runs on, cut off: it loses the way to api over docker0' "$1: ... one from another container"
	like "$APPLIED" 'No changes' "$1: nothing was restarted"
	run_of TOLD name_resolves
	is "$CODE" 0 "$1: ... and the name is there"
	run_of TOLD link_leads
	is "$CODE" 0 "$1: ... and the link leads there"
}

# With consent they are cut off, and told with what brings it back, which does.
after() {
	local told
	run_of TOLD apply "${ARGS[@]}" --ack daemon.no-new-privileges
	is "$CODE" 0 "$1: with consent it is applied"
	told=$(tr -s ' \n' ' ' <<<"$TOLD")
	like "$told" "cut off a container, as was announced: shop .*only 'docker restart shop' brings it back" "$1: ... and who was cut off is told"
	run_of TOLD name_resolves
	isnt "$CODE" 0 "$1: the name is gone, as was said"
	run_of TOLD link_leads
	isnt "$CODE" 0 "$1: so is the way over the link"
	run_of TOLD h_harden rollback --dry-run
	unlike "$(tr -s ' \n' ' ' <<<"$TOLD")" '(shop|client) \(runs on' "$1: what is lost is no reason against the way back"
	h ip addr add 10.77.0.9/32 dev vrrp0
	h docker restart -t 0 vip shop client >/dev/null
	run_of TOLD name_resolves
	is "$CODE" 0 "$1: docker restart brings the name back"
	run_of TOLD link_leads
	is "$CODE" 0 "$1: ... and the link"
	like "$(h iptables -t nat -S DOCKER)" '10\.77\.0\.9/32.*--dport 8080' "$1: ... and the port"
	run_of TOLD rollback
	is "$CODE" 5 "$1: they have it to lose again, and a rollback needs consent, too"
	unlike "$(tr -s ' \n' ' ' <<<"$TOLD")" 'vip \(runs on' "$1: ... but the port, whose address is there"
	# An address that goes while dockerd ends, which nobody can foresee, is seen by the gate.
	h docker rm -f shop client >/dev/null
	h sh -c 'pid=$(systemctl show -P MainPID docker); (while kill -0 "$pid"; do sleep 0.01; done; ip addr del 10.77.0.9/32 dev vrrp0) >/dev/null 2>&1 &'
	run_of TOLD rollback
	like "$CODE" '^[34]$' "$1: a rollback after which a port is not there does not end well"
	like "$(tr -s ' \n' ' ' <<<"$TOLD")" "container 'vip' runs on, but dockerd did not take its published ports again at its start: 8080/tcp on 10\.77\.0\.9" "$1: ... and tells which"
	h ip addr add 10.77.0.9/32 dev vrrp0
	h docker restart -t 0 vip >/dev/null
	run_of TOLD h_harden recover
	is "$CODE" 0 "$1: recover puts the rest back"
}
