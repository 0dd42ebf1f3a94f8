#!/bin/sh
# What a site says: settings laid over a baseline, waivers, and texts in another language.
. "$SOURCE/tests/cli/lib.sh"

root=$work/root
mkdir -p "$root/etc/harden/conf.d" "$root/etc/harden/waivers.d" "$root/var/lib"
echo x >"$root/etc/motd"
chmod 666 "$root/etc/motd"
echo docker:x:999:bob >"$root/etc/group"

cat >"$work/base.yaml" <<'END'
baseline: base
version: "1"
title: base
controls:
  - id: motd.mode
    severity: medium
    title: motd
    aliases: [1@bench]
    resources:
      - file: { path: /etc/motd, mode: "0644" }
  - id: group.members
    severity: medium
    title: members
    site: [allowed]
    resources:
      - group: { group: docker }
  - id: two.files
    severity: medium
    title: two
    resources:
      - file: { path: /etc/one, mode: "0644" }
      - file: { path: /etc/two, mode: "0644" }
END

site()
{
	cat >"$root/etc/harden/conf.d/$1"
	chmod 644 "$root/etc/harden/conf.d/$1"
}

waive()
{
	printf 'waivers:\n  - control: motd.mode\n    owner: ops@example.org\n    reason: shared\n    until: %s\n' "$1" \
		>"$root/etc/harden/waivers.d/10.yaml"
	chmod 644 "$root/etc/harden/waivers.d/10.yaml"
}

plan()
{
	harden plan --root "$root" --baseline "$work/base.yaml" "$@"
}

# mode_is MODE: the plan gives motd this mode
mode_is()
{
	plan
	grep -q "0666 -> $1" "$work/out"
}

ok 'without site files the baseline decides' mode_is 0644
ok 'a control that lacks a value of the site is manual' grep -q 'group.members' "$work/out"

# a sample with every line commented out says nothing; a file without a byte was cut off
for file in conf.d/10-site.yaml waivers.d/10.yaml; do
	printf '# site: ours\n' >"$root/etc/harden/$file"
	expect 2 '' plan --root "$root" --baseline "$work/base.yaml" --detailed-exitcode
	: >"$root/etc/harden/$file"
	expect 1 "$file:1:1: document is empty" plan --root "$root" --baseline "$work/base.yaml"
	rm "$root/etc/harden/$file"
done

site 10-site.yaml <<'END'
site: first
controls:
  motd.mode:
    settings: { mode: "0600" }
END
ok "a site's value counts" mode_is 0600
site 20-site.yaml <<'END'
site: second
controls:
  1@bench:
    settings: { "file[/etc/motd]": { mode: "0640" } }
  group.members: { level: 2, settings: { allowed: [ops] } }
END
ok 'that of the later file wins, by alias and address too' mode_is 0640
ok 'a control of a higher level is not part of the plan' sh -c '! grep -q group.members "$1"' sh "$work/out"
json 0 plan --root "$root" --baseline "$work/base.yaml"

mv "$root/etc/harden/conf.d/20-site.yaml" "$work/second"
site 30-site.yaml <<'END'
site: wrong
controls:
  two.files:
    settings: { mode: "0600" }
END
expect 1 '30-site.yaml:4:17: several resources' plan --root "$root" --baseline "$work/base.yaml"
site 30-site.yaml <<'END'
site: wrong
controls:
  motd.mode:
    settings: { colour: red }
END
expect 1 "30-site.yaml:4:17: no resource of 'motd.mode' has 'colour'" plan --root "$root" --baseline "$work/base.yaml"
site 30-site.yaml <<'END'
site: wrong
controls:
  motd.mode:
    settings: { mode: rw }
END
expect 1 '30-site.yaml:4:23' plan --root "$root" --baseline "$work/base.yaml"
site 30-site.yaml <<'END'
site: wrong
controls:
  motd.mode: { apply: opt-in }
END
expect 1 "30-site.yaml:3:14: 'apply: opt-in' needs 'hold'" plan --root "$root" --baseline "$work/base.yaml"
# "hold" is said to who is asked, and nobody is
for body in 'hold: why' 'apply: auto, hold: why' 'apply: opt-in, hold: " "'; do
	printf 'site: wrong\ncontrols:\n  motd.mode: { %s }\n' "$body" | site 30-site.yaml
	case $body in *opt-in*) said="'apply: opt-in' needs 'hold'" ;; *) said="'hold' needs 'apply: opt-in'" ;; esac
	expect 1 "$said" plan --root "$root" --baseline "$work/base.yaml"
	expect 1 "30-site.yaml:3:" baseline lint --baseline "$work/base.yaml" "$root/etc/harden/conf.d/30-site.yaml"
	ok '... and lint says the same' grep -qF "$said" "$work/err"
done
printf 'site: right\ncontrols:\n  motd.mode: { apply: opt-in, hold: why }\n' | site 30-site.yaml
printf 'site: right\ncontrols:\n  motd.mode: { apply: auto }\n' | site 40-site.yaml
expect 0 '' plan --root "$root" --baseline "$work/base.yaml"
rm "$root/etc/harden/conf.d/40-site.yaml"
# values that do not fit together are the site's mistake: at its own line, not at one of the baseline
printf 'site: wrong\ncontrols:\n  motd.mode:\n    level: 1\n    settings:\n      match: [x]\n' | site 30-site.yaml
expect 1 "30-site.yaml:6:7: file[/etc/motd]: 'match' and 'directory-mode' need 'tree: true'" plan --root "$root" --baseline "$work/base.yaml"
printf 'site: wrong\ncontrols:\n  two.files:\n    settings:\n      "file[/etc/one]": { mode: "0600" }\n      "file[/etc/two]":\n         match: [x]\n' | site 30-site.yaml
expect 1 "30-site.yaml:7:10: file[/etc/two]: 'match'" plan --root "$root" --baseline "$work/base.yaml"
site 30-site.yaml <<'END'
site: wrong
controls:
  daemon.ic: { level: 2 }
END
expect 0 '' plan --root "$root" --baseline "$work/base.yaml"
mv "$root/etc/harden/conf.d/10-site.yaml" "$work/first"
expect 1 "30-site.yaml:3:3: no control 'daemon.ic'; did you mean 'daemon.icc'?" plan --root "$root"
rm "$root/etc/harden/conf.d/30-site.yaml"
mv "$work/first" "$root/etc/harden/conf.d/10-site.yaml"

waive 2999-12-31
plan
ok 'what is waived is not changed' sh -c '! grep -q "0666 ->" "$1"' sh "$work/out"
ok 'it is told by whom, until when and why' grep -q 'by ops@example.org until 2999-12-31: shared' "$work/out"
json 0 check --root "$root" --baseline "$work/base.yaml" --allow-unmeasured
ok 'a waived control keeps its verdict' \
	sh -c 'jq -e ".controls[] | select(.id == \"motd.mode\") | .outcome == \"waived\" and .verdict == \"fail\"" "$1" >/dev/null' sh "$work/out"
expect 2 '' check --strict --root "$root" --baseline "$work/base.yaml"
expect 5 "'--ack motd.mode': waived by ops@example.org until 2999-12-31: shared (/etc/harden/waivers.d/10.yaml, line 2)" \
	plan --root "$root" --baseline "$work/base.yaml" --ack motd.mode
rm "$root/etc/harden/waivers.d/10.yaml"
expect 0 '' plan --root "$root" --baseline "$work/base.yaml" -o "$work/before-it.plan"
waive 2999-12-31
expect 5 "'motd.mode' was waived since by ops@example.org until 2999-12-31: shared (/etc/harden/waivers.d/10.yaml, line 2)" \
	apply --root "$root" --baseline "$work/base.yaml" --yes "$work/before-it.plan"
waive 2001-01-31
ok 'behind its last day it is a difference again' mode_is 0600
ok 'and the plan says whose waiver ended' grep -q 'the waiver of ops@example.org ended on 2001-01-31' "$work/out"
expect 2 '' check --root "$root" --baseline "$work/base.yaml" --only motd.mode
ok 'so does the check' grep -q 'the waiver of ops@example.org ended on 2001-01-31' "$work/out"
json 2 check --root "$root" --baseline "$work/base.yaml" --only motd.mode
ok 'also in JSON' grep -q '"waiver_ended": "the waiver of ops@example.org ended on' "$work/out"
waive 2001-02-29
expect 1 "10.yaml:5:12: 'until' must be a day" plan --root "$root" --baseline "$work/base.yaml"
rm "$root/etc/harden/waivers.d/10.yaml"

# what the site or the baseline asks for since the plan was saved: SITE-FILE'S BODY, WHAT IS SAID
since()
{
	rm -f "$root"/etc/harden/conf.d/90-since.yaml
	expect 0 '' plan --root "$root" --baseline "$work/base.yaml" --only motd.mode --force -o "$work/since.plan"
	printf 'site: since\ncontrols:\n  motd.mode: %s\n' "$1" | site 90-since.yaml
	expect 5 "$2" apply --root "$root" --baseline "$work/base.yaml" --dry-run "$work/since.plan"
	expect 5 "$2" apply --root "$root" --baseline "$work/base.yaml" --yes "$work/since.plan"
	ok '... and nothing was written' test "$(stat -c %a "$root/etc/motd")" = 666
	rm -f "$root"/etc/harden/conf.d/90-since.yaml
}
if [ "$(id -u)" = 0 ]; then
	left="'motd.mode' was planned, and would be left out now"
	since '{ class: check }' "$left"
	since '{ class: manual }' "$left"
	since '{ level: 2 }' "$left"
	since '{ apply: opt-in, hold: no }' "$left"
	since '{ settings: { "file[/etc/motd]": { mode: "0640" } } }' \
		"'motd.mode' would make something else of 'mode' of '/etc/motd' than the plan says"
	# what is right by now is not done either
	since '{ settings: { "file[/etc/motd]": { mode: "0666" } } }' \
		"'motd.mode' was planned, and wants nothing of the host as it is now"
	printf 'site: who\ncontrols:\n  group.members: { settings: { allowed: [ops] } }\n' | site 80-who.yaml
	expect 0 '' plan --root "$root" --baseline "$work/base.yaml" --only group.members -o "$work/who.plan"
	printf 'site: who\ncontrols:\n  group.members: { settings: { allowed: [bob] } }\n' | site 80-who.yaml
	expect 5 "'group.members' was planned, and wants nothing" \
		apply --root "$root" --baseline "$work/base.yaml" --yes "$work/who.plan"
	ok '... and he is still in the group' grep -q ':bob$' "$root/etc/group"
	rm "$root/etc/harden/conf.d/80-who.yaml"
	mv "$root/etc/harden/conf.d/10-site.yaml" "$work/first"
	cp "$work/base.yaml" "$work/base.old"
	expect 0 '' plan --root "$root" --baseline "$work/base.yaml" --only motd.mode --force -o "$work/since.plan"
	sed -i 's/0644/0604/' "$work/base.yaml"
	expect 5 'than the plan says' apply --root "$root" --baseline "$work/base.yaml" --yes "$work/since.plan"
	cp "$work/base.old" "$work/base.yaml"
	expect 0 '' apply --root "$root" --baseline "$work/base.yaml" --yes "$work/since.plan"
	expect 0 '' rollback --root "$root" --yes
	mv "$work/first" "$root/etc/harden/conf.d/10-site.yaml"
fi

if [ "$(id -u)" = 0 ]; then
	chmod 666 "$root/etc/harden/conf.d/10-site.yaml"
	expect 5 'others could change it' plan --root "$root" --baseline "$work/base.yaml"
	chmod 644 "$root/etc/harden/conf.d/10-site.yaml"
	chown 65534 "$root/etc/harden/conf.d/10-site.yaml"
	expect 5 'belongs to user 65534' plan --root "$root" --baseline "$work/base.yaml"
	chown 0 "$root/etc/harden/conf.d/10-site.yaml"
	chmod 777 "$root/etc/harden/conf.d"
	expect 5 'others could change it' plan --root "$root" --baseline "$work/base.yaml"
	chmod 755 "$root/etc/harden/conf.d"
else
	skip 3 'only root has something to lose here'
fi

# what a link leads to was meant to be there: without it nothing is known of the site's settings and waivers
waive 2999-12-31
for at in harden/conf.d harden/waivers.d harden; do
	mv "$root/etc/$at" "$work/away"
	for to in /srv/none ../none; do
		ln -s "$to" "$root/etc/$at"
		for command in plan check 'apply --yes'; do
			# shellcheck disable=SC2086  # words
			expect 1 "'/etc/$at' is a link to '$to', where there is nothing" $command --root "$root" --baseline "$work/base.yaml"
		done
		rm "$root/etc/$at"
	done
	mkdir -p "$root/srv"
	mv "$work/away" "$root/srv/there"
	ln -s /srv/there "$root/etc/$at"
	plan
	ok "behind a link that leads somewhere they are read: $at" grep -q 'by ops@example.org until' "$work/out"
	rm "$root/etc/$at"
	mv "$root/srv/there" "$root/etc/$at"
done

# what is not read is named
for name in a.yml 10-site.yaml~ .10-site.yaml.swp .hidden.yaml 10-site.yaml.bak 10-SITE.YAML noted; do
	for d in conf.d waivers.d; do
		: >"$root/etc/harden/$d/$name"
		expect 0 "ignored in '/etc/harden/$d', where only *.yaml is read: $name" plan --root "$root" --baseline "$work/base.yaml"
		rm "$root/etc/harden/$d/$name"
	done
done
plan
ok 'nothing else is' sh -c '! grep -q ignored "$1"' sh "$work/err"

# every directory on the way is root's alone
if [ "$(id -u)" = 0 ]; then
	for at in etc/harden etc .; do
		for how in 'chmod 777' 'chmod g+w' 'chown 65534'; do
			case $how in *g+w) chgrp 999 "$root/$at" ;; esac
			$how "$root/$at"
			for command in plan check 'apply --yes'; do
				# shellcheck disable=SC2086  # words
				expect 5 "who could put something else at '/etc/harden/conf.d'" $command --root "$root" --baseline "$work/base.yaml"
			done
			chown 0:0 "$root/$at"
			chmod 755 "$root/$at"
		done
	done
	# also of where a link leads: its own owner, and the directory that it is into
	mv "$root/etc/harden/conf.d" "$root/srv/there"
	ln -s /srv/there "$root/etc/harden/conf.d"
	chmod 777 "$root/srv"
	expect 5 "the directory '/srv' can be written by everyone, who could put something else at '/etc/harden/conf.d'" \
		plan --root "$root" --baseline "$work/base.yaml"
	chmod 755 "$root/srv"
	chown -h 65534 "$root/etc/harden/conf.d"
	expect 5 "the link '/etc/harden/conf.d' belongs to user 65534" plan --root "$root" --baseline "$work/base.yaml"
	rm "$root/etc/harden/conf.d"
	mv "$root/srv/there" "$root/etc/harden/conf.d"
	mv "$root/etc/harden/conf.d/10-site.yaml" "$root/srv/10"
	ln -s /srv/10 "$root/etc/harden/conf.d/10-site.yaml"
	chmod 777 "$root/srv"
	expect 5 "who could put something else at '/etc/harden/conf.d/10-site.yaml'" plan --root "$root" --baseline "$work/base.yaml"
	chmod 755 "$root/srv"
	rm "$root/etc/harden/conf.d/10-site.yaml"
	mv "$root/srv/10" "$root/etc/harden/conf.d/10-site.yaml"
fi
rm "$root/etc/harden/waivers.d/10.yaml"

json 0 baseline show --origin
harden baseline show --origin
ok 'show --origin names the file and line of each setting' \
	grep -q 'docker-daemon\[icc\].key .*docker-host/daemon.yaml:[0-9]' "$work/out"

harden explain daemon.icc --lang zh
ok 'headings are in Chinese' grep -q '^描述$' "$work/out"
code=0
LC_ALL=zh_CN.UTF-8 "$HARDEN" explain daemon.icc >"$work/out" 2>"$work/err" || code=$?
ok 'the locale chooses the language, also one that is not installed' grep -q '^描述$' "$work/out"
LANGUAGE=fr:zh LC_ALL=C.UTF-8 "$HARDEN" explain daemon.icc >"$work/out"
ok '... and LANGUAGE before it' grep -q '^描述$' "$work/out"
LANGUAGE=zh LC_ALL=C "$HARDEN" explain daemon.icc >"$work/out"
ok '... but not in the plain locale' grep -q '^Description$' "$work/out"

# a waiver for what is not a control is told, and changes nothing
cat >"$root/etc/harden/waivers.d/20.yaml" <<'END'
waivers:
  - control: daemon.nosuch
    owner: ops@example.org
    reason: a name that is mistyped
    until: 2099-01-01
END
rm "$root"/etc/harden/conf.d/*
expect 0 "20.yaml:2:14: there is no control 'daemon.nosuch' to waive" plan --root "$root"
rm "$root/etc/harden/waivers.d/20.yaml"
expect 64 "option '--lang' wants one of en, zh, not 'tlh'" explain daemon.icc --lang tlh
finish
