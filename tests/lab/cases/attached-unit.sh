# shellcheck shell=bash disable=SC2034
# A unit that waits on dockerd without requiring it ends when dockerd is restarted, and its ExecStop=
# may stop its container. Hooks that run again by the restart are told.

IN='bookworm trixie'

set_up() {
	docker create --name shop bb /bin/sleep 100000
	printf '[Service]\nExecStart=/usr/bin/docker start -a shop\nExecStop=/usr/bin/docker stop -t 1 shop\n' >/etc/systemd/system/shop.service
	mkdir -p /etc/systemd/system/docker.service.d
	printf '[Service]\nExecStartPre=/bin/echo about to start\n' >/etc/systemd/system/docker.service.d/hook.conf
	systemctl daemon-reload
	systemctl start shop
	until [ "$(docker inspect --format '{{.State.Running}}' shop)" = true ]; do sleep 0.1; done
}

expect() {
	like "$PLAN" 'shop\.service has a docker client that waits on dockerd' "$1: the plan names the unit that is attached"
	is "$(h systemctl is-active shop)" active "$1: ... and it goes on"
}
