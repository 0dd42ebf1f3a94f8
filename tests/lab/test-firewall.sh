#!/bin/bash
#
# The packet filter with real connections: a second network namespace is the world, with one
# address that may come in and one that may not. The API's port, a port that a container
# publishes, ssh's place taken by another listener, a flush, a boot, and the way back.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

WORLD=      # the namespace that stands for the rest of the world
HOST_ADDRESS=10.77.0.1
FRIEND=10.77.0.2
STRANGER=10.77.0.3

# link_world: a veth between the host and a namespace of this test's own.
link_world() {
	local pid
	pid=$("$LAB" pid "$HOST")
	WORLD=lab-world-$$
	ip netns add "$WORLD"
	ip link add lab0 netns "$WORLD" type veth peer name lab0 netns "/proc/$pid/ns/net"
	ip -n "$WORLD" address add $FRIEND/24 dev lab0
	ip -n "$WORLD" address add $STRANGER/24 dev lab0
	ip -n "$WORLD" address add fd77::2/64 dev lab0 nodad
	ip -n "$WORLD" link set lab0 up
	h ip address add $HOST_ADDRESS/24 dev lab0
	h ip address add fd77::1/64 dev lab0 nodad
	h ip link set lab0 up
}

unlink_world() {
	ip netns delete "$WORLD"
}

# comes_in FROM PORT [TO]: whether a new connection from that address is answered at all. A packet
# that is dropped has no answer, so `out` is what takes long.
comes_in() {
	local to=${3:-$HOST_ADDRESS}
	[[ $1 != *:* ]] || to=fd77::1
	ip netns exec "$WORLD" /usr/bin/python3 -c '
import socket, sys
try:
    socket.create_connection((sys.argv[2], int(sys.argv[3])), timeout=6, source_address=(sys.argv[1], 0))
    print("in")
except TimeoutError:
    print("out")
' "$1" "$to" "$2"
}

# A listener: dockerd's port without dockerd, and one that nothing limits.
listen() {
	h systemd-run --quiet --unit "lab-listen-$1" /bin/busybox httpd -f -p "$1" -h /run
	h timeout 20 sh -c 'until /bin/busybox nc -w 2 127.0.0.1 "$1" </dev/null; do sleep 0.2; done' sh "$1"
}

# want NAME PORTS SOURCES
want() {
	h_write /root/"$1".yaml 600 <<-EOF
		baseline: lab
		version: "1"
		title: Some ports
		controls:
		  - id: network.lab
		    severity: medium
		    title: Some ports
		    resources:
		      - firewall: { name: $1, ports: [$2], sources: [$3] }
	EOF
}

rules() {
	h nft list ruleset inet
}

test_api() {
	local suite=$1
	want api '2376/tcp' "$FRIEND, 'fd78::/16'"
	is "$(comes_in $STRANGER 2376)$(comes_in $FRIEND 2376)" inin "$suite: everybody reaches the port"
	remember_host
	rules >"$WORK/rules"
	exits 0 "$suite: it is limited" apply --baseline /root/api.yaml
	is "$(comes_in $FRIEND 2376)" in "$suite: ... who is named comes in"
	is "$(comes_in $STRANGER 2376)" out "$suite: ... who is not stays out"
	is "$(comes_in fd77::2 2376)" out "$suite: ... by IPv6 as well"
	is "$(comes_in $STRANGER 2222)" in "$suite: ... other ports are as they were"
	is "$(h /bin/busybox nc -w 2 127.0.0.1 2376 </dev/null && echo in)" in "$suite: ... and so is loopback"
	is "$(h systemctl is-enabled harden-firewall-api.service)" enabled "$suite: ... the boot loads it"
	is "$(planned --baseline /root/api.yaml)" '' "$suite: ... and nothing is left to do"
}

test_flush() {
	local suite=$1
	h nft delete table inet harden
	is "$(comes_in $STRANGER 2376)" in "$suite: somebody takes the rules away"
	is "$(planned --baseline /root/api.yaml)" network.lab "$suite: ... which is seen"
	exits 0 "$suite: ... and fixed" apply --baseline /root/api.yaml
	is "$(comes_in $STRANGER 2376)" out "$suite: ... the stranger stays out"
	exits 0 "$suite: ... that is taken back" rollback
	is "$(comes_in $STRANGER 2376)" out "$suite: ... and the one before wants the rules still"
	h nft delete table inet harden
	h systemctl restart harden-firewall-api.service
	is "$(comes_in $STRANGER 2376)" out "$suite: ... and the unit loads them, too"
}

test_back() {
	local suite=$1
	exits 0 "$suite: all of it is put back" rollback
	as_before "$suite: ... to the last link"
	is "$(rules)" "$(cat "$WORK/rules")" "$suite: ... no table of ours is left"
	is "$(comes_in $STRANGER 2376)" in "$suite: ... the port is open again"
}

# Who has a connection open is not shut out behind his back, nor cut off.
test_peer() {
	local suite=$1 out
	mkfifo "$WORK/say"
	ip netns exec "$WORLD" /usr/bin/python3 -u -c '
import socket, sys
s = socket.create_connection(("'$HOST_ADDRESS'", 2376), source_address=("'$STRANGER'", 0))
print("connected")
sys.stdin.readline()
s.sendall(b"GET / HTTP/1.0\r\n\r\n")
print(s.recv(100))
' <"$WORK/say" >"$WORK/heard" &
	exec 7>"$WORK/say"
	timeout 20 sh -c 'until grep -q connected "$1"; do sleep 0.1; done' sh "$WORK/heard"
	is "$(held --baseline /root/api.yaml)" network.lab "$suite: an open connection holds the control back"
	out=$(h_harden plan --baseline /root/api.yaml)
	like "$out" "$STRANGER has a connection" "$suite: ... by its address"
	exits 0 "$suite: acknowledged, it is limited" apply --baseline /root/api.yaml --ack network.lab
	is "$(comes_in $STRANGER 2376)" out "$suite: ... for new connections"
	echo go >&7
	ok "$suite: ... and the open one lives on" timeout 20 sh -c \
		'until grep -q HTTP "$1"; do sleep 0.1; done' sh "$WORK/heard"
	exec 7>&-
	wait
	rm "$WORK/say"
	exits 0 "$suite: ... and is put back" rollback
}

test_published() {
	local suite=$1 address first
	want ingress '"@published"' "$FRIEND"
	container_run web -p 8080:80 -- /bin/httpd -f -p 80
	address=$(h docker inspect --format '{{.NetworkSettings.IPAddress}}' web)
	ip -n "$WORLD" route replace 172.16.0.0/12 via $HOST_ADDRESS
	is "$(comes_in $STRANGER 8080)$(comes_in $FRIEND 8080)" inin "$suite: a published port is open to all"
	[[ $suite == forky ]] ||
		is "$(comes_in $STRANGER 80 "$address")" in "$suite: ... and at the container's own address"
	exits 0 "$suite: it is limited" apply --baseline /root/ingress.yaml
	first=$(h_harden history --json | jq -r '.transactions[-1].id')
	is "$(comes_in $FRIEND 8080)" in "$suite: ... who is named comes in"
	is "$(comes_in $STRANGER 8080)" out "$suite: ... who is not stays out"
	h systemctl restart docker.service
	h docker start web >/dev/null
	is "$(comes_in $STRANGER 8080)" out "$suite: ... also when dockerd has made its rules anew"
	is "$(comes_in $STRANGER 80 "$address")" out "$suite: ... nor does the container's own address let him in"
	container_run late -p 8081:80 -- /bin/httpd -f -p 80
	exits 2 "$suite: ... what is published later is seen by check" h_harden check --baseline /root/ingress.yaml
	exits 0 "$suite: ... and closed" apply --baseline /root/ingress.yaml
	is "$(comes_in $STRANGER 8081)" out "$suite: ... the stranger stays out"
	exits 5 "$suite: ... the older one does not go beneath the newer" rollback "$first"
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" "rests on what $first did" "$suite: ... which is named"
	exits 0 "$suite: ... nor does it where the rest goes" rollback --on-conflict keep "$first"
	is "$(comes_in $STRANGER 8081)" out "$suite: ... the stranger stays out"
	h docker rm -f late >/dev/null
	exits 0 "$suite: the newer is put back" rollback
	exits 0 "$suite: ... and what the older left to it" rollback --on-conflict before "$first"
	is "$(comes_in $STRANGER 8080)" in "$suite: ... it is open again"
	is "$(h systemctl is-active harden-firewall-ingress.service)" inactive "$suite: ... its unit is down"
	exits 0 "$suite: it is limited once more" apply --baseline /root/ingress.yaml
	exits 0 "$suite: ... and what was undone is not undone again" rollback --on-conflict before "$first"
	is "$(comes_in $STRANGER 8080)" out "$suite: ... the stranger stays out"
	exits 0 "$suite: it is put back" rollback
	is "$(comes_in $STRANGER 8080)" in "$suite: ... and open again"
	h docker rm -f web >/dev/null
}

# A port that is published on one address is closed there; what the host itself has at that port of
# another address, its resolver for the virtual machines, is reached as before.
test_one_address() {
	local suite=$1 own=10.77.0.9
	want ingress '"@published"' "$FRIEND"
	h ip address add $own/24 dev lab0
	h systemd-run --quiet --unit lab-own /bin/busybox httpd -f -p $own:8090 -h /run
	container_run one -p $HOST_ADDRESS:8090:80 -p "[fd77::1]:8090:80" -- /bin/httpd -f -p 80
	is "$(comes_in $STRANGER 8090)$(comes_in fd77::2 8090)$(comes_in $STRANGER 8090 $own)" ininin \
		"$suite: a container and the host itself have a port, each on an address of its own"
	exits 0 "$suite: ... what is published is limited" apply --baseline /root/ingress.yaml
	is "$(comes_in $FRIEND 8090)" in "$suite: ... who is named comes in"
	is "$(comes_in $STRANGER 8090)$(comes_in fd77::2 8090)" outout "$suite: ... who is not stays out"
	is "$(comes_in $STRANGER 8090 $own)" in "$suite: ... and the host's own is reached by all"
	is "$(planned --baseline /root/ingress.yaml)" '' "$suite: ... which is as it was wanted"
	h systemctl stop lab-own.service
	container_run two -p $own:8090:80 -- /bin/httpd -f -p 80
	exits 2 "$suite: ... a container on that one is seen by check" h_harden check --baseline /root/ingress.yaml
	exits 0 "$suite: ... and limited as well" apply --baseline /root/ingress.yaml
	is "$(comes_in $STRANGER 8090 $own)" out "$suite: ... there, too"
	h docker rm -f one two >/dev/null
	h ip address delete $own/24 dev lab0
	exits 0 "$suite: ... the one is put back" rollback
	exits 0 "$suite: ... and the other" rollback
}

# The last rollback took the chain away. It comes again, as by an undo that met another network.
test_unowned() {
	local suite=$1 id
	h nft add table inet harden
	h nft add chain inet harden ingress '{ type filter hook prerouting priority -149; }'
	like "$(h_harden status)" "Loaded:" "$suite: a chain that nothing in force loaded is told"
	id=$(h_harden status --json | sed -n "s/.*--on-conflict before \([^']*\)'.*/\1/p")
	exits 5 "$suite: ... from another network nothing is taken back" \
		h unshare -n harden rollback --yes --on-conflict before "$id"
	exits 0 "$suite: ... and the way that status names" h_harden rollback --yes --health-timeout 1s \
		--on-conflict before "$id"
	is "$(h sh -c 'nft list table inet harden 2>/dev/null' | grep -c ingress)" 0 "$suite: ... takes it away"
	is "$(h_harden status | grep -c '^Loaded:')" 0 "$suite: ... and nothing more is told"
}

for suite in "${SUITES[@]}"; do
	host_start "$suite"
	image_import
	link_world
	trap 'code=$?; set +e; unlink_world 2>/dev/null; (exit "$code"); finish' EXIT
	listen 2376
	listen 2222
	test_api "$suite"
	! whole "$suite" || test_flush "$suite"
	test_back "$suite"
	test_published "$suite"
	if whole "$suite"; then
		test_peer "$suite"
		test_one_address "$suite"
		test_unowned "$suite"
	fi
	unlink_world
	host_stop
done
