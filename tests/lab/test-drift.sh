#!/bin/bash
#
# A host with planted drift: the plan names every difference and nothing else, apply fixes it,
# rollback brings the drift back, byte for byte.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

plant_files() {
	h useradd --create-home worker
	h mkdir -p /etc/docker/tls
	# tab-indented, with keys that harden does not know, and no final newline
	printf '{\n\t"labels": ["rack=7"],\n\t"tlskey": "/etc/docker/tls/server-key.pem",\n\t"registry-mirrors": ["https://mirror.example"]\n}' |
		h_write /etc/docker/daemon.json 666
	h chown worker /etc/docker/daemon.json
	h openssl genrsa -out /etc/docker/tls/server-key.pem 2048
	h chmod 644 /etc/docker/tls/server-key.pem
	h setfacl -m u:worker:rwx /etc/docker
	h chmod 664 "$(h systemctl show -P FragmentPath docker.service)"
}

# icc is a flag already: the file must not name it too, or dockerd does not start.
plant_flag() {
	local line
	line=$(h sed -n 's/^ExecStart=//p' "$(h systemctl show -P FragmentPath docker.service)")
	h mkdir -p /etc/systemd/system/docker.service.d
	printf '[Service]\nExecStart=\nExecStart=%s --icc=%s\n' "$line" "$1" |
		h_write /etc/systemd/system/docker.service.d/site.conf
	h systemctl daemon-reload
	h systemctl restart docker.service
}

# Half of the paths are watched already, in the syscall form.
plant_audit() {
	h_write /etc/audit/rules.d/site.rules 640 <<-'EOF'
		## rules of the site
		-a always,exit -F path=/usr/sbin/dockerd -F perm=wxa -F key=site
		-a always,exit -F dir=/etc/docker -F perm=wa -k site
		-a always,exit -F arch=b64 -F path=/usr/bin/containerd -F perm=rwxa -k site
		-a always,exit -F arch=b32 -F path=/usr/bin/containerd -F perm=rwxa -k site
		-a always,exit -S all -F path=/etc/default/docker -F perm=wa -k site
	EOF
}

EXPECTED='audit.api-socket
audit.containerd-config
audit.containerd-shim
audit.containerd-shim-runc-v1
audit.containerd-shim-runc-v2
audit.docker-service
audit.docker-socket
audit.runc
daemon.live-restore
daemon.log-limits
daemon.no-new-privileges
daemon.userland-proxy
file.config-dir.mode
file.daemon-json.mode
file.daemon-json.owner
file.docker-service.mode
file.engine-files
file.registry-certs.mode
file.registry-certs.owner
file.server-key.mode
file.server-key.owner'

# What is not installed is not watched: forky's containerd has one shim. Who can write in /etc/docker can
# make the directories of plugins and of registries' certificates there.
expected() {
	local absent='^$'
	h test -e /usr/bin/containerd-shim || absent='audit\.containerd-shim(-runc-v1)?'
	grep -vxE "$absent" <<<"$EXPECTED" | LC_ALL=C sort
}

test_plan() {
	local suite=$1 expected=$2
	is "$(planned)" "$expected" "$suite: the plan names every difference and nothing else"
	is "$(h_harden plan | sha256sum)" "$(h_harden plan | sha256sum)" "$suite: two plans are the same bytes"
}

test_applied() {
	local suite=$1 json
	is "$(h stat -c '%a %U %G' /etc/docker/daemon.json)" '644 root root' "$suite: daemon.json is root's, 0644"
	is "$(h stat -c %a /etc/docker/tls/server-key.pem)" 400 "$suite: the server's key is 0400"
	is "$(h stat -c %a "$(h systemctl show -P FragmentPath docker.service)")" 644 "$suite: docker.service is 0644"
	like "$(h dpkg-statoverride --list '*/docker.service')" '^root root 644 ' "$suite: ... and after an upgrade, too"
	is "$(h getfacl -cn /etc/docker 2>/dev/null | grep '^user:[0-9]')" "user:$(h id -u worker):r-x" \
		"$suite: the ACL of /etc/docker lets nobody else write"
	json=$(h cat /etc/docker/daemon.json; echo x)
	like "$json" $'^\\{\n\t"labels": \\["rack=7"\\],\n\t"tlskey"' "$suite: daemon.json keeps its order, tabs and unknown keys"
	like "$json" '\}x$' "$suite: ... and has no final newline still"
	unlike "$json" '"icc"' "$suite: ... and does not name icc, which is a flag"
	exits 0 "$suite: nothing is left to do" h_harden plan --detailed-exitcode
}

# Two flags of one line, two attributes of one file, and a mode that three resources cap: each
# is undone by itself, the first before the last, and then nothing of it is left.
plant_twice() {
	local unit
	unit=$(h systemctl show -P FragmentPath docker.service)
	h sed -i 's/--icc=true/--icc=true --userland-proxy=true/' /etc/systemd/system/docker.service.d/site.conf
	h chown worker "$unit"
	h chmod 666 "$unit"
	h mkdir -p /etc/containerd
	h touch /etc/containerd/config.toml
	h chmod 777 /etc/containerd/config.toml
	h systemctl daemon-reload
	h systemctl restart docker.service
}

# id_in_force: of the newest transaction that stands; nothing where there is none.
id_in_force() {
	h_harden status --json | jq -r '.in_force.id // empty'
}

test_twice() {
	local suite=$1 id control
	plant_twice
	remember_host
	exits 0 "$suite: apply edits the same things several times" apply
	is "$(h stat -c %a /etc/containerd/config.toml)" 644 "$suite: ... no resource loosens what another closed"
	is "$(h_harden check --json | jq '.drift.changed | length')" 0 "$suite: ... and check sees no drift"
	id=$(id_in_force)
	for control in daemon.icc file.docker-service.owner; do
		exits 0 "$suite: $control is undone by itself" rollback "$id" --only "$control"
	done
	unlike "$(h cat /etc/systemd/system/docker.service.d/site.conf)" '--userland-proxy=true' "$suite: ... and the other flag stays"
	exits 0 "$suite: then all the rest" rollback "$id"
	as_before "$suite: ... and all is back, byte for byte"
	is "$(id_in_force)" '' "$suite: nothing is in force"
	exits 0 "$suite: a rollback is undone by the command that it printed" rollback "$(h_harden history --json | jq -r '.transactions[-1].id')"
	is "$(id_in_force)" "$id" "$suite: ... and what it brought again is in force"
	exits 0 "$suite: ... and is found by a plain rollback" rollback
	as_before "$suite: ... which puts all back"
}

# Applied while dockerd was stopped, undone while it runs: what it has in force counts.
test_stopped() {
	local suite=$1
	remember_host
	h systemctl stop docker.socket docker.service
	exits 0 "$suite: apply without a running dockerd" apply --only 'daemon.userns-remap' --level 2 --ack daemon.userns-remap
	h systemctl start docker.service
	like "$(docker_info)" 'name=userns' "$suite: ... comes into force with its next start"
	exits 0 "$suite: rollback while it runs" rollback
	unlike "$(docker_info)" 'name=userns' "$suite: ... takes it out of force"
	as_before "$suite: ... and the account is gone with it"
}

# Undone while a container lives through the restart: status says what is not in force yet.
test_waits() {
	local suite=$1 dropin=/etc/systemd/system/docker.service.d/site.conf
	exits 0 "$suite: apply" apply --only daemon.icc,daemon.live-restore
	image_import
	container_run keep -- /bin/sleep 1000
	exits 0 "$suite: rollback beside a container" rollback
	is "$(bridge_icc)" false "$suite: ... which keeps the network as it was"
	like "$(h_harden status)" 'docker:icc was written by' "$suite: ... and status says that it waits"
	is "$(h_harden status --json | jq -r '.waits[].control')" daemon.icc "$suite: ... in JSON, too"
	h sed -i 's/--icc=true/--icc=false/' "$dropin"
	like "$(h_harden status)" 'Changed: .*docker:icc' "$suite: ... but where somebody set it to another value"
	h sed -i 's/--icc=false/--icc=true/' "$dropin"
	h docker rm -f keep >/dev/null
	h systemctl restart docker
	unlike "$(h_harden status)" 'docker:icc was written by' "$suite: ... nor once it is in force"
}

# What is in force, and in no file: somebody undoes it there.
test_by_hand() {
	local suite=$1 only=(--only daemon.live-restore) file=/etc/docker/daemon.json
	whole "$suite" || return 0
	exits 0 "$suite: live-restore is applied" apply "${only[@]}"
	is "$(h_harden check "${only[@]}" --json | jq '.drift.changed | length')" 0 "$suite: ... and is so"
	h sed -i.applied 's/"live-restore": *true/"live-restore": false/' $file
	h systemctl reload docker
	h mv $file.applied $file
	is "$(h_harden check "${only[@]}" --json | jq -c '[.drift.changed[] | [.path, .subject, .applied, .now]]')" \
		'[[null,"docker:live-restore","true","false"]]' "$suite: ... its file is, and dockerd has it no more"
	like "$(h_harden status)" 'Changed:.*docker:live-restore' "$suite: ... which status tells"
	h systemctl reload docker
	exits 0 "$suite: ... till it is so again" rollback
}

for suite in "${SUITES[@]}"; do
	host_start "$suite"
	plant_files
	plant_audit
	plant_flag false
	remember_host
	test_plan "$suite" "$(expected)"
	as_before "$suite: plan left the host alone"
	exits 0 "$suite: apply" apply
	test_applied "$suite"
	is "$(bridge_icc)" false "$suite: icc is off, as the flag says"
	exits 0 "$suite: rollback" rollback
	as_before "$suite: the drift is back, byte for byte"
	is "$(h dpkg-statoverride --list '*/docker.service' || true)" '' "$suite: dpkg has no override any more"
	info_as_before "$suite: docker info is as it was"

	# the flag says the opposite: it is changed where it stands
	plant_flag true
	remember_host
	like "$(planned | tr '\n' ' ')" 'daemon\.icc ' "$suite: a flag with the wrong value is a difference"
	exits 0 "$suite: apply" apply
	is "$(bridge_icc)" false "$suite: the flag was changed where it stands"
	like "$(h cat /etc/systemd/system/docker.service.d/site.conf)" '--icc=false' "$suite: ... in the site's drop-in"
	exits 0 "$suite: nothing is left to do" h_harden plan --detailed-exitcode
	exits 0 "$suite: rollback" rollback
	as_before "$suite: the drop-in is back, byte for byte"

	test_twice "$suite"
	test_stopped "$suite"
	test_waits "$suite"
	test_by_hand "$suite"
	host_stop
done
