# shellcheck shell=bash disable=SC2034
# Units that hang on docker.service (Requires=, PartOf=, BindsTo=) go down with its restart, and
# their containers with them: garethr-docker#691, matrix-docker-ansible-deploy#308, ceph-ansible#5444.

IN='bookworm trixie'

set_up() {
	cat >/etc/systemd/system/docker-shop.service <<-'X'
		[Unit]
		Description=shop in a container
		After=docker.service
		Requires=docker.service
		[Service]
		Restart=always
		ExecStartPre=-/usr/bin/docker rm -f shop
		ExecStart=/usr/bin/docker run --rm --name shop bb /bin/sleep 100000
		ExecStop=/usr/bin/docker stop -t 1 shop
		[Install]
		WantedBy=multi-user.target
	X
	cat >/etc/systemd/system/compose-web.service <<-'X'
		[Unit]
		Description=compose project
		After=docker.service
		PartOf=docker.service
		BindsTo=docker.service
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/usr/bin/docker run -d --name web bb /bin/sleep 100000
		ExecStop=/usr/bin/docker rm -f web
		[Install]
		WantedBy=multi-user.target
	X
	systemctl daemon-reload
	systemctl start docker-shop compose-web
	until docker inspect shop web >/dev/null 2>&1; do sleep 0.1; done
}

expect() {
	like "$PLAN" 'docker-shop\.service' "$1: the plan names the unit that requires docker.service"
	like "$PLAN" 'compose-web\.service' "$1: ... and the one that is part of it"
}
