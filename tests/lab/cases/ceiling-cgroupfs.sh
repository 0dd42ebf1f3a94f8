# shellcheck shell=bash disable=SC2034
# With cgroupfs the parent of containers is a plain directory of that name, and no slice of systemd's.

IN='forky'
ARGS=(--level 2 --only host.container-ceiling)
ACK=(--ack host.container-ceiling)
APPLY=5

set_up() {
	echo '{"exec-opts": ["native.cgroupdriver=cgroupfs"], "live-restore": true}' >/etc/docker/daemon.json
	# without limits, so that it is the driver that is asked, whatever the lab's kernel can limit
	mkdir -p /etc/harden/conf.d
	printf 'site: x\ncontrols:\n  host.container-ceiling:\n    settings:\n      content: "[Slice]\\n"\n' >/etc/harden/conf.d/20-x.yaml
	docker rm -f keep pub
	systemctl restart docker
	docker run -d --name keep bb /bin/sleep 100000
}

expect() {
	like "$(tr -s "\n " "  " <<<"$APPLIED")" "dockerd's driver of control groups is cgroupfs" "$1: why there would be no ceiling is said"
	unlike "$CHECKED" 'pass +[a-z]+ +host\.container-ceiling' "$1: nor does check say that there is one"
}
