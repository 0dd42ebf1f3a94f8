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
	start_run apply --yes --only daemon.log-limits --health-timeout 15s
	wait_for_phase '1 restart of dockerd'
	exits 75 "$suite: a second run at the same time is refused" apply
	is "$(run_code)" 0 "$suite: the first is not disturbed"
	exits 0 "$suite: ... and undone" rollback
}

# What an earlier rollback took back by a restart does not wait for the next one.
test_undone_by_parts() {
	local suite=$1
	apply --only 'daemon.*,file.daemon-json.*' >/dev/null
	exits 0 "$suite: one control is undone" rollback --only daemon.log-limits
	exits 0 "$suite: ... and then the rest" rollback "$(h_harden history --json | jq -r '.transactions[-2].id')"
	unlike "$OUTPUT" 'not in force' "$suite: ... and nothing is said to wait"
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
	exits 1 "$suite: $key: $value is a mistake of the baseline" apply --baseline /root/bad.yaml
	like "$OUTPUT" "/root/bad.yaml:[0-9]+:[0-9]+: .*'$key' must be of type" "$suite: ... with its place"
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

# What dockerd would refuse at its next start, by a value: told, or at least not passed.
test_untried_values() {
	local suite=$1 value
	exits 0 "$suite: the file that dockerd takes passes" h_harden check --only daemon.config
	h cp -a /etc/docker/daemon.json /root/kept.json
	for value in '"builder": {"gc": {"enabled": "true"}}' '"default-shm-size": 67108864' \
		'"runtimes": {"x": {"path": 5}}' '"log-level": "verbose"' '"default-ipc-mode": "host"' \
		'"max-concurrent-downloads": -1' '"seccomp-profile": "/nope"'; do
		h sed -i "1s|{|{$value, |" /etc/docker/daemon.json
		exits 2 "$suite: $value does not pass" h_harden check --only daemon.config
		like "$OUTPUT" 'would not start with' "$suite: ... but fails"
		h cp -a /root/kept.json /etc/docker/daemon.json
	done
	h sed -i '1s|{|{"storage-driver": "nope", |' /etc/docker/daemon.json
	exits 2 "$suite: a value that only dockerd can judge does not pass" h_harden check --only daemon.config
	like "$OUTPUT" 'no dockerd is known to have started with its *values' "$suite: ... which it says"
	h mv /root/kept.json /etc/docker/daemon.json
	exits 0 "$suite: ... and what it was started with does" h_harden check --only daemon.config
}

# docker.service may be a link to a unit by another name. That one is dockerd's own, and none that
# goes down with it.
test_alias() {
	local suite=$1 pid=$2 units=/etc/systemd/system
	h sh -c "systemctl stop docker.service docker.socket
		cp \$(systemctl show -P FragmentPath docker.service) $units/moby.service
		ln -s moby.service $units/docker.service
		systemctl daemon-reload; systemctl reset-failed docker.service; systemctl start docker.service"
	is "$(h systemctl show -P Id docker.service)" moby.service "$suite: docker.service is an alias"
	exits 0 "$suite: ... dockerd is restarted by it" apply --only daemon.no-new-privileges
	unlike "$OUTPUT" 'goes down with dockerd' "$suite: ... and goes not down with itself"
	exits 0 "$suite: ... and has what was written" h_harden check --only daemon.no-new-privileges
	exits 0 "$suite: ... and undone" rollback
	is "$(container_pid kept)" "$pid" "$suite: ... and the container has its process"
	h sh -c "systemctl stop docker.service docker.socket; rm $units/docker.service $units/moby.service
		systemctl daemon-reload; systemctl reset-failed docker.service; systemctl start docker.service"
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
	ship_lines 'ExecReload=' # without a reload it cannot be borrowed
	remember_host
	exits 5 "$suite: a rollback that stops a container is refused" rollback "$privileges"
	like "$OUTPUT" 'stops 1 container: kept' "$suite: ... naming it"
	as_before "$suite: ... and nothing is touched"
	unship_lines
	exits 0 "$suite: where live-restore can be borrowed, it is not" rollback "$privileges"
	exits 0 "$suite: with live-restore again, for what comes" apply --only daemon.live-restore
	is "$(container_pid kept)" "$pid" "$suite: ... the container has its process"
}

# What systemd does because a file was written, and what its reading its units again loads, speaks
# against a rollback as it does against an apply.
test_brought() {
	local suite=$1 pid=$2 dropins=/etc/systemd/system/docker.service.d
	apply --only daemon.no-new-privileges >/dev/null
	h_write /etc/systemd/system/dr.path <<-'EOF'
		[Path]
		PathChanged=/etc/docker/daemon.json
	EOF
	h_write /etc/systemd/system/dr.service <<-'EOF'
		[Service]
		Type=oneshot
		ExecStart=/usr/bin/systemctl restart docker
	EOF
	h systemctl daemon-reload
	h systemctl start dr.path
	remember_host
	exits 5 "$suite: a rollback beside a path unit that looks at the file is refused" rollback
	like "$OUTPUT" "systemd starts dr.service when '/etc/docker/daemon.json' changes" "$suite: ... naming it"
	exits 5 "$suite: ... by --dry-run, too" h_harden rollback --dry-run
	as_before "$suite: ... and nothing is touched"
	is "$(container_pid kept)" "$pid" "$suite: ... and the container has its process"
	h sh -c 'systemctl stop dr.path; rm /etc/systemd/system/dr.*; systemctl daemon-reload'
	exits 0 "$suite: without it it is undone" rollback
	apply --only host.scheduled-check --ack host.scheduled-check >/dev/null
	h mkdir -p $dropins
	h_write $dropins/move.conf <<-'EOF'
		[Service]
		ExecStart=
		ExecStart=/usr/sbin/dockerd -H fd:// --data-root=/srv/d
	EOF
	remember_host
	exits 5 "$suite: a rollback that loads what others wrote is refused" rollback
	like "$OUTPUT" "systemd would have to read its units again, and .*'$dropins/move.conf' is not loaded" "$suite: ... naming it"
	as_before "$suite: ... and nothing is touched"
	unlike "$(h systemctl show -P ExecStart docker.service)" /srv/d "$suite: ... nor loaded"
	exits 0 "$suite: with consent it is undone" rollback --ack host.scheduled-check
	like "$OUTPUT" 'systemd reads its units again' "$suite: ... which says what that does"
	h sh -c "rm -r $dropins; systemctl daemon-reload"
}

# Others moved the data root since: a restart would lose sight of what runs, and no consent is to that.
test_moved() {
	local suite=$1 pid=$2
	apply --only daemon.no-new-privileges >/dev/null
	h cp -a /etc/docker/daemon.json /root/kept.json
	h sed -i '1s|{|{"data-root": "/data/newdocker",|' /etc/docker/daemon.json
	remember_host
	exits 5 "$suite: a rollback that would move the data root is refused, whatever is consented to" \
		rollback --ack daemon.no-new-privileges
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" '/data/newdocker.*every container, image and volume of now would be out of view' \
		"$suite: ... saying why"
	exits 5 "$suite: ... and so is an apply" apply --only daemon.icc --ack daemon.icc
	as_before "$suite: ... and nothing is touched"
	h mv /root/kept.json /etc/docker/daemon.json
	exits 0 "$suite: ... and where it is taken back it is undone" rollback --ack daemon.no-new-privileges
	is "$(container_pid kept)" "$pid" "$suite: ... and the container has its process"
}

# inotify_init1() and inotify_add_watch(), of IN_ATTRIB and IN_MOVED_TO
readonly WATCH='($i, $a) = (POSIX::uname())[4] eq "x86_64" ? (294, 254) : (26, 27);
	$f = syscall($i, 0); for (@ARGV) { $p = $_; syscall($a, $f, $p, 0x84) >= 0 or die } sleep 900'

# The paths are those that are written or given a mode, whatever they are.
test_watched_from_container() {
	local suite=$1 unit=/usr/lib/systemd/system/docker.service
	h chmod 666 $unit
	container_run reloader -v /:/host -- chroot /host perl -MPOSIX -e "$WATCH" /etc/docker $unit
	remember_host
	like "$(h_harden plan --only daemon.log-limits)" "in.+container.+reloader\).+watches.+'/etc/docker'" "$suite: who watches from a container holds an apply"
	like "$(h_harden plan --only file.docker-service.mode)" "in.+container.+reloader\).+watches.+'$unit'" "$suite: ... and another mode of any file"
	apply --only file.docker-service.mode >/dev/null
	is "$(h stat -c %a $unit)" 666 "$suite: ... which is not given"
	exits 5 "$suite: ... nor is anything rolled back" rollback
	as_before "$suite: ... and nothing is touched"
	h docker rm -f reloader >/dev/null
	exits 0 "$suite: without it the mode is given" apply --only file.docker-service.mode
	exits 0 "$suite: ... and taken back" rollback
	h chmod 644 $unit
}

# What a user's systemd does then is not told by the system's: the kernel tells who watches.
test_watched() {
	local suite=$1 pid=$2 dropins=/etc/systemd/system/user@.service.d
	apply --only daemon.no-new-privileges >/dev/null
	h mkdir -p $dropins /etc/systemd/user
	h_write $dropins/lab.conf <<-'EOF'
		[Service]
		Environment=XDG_RUNTIME_DIR=/run/user/%i
		PAMName=
	EOF
	h_write /etc/systemd/user/dr.path <<-'EOF'
		[Path]
		PathChanged=/etc/docker/daemon.json
	EOF
	h_write /etc/systemd/user/dr.service <<-'EOF'
		[Service]
		Type=oneshot
		ExecStart=/usr/bin/docker restart -t 1 kept
	EOF
	h sh -c 'systemctl daemon-reload; mkdir -p -m 700 /run/user/0; systemctl start user@0;
		XDG_RUNTIME_DIR=/run/user/0 systemctl --user start dr.path'
	remember_host
	like "$(h_harden plan --only daemon.log-limits)" "the systemd of user 0 .* watches" "$suite: a user's systemd that looks at the file holds an apply"
	exits 5 "$suite: ... and a rollback" rollback
	as_before "$suite: ... and nothing is touched"
	is "$(container_pid kept)" "$pid" "$suite: ... and the container has its process"
	h sh -c "systemctl stop user@0; rm -r $dropins /etc/systemd/user/dr.*; systemctl daemon-reload"
	test_watched_from_container "$suite"
	is "$(container_pid kept)" "$pid" "$suite: ... and the container has its process"
	exits 0 "$suite: without it it is undone" rollback
}

# A shell starts dockerd since: what flags it gives, nobody can tell.
test_wrapper() {
	local suite=$1 pid=$2 dropins=/etc/systemd/system/docker.service.d
	apply --only daemon.no-new-privileges >/dev/null
	h mkdir -p $dropins
	h_write $dropins/sh.conf <<-'EOF'
		[Service]
		ExecStart=
		ExecStart=/bin/sh -c "exec /usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock"
	EOF
	h sh -c 'systemctl daemon-reload; systemctl reset-failed docker; systemctl restart docker'
	remember_host
	exits 5 "$suite: a rollback beside a shell that starts dockerd is refused" rollback
	like "$OUTPUT" "docker.service starts '/bin/sh'" "$suite: ... by the true reason"
	exits 5 "$suite: ... by --dry-run, too" h_harden rollback --dry-run
	as_before "$suite: ... and nothing is touched"
	exits 0 "$suite: with consent it is undone" rollback --ack daemon.no-new-privileges
	exits 0 "$suite: ... and applied" apply --only daemon.log-limits --ack daemon.log-limits
	exits 0 "$suite: ... and undone again" rollback --ack daemon.log-limits
	h systemctl stop docker.socket docker.service
	exits 0 "$suite: beside a stopped dockerd, too" apply --only daemon.log-limits --ack daemon.log-limits
	like "$OUTPUT" "could not be asked beforehand: docker.service starts '/bin/sh'" "$suite: ... which is not asked then"
	like "$OUTPUT" "'--ack daemon.log-limits' consents" "$suite: ... and the undo is told with what it takes"
	exits 0 "$suite: ... and undone" rollback --ack daemon.log-limits
	h sh -c "rm -r $dropins; systemctl daemon-reload; systemctl reset-failed docker; systemctl restart docker"
	is "$(container_pid kept)" "$pid" "$suite: ... and the container has its process"
}

# Containers run on without a dockerd, and its next start leaves their network as it is.
test_waits_without_dockerd() {
	local suite=$1
	apply --only daemon.icc --ack daemon.icc >/dev/null
	h systemctl stop docker.socket docker.service
	exits 2 "$suite: a network key waits while dockerd is stopped" h_harden check --only daemon.icc
	like "$OUTPUT" 'starts; 1 runs' "$suite: ... by the words of before"
	h sh -c 'systemctl reset-failed docker; systemctl start docker'
	exits 2 "$suite: ... and after its start" h_harden check --only daemon.icc
	exits 0 "$suite: ... and is undone" rollback
	h systemctl stop docker.socket docker.service
	exits 0 "$suite: ... and is written beside a stopped dockerd" apply --only daemon.icc --ack daemon.icc
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" 'written, not in force: daemon\.icc: .*; 1 runs' "$suite: ... which is said to wait"
	h sh -c 'systemctl reset-failed docker; systemctl start docker'
	exits 0 "$suite: ... and is undone, too" rollback
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
	bad_baseline dns-search '["!"]' # dockerd alone knows what is a domain
	if [[ $suite == bookworm ]]; then # has no --validate
		exits 3 "$suite: a search domain that is none is put back" apply --baseline /root/bad.yaml
	else
		exits 5 "$suite: dockerd refuses it beforehand" apply --baseline /root/bad.yaml
		unlike "$OUTPUT" 'put back' "$suite: ... nothing had to be put back"
	fi
	like "$OUTPUT" '! is not a *valid *domain' "$suite: ... in its own words"
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
	! whole "$suite" || test_undone_by_parts "$suite"
	image_import
	container_run kept /bin/sleep 1000
	apply --only daemon.live-restore >/dev/null
	live=$(newest)
	pid=$(container_pid kept)
	test_never_written "$suite" disable-legacy-registry true
	test_refused_beforehand "$suite" icc '"false"'
	test_flag_and_file "$suite"
	test_untried_values "$suite"
	test_tried_before "$suite" "$pid"
	test_alias "$suite" "$pid"
	test_stops "$suite" "$pid" "$live"
	if whole "$suite"; then
		test_brought "$suite" "$pid"
		test_moved "$suite" "$pid"
		test_watched "$suite" "$pid"
		test_wrapper "$suite" "$pid"
		test_waits_without_dockerd "$suite"
	fi
	test_emptied "$suite" "$pid"
	test_missing_file "$suite"
	test_trial "$suite" "$pid"
	test_put_back "$suite" exec-opts '["native.cgroupdriver=nosuch"]' "$pid" nosuch
	test_put_back "$suite" default-runtime nosuch "$pid" nosuch # a reload that dockerd rejects
	test_stale_plan "$suite"
	host_stop
done
