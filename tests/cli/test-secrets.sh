#!/bin/sh
# A marker as the value of whatever may be a secret (by every name, as label, option, flag, variable
# and wanted value of every kind that has one) is in nothing that is said or kept: plans, reasons,
# facts, checks, explanations, saved plans, journals. A second marker, in what is not a secret, is found
# by the same search.
. "$SOURCE/tests/cli/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'
[ -d /usr/share/augeas/lenses/dist ] || skip_all 'no lenses of augeas here (augeas-lenses)'

S=S3CR3T4711 P=PL41N4711
names='password DB_PASSWORD PGPASSWORD passwd secret client_secret token splunk-token api_key api-key
	apikey ApiKey pass gelf-pass DBPASS dbPass pwd MYSQL_PWD passphrase KEY_PASSPHRASE auth
	REGISTRY_AUTH authToken shared-key SHARED_KEY access_key private-key signing_key credentials
	creds psk'

# each FORMAT SEPARATOR: FORMAT with each name for its @, separated
each()
{
	all=
	for name in $names; do
		one=$(printf '%s' "$1" | sed "s/@/$name/g")
		all=$all${all:+$2}$one
	done
	printf '%s' "$all"
}

newline='
'

# --- a host whose settings are in its file, and what a site wants of it
make_root file
host=$work/file
cat >"$host/etc/docker/daemon.json" <<EOF
{
  "log-driver": "splunk",
  "log-opts": { $(each "\"@\": \"$S\"" ', '), "tag": "$P" },
  "labels": [ $(each "\"@=$S\"" ', '), "note=$P" ],
  "proxies": { "http-proxy": "http://me:$S@proxy:3128", "https-proxy": "http://me:a#$S b@proxy" },
  "registry-mirrors": [ "https://me:$S@mirror" ],
  "runtimes": { "r": { "path": "/r", "runtimeArgs": [ $(each "\"--@\", \"$S\"" ', '), "--pass=$S", "$P" ] } }
}
EOF
mkdir -p "$host/etc/systemd/system/docker.service.d" "$host/etc/sysctl.d"
cat >"$host/etc/systemd/system/docker.service.d/10-site.conf" <<EOF
[Service]
SetCredential=db:$S
EOF
echo "net.site.password = $S" >"$host/etc/sysctl.d/50-site.conf"
mkdir -p "$host/etc/default"
each "@=$S" "$newline" | tr -- - _ >"$host/etc/default/app"
printf '\nNOTE=%s\n' "$P" >>"$host/etc/default/app"
{
	cat <<EOF
baseline: site
version: "1"
title: What a site wants
controls:
  - id: site.plain
    title: Nothing to hide
    severity: low
    resources:
      - config: { file: /etc/default/app, lens: Shellvars, path: NOTE, value: ${P}2 }
  - id: site.labels
    title: Labels
    severity: low
    resources:
      - docker-daemon: { key: labels, value: [ $(each "\"@=${S}2\"" ', ') ] }
  - id: site.options
    title: Options
    severity: low
    resources:
      - docker-daemon: { key: log-opts, value: { $(each "\"@\": \"${S}2\"" ', ') } }
  - id: site.environment
    title: Variables
    severity: low
    resources:
      - systemd-dropin: { unit: docker.service, section: Service, key: Environment, value: [ $(each "\"@=${S}2\"" ', ') ] }
  - id: site.credential
    title: A credential
    severity: low
    resources:
      - systemd-dropin: { unit: docker.service, section: Service, key: SetCredential, value: "db:${S}2" }
  - id: site.kernel
    title: A setting of the kernel
    severity: low
    resources:
      - sysctl: { key: net.site.password, value: "${S}2" }
EOF
	n=0 # a lens takes its time: some of the names will do
	for name in DB_PASSWORD pass MYSQL_PWD auth shared_key; do
		n=$((n + 1))
		cat <<EOF
  - id: site.config.key$n
    title: A key of a text file
    severity: low
    resources:
      - config: { file: /etc/default/app, lens: Shellvars, path: $name, value: ${S}2 }
EOF
	done
} >"$work/site.yaml"

# --- one whose options dockerd would take, so that they are edited
make_root token
echo "{ \"log-driver\": \"splunk\", \"log-opts\": { \"splunk-token\": \"$S\", \"splunk-url\": \"https://s:8088\" } }" \
	>"$work/token/etc/docker/daemon.json"
cat >"$work/token.yaml" <<EOF
baseline: site
version: "1"
title: What a site wants of one option
controls:
  - id: site.token
    title: A token
    severity: low
    resources:
      - docker-daemon: { key: log-opts, value: { "splunk-token": "${S}2", "splunk-url": "https://s:8088" } }
EOF

# --- some whose config file is broken, beside a secret or within
broken()
{
	make_root "broken$1"
	printf '%s\n' "$2" >"$work/broken$1/etc/docker/daemon.json"
}
broken 1 "{ \"log-opts\": { \"gelf-pass\": \"$S\" x, \"tag\": \"$P\" } }"
broken 2 "{ \"log-opts\": { \"gelf-pass\": [ \"$S\", \"]$S\" ] } }"
broken 3 "{ \"log-opts\": { \"gelf-pass\": $S } }"
broken 4 "password = $S"
broken 5 "{ \"splunk-token\": \"$S\", \"log-opts\": \"gelf-pass=$S\" }"
broken 6 "{ \"hosts\": [ \"tcp://me:$S@0.0.0.0:2375\" ], \"labels\": \"token=a $S\" }"

# Of other files than dockerd's: what a lens, a unit and sysctl.d cannot take.
broken 7 '{}'
mkdir -p "$work/broken7/etc/default" "$work/broken7/etc/sysctl.d" "$work/broken7/etc/systemd/system/docker.service.d"
printf "DB_PASSWORD='%s\nMYSQL_PWD=%s (\n" "$S" "$S" >"$work/broken7/etc/default/app"
printf 'net.site.password = %s\0\n' "$S" >"$work/broken7/etc/sysctl.d/50-site.conf"
printf '[Service]\nSetCredential=db:%s\\' "$S" >"$work/broken7/etc/systemd/system/docker.service.d/10-site.conf"

# --- and one whose settings are flags
make_root flags
echo '{}' >"$work/flags/etc/docker/daemon.json"
cat >"$work/flags/usr/lib/systemd/system/docker.service" <<EOF
[Service]
Type=notify
Environment=$(each "\"@=$S\"" ' ')
EnvironmentFile=-/etc/default/docker
ExecStart=/usr/bin/dockerd -H fd:// $(each "--label=@=$S" ' ') $(each "--log-opt @=$S" ' ') --label "token=a $S" "--label=token=a $S" --label note=$P \$DOCKER_OPTS
EOF
mkdir -p "$work/flags/etc/default"
echo "DOCKER_OPTS=\"$(each "--label @=$S" ' ') --http-proxy http://me:$S@proxy\"" >"$work/flags/etc/default/docker"

mkdir "$work/said"
said=0
said()
{
	said=$((said + 1))
	"$HARDEN" "$@" >"$work/said/$said" 2>&1 </dev/null || :
}

# nothing DESC: no secret is in what was said; shows where one is
nothing()
{
	found=$(grep -l "$S" "$work"/said/* | head -n 3)
	ok "$1 ($said answers)" test -z "$found"
	# shellcheck disable=SC2086  # names of files without blanks
	[ -z "$found" ] || grep -ho ".\{0,50\}$S" $found | sort -u | head -n 20 | sed 's/^/# /'
}

# one_form DESC: what stands for a secret, before and after, is of one form; shows what is not
one_form()
{
	grep -hE '"(before|after|applied|now|first|second)": "[^"]*\(hidden, |^ +[-+~.] .*\(hidden, ' "$work"/said/* >"$work/marks"
	odd=$(grep -vE '\(hidden, sha256 [0-9a-f]{4}(\.\.\.|…|\\u2026)\)' "$work/marks" | head -n 5)
	odd=$odd$(grep -hE '"(before|after)": "\(hidden\)"' "$work"/said/* | head -n 5)
	ok "$1" test -s "$work/marks" -a -z "$odd"
	[ -z "$odd" ] || printf '%s\n' "$odd" | sed 's/^/# /'
}

on="--root $host --baseline $work/site.yaml"
# shellcheck disable=SC2086
for format in text json; do
	for root in file flags broken1 broken2 broken3 broken4 broken5 broken6 broken7; do
		said facts -v --root "$work/$root" --format $format
		said plan -v --root "$work/$root" --level 2 --format $format
		said plan -v --root "$work/$root" --baseline "$work/site.yaml" --format $format
		said check -v --root "$work/$root" --baseline "$work/site.yaml" --format $format
	done
	said plan -v --root "$work/token" --baseline "$work/token.yaml" --format $format
	for id in $(sed -n 's/^  - id: //p' "$work/site.yaml"); do
		said explain "$id" --baseline "$work/site.yaml" --format $format
	done
	said baseline show --origin "$work/site.yaml" --format $format
done
nothing 'no secret is told by facts, plan, check, explain and baseline show --origin'
ok 'what is not a secret is found there' test "$(grep -l "$P" "$work"/said/* | wc -l)" -gt 10

# Each scheme whose keys are names has had a secret in such a plan: the rows of the table against it.
schemes=$(sed -n 's/^[[:space:]]*\[SCHEME_\([A-Z]*\)\] = ".*/\1/p' "$SOURCE/tests/unit/test-scheme-secrets.c" |
	grep -Ev "SYSCTL|DOCKER" | tr A-Z a-z) # nobody is asked of another root what is in force
ok 'schemes whose keys are names are known' test "$(echo "$schemes" | wc -l)" -ge 4
for scheme in $schemes; do
	ok "a secret of $scheme was there, and hidden" \
		sh -c 'grep -h -A 4 "\"subject\": \"$1:" "$2"/* | grep -q "(hidden"' - "$scheme" "$work/said"
done

# what is kept, and what is said of it
# shellcheck disable=SC2086
{
	expect 5 'holds a secret' plan $on --only site.config.key1 -o "$work/refused"
	ok 'a plan that wants a secret is not saved' test ! -e "$work/refused"
	expect 0 '' plan $on --only site.plain -o "$work/saved"
	ok 'what is saved has none' sh -c '! grep -q "$1" "$2"' - "$S" "$work/saved"
	ok '... and what is not a secret is there' grep -q "$P" "$work/saved"
	one_form 'what stands for a secret in a plan has one form'
	rm -f "$work"/said/*
	for format in text json; do
		said apply --yes $on --format $format
		said check $on --format $format
		cp "$host/etc/default/app" "$work/app"
		sed -i "s/${S}2/${S}3/; s/${P}2/${P}3/" "$host/etc/default/app"
		said check $on --format $format
		for id in "$host"/var/lib/harden/txn/*; do
			said diff "${id##*/}" --root "$host" --format $format
		done
		said rollback --root "$host" --dry-run --format $format
		said rollback --yes --root "$host" --format $format
		cp "$work/app" "$host/etc/default/app"
		last=$(find "$host/var/lib/harden/txn" -mindepth 1 -maxdepth 1 | sort | tail -n 1)
		last=${last##*/}
		for id in "$host"/var/lib/harden/txn/*; do
			said show "${id##*/}" -v --root "$host" --format $format
			said diff "${id##*/}" --root "$host" --format $format
			said diff "${id##*/}" "$last" -v --root "$host" --format $format
		done
		said history -v --root "$host" --format $format
		said rollback --yes --root "$host" --format $format
	done
}
ok 'something was applied, and undone' grep -rqs 'Transaction .* kept' "$work/said"
nothing 'nor by apply, check after it, rollback, history, show and diff'
one_form '... where what stands for one has one form'
ok 'what is not a secret is found there, too' grep -qs "$P" "$work"/said/*
ok 'no journal holds one' sh -c '! grep -rla "$1" "$2" | grep -v /blobs/' - "$S" "$host/var/lib/harden"
ok '... which hold what is not a secret' grep -rqa "$P" "$host/var/lib/harden"

finish
