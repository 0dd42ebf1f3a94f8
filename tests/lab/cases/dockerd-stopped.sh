# shellcheck shell=bash disable=SC2034
# With dockerd stopped nobody can be asked: what would break containers is held all the same
# (moby#44905; maintenance windows).

set_up() {
	docker rm -f keep
	docker run -d --name always --restart always bb /bin/sleep 100000
	docker run -d --name always2 --restart always bb /bin/sleep 100000
	systemctl stop docker.service docker.socket
}

expect() {
	local key
	for key in icc userland-proxy no-new-privileges; do
		is "$(h sh -c 'grep -c "\"$1\"" /etc/docker/daemon.json 2>/dev/null || true' sh "$key" | grep -v '^0$' || true)" '' \
			"$1: $key is not written while its consequences are unknown"
	done
	like "$PLAN" 'always' "$1: the plan names what the disk knows"
}

after() {
	h systemctl start docker.socket docker.service
	is "$(h docker ps --format '{{.Names}}' | sort | tr '\n' ' ')" 'always always2 pub ' "$1: all of them are back"
}
