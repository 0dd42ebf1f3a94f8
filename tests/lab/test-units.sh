#!/bin/bash
#
# Units: disabled and enabled as systemctl itself does it, masked, started and stopped, put back to
# the last link; a start that fails; the daily check.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

UNITS=/usr/lib/systemd/system

# A service with a socket that would start it again, one that needs it, and one that cannot start.
plant_units() {
	h_write $UNITS/lab-echo.service <<-'EOF'
		[Unit]
		Description=Something that nobody needs
		[Service]
		ExecStart=/bin/sleep infinity
		[Install]
		WantedBy=multi-user.target
		Also=lab-echo.socket
		Alias=lab-alias.service
	EOF
	h_write $UNITS/lab-echo.socket <<-'EOF'
		[Socket]
		ListenStream=7777
		[Install]
		WantedBy=sockets.target
	EOF
	h_write $UNITS/lab-user.service <<-'EOF'
		[Unit]
		Requires=lab-echo.service
		After=lab-echo.service
		[Service]
		ExecStart=/bin/sleep infinity
	EOF
	h_write $UNITS/lab-broken.service <<-'EOF'
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/bin/false
		[Install]
		WantedBy=multi-user.target
	EOF
	h systemctl daemon-reload
	h systemctl enable --now lab-echo.service
	h systemctl start lab-echo.socket 2>/dev/null || h sh -c 'systemctl stop lab-echo.service; systemctl start lab-echo.socket lab-echo.service'
}

# want NAME SETTINGS: a baseline of one control about a unit.
want() {
	h_write /root/"$1".yaml 600 <<-EOF
		baseline: lab
		version: "1"
		title: One unit
		controls:
		  - id: host.lab
		    severity: medium
		    title: One unit
		    resources:
		      - unit: { $2 }
	EOF
}

# states UNIT...: as systemd has them, one line.
states() {
	h systemctl is-active "$@" | tr '\n' ' '
}

# links: every link below /etc/systemd, and where it leads.
links() {
	h find /etc/systemd/system -type l -printf '%P -> %f %l\n' | sed 's|-> [^ ]* .*/|-> |' | LC_ALL=C sort
}

test_off() {
	local suite=$1 by_systemd
	want off 'unit: lab-echo.service, enabled: false, active: false'
	h systemctl disable --now lab-echo.service lab-echo.socket 2>/dev/null
	by_systemd=$(links)
	h systemctl enable --now lab-echo.socket 2>/dev/null
	h systemctl enable --now lab-echo.service 2>/dev/null
	remember_host
	exits 0 "$suite: the service is taken down" apply --baseline /root/off.yaml
	is "$(states lab-echo.service lab-echo.socket)" 'inactive inactive ' "$suite: ... with its socket"
	is "$(links)" "$by_systemd" "$suite: ... and the links are those of systemctl disable"
	like "$(h systemctl is-enabled lab-echo.service || true)" disabled "$suite: ... systemd calls it disabled"
	is "$(planned --baseline /root/off.yaml)" '' "$suite: ... and nothing is left to do"
	exits 0 "$suite: it is put back" rollback
	as_before "$suite: ... to the last link"
	is "$(states lab-echo.service lab-echo.socket)" 'active active ' "$suite: ... and runs again"
}

test_stopped_stays() {
	local suite=$1
	h systemctl stop lab-echo.socket lab-echo.service
	exits 0 "$suite: a service that was stopped is disabled" apply --baseline /root/off.yaml
	exits 0 "$suite: ... and put back" rollback
	is "$(states lab-echo.service lab-echo.socket)" 'inactive inactive ' "$suite: ... and stays stopped"
	h systemctl start lab-echo.socket lab-echo.service
}

# A service that somebody masked after it was stopped: systemd would refuse its start, and its socket's.
test_lost() {
	local suite=$1
	exits 0 "$suite: the service is taken down" apply --baseline /root/off.yaml
	h systemctl mask --runtime lab-echo.service 2>/dev/null
	exits 5 "$suite: ... and masked by somebody since: that is told before" rollback
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" "lab-echo.service' was active before, was stopped, and is masked now" "$suite: ... by its name"
	exits 0 "$suite: ... the rest goes back without it" rollback --on-conflict keep
	h systemctl unmask --runtime lab-echo.service 2>/dev/null
	as_before "$suite: ... to the last link"
	h systemctl start lab-echo.socket lab-echo.service
}

# A service that does not start any more, whatever its unit file says: the rest goes back without it.
test_does_not_start() {
	local suite=$1
	exits 0 "$suite: the service is taken down" apply --baseline /root/off.yaml
	h mkdir -p /run/systemd/system/lab-echo.service.d
	h_write /run/systemd/system/lab-echo.service.d/fails.conf <<<$'[Service]\nType=oneshot\nExecStart=\nExecStart=/bin/false'
	h systemctl daemon-reload
	exits 3 "$suite: ... and does not start any more: all is put back" rollback
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" '--on-conflict keep leaves it down' "$suite: ... and it is said what undoes the rest"
	exits 0 "$suite: ... which it does" rollback --on-conflict keep
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" "'lab-echo.service' does not start, and stays down" "$suite: ... and names the service"
	h rm -r /run/systemd/system/lab-echo.service.d
	h systemctl daemon-reload
	h systemctl reset-failed lab-echo.service
	as_before "$suite: ... to the last link"
	h systemctl start lab-echo.socket lab-echo.service
}

test_dependents() {
	local suite=$1
	h systemctl start lab-user.service
	is "$(held --baseline /root/off.yaml)" host.lab "$suite: what needs the service holds the control back"
	exits 0 "$suite: ... acknowledged, it goes down, too" apply --baseline /root/off.yaml --ack host.lab
	is "$(states lab-user.service)" 'inactive ' "$suite: ... as announced"
	exits 0 "$suite: ... and is put back" rollback
	is "$(states lab-echo.service lab-user.service)" 'active active ' "$suite: ... with what it needs"
	h systemctl stop lab-user.service
}

# What requires dockerd's disk requires what brings that: neither is of a kind that a plan names, and
# dockerd two steps away from the unit that is to be stopped.
test_far_dependents() {
	local suite=$1 pid
	h mkdir -p /srv/labdisk
	h_write $UNITS/lab-target.service <<-'EOF'
		[Service]
		ExecStart=/bin/sleep infinity
	EOF
	h_write $UNITS/srv-labdisk.mount <<-'EOF'
		[Unit]
		Requires=lab-target.service
		After=lab-target.service
		[Mount]
		What=tmpfs
		Where=/srv/labdisk
		Type=tmpfs
	EOF
	h mkdir -p /etc/systemd/system/docker.service.d
	h_write /etc/systemd/system/docker.service.d/lab-disk.conf <<<$'[Unit]\nRequiresMountsFor=/srv/labdisk'
	h systemctl daemon-reload
	h systemctl start lab-target.service srv-labdisk.mount
	pid=$(h systemctl show -P MainPID docker.service)
	want far 'unit: lab-target.service, active: false'
	exits 5 "$suite: what takes dockerd along at two steps is refused, whoever consents" \
		apply --baseline /root/far.yaml --ack host.lab
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" 'stopping lab-target.service would stop docker.s' "$suite: ... by name"
	is "$(states lab-target.service srv-labdisk.mount docker.service)" 'active active active ' "$suite: ... all of them run on"
	is "$(h systemctl show -P MainPID docker.service)" "$pid" "$suite: ... dockerd as it was"
	h rm -r /etc/systemd/system/docker.service.d/lab-disk.conf
	h systemctl daemon-reload
	is "$(held --baseline /root/far.yaml)" host.lab "$suite: without dockerd behind it the mount holds it back"
	exits 0 "$suite: ... acknowledged, it goes down with it" apply --baseline /root/far.yaml --ack host.lab
	exits 0 "$suite: ... and is put back" rollback
	is "$(states lab-target.service srv-labdisk.mount)" 'active active ' "$suite: ... both"
	h systemctl stop lab-target.service
	h rm "$UNITS/srv-labdisk.mount" $UNITS/lab-target.service
	h systemctl daemon-reload
}

# A start that stops another by Conflicts=, whichever of the two says so.
test_conflicts() {
	local suite=$1
	h systemctl start lab-echo.socket lab-echo.service
	h_write $UNITS/lab-rival.service <<-'EOF'
		[Unit]
		Conflicts=lab-echo.service
		[Service]
		ExecStart=/bin/sleep infinity
	EOF
	h systemctl daemon-reload
	want rival 'unit: lab-rival.service, active: true'
	is "$(held --baseline /root/rival.yaml)" host.lab "$suite: what its start stops holds the control back"
	exits 0 "$suite: ... acknowledged, that goes down" apply --baseline /root/rival.yaml --ack host.lab
	is "$(states lab-rival.service lab-echo.service)" 'active inactive ' "$suite: ... as announced"
	exits 0 "$suite: ... and is put back" rollback
	is "$(states lab-rival.service lab-echo.service)" 'inactive active ' "$suite: ... and runs again"
	h rm $UNITS/lab-rival.service
	h systemctl daemon-reload
}

# A unit that empties the packet filter when it stops, beside a container that publishes a port.
test_filter_flushed() {
	local suite=$1
	image_import
	container_run web -p 8080:80 -- /bin/httpd -f
	h_write $UNITS/lab-filter.service <<-'EOF'
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/bin/true
		ExecStop=/usr/sbin/iptables -t nat -F
	EOF
	h systemctl daemon-reload
	h systemctl start lab-filter.service
	want filter 'unit: lab-filter.service, active: false'
	is "$(held --baseline /root/filter.yaml)" host.lab "$suite: what empties the packet filter holds the control back"
	like "$(h_harden plan --baseline /root/filter.yaml | tr -s ' \n' ' ')" 'only dockerd.s start makes them again: container web' "$suite: ... with whose rules these are"
	exits 0 "$suite: ... acknowledged, it does so" apply --baseline /root/filter.yaml --ack host.lab
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" "container 'web' runs on, but no rule of the packet filter leads" "$suite: ... and what is gone is told"
	h systemctl restart docker
	# the same by a script of which nobody can read that
	h_write /root/flush 755 <<<$'#!/bin/sh\n/usr/sbin/iptables -t nat -F'
	h sed -i 's|^ExecStop=.*|ExecStop=/root/flush|' $UNITS/lab-filter.service
	h systemctl daemon-reload
	h docker start web >/dev/null 2>&1 || true
	h systemctl start lab-filter.service
	exits 4 "$suite: what the plan did not say is harm, and nothing but dockerd's start makes the rules again" apply --baseline /root/filter.yaml
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" 'a restart of dockerd makes dockerd.s rules again' "$suite: ... and that is said"
	h systemctl restart docker
	exits 0 "$suite: ... then nothing is left to recover" h_harden recover
	h docker rm -f web >/dev/null
	h rm /root/flush $UNITS/lab-filter.service
	h systemctl daemon-reload
}

test_masked() {
	local suite=$1
	want masked 'unit: lab-echo.service, enabled: masked, active: false'
	remember_host
	exits 0 "$suite: the service is masked" apply --baseline /root/masked.yaml
	like "$(h systemctl is-enabled lab-echo.service || true)" masked "$suite: ... systemd says so"
	exits 1 "$suite: ... and nothing starts it" h systemctl start lab-echo.service
	exits 0 "$suite: it is put back" rollback
	as_before "$suite: ... to the last link"
	is "$(states lab-echo.service lab-echo.socket)" 'active active ' "$suite: ... and runs again"
}

test_on() {
	local suite=$1 by_systemd
	want on 'unit: lab-echo.service, enabled: true, active: true'
	by_systemd=$(links)
	h systemctl disable --now lab-echo.service lab-echo.socket 2>/dev/null
	remember_host
	exits 0 "$suite: a service is brought up" apply --baseline /root/on.yaml
	is "$(links)" "$by_systemd" "$suite: ... by the links of systemctl enable"
	is "$(states lab-echo.service)" 'active ' "$suite: ... and runs"
	exits 0 "$suite: it is put back" rollback
	as_before "$suite: ... to the last link"
	is "$(states lab-echo.service)" 'inactive ' "$suite: ... and is down again"
}

# Somebody's stack that was put on top of it since goes down with it: not without a word.
test_along() {
	local suite=$1
	exits 0 "$suite: a service is brought up" apply --baseline /root/on.yaml
	h systemctl start lab-user.service
	exits 5 "$suite: ... and needed by another since: that is told before" rollback
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" 'stopping lab-echo.service stops lab-user.service, too' "$suite: ... by its name"
	is "$(states lab-echo.service lab-user.service)" 'active active ' "$suite: ... and both run"
	exits 0 "$suite: acknowledged, it is put back" rollback --ack host.lab
	is "$(states lab-echo.service lab-user.service)" 'inactive inactive ' "$suite: ... and both are down"
	as_before "$suite: ... to the last link"
}

test_broken() {
	local suite=$1
	want broken 'unit: lab-broken.service, enabled: true, active: true'
	remember_host
	exits 3 "$suite: a unit that does not start is put back" apply --baseline /root/broken.yaml
	like "$OUTPUT" "lab-broken.service" "$suite: ... by its name"
	as_before "$suite: ... to the last link"
	is "$(states lab-broken.service)" 'inactive ' "$suite: ... not even failed is left of it"
}

test_refused() {
	local suite=$1
	want ssh 'unit: systemd-journald.service, enabled: false, active: false'
	exits 0 "$suite: what runs the host is not touched" apply --baseline /root/ssh.yaml
	is "$(states systemd-journald.service)" 'active ' "$suite: ... it runs on"
}

test_scheduled() {
	local suite=$1
	remember_host
	exits 0 "$suite: the daily check is set up" apply --only host.scheduled-check --ack host.scheduled-check
	is "$(h systemctl is-enabled harden-check.timer)" enabled "$suite: ... its timer enabled"
	is "$(states harden-check.timer)" 'active ' "$suite: ... and active"
	is "$(planned --only host.scheduled-check --ack host.scheduled-check)" '' "$suite: ... nothing is left to do"
	h systemctl start harden-check.service || true
	like "$(h journalctl -b --no-pager -o cat -u harden-check.service)" 'harden' "$suite: ... and its service checks this host"
	h mkdir -p /run/systemd/system/harden-check.service.d
	h_write /run/systemd/system/harden-check.service.d/fails.conf <<<$'[Service]\nExecStart=\nExecStart=/bin/false'
	h systemctl daemon-reload
	h systemctl start harden-check.service || true
	h rm -r /run/systemd/system/harden-check.service.d
	h systemctl daemon-reload
	like "$(h systemctl list-units --failed --no-legend)" harden-check.service "$suite: ... which fails where something is not as it should be"
	exits 0 "$suite: it is taken back" rollback
	as_before "$suite: ... to the last link"
	unlike "$(h systemctl list-units --failed --no-legend)" harden-check.service "$suite: ... and nothing failed is left of it"
	like "$(states harden-check.timer || true)" inactive "$suite: ... and systemd has no timer"
}

# A volume of a plugin that died and left its socket: dockerd's start would wait for it. perl, since a
# host of the lab has it, plays the plugin.
test_dead_plugin() {
	local suite=$1
	h_write /root/plugin.pl <<'END'
use IO::Socket::UNIX;
mkdir "/run/docker/plugins";
my $s = IO::Socket::UNIX->new(Local => "/run/docker/plugins/nfsx.sock", Listen => 9) or die;
while (my $c = $s->accept) {
	next if fork;
	while (my $l = <$c>) {
		my ($what) = $l =~ m{^\w+ (\S+)};
		my $n = 0;
		while (my $h = <$c>) { last if $h =~ /^\r?\n$/; $n = $1 if $h =~ /^Content-Length: (\d+)/i; }
		read($c, my $body, $n) if $n;
		my $r = $what =~ /Activate/ ? '{"Implements":["VolumeDriver"]}'
			: $what =~ /Get$/ ? '{"Volume":{"Name":"d2","Mountpoint":"/srv"},"Err":""}'
			: $what =~ /List$/ ? '{"Volumes":[{"Name":"d2","Mountpoint":"/srv"}],"Err":""}'
			: '{"Mountpoint":"/srv","Err":""}';
		print $c "HTTP/1.1 200 OK\r\nContent-Length: ", length($r), "\r\n\r\n$r";
		$c->flush;
	}
	exit 0;
}
END
	h systemd-run --quiet --unit lab-plugin perl /root/plugin.pl
	h sh -c 'for i in $(seq 50); do [ -S /run/docker/plugins/nfsx.sock ] && exit; sleep 0.1; done'
	h docker volume create -d nfsx d2 >/dev/null
	is "$(planned --only daemon.no-new-privileges)" daemon.no-new-privileges "$suite: a plugin that listens holds nothing back"
	h systemctl stop lab-plugin
	like "$(h_harden plan --only daemon.no-new-privileges | tr -s ' \n' ' ')" \
		'volume d2 is of plugin nfsx, which may not answer then' "$suite: ... one that does not, by name"
	is "$(held --only daemon.no-new-privileges)" daemon.no-new-privileges "$suite: ... and it is held back"
}

for suite in "${SUITES[@]}"; do
	host_start "$suite"
	plant_units
	test_off "$suite"
	if whole "$suite"; then
		test_stopped_stays "$suite"
		test_lost "$suite"
		test_does_not_start "$suite"
	fi
	test_dependents "$suite"
	test_masked "$suite"
	test_on "$suite"
	test_along "$suite"
	if whole "$suite"; then
		test_broken "$suite"
		test_refused "$suite"
		test_scheduled "$suite"
		test_far_dependents "$suite"
		test_conflicts "$suite"
		test_filter_flushed "$suite"
		test_dead_plugin "$suite"
	fi
	host_stop
done
