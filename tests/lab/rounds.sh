# shellcheck shell=bash
#
# rounds.sh - what can come together in a round of campaign-rounds: states of a host, subsets of the
# baseline, edits by somebody else. What is random is told in variables: a subshell draws its own
# numbers, which no seed brings back.

# --- what a host can be like beforehand: each runs there ------------------------------------------

# shellcheck disable=SC2034  # by name, in pick()
STATES=(
	':'
	'printf "{}\n" >/etc/docker/daemon.json'
	'printf "{\n\t\"debug\": false\n}\n" >/etc/docker/daemon.json'
	'printf "{\r\n  \"log-level\": \"info\",\r\n  \"dns\": [\"192.0.2.1\"]\r\n}\r\n" >/etc/docker/daemon.json'
	'printf "{\"labels\": [\"a=b\"], \"live-restore\": false}" >/etc/docker/daemon.json; chmod 666 /etc/docker/daemon.json'
	'printf "{\"live-restore\": true}\n" >/etc/docker/daemon.json; chown 5:5 /etc/docker/daemon.json; systemctl reload docker.service'
	'printf "{\"debug\": true}\n" >/etc/docker/real.json; ln -s real.json /etc/docker/daemon.json'
	'rmdir /etc/docker || rm -r /etc/docker'
	'chmod 777 /etc/docker'
	'setfacl -m u:games:rwx,d:u:games:rwx /etc/docker'
	'chmod 666 /run/docker.sock'
	'setfacl -m u:daemon:rw /run/docker.sock'
	'mkdir -p /etc/docker/certs.d/r.example; printf x >/etc/docker/certs.d/r.example/ca.crt; chmod -R 777 /etc/docker/certs.d'
	'chmod 666 /usr/lib/systemd/system/docker.service'
	'chown 1:1 /usr/lib/systemd/system/docker.service; chmod 664 /usr/lib/systemd/system/docker.service'
	'chmod 666 /usr/lib/systemd/system/docker.socket; setfacl -m u:games:rw /usr/lib/systemd/system/docker.socket'
	'mkdir -p /etc/containerd; printf "version = 2\n" >/etc/containerd/config.toml; chmod 777 /etc/containerd/config.toml'
	'printf "DOCKER_OPTS=\"--log-level=info\"\n" >/etc/default/docker; chmod 666 /etc/default/docker'
	'mkdir -p /etc/systemd/system/docker.service.d; printf "[Service]\nTimeoutStopSec=20\n" >/etc/systemd/system/docker.service.d/20-site.conf; chmod 666 /etc/systemd/system/docker.service.d/20-site.conf; systemctl daemon-reload'
	'mkdir -p /etc/audit/rules.d; printf -- "-w /usr/sbin/dockerd -p wa -k site\n" >/etc/audit/rules.d/60-harden-docker.rules; chmod 644 /etc/audit/rules.d/60-harden-docker.rules'
	'rm -rf /etc/audit/rules.d'
	'systemctl stop docker.socket docker.service'
)

# shellcheck disable=SC2034  # STATE, SELECT and EDIT are what they return
random_state() {
	pick STATES
	STATE=$PICKED
	((RANDOM % 2)) || { pick STATES && STATE+="; $PICKED"; }
}

# --- which part of the baseline -------------------------------------------------------------------

# shellcheck disable=SC2034  # likewise
SELECTIONS=(
	"--only daemon.*" "--only file.*" "--only audit.*" "--only file.* --only daemon.*" "" "" "--level 2"
	"--only daemon.live-restore --only daemon.log-limits" "--only daemon.no-new-privileges"
	"--skip audit.*" "--only file.daemon-json.*" "--level 2 --skip daemon.userns-remap"
	"--ack daemon.icc --ack daemon.publish-address"
)

# One of these, or controls at random.
random_selection() {
	local i word=skip
	((RANDOM % 2)) || { pick SELECTIONS && SELECT=$PICKED && return; }
	((RANDOM % 3 == 0)) || word=only
	SELECT='--level 2 '
	for ((i = RANDOM % 8; i >= 0; i--)); do
		pick CONTROLS
		SELECT+="--$word $PICKED "
	done
}

# --- what somebody else does meanwhile --------------------------------------------------------------
# PATH KIND | do it | is it still so
# The kinds `meta` and `empty` are what goes with a file that is all ours (one that had content before
# stays empty); `text` is a content, `other` something else in its place.

# shellcheck disable=SC2034  # likewise
EDITS=(
	'/etc/docker/daemon.json text | f=/etc/docker/daemon.json; if ! [ -s $f ]; then printf "{\"max-concurrent-downloads\": 7}" >$f; else sed -i "0,/{/s//{\"max-concurrent-downloads\": 7, /; s/, *}/}/" $f; fi | grep -q "\"max-concurrent-downloads\": 7" /etc/docker/daemon.json'
	'/etc/docker/daemon.json text | printf "{\"icc\": true, \"live-restore\": true, \"mtu\": 1400}\n" >/etc/docker/daemon.json | grep -q "\"mtu\": 1400" /etc/docker/daemon.json'
	'/etc/docker/daemon.json text | printf "{\"live-restore\": false, \"userland-proxy\": true}\n" >/etc/docker/daemon.json | grep -q "\"live-restore\": false" /etc/docker/daemon.json'
	'/etc/docker/daemon.json text | printf "{ broken" >/etc/docker/daemon.json | grep -q "^{ broken" /etc/docker/daemon.json'
	'/etc/docker/daemon.json empty | : >/etc/docker/daemon.json | [ -f /etc/docker/daemon.json ] && ! [ -s /etc/docker/daemon.json ]'
	'/etc/audit/rules.d/60-harden-docker.rules text | mkdir -p /etc/audit/rules.d; echo "-w /srv/mine -p wa -k mine" >>/etc/audit/rules.d/60-harden-docker.rules | grep -q "k mine" /etc/audit/rules.d/60-harden-docker.rules'
	'/etc/audit/rules.d/60-harden-docker.rules text | sed -i 2d /etc/audit/rules.d/60-harden-docker.rules | :'
	'/etc/docker/mine text | echo mine >/etc/docker/mine | grep -q mine /etc/docker/mine'
	'/etc/docker/certs.d text | mkdir -p /etc/docker/certs.d/mine; echo mine >/etc/docker/certs.d/mine/ca.crt | grep -q mine /etc/docker/certs.d/mine/ca.crt'
	'/etc/systemd/system/docker.service.d text | mkdir -p /etc/systemd/system/docker.service.d; printf "[Service]\nNice=1\n" >/etc/systemd/system/docker.service.d/mine.conf | grep -q Nice=1 /etc/systemd/system/docker.service.d/mine.conf'
	'/etc/default/docker text | echo "# mine" >>/etc/default/docker | grep -q mine /etc/default/docker'
)

# What harden may have in hand, for edits of any file.
# shellcheck disable=SC2034  # likewise
TARGETS=(
	/etc/docker/daemon.json /etc/docker/daemon.json /etc/docker/daemon.json /etc/docker /etc/audit/rules.d/60-harden-docker.rules
	/etc/audit/rules.d /usr/lib/systemd/system/docker.service /usr/lib/systemd/system/docker.socket /etc/default/docker
	/etc/containerd/config.toml /etc/docker/certs.d /etc/docker/certs.d/r.example/ca.crt
	/etc/systemd/system/docker.service.d/20-site.conf
)

random_edit() {
	local path content='# mine' # of a link's target: what containerd and auditd can read as well
	((RANDOM % 5 < 2)) && { pick EDITS && EDIT=$PICKED && return; }
	pick TARGETS
	path=$PICKED
	[[ $path != *.json ]] || content={}
	case $((RANDOM % 7)) in
	0) mode_edit "$path" o=,g-w 7 0 ;;
	1) mode_edit "$path" u+x,g+w 0120 80 ;;
	2) printf -v EDIT '%s meta | chown 3:3 %s | [ "$(stat -c %%u:%%g %s)" = 3:3 ]' "$path" "$path" "$path" ;;
	3) printf -v EDIT '%s meta | setfacl -m u:games:r %s | getfacl -cp %s | grep -q "^user:games:r"' "$path" "$path" "$path" ;;
	4) printf -v EDIT '%s other | rm -rf %s | [ ! -e %s ] && [ ! -L %s ]' "$path" "$path" "$path" "$path" ;;
	5) printf -v EDIT '%s other | mkdir -p %s; rm -rf %s; ln -s /root/mine %s; echo "%s" >/root/mine | [ "$(readlink %s)" = /root/mine ]' \
		"$path" "${path%/*}" "$path" "$path" "$content" "$path" ;;
	6) printf -v EDIT '%s other | rm -rf %s; mkdir -p %s/kept | [ -d %s/kept ]' "$path" "$path" "$path" "$path" ;;
	esac
}

# mode_edit PATH CHANGE MASK BITS: a change by bits; of those in the mask just these are set then.
mode_edit() {
	printf -v EDIT '%s meta | chmod %s %s | [ $((0$(stat -c %%a %s) & %s)) = %s ]' "$1" "$2" "$1" "$1" "$3" "$4"
}

# --- edits as a script, as a test, as lines of a snapshot -------------------------------------------

doing_of() {
	local i doing
	for i; do
		doing=${i#*" | "}
		printf '{ %s; }\n' "${doing%%" | "*}"
	done
}

# tests_of EDIT...: a script that prints the numbers of those that are so.
tests_of() {
	local i n=0
	for i; do
		i=${i#*" | "}
		printf '{ %s; } && echo %d\n' "${i#*" | "}" "$n"
		n=$((n + 1))
	done
}

# pattern_of EDIT: the lines of a snapshot that it may account for.
pattern_of() {
	local path=${1%% *} kind=${1#* }
	case ${kind%% *} in
	meta) printf '^%s (meta|acl|xattr)' "$path" ;;
	*) printf '^%s( |/)|^(%s|%s) (meta|acl|xattr)' "$path" "${path%/*}" "${path%/*/*}" ;; # it may have made the directories
	esac
}

pick() {
	local -n from=$1
	PICKED=${from[RANDOM % ${#from[@]}]}
}

# --- the host ---------------------------------------------------------------------------------------

# Their processes, whoever knows of them.
containers_alive() {
	h sh -c 'for p in $(pgrep -x sleep); do
		grep -qE "docker[-/][0-9a-f]{64}" /proc/$p/cgroup 2>/dev/null && tr "\0" " " </proc/$p/cmdline && echo $p; done' |
		LC_ALL=C sort
}

# Recovery at boot, switched off: a round's seed decides.
prepare_recovery() {
	host_start "$SUITE"
	sed 's|@sbindir@|/usr/local/bin|' "$LAB_DIR/../../packaging/harden-recover.service.in" |
		h_write /usr/lib/systemd/system/harden-recover.service
	# what outlives dockerd ignores SIGTERM, and would hold an orderly reboot up for 90 s
	h mkdir -p /etc/systemd/system.conf.d
	h_write /etc/systemd/system.conf.d/lab.conf <<<$'[Manager]\nDefaultTimeoutStopSec=5s'
	h systemctl daemon-reload
}

# A copy of what may be changed, for restore_host.
keep_pristine() {
	h sh -c 'mkdir -p /pristine/usr/lib/systemd && cp -a /etc /pristine/ && cp -a /usr/lib/systemd/system /pristine/usr/lib/systemd/'
	snapshot_tree "$WORK/pristine" "${TREES[@]}"
}

# The paths to put back come in on standard input
RESTORE='
	systemctl stop docker.socket docker.service
	while read -r path; do
		if [ -d "$path" ] && [ ! -L "$path" ] && [ -d "/pristine$path" ]; then
			chown --reference="/pristine$path" "$path" && setfacl -bk "$path" && chmod --reference="/pristine$path" "$path"
		else
			rm -rf "$path"
			if [ -e "/pristine$path" ] || [ -L "/pristine$path" ]; then cp -a "/pristine$path" "$path"; fi
		fi
	done
	rm -rf /root/mine /etc/docker/real.json /var/lib/harden /run/harden
	systemctl daemon-reload
	systemctl reset-failed docker.service docker.socket
	systemctl start docker.socket docker.service &&
	docker start one two'

# What differs from the beginning is put back from the copy; dockerd starts anew.
restore_host() {
	diff "$WORK/pristine" "$WORK/after" | sed -n 's/^[<>] \([^ ]*\) .*/\1/p' | LC_ALL=C sort -u >"$WORK/differ"
	h sh -c "$RESTORE" <"$WORK/differ" >/dev/null 2>&1 || return 1
	snapshot_tree "$WORK/now" "${TREES[@]}"
	diff -q <(without "$NOT_OURS" "$WORK/pristine") <(without "$NOT_OURS" "$WORK/now") >/dev/null &&
		[[ $(containers_alive | wc -l) == 2 ]]
}

# --- what is done to it, and what must be so --------------------------------------------------------

# Each edit, and those that are so now: what of them is lost later is lost by harden.
edit_all() {
	local i=0
	h sh -c "$(doing_of "${EDITED[@]}")" >/dev/null 2>&1 || :
	while read -r i; do KEPT+=("${EDITED[i]}"); done < <(h sh -c "$(tests_of "${EDITED[@]}")" 2>/dev/null)
}

judge_edits() {
	local i so
	((${#KEPT[@]})) || return 0
	so=" $(h sh -c "$(tests_of "${KEPT[@]}")" 2>/dev/null | tr '\n' ' ')"
	for i in "${!KEPT[@]}"; do
		[[ $so == *" $i "* ]] || goes_along "${KEPT[i]}" || echo "an edit of somebody else is lost: ${KEPT[i]}"
	done
}

# An attribute that somebody gave to a file that is all ours goes with that file, as does what he left empty.
goes_along() {
	local path=${1%% *}
	[[ $1 =~ ^[^\ ]*\ (meta|empty)\  ]] && ! grep -q "^$path meta" "$WORK/before" && ! h test -e "$path"
}

# In a file, as a round is a subshell.
count() {
	printf '%s\n' "$1" >>"$WORK/counts"
}

# step WORD CODES ARG...: harden does it, and ends with one of these.
step() {
	local word=$1 codes=$2 code=0 out
	shift 2
	out=$(h_harden "$@" 2>&1) || code=$?
	SAID+=$'\n'"--- $word ends $code"$'\n'$out
	count "$word ends $code"
	[[ $code =~ ^($codes)$ || $out == *'there is no transaction to undo'* ]] || echo "$word ends $code"
}

# What would put in force what somebody else wrote is refused at first, and then consented to.
roll_back() {
	local way=(rollback --yes --health-timeout "$GATE" --on-conflict keep)
	step rollback '0|3|5' "${way[@]}"
	if [[ ${SAID##*--- } =~ \'--ack\ ([a-z.-]+)\'\ consents ]]; then
		step 'rollback, consented' '0|3' "${way[@]}" --ack "${BASH_REMATCH[1]}"
	elif [[ ${SAID##*--- } == *'ends 5'* ]]; then
		REFUSED=yes
		[[ ${SAID##*--- } == *"dockerd's next start would not have it"* ]] || echo 'rollback is refused for another reason'
	fi
}
