# shellcheck shell=bash
#
# matrix-states.sh - the states that dockerd may be in, for test-matrix.sh: how each is entered and
# left, and what has to be done again when the files under it are exchanged. What has a name with
# blanks or signs has underscores here.

# shellcheck disable=SC2034  # test-matrix.sh goes through them
STATES=(running stopped masked frozen hung crash-looping 'crash-looping, unknown directive' reloading
	starting 'other socket' 'other unit' 'without libcurl')

state_do() {
	local verb=$1 state=${2//[^a-z]/_}
	if declare -F "${verb}_$state" >/dev/null; then "${verb}_$state"; fi
}

# Whether dockerd can tell what it has in force, so that what was not read cannot pass.
is_told() {
	[[ $1 == running || $1 == reloading ]]
}

docker_stop() {
	h systemctl --quiet stop docker.socket docker.service
}

enter_stopped() { docker_stop; }

enter_masked() {
	docker_stop
	h systemctl --quiet mask docker.service
}
leave_masked() { h systemctl --quiet unmask docker.service; }

enter_frozen() { h sh -c 'kill -STOP $(pidof dockerd)'; }
leave_frozen() { h sh -c 'kill -CONT $(pidof dockerd)'; }

# It accepts, begins an answer and never finishes it. dockerd itself runs on behind it.
enter_hung() {
	h mv /run/docker.sock /run/docker.sock.real
	h setsid -f perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Local => "/run/docker.sock", Listen => 8) or die;
		open(my $p, ">", "/run/hung.pid"); print $p $$; close($p);
		my @kept;
		while (my $c = $s->accept) {
			$c->syswrite("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{\"ID\":");
			push @kept, $c;
		}' </dev/null >/dev/null 2>&1
	h timeout 10 sh -c 'until [ -s /run/hung.pid ]; do sleep 0.05; done'
}
leave_hung() {
	h sh -c 'kill "$(cat /run/hung.pid)"; rm /run/hung.pid; mv /run/docker.sock.real /run/docker.sock'
}

# daemon_json JQ-FILTER: changes the config file as somebody else would.
daemon_json() {
	h sh -c 'cat /etc/docker/daemon.json 2>/dev/null || echo {}' | jq -c "$1" >"$WORK/daemon.json"
	h_write /etc/docker/daemon.json <"$WORK/daemon.json"
}

# "dockerd --validate" takes a mirror with a user in it, and its start does not.
under_crash_looping() { daemon_json '. + {"registry-mirrors": ["https://me:word@mirror.test"]}'; }
under_crash_looping__unknown_directive() { daemon_json '. + {"no-such-directive": true}'; }

crash() {
	docker_stop
	state_do under "$1"
	h systemctl --no-block start docker.service
	h timeout 20 sh -c 'until systemctl show -P SubState docker.service | grep -q auto-restart; do sleep 0.1; done'
}
enter_crash_looping() { crash crash-looping; }
enter_crash_looping__unknown_directive() { crash 'crash-looping, unknown directive'; }

# One reload takes 4 s; it is another one for each command.
under_reloading() {
	h timeout 30 sh -c 'until [ "$(systemctl is-active docker.service)" = active ]; do sleep 0.1; done'
	h touch /run/slow-reload
	h systemctl --no-block reload docker.service
	h timeout 5 sh -c 'until [ "$(systemctl is-active docker.service)" = reloading ]; do sleep 0.05; done'
}
leave_reloading() {
	h timeout 30 sh -c 'until [ "$(systemctl is-active docker.service)" = active ]; do sleep 0.1; done'
}

# Its start goes on behind a dockerd that has read its files: as long as /run/hold-start is there.
enter_starting() {
	h_write /etc/systemd/system/docker.service.d/starting.conf <<-'END'
		[Service]
		ExecStartPost=/bin/sh -c 'while [ -e /run/hold-start ]; do sleep 0.1; done'
	END
	h touch /run/hold-start
	h systemctl daemon-reload
	h systemctl --no-block restart docker.service
	h timeout 60 sh -c 'until systemctl show -P SubState docker.service | grep -q start-post; do sleep 0.1; done'
}
leave_starting() {
	h rm -f /run/hold-start
	h timeout 30 sh -c 'until [ "$(systemctl is-active docker.service)" = active ]; do sleep 0.1; done'
	h rm /etc/systemd/system/docker.service.d/starting.conf
	h systemctl daemon-reload
}

enter_other_socket() {
	h_write /etc/systemd/system/docker.service.d/socket.conf <<-'END'
		[Service]
		ExecStart=
		ExecStart=/usr/sbin/dockerd -H unix:///run/other.sock --containerd=/run/containerd/containerd.sock
	END
	h systemctl daemon-reload
	h systemctl --quiet stop docker.socket
	h systemctl restart docker.service
	h rm -f /run/docker.sock
}
leave_other_socket() {
	h rm /etc/systemd/system/docker.service.d/socket.conf
	h systemctl daemon-reload
}

enter_other_unit() {
	docker_stop
	h sh -c 'sed "s/^Requires=docker.socket//; s|fd://|unix:///run/docker.sock|; s/^After=.*/After=containerd.service/" \
		/usr/lib/systemd/system/docker.service >/etc/systemd/system/dockerd-own.service'
	h systemctl daemon-reload
	h systemctl start dockerd-own.service
}
leave_other_unit() {
	h systemctl stop dockerd-own.service
	h rm /etc/systemd/system/dockerd-own.service
	h systemctl daemon-reload
}

enter_without_libcurl() { h sh -c 'mv /usr/lib/*/libcurl.so.4 /root/'; }
leave_without_libcurl() { h sh -c 'mv /root/libcurl.so.4 "$(dirname /usr/lib/*/libaudit.so.1)"/'; }
