#!/bin/bash
#
# Hosts as people really have them, each from a public report: a fresh host with two containers
# is set up, then planned, applied, checked, rolled back. Whatever the case, a container that runs
# keeps its process, what the plan says is what happens, and after the rollback everything is as
# it was but for what others did meanwhile. A case is a file of cases/:
#
#   IN='trixie forky'             the suites it is about; all where it says nothing
#   ARGS=(--only 'daemon.*')      for plan, apply and check
#   ACK=(--ack daemon.icc)        for apply alone
#   APPLY=5                       how apply ends; 0 where it says nothing
#   set_up()  { ... }             runs in the host, by its bash
#   between() { ... }             likewise, after apply and before the rollback
#   expect()  { ... }             tests on $PLAN, $APPLIED, $CHECKED and $BETWEEN, what was printed
#   after()   { ... }             tests at the very end
#
#   tests/lab/test-cases.sh unit-requires-docker   tries one by hand
#   HARDEN_LAB_WHOLE=1 tests/lab/test-cases.sh     all of them, on each suite that they are about

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

TREES=(/etc /usr/lib/systemd /usr/local /opt /srv /home /data /run/systemd/system)

in_host() {
	h timeout 60 bash -c "$(declare -f docker_up full_data_root "$1"); $1"
}

# For set_up(): dockerd was restarted, and `keep` does not come back by itself.
docker_up() {
	until docker start keep >/dev/null 2>&1; do sleep 0.1; done
}

# For set_up(): dockerd with CONFIG, and a data root of its own that web and db have filled.
full_data_root() {
	local name
	docker rm -f keep pub
	docker save bb -o /root/bb.tar
	systemctl stop docker.service docker.socket
	mkdir -p /mnt/root
	mount -t tmpfs -o size=40m none /mnt/root
	echo "$1" >/etc/docker/daemon.json
	systemctl start docker.socket docker.service
	docker load -i /root/bb.tar
	for name in web db; do docker run -d --name "$name" --restart always bb /bin/sleep 100000; done
	dd if=/dev/zero of=/mnt/root/fill bs=4k || true
}

defaults() {
	IN='bookworm trixie forky' ARGS=() ACK=() APPLY=0 PLAN='' APPLIED='' CHECKED='' BETWEEN='' UNDONE=''
	unset -f set_up between expect after
	set_up() { :; }
	between() { :; }
	expect() { :; }
	after() { :; }
}

base_host() {
	host_start "$1"
	image_import
	h docker tag lab-busybox bb
	h mkdir -p /etc/docker
	container_run keep -- /bin/sleep 100000
	container_run pub --publish 8099:80 --restart unless-stopped -- /bin/httpd -f
}

# The processes that containers have, whoever knows of them: it does not take dockerd to tell.
container_processes() {
	h sh -c 'for p in /proc/[0-9]*; do
			grep -qE "docker[-/][0-9a-f]{64}" $p/cgroup 2>/dev/null || continue
			printf "%s %s\n" "${p#/proc/}" "$(tr "\0" " " <$p/cmdline)"
		done' | { grep -E '/bin/(sleep 1[0-9]{4}|httpd)' || true; } | LC_ALL=C sort
}

# run_of NAME CMD...: its output in that variable, its exit code in CODE.
run_of() {
	local -n to=$1
	shift
	CODE=0
	# shellcheck disable=SC2034  # to is the caller's
	to=$("$@" 2>&1 </dev/null) || CODE=$?
}

# A docker command that a case runs now and then holds an apply that meets it: tried again, as its
# words say.
apply_when_idle() {
	local try
	for try in 1 2 3 4 5; do
		run_of APPLIED apply "${ARGS[@]}" "${ACK[@]}"
		[[ $CODE != "$APPLY" && $APPLIED == *' is cut off by the restart of dockerd'* ]] || return 0
		echo "# held by a command at work, try $try"
	done
}

run_case() {
	local name=$1 suite=$2 what before level=(--level 1)
	what="$suite: $name"
	base_host "$suite"
	in_host set_up >"$WORK/setup" 2>&1 || fail "$what: is set up" <"$WORK/setup"
	snapshot_tree "$WORK/before" "${TREES[@]}"
	before=$(container_processes)

	[[ " ${ARGS[*]}" != *' --level '* ]] || level=()
	run_of PLAN h_harden plan "${level[@]}" "${ARGS[@]}"
	is "$CODE" 0 "$what: plan ends 0"
	apply_when_idle
	is "$CODE" "$APPLY" "$what: apply ends $APPLY"
	is "$(container_processes)" "$before" "$what: ... and no container lost its process"
	run_of AGAIN h_harden plan "${ARGS[@]}"
	is "$CODE" 0 "$what: a second plan ends 0"
	run_of CHECKED h_harden check "${ARGS[@]}"
	like "$CODE" '^[02]$' "$what: check ends 0 or 2"
	run_of BETWEEN in_host between
	expect "$what"
	if [[ $APPLIED == *' kept.'* ]]; then
		run_of UNDONE rollback
		is "$CODE" 0 "$what: rollback ends 0"
		is "$(container_processes)" "$before" "$what: ... and no container lost its process"
	fi
	snapshot_tree "$WORK/after" "${TREES[@]}"
	same_tree "$WORK/before" "$WORK/after" "$what: files are as before" --ignore "$NOT_OURS|^/etc/audit/audit.rules "
	run_of AGAIN h_harden plan "${ARGS[@]}"
	is "$CODE" 0 "$what: plan works afterwards"
	after "$what"
	if ((FAILED > failed)); then
		{ echo "$PLAN" && echo "$APPLIED" && echo "$CHECKED" && echo "$BETWEEN" && echo "$UNDONE"; } | sed 's/^/#   /'
		failed=$FAILED
	fi
	host_stop
}

# In a share, a case of several suites leaves one of them out, the next case the next one.
taken() {
	local n=$1 suite=$2 all
	read -ra all <<<"$IN"
	[[ " $IN " == *" $suite "* ]] || return 1
	[[ -z $SHARE ]] || ((${#all[@]} < 2)) || [[ $suite != "${all[n % ${#all[@]}]}" ]]
}

failed=0
need_lab
SHARE=
if (($# == 0)); then
	[[ -n ${HARDEN_LAB_WHOLE:-} ]] || SHARE=yes
	set -- "$LAB_DIR"/cases/*.sh
fi
n=0
for case in "$@"; do
	file=$LAB_DIR/cases/$(basename "$case" .sh).sh
	defaults
	# shellcheck source=/dev/null
	. "$file"
	for suite in "${SUITES[@]}"; do
		! taken "$n" "$suite" || run_case "$(basename "$case" .sh)" "$suite"
	done
	n=$((n + 1))
done
