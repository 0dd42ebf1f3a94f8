# shellcheck shell=bash disable=SC2034
# What a change sets off without asking for it: a container that an operator stopped and that
# dockerd's start starts, units that its reload or its end reaches by systemd, and a unit that
# starts when daemon.json changes (a common way to "apply" it).

ARGS=(--only 'daemon.*')

set_up() {
	docker run -d --name resting --restart always bb sleep 77777
	docker run -d --name retried --restart on-failure:5 bb sleep 77777
	docker run -d --name spent --restart on-failure:1 bb sh -c 'exit 3'
	docker run -d --name stopped --restart unless-stopped bb sleep 77777
	docker stop -t 0 resting retried stopped
	docker create --name unborn --restart always bb sleep 77777
	for unit in reloaded ended wanted; do
		printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\nExecReload=/usr/bin/docker kill keep\n' \
			>/etc/systemd/system/$unit.service
	done
	cat >/etc/systemd/system/daemon-json.service <<-'X'
		[Service]
		Type=oneshot
		ExecStart=/usr/bin/systemctl restart docker.service
	X
	cat >/etc/systemd/system/daemon-json.path <<-'X'
		[Path]
		PathChanged=/etc/docker/daemon.json
	X
	mkdir -p /etc/systemd/system/docker.service.d
	printf '[Unit]\nPropagatesReloadTo=reloaded.service\nOnSuccess=ended.service\nWants=wanted.service gone.service\n' \
		>/etc/systemd/system/docker.service.d/relations.conf
	systemctl daemon-reload
	systemctl start reloaded.service daemon-json.path
}

expect() {
	for name in resting retried; do
		like "$PLAN" "container $name, which does not run now, is started" \
			"$1: $name is named: dockerd's start would start it"
	done
	unlike "$PLAN" 'container (spent|stopped|unborn), which' "$1: those that it would not start are not"
	like "$PLAN" 'a reload of dockerd reloads reloaded\.service' "$1: the unit that dockerd's reload reaches"
	like "$PLAN" 'the end of dockerd starts ended\.service' "$1: the unit that dockerd's end starts"
	like "$PLAN" 'the start of dockerd starts wanted\.service' "$1: the unit that dockerd's start wants"
	unlike "$PLAN" 'gone\.service' "$1: ... and not one that there is not"
	like "$PLAN" 'systemd starts daemon-json\.service when' "$1: the unit that starts when daemon.json changes"
	is "$(h docker ps -q | wc -l | tr -d ' ')" 2 "$1: nothing was started"
}
