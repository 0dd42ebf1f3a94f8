# shellcheck shell=bash disable=SC2034
# A second dockerd is said, not passed over (puppetlabs-docker#16, sous-chefs/docker).

IN='bookworm trixie'

set_up() {
	mkdir -p /etc/docker-ci /var/lib/docker/ci /run/ci
	printf '{\n  "data-root": "/var/lib/docker/ci",\n  "exec-root": "/run/ci/exec",\n  "pidfile": "/run/ci/docker.pid",\n  "bridge": "none",\n  "iptables": false,\n  "hosts": ["unix:///run/ci/docker.sock"]\n}\n' >/etc/docker-ci/daemon.json
	printf '[Unit]\nDescription=Docker for CI\nAfter=containerd.service docker.service\n[Service]\nType=notify\nExecStart=/usr/sbin/dockerd --config-file /etc/docker-ci/daemon.json --containerd=/run/containerd/containerd.sock --containerd-namespace ci --containerd-plugins-namespace ci-plugins\nKillMode=process\nDelegate=yes\n[Install]\nWantedBy=multi-user.target\n' >/etc/systemd/system/docker-ci.service
	systemctl daemon-reload
	systemctl start docker-ci
	docker save bb -o /root/bb.tar
	docker -H unix:///run/ci/docker.sock load -i /root/bb.tar
	docker -H unix:///run/ci/docker.sock run -d --name ci1 --network none bb /bin/sleep 100000
	# its daemon.json is the container's own
	docker run -d --name faker --pid host --network none bb /bin/sh -c \
		'printf "#!/bin/sh\nwhile :; do sleep 1; done\n" >/tmp/dockerd; chmod 755 /tmp/dockerd; exec /tmp/dockerd'
}

expect() {
	like "$PLAN" 'docker-ci\.service' "$1: the plan says what it does not look at"
	like "$CHECKED" 'docker-ci\.service' "$1: so does check"
	local facts
	facts=$(h_harden facts)
	like "$facts" 'docker-ci\.service' "$1: and facts"
	is "$(h sh -c 'grep -lx dockerd /proc/[0-9]*/comm | wc -l')" 3 "$1: a container has one by its name, too"
	unlike "$PLAN$CHECKED$facts" '(unit docker-[0-9a-f]{64}|pid [0-9]+, unit none)' "$1: ... which is none of this host's"
}

# Who reads the same file is held against it, whatever process it has now.
after() {
	h sed -i 's/--config-file [^ ]*/--live-restore/' /etc/systemd/system/docker-ci.service
	h systemctl daemon-reload
	run_of TOLD h_harden plan --only daemon.live-restore
	like "$(tr -s ' \n' ' ' <<<"$TOLD")" "docker-ci\.service, at its next start\), and would not start again: 'live-restore'" "$1: what one that reads the file has as a flag is not written"
}
