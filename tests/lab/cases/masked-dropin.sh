# shellcheck shell=bash disable=SC2034
# A link to /dev/null masks a vendor's drop-in (systemd.unit(5)); it hides no other finding.

IN='bookworm trixie'

set_up() {
	mkdir -p /usr/lib/systemd/system/docker.service.d /etc/systemd/system/docker.service.d
	printf '[Service]\nTimeoutStopSec=30\n' >/usr/lib/systemd/system/docker.service.d/10-vendor.conf
	ln -s /dev/null /etc/systemd/system/docker.service.d/10-vendor.conf
	printf '[Service]\nTimeoutStopSec=20\n' >/etc/systemd/system/docker.service.d/20-site.conf
	chmod 666 /etc/systemd/system/docker.service.d/20-site.conf
	chown 1:1 /etc/systemd/system/docker.service.d/20-site.conf
	systemctl daemon-reload
	systemctl restart docker
	docker_up
}

between() {
	stat -c '%a %u:%g' /etc/systemd/system/docker.service.d/20-site.conf
}

expect() {
	is "$BETWEEN" '644 0:0' "$1: the drop-in that everyone could write is remedied"
	like "$PLAN" '20-site\.conf' "$1: ... and was named"
	unlike "$PLAN" "'/dev/null' is" "$1: a mask is nothing strange"
}
