# shellcheck shell=bash disable=SC2034
# A container's own health check passes, and fails by what is applied (a limit of open files that it
# cannot live with): the gate sees it, and all is put back.

IN='trixie forky' # 20.10 runs no health check any more after a restart that a container lived through

ARGS=(--only daemon.default-ulimits)
ACK=(--ack daemon.default-ulimits)
APPLY=3

set_up() {
	printf '{\n  "live-restore": true\n}\n' >/etc/docker/daemon.json
	systemctl restart docker
	docker_up
	docker run -d --name well --restart unless-stopped --health-cmd '[ $(ulimit -n) -gt 200 ]' --health-interval 100ms --health-retries 1 \
		bb /bin/sleep 100000
	until [[ $(docker inspect -f '{{.State.Health.Status}}' well) == healthy ]]; do sleep 0.2; done
	mkdir -p /etc/harden/conf.d
	printf 'site: few files\ncontrols:\n  daemon.default-ulimits:\n    settings:\n      value: { nofile: { Name: nofile, Soft: 128, Hard: 128 } }\n' >/etc/harden/conf.d/10-few.yaml
}

expect() {
	like "$APPLIED" "container 'well' was healthy, and its health check fails since" "$1: the gate names whose check fails"
	like "$APPLIED" 'Put back' "$1: ... and all is put back"
}
