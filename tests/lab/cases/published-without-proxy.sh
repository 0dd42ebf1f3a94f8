# shellcheck shell=bash disable=SC2034
# Without docker-proxy dockerd itself holds the published ports of containers: they are not its API.

IN='bookworm trixie'
ARGS=(--only daemon.tls --only network.api-addresses)

set_up() {
	echo '{"userland-proxy": false}' >/etc/docker/daemon.json
	systemctl restart docker
	docker_up
	docker run -d --name held -p 8098:80 bb /bin/sleep 100000
}

expect() {
	is "$(h docker inspect -f '{{.State.Running}}' held)" true "$1: a container publishes a port"
	unlike "$CHECKED" 'fail +[a-z]+ +(daemon\.tls|network\.api-addresses)' "$1: the port is not taken for the API"
	unlike "$CHECKED" ':809[89]' "$1: ... and in no doubt"
}
