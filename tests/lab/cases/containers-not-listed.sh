# shellcheck shell=bash disable=SC2034
# The data root was full when dockerd started: it lists no container, and their processes run.

ARGS=(--only daemon.icc --only daemon.userland-proxy --only daemon.no-new-privileges)

set_up() {
	local name
	docker rm -f keep pub
	docker save bb -o /root/bb.tar
	systemctl stop docker.service docker.socket
	mkdir -p /mnt/root
	mount -t tmpfs -o size=40m none /mnt/root
	echo '{"data-root": "/mnt/root", "live-restore": true}' >/etc/docker/daemon.json
	systemctl start docker.socket docker.service
	docker load -i /root/bb.tar
	for name in web db; do docker run -d --name "$name" --restart always bb /bin/sleep 100000; done
	dd if=/dev/zero of=/mnt/root/fill bs=4k || true
	systemctl restart docker.service
	rm /mnt/root/fill
	[[ -z $(docker ps -aq) ]] && (($(pgrep -fc '^/bin/sleep 100000') == 2))
}

expect() {
	like "$PLAN" 'container web.* is not listed' "$1: the plan names what dockerd does not list"
	like "$PLAN" 'restart makes of container db' "$1: ... and what a restart may do to it"
	like "$APPLIED" 'No changes\. 3 held back' "$1: nothing that restarts dockerd is done"
}
