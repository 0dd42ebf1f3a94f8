#!/bin/bash
#
# S5: a marker in every secret that harden meets (a TLS key, tokens and proxies' passwords in
# daemon.json, in dockerd's flags, in units, in a baseline) is found in no argv, environment, core,
# log, journal, plan, report or file that others may read. A second marker, in what is not a secret, is
# found in all of them by the same search: one that finds nothing would prove nothing.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

SECRET=SECRET${RANDOM}X${RANDOM}
PLAIN=PLAIN${RANDOM}X${RANDOM}
OUT=$WORK/out # one file for each command's output
PLACES=0      # that were searched

# --- planting -------------------------------------------------------------------------------

# In force when dockerd starts: with 20.10 as flags, with 26.1 in daemon.json.
plant_bookworm() {
	h_write /etc/docker/daemon.json 600 <<<'{"debug": false}'
	h_write /etc/systemd/system/docker.service.d/20-flags.conf 600 <<-END
		[Service]
		ExecStart=
		ExecStart=/usr/sbin/dockerd -H fd:// --log-driver=splunk --log-opt=splunk-token=$SECRET --log-opt=splunk-url=https://127.0.0.1:1
	END
}

plant_trixie() {
	h_write /etc/docker/daemon.json 600 <<-END
		{
		  "log-driver": "splunk",
		  "log-opts": { "splunk-token": "$SECRET", "splunk-url": "https://127.0.0.1:1" },
		  "proxies": { "http-proxy": "http://me:$SECRET@127.0.0.1:3128" }
		}
	END
}

plant_forky() {
	plant_trixie
}

plant() {
	h mkdir -p /etc/docker/tls /etc/systemd/system/docker.service.d /root/.docker /run/cores
	h_write /etc/docker/tls/server-key.pem 644 <<<"-----BEGIN PRIVATE KEY-----$SECRET"
	h_write /etc/default/app 600 <<<"DB_PASSWORD=$SECRET"
	h_write /root/.docker/config.json 600 <<<"{\"auths\":{\"registry\":{\"auth\":\"$SECRET\"}}}"
	h_write /etc/systemd/system/docker.service.d/10-proxy.conf <<-END
		[Service]
		Environment="HTTP_PROXY=http://me:$SECRET@127.0.0.1:3128" "NO_PROXY=127.0.0.1"
		Environment=DB_PWD=$SECRET "REGISTRY_AUTH=$SECRET" SHARED_KEY=$SECRET
	END
	"plant_$1"
	h systemctl daemon-reload
	h systemctl restart docker.service
}

# What is wanted holds secrets, too: one of a unit, one beside dockerd's own, and a plain value.
write_baseline() {
	h_write /root/site.yaml 600 <<-END
		baseline: site
		version: "1"
		title: A site with proxies
		controls:
		  - id: site.plain
		    severity: medium
		    title: A label
		    resources:
		      - docker-daemon: { key: labels, value: ["note=$PLAIN"] }
		  - id: site.log
		    severity: medium
		    title: Beside a token
		    resources:
		      - docker-daemon: { key: log-opts, value: { splunk-insecureskipverify: "true" } }
		  - id: site.proxy
		    severity: medium
		    title: A proxy's password in a unit
		    resources:
		      - systemd-dropin: { unit: docker.service, section: Service, key: Environment, value: "HTTPS_PROXY=me:$SECRET@127.0.0.1:3128" }
		  - id: site.config
		    title: A key of a text file
		    severity: low
		    resources:
		      - config: { file: /etc/default/app, lens: Shellvars, path: DB_PASSWORD, value: "${SECRET}2" }
		  - id: site.key
		    severity: medium
		    title: The key is root's alone
		    resources:
		      - file: { path: /etc/docker/tls/server-key.pem, mode: "0400", owner: root, group: root }
	END
}

SITE=(--baseline /root/site.yaml)
# Where live-restore is not in force the restart of dockerd stops containers: that is consented to.
WANTED=("${SITE[@]}" --ack site.log --ack site.proxy)

# --- searching ------------------------------------------------------------------------------

# hits MARKER FILE...: which of them (here) hold it.
hits() {
	local marker=$1
	shift
	grep -laF -- "$marker" "$@" || true
}

outputs() {
	find "$OUT" -type f | wc -l
}

# h_hits secret|plain FIND-ARG...: the same for files there. No command line has the marker.
h_hits() {
	local marker=$1
	shift
	h find "$@" -exec grep -lsaF -f "/run/marker.$marker" {} + || true
}

# clean DESC HITS COUNT: nothing was found, in COUNT places.
clean() {
	is "$2" '' "$1"
	isnt "$3" 0 "$1: $3 places"
	PLACES=$((PLACES + $3))
}

# --- what is run ----------------------------------------------------------------------------

# said NAME CMD...: both streams are kept.
said() {
	local file=$OUT/$1
	shift
	"$@" >"$file" 2>&1 </dev/null || true
}

report_all() {
	local format
	for format in text json; do
		said "facts.$format" h_harden facts --format "$format" -v
		said "plan.$format" h_harden plan --level 2 -v --format "$format"
		said "site.$format" h_harden plan "${SITE[@]}" -v --format "$format"
		said "check.$format" h_harden check --level 2 --format "$format"
		said "explain.$format" h_harden explain site.proxy "${SITE[@]}" --format "$format"
	done
}

history_all() {
	local id
	said history h_harden history --json
	said status h_harden status --json
	for id in $(h ls /var/lib/harden/txn); do
		said "show.$id" h_harden show "$id" -v
		said "show-json.$id" h_harden show "$id" --json
	done
}

test_reports() {
	local suite=$1
	report_all
	like "$(cat "$OUT/facts.text")" '\(hidden\)' "$suite: facts has secrets to hide"
	clean "$suite: facts, plan, check and explain" "$(hits "$SECRET" "$OUT"/*)" "$(outputs)"
	is "$(hits "$PLAIN" "$OUT"/site.* | wc -l)" 2 "$suite: ... what is not a secret is found there"
}

test_saved_plan() {
	local suite=$1
	exits 5 "$suite: a plan that wants a secret is not saved" h_harden plan "${SITE[@]}" -o /root/refused.plan
	like "$OUTPUT" 'holds a secret' "$suite: ... it says why"
	unlike "$OUTPUT" "$SECRET" "$suite: ... but not which"
	exits 1 "$suite: ... and there is no file" h test -e /root/refused.plan
	exits 0 "$suite: one that does not is" h_harden plan "${SITE[@]}" --only site.plain --only site.key -o /root/saved.plan
	clean "$suite: the saved plan" "$(h_hits secret /root/saved.plan)" 1
	is "$(h_hits plain /root/saved.plan)" /root/saved.plan "$suite: ... what is not a secret is found there"
	h rm /root/saved.plan
}

# A run that is kept, one that is killed and recovered, one that fails, and rollbacks of both sorts.
test_runs() {
	local suite=$1
	said apply apply "${WANTED[@]}"
	like "$(cat "$OUT/apply")" 'Transaction [0-9a-f-]+ kept' "$suite: apply"
	like "$(h systemctl show -P Environment docker.service)" "HTTPS_PROXY=me:$SECRET" "$suite: ... the secret is in force"
	is "$(h_harden plan "${WANTED[@]}" --json | jq '.plan.changes | length')" 0 "$suite: ... nothing is left to do"
	h sh -c 'sed "s/HTTPS_PROXY=me/HTTPS_PROXY=you/" -i /etc/systemd/system/docker.service.d/50-harden.conf'
	said drift h_harden check "${SITE[@]}"
	said drift.json h_harden check "${SITE[@]}" --json
	said conflict rollback --only site.proxy
	h sh -c 'sed "s/HTTPS_PROXY=you/HTTPS_PROXY=me/" -i /etc/systemd/system/docker.service.d/50-harden.conf'
	h systemctl daemon-reload # what others changed and did not load would be asked about
	said rollback.one rollback --only site.proxy --ack site.proxy
	said rollback rollback --on-conflict before --ack site.log
	history_all
	clean "$suite: apply, drift, rollback, history and show" "$(hits "$SECRET" "$OUT"/*)" "$(outputs)"
}

test_broken_off() {
	local suite=$1 moment was
	for moment in '1 snapshot' '1 restart of dockerd'; do
		broken_off_after "$moment" apply --yes --health-timeout 1h "${WANTED[@]}"
		clean "$suite, killed after '$moment': files that others may read" \
			"$(h_hits secret /etc /run /tmp /var/lib/harden -xdev -type f -perm /044 \
				! -path '/etc/docker/tls/*' ! -path '*/10-proxy.conf')" \
			"$(h find /etc /run /tmp /var/lib/harden -xdev -type f | wc -l)"
		h cat /run/run.out >"$OUT/killed.$moment"
		if [[ $moment == '1 snapshot' ]]; then
			said recover h_harden recover
		else
			h systemd-run --quiet --wait --unit=recover-by-hand harden recover # its output goes to the log
		fi
	done
	was=$(dockerd_pid)
	start_run apply --yes --health-timeout 20s "${WANTED[@]}"
	kill_new_dockerd "$was"
	is "$(run_code)" 3 "$suite: dockerd dies under it"
	h cat /run/run.out >"$OUT/failed"
	history_all
	clean "$suite: what broken-off runs said" "$(hits "$SECRET" "$OUT"/*)" "$(outputs)"
}

test_state() {
	local suite=$1
	clean "$suite: journals and RESTORE scripts" \
		"$(h_hits secret /var/lib/harden -type f ! -path '*/blobs/*' ! -name running.json)" \
		"$(h find /var/lib/harden -type f ! -path '*/blobs/*' ! -name running.json | wc -l)"
	isnt "$(h_hits plain /var/lib/harden -name journal)" '' "$suite: ... what is not a secret is found there"
	isnt "$(h_hits secret /var/lib/harden -path '*/blobs/*')" '' "$suite: the blobs carry the bytes"
	is "$(h find /var/lib/harden -type d ! -perm 700)" '' "$suite: the state's directories are 0700"
	is "$(h find /var/lib/harden -type f ! -perm 600 ! -name RESTORE)" '' "$suite: its files are 0600"
	is "$(h find /var/lib/harden ! -user root)" '' "$suite: all are root's"
}

# What harden gave to the log, run as the boot unit runs it. dockerd's own lines are dockerd's.
test_log() {
	local suite=$1
	h journalctl --output=verbose --all _COMM=harden + _SYSTEMD_UNIT=recover-by-hand.service >"$WORK/log"
	like "$(cat "$WORK/log")" 'was broken off; put back' "$suite: harden wrote to the log"
	clean "$suite: the log" "$(hits "$SECRET" "$WORK/log")" "$(grep -c MESSAGE= "$WORK/log")"
	h sh -c 'logger -t harden "$(cat /run/marker.plain)"'
	like "$(h journalctl -t harden)" "$PLAIN" "$suite: ... what is not a secret is found there"
}

# dump_core CMD...: aborts it in the middle; prints which cores there are.
dump_core() {
	h sh -c 'cd /run/cores && rm -f * && ulimit -c unlimited && "$@" >/dev/null 2>&1 &
		for i in 1 2 3 4 5 6 7 8 9 10; do
			sleep 0.2
			pid=$(pgrep -P "$!" -x "$(basename "$1")" || pgrep -x "$(basename "$1")") && break
		done
		sleep 1
		kill -ABRT $pid $!
		sleep 0.5
		ls /run/cores' sh "$@" 2>/dev/null || true
}

test_core() {
	local suite=$1
	is "$(dump_core harden apply --yes --health-timeout 1h "${SITE[@]}" --only site.key)" '' \
		"$suite: harden leaves no core"
	PLACES=$((PLACES + 1))
	h_harden recover >/dev/null
	h sh -c 'cp /bin/sleep /run/sleeper'
	like "$(dump_core /run/sleeper 1000)" core "$suite: ... any other program does"
}

# executed CMD...: what it executes there, with all arguments and variables, one a line.
executed() {
	strace -f -qq -v -s 65536 -e trace=execve -o "$WORK/executed" "$LAB" run "$HOST" "$@" >/dev/null 2>&1 </dev/null || true
	grep execve "$WORK/executed" >>"$WORK/executed.all"
}

test_processes() {
	local suite=$1
	: >"$WORK/executed.all"
	executed harden facts
	executed harden check "${SITE[@]}"
	executed harden apply --yes --health-timeout 1s "${WANTED[@]}"
	executed harden rollback --yes --health-timeout 1s --ack site.log
	clean "$suite: argv and environments" "$(hits "$SECRET" "$WORK/executed.all")" "$(wc -l <"$WORK/executed.all")"
	executed sh -c 'true; marker=$1 env true' sh "$PLAIN"
	isnt "$(hits "$PLAIN" "$WORK/executed")" '' "$suite: ... what is not a secret is found there"
}

for suite in "${SUITES[@]}"; do
	mkdir -p "$OUT"
	rm -f "$OUT"/*
	prepare_host "$suite"
	plant "$suite"
	write_baseline
	h_write /run/marker.secret 600 <<<"$SECRET"
	h_write /run/marker.plain 600 <<<"$PLAIN"
	for t in reports saved_plan runs broken_off state log core processes; do
		"test_$t" "$suite"
	done
	diag "$suite: $PLACES places searched so far"
	host_stop
done
