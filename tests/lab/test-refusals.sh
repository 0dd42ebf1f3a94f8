#!/bin/bash
#
# What harden does not do: a stale plan, two runs at once, a daemon.json that dockerd would
# refuse or does refuse.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

test_stale_plan() {
	local suite=$1
	h_harden plan -o /root/host.plan >/dev/null
	h sh -c 'mkdir -p /etc/docker && echo "{}" >/etc/docker/daemon.json'
	remember_host
	exits 5 "$suite: a plan whose host changed is refused" apply /root/host.plan
	like "$OUTPUT" "daemon.json' changed since" "$suite: ... naming what changed"
	as_before "$suite: ... and nothing is touched"
	h rm /etc/docker/daemon.json
	h sh -c 'echo 0123456789abcdef0123456789abcdef >/etc/machine-id'
	exits 5 "$suite: a plan of another host is refused" apply /root/host.plan
	h rm /root/host.plan
}

test_saved_plan() {
	local suite=$1
	exits 0 "$suite: plan -o saves" h_harden plan --only 'audit.*' -o /root/audit.plan
	is "$(h stat -c '%a %u' /root/audit.plan)" '600 0' "$suite: ... for root alone"
	exits 1 "$suite: plan -o does not replace" h_harden plan --only 'audit.*' -o /root/audit.plan
	exits 0 "$suite: the saved plan is applied" apply /root/audit.plan
	exits 5 "$suite: ... once" apply /root/audit.plan
	exits 0 "$suite: ... and undone" rollback
	h sed -i s/docker/dockex/ /root/audit.plan
	exits 1 "$suite: a plan file that was changed is refused" apply /root/audit.plan
	h chmod 666 /root/audit.plan
	exits 5 "$suite: a plan file that others can write is refused" apply /root/audit.plan
}

# While one run watches its gate, another must not begin.
test_two_at_once() {
	local suite=$1
	h sh -c 'harden apply --yes --only daemon.log-limits --health-timeout 4s >/run/first 2>&1 &'
	h timeout 10 sh -c 'until [ -e /var/lib/harden/lock ] && ! flock -n /var/lib/harden/lock true; do sleep 0.05; done'
	exits 75 "$suite: a second run at the same time is refused" apply
	h timeout 20 sh -c 'until grep -q kept /run/first; do sleep 0.1; done'
	exits 0 "$suite: the first is not disturbed" rollback
}

# bad_baseline KEY VALUE: a baseline of one control, trusted by harden.
bad_baseline() {
	h_write /root/bad.yaml 600 <<-EOF
		baseline: bad
		version: "1"
		title: A key that dockerd does not take
		controls:
		  - id: bad.key
		    severity: medium
		    title: A bad key
		    resources:
		      - docker-daemon: { key: $1, value: $2 }
	EOF
}

# Seen before anything is written.
test_refused_beforehand() {
	local suite=$1 key=$2 value=$3
	remember_host
	bad_baseline "$key" "$value"
	exits 5 "$suite: $key: $value is refused before it is written" apply --baseline /root/bad.yaml
	as_before "$suite: ... and nothing is touched"
}

# A directive that this engine no longer has does not apply to it.
test_never_written() {
	local suite=$1 key=$2 value=$3
	remember_host
	bad_baseline "$key" "$value"
	exits 0 "$suite: $key is never written for an engine without it" apply --baseline /root/bad.yaml
	as_before "$suite: ... and nothing is touched"
}

# The admin set a key in the file that the unit sets as a flag: the next restart would fail.
test_flag_and_file() {
	local suite=$1
	h cp -a /etc/docker/daemon.json /root/kept.json
	h sed -i '1s|{|{"containerd": "/run/containerd/containerd.sock",|' /etc/docker/daemon.json
	remember_host
	if [[ $suite == bookworm ]]; then # has no --validate: what is not tried holds by itself
		exits 0 "$suite: beside a file that nobody tried nothing is restarted" apply --only daemon.icc
		like "$OUTPUT" "held back: the next start of dockerd is not tried yet" "$suite: ... which it says"
	else
		exits 5 "$suite: a key that is also a flag is seen before dockerd is restarted" apply --only daemon.icc
		like "$OUTPUT" containerd "$suite: ... naming the key"
	fi
	as_before "$suite: ... and nothing is touched"
	h mv /root/kept.json /etc/docker/daemon.json
}

newest() {
	h_harden history --json | jq -r '.transactions[-1].id'
}

# Whatever somebody made of the file since: what dockerd ran with when the apply began is no trial.
test_tried_before() {
	local suite=$1 pid=$2
	apply --only daemon.no-new-privileges >/dev/null
	h touch /etc/docker/daemon.json
	exits 0 "$suite: back to what dockerd ran with nothing is asked" rollback
	apply --only daemon.no-new-privileges >/dev/null
	h sed -i '1s|{|{ |' /etc/docker/daemon.json
	if [[ $suite == bookworm ]]; then # has no --validate
		remember_host
		exits 5 "$suite: ... but to other bytes" rollback --on-conflict keep
		as_before "$suite: ... and nothing is touched"
	fi
	exits 0 "$suite: ... it is, and answered" rollback --ack daemon.no-new-privileges
	h sh -c 'sed -i "1s|{|{\"debug\": true, |" /etc/docker/daemon.json && systemctl reload docker && sleep 1'
	exits 0 "$suite: what a reload sets is applied, though of a file that was reloaded not all is known" \
		apply --only daemon.log-level
	exits 0 "$suite: ... and undone" rollback
	is "$(container_pid kept)" "$pid" "$suite: ... and the container has its process"
	h sh -c 'sed -i "1s|\"debug\": true, ||" /etc/docker/daemon.json && systemctl reset-failed docker && systemctl restart docker'
}

# Who says yes to a rollback has not said yes to the end of what runs.
test_stops() {
	local suite=$1 pid=$2 live=$3 privileges
	apply --only daemon.no-new-privileges >/dev/null
	privileges=$(newest)
	exits 0 "$suite: live-restore is undone by itself" rollback "$live"
	remember_host
	exits 5 "$suite: a rollback that stops a container is refused" rollback "$privileges"
	like "$OUTPUT" 'stops 1 container: kept' "$suite: ... naming it"
	as_before "$suite: ... and nothing is touched"
	exits 0 "$suite: with live-restore again" apply --only daemon.live-restore
	exits 0 "$suite: ... it is not" rollback "$privileges"
	is "$(container_pid kept)" "$pid" "$suite: ... the container has its process"
}

# dockerd has live-restore from a file that somebody emptied since: a conflict, known before the first
# write.
test_emptied() {
	local suite=$1 pid=$2
	apply --only daemon.no-new-privileges >/dev/null
	h cp -a /etc/docker/daemon.json /root/kept.json
	h sh -c ': >/etc/docker/daemon.json'
	remember_host
	exits 5 "$suite: what is to be done with the file is asked" rollback --ack daemon.no-new-privileges
	like "$OUTPUT" "'/etc/docker/daemon.json': was emptied" "$suite: ... which it says"
	as_before "$suite: ... and nothing is touched"
	h mv /root/kept.json /etc/docker/daemon.json
	exits 0 "$suite: ... with it, it is undone" rollback --ack daemon.no-new-privileges
	is "$(container_pid kept)" "$pid" "$suite: ... and the container has its process"
}

# What the plan itself sees to be missing is never written.
test_missing_file() {
	local suite=$1
	remember_host
	bad_baseline seccomp-profile /nonexistent.json
	exits 0 "$suite: a file that is not there is no part of the plan" apply --baseline /root/bad.yaml
	like "$OUTPUT" "there is no '/nonexistent.json', which seccomp-profile names" "$suite: ... which says so"
	as_before "$suite: ... and nothing is touched"
}

# dockerd is asked before anything is written, where it can be; it must not touch the host then.
test_trial() {
	local suite=$1 pid=$2
	remember_host
	bad_baseline log-level loud
	if [[ $suite == bookworm ]]; then # has no --validate
		exits 3 "$suite: a wrong log level is put back" apply --baseline /root/bad.yaml
	else
		exits 5 "$suite: dockerd refuses a wrong log level beforehand" apply --baseline /root/bad.yaml
		unlike "$OUTPUT" 'put back' "$suite: ... nothing had to be put back"
	fi
	like "$OUTPUT" 'loud' "$suite: ... in its own words"
	as_before "$suite: ... the files are as they were"
	is "$(container_pid kept)" "$pid" "$suite: ... the container has its process"
}

# Only dockerd itself can tell: one restart to try, one to put back.
test_put_back() {
	local suite=$1 key=$2 value=$3 pid=$4
	remember_host
	bad_baseline "$key" "$value"
	exits 3 "$suite: $key: $value fails in dockerd and is put back" apply --baseline /root/bad.yaml
	like "$OUTPUT" "${5-daemon}" "$suite: ... saying what dockerd said"
	as_before "$suite: ... the files are as they were"
	is "$(h systemctl is-active docker.service)" active "$suite: ... dockerd runs"
	is "$(container_pid kept)" "$pid" "$suite: ... the container has its process"
}

# A daemon.json that is a mount point; flags in Environment= of a drop-in; a flag with a blank in it.
test_odd_places() {
	local suite=$1 conf=/etc/systemd/system/docker.service.d/opts.conf
	h sh -c 'echo "{}" >/root/d.json && mkdir -p /etc/docker && : >/etc/docker/daemon.json &&
		mount --bind /root/d.json /etc/docker/daemon.json && systemctl restart docker'
	like "$(h_harden plan --only daemon.icc)" 'Refused.*mount *point' "$suite: a file that is a mount point is refused in the plan"
	h sh -c 'umount /etc/docker/daemon.json && rm /etc/docker/daemon.json /root/d.json'
	h mkdir -p /etc/systemd/system/docker.service.d
	h_write $conf <<-'EOF'
		[Service]
		Environment=A=B "DOCKER_OPTS=--icc=true --label=site='room 4'"
	EOF
	h sh -c 'systemctl daemon-reload; systemctl reset-failed docker; systemctl restart docker'
	remember_host
	exits 0 "$suite: DOCKER_OPTS in Environment= is changed there" apply --only daemon.icc
	like "$(h sh -c 'tr "\0" "|" </proc/$(pidof -s dockerd)/cmdline')" '--icc=false\|--label=site=room 4' \
		"$suite: ... and dockerd started with the words of systemd"
	exits 0 "$suite: ... and undone" rollback
	like "$(h sh -c 'tr "\0" "|" </proc/$(pidof -s dockerd)/cmdline')" '--icc=true' "$suite: ... which is in force"
	as_before "$suite: ... as it was"
	h sh -c "rm -r /etc/systemd/system/docker.service.d; systemctl daemon-reload; systemctl reset-failed docker; systemctl restart docker"
}

for suite in "${SUITES[@]}"; do
	host_start "$suite"
	test_saved_plan "$suite"
	test_two_at_once "$suite"
	test_odd_places "$suite"
	image_import
	container_run kept /bin/sleep 1000
	apply --only daemon.live-restore >/dev/null
	live=$(newest)
	pid=$(container_pid kept)
	test_never_written "$suite" disable-legacy-registry true
	test_refused_beforehand "$suite" icc '"false"'
	test_flag_and_file "$suite"
	test_tried_before "$suite" "$pid"
	test_stops "$suite" "$pid" "$live"
	test_emptied "$suite" "$pid"
	test_missing_file "$suite"
	test_trial "$suite" "$pid"
	test_put_back "$suite" storage-driver zfs "$pid" zfs
	test_put_back "$suite" default-runtime nosuch "$pid" nosuch # a reload that dockerd rejects
	test_stale_plan "$suite"
	host_stop
done
