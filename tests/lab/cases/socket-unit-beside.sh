# shellcheck shell=bash disable=SC2034
# A second socket unit opens the API, as guides for CoreOS and Flatcar have it: what it listens on counts
# while dockerd is stopped, too, and its file is as good as docker.socket's.

IN=trixie
ARGS=(--only 'daemon.tls,network.api-addresses,file.docker-socket.mode,file.api-socket.mode')

set_up() {
	printf '[Socket]\nListenStream=0.0.0.0:2375\nListenStream=/run/extra.sock\nService=docker.service\n' \
		>/etc/systemd/system/docker-tcp.socket
	chmod 666 /etc/systemd/system/docker-tcp.socket
	systemctl daemon-reload
	systemctl stop docker.service docker.socket
	systemctl start docker.socket docker-tcp.socket
}

expect() {
	local told
	told=$(tr -s '[:space:]' ' ' <<<"$CHECKED")
	like "$told" 'daemon.tls the API listens on 0.0.0.0:2375 without TLS' "$1: the port of another unit is open"
	like "$told" 'network.api-addresses the API listens at every address' "$1: ... at every address"
	like "$PLAN" '/etc/systemd/system/docker-tcp.socket' "$1: its file is narrowed"
	like "$PLAN" '/run/extra.sock' "$1: ... and its socket"
	is "$(h systemctl is-active docker.service)" inactive "$1: nobody has started dockerd by asking"
}

after() {
	h systemctl stop docker-tcp.socket
	h rm /etc/systemd/system/docker-tcp.socket
	h systemctl daemon-reload
	h systemctl start docker.socket docker.service
}
