#!/bin/sh
# baseline lint and show, list and explain.
. "$SOURCE/tests/cli/lib.sh"

b=$work/baseline.yaml

write()
{
	cat >"$work/$1"
}

cp "$b" "$work/good.yaml"
expect 0 '' baseline lint "$work/good.yaml" docker-host
write unknown.yaml <<'END'
baseline: x
version: "1"
title: x
controls:
  - id: a.b
    severity: medium
    title: x
    colour: red
    resources: []
END
expect 1 'unknown.yaml:8:5' baseline lint "$work/unknown.yaml"
write twice.yaml <<'END'
baseline: x
baseline: y
END
expect 1 'twice.yaml:2:1' baseline lint "$work/twice.yaml"
write kind.yaml <<'END'
baseline: x
version: "1"
title: x
controls:
  - id: a.b
    severity: medium
    title: x
    resources:
      - flie: { path: /etc/passwd }
END
expect 1 'kind.yaml:9' baseline lint "$work/kind.yaml"
expect 1 'cannot open' baseline lint "$work/missing.yaml"
expect 1 'is not a regular file' baseline lint "$work"
: >"$work/empty.yaml"
expect 1 'empty.yaml:1:1: document is empty' baseline lint "$work/empty.yaml"
expect 1 'empty.yaml:1:1: document is empty' plan --root "$work" --baseline "$work/empty.yaml"
printf '# site: ours\n# controls: {}\n' >"$work/comment.yaml" # a sample that nobody uses yet
expect 0 '' baseline lint "$work/comment.yaml"
expect 1 "no baseline 'docker-hots': neither built in (docker-host) nor a file" plan --baseline docker-hots
expect 1 'kind.yaml:9' baseline lint "$work/kind.yaml" "$work/good.yaml"
ok 'the good one is reported beside the bad one' grep -q 'good.yaml: test 3, 6 controls' "$work/out"
json 0 baseline lint "$work/good.yaml"

# a drop-in of a unit that nobody looks at
write dropin.yaml <<'END'
baseline: x
version: "1"
title: x
controls:
  - id: a.b
    severity: low
    title: x
    resources:
      - systemd-dropin: { unit: ssh.service, section: Service, key: LimitNOFILE, value: "9" }
END
expect 1 "dropin.yaml:9:9: systemd-dropin[ssh.service]: 'ssh.service' is no unit whose drop-ins are looked at" baseline lint "$work/dropin.yaml"

# all mistakes of a file, not only the first; a site's file and waivers likewise
write four.yaml <<'END'
baseline: x
version: "1"
title: x
controls:
  - id: a.b
    title: x
    colour: red
    level: 7
    resources:
      - flie: { path: /etc/passwd }
      - file: { path: /etc/passwd, mdoe: "0644" }
  - id: not-an-id
    severity: low
    title: y
    resources:
      - file: { path: /etc/group, owner: root }
  - nothing
END
expect 1 'four.yaml:7:5: unknown key' baseline lint "$work/four.yaml"
for at in 8:12 10:9 11:36 12:9 17:5; do
	ok "... and that at $at" grep -q "four.yaml:$at: " "$work/err"
done
ok '... each once' test "$(sort "$work/err" | uniq -d | wc -l)" -eq 0
json 1 baseline lint "$work/four.yaml"
# a key that is there again hides nothing either, of few keys or of many, nor what a file is
write again-key.yaml <<'END'
baseline: again
version: 1
version: 2
controls:
  - id: a.b
    severity: low
    title: 1
    foo: 3
    foo: 4
    resources:
      - file: { path: /a, mode: "0644", path: /b, colour: red }
  - { id: a.c, id: a.d, severity: low, title: x, aliases: [], rationale: r, impact: i, audit: a, remediation: m, severity: hihg, class: manual, title: y }
END
expect 1 "again-key.yaml:3:1: repeated key 'version'; it is first in line 2" baseline lint "$work/again-key.yaml"
for at in 8:5 9:5 11:41 11:51 12:16 12:114 12:145; do
	ok "... and that at $at" grep -q "again-key.yaml:$at: " "$work/err"
done
ok '... once each' test "$(sort "$work/err" | uniq -d | wc -l)" -eq 0
expect 1 "again-key.yaml:11:41: repeated key 'path'" baseline show "$work/again-key.yaml"
write waivers-key.yaml <<'END'
waivers:
  - { control: daemon.ic, owner: me, owner: you, reason: x, until: tomorrow }
END
expect 1 "waivers-key.yaml:2:38: repeated key 'owner'" baseline lint "$work/waivers-key.yaml"
ok '... and the day' grep -q "waivers-key.yaml:2:68: 'until' must be a day" "$work/err"
ok '... and the control' grep -q "waivers-key.yaml:2:16: there is no control 'daemon.ic' to waive" "$work/err"
write site.yaml <<'END'
site: web
controls:
  daemon.ic: { level: 1 }
  daemon.icc: { level: 9, settings: { colour: red } }
END
expect 1 "did you mean 'daemon.icc'?" baseline lint --baseline "$b" "$work/site.yaml"
ok '... and the next one' grep -q 'site.yaml:4:' "$work/err"
write waivers.yaml <<'END'
waivers:
  - { control: daemon.icc, owner: me, reason: x, until: tomorrow }
  - { control: daemon.icc, owner: me, until: 2027-01-31 }
END
expect 1 "waivers.yaml:2:" baseline lint "$work/waivers.yaml"
ok '... and that of the next one' grep -q "waivers.yaml:3:.*missing key 'reason'" "$work/err"
write waivers-lost.yaml <<'END'
waivers:
  - { control: daemon.ic, owner: me, reason: x, until: 2027-01-31 }
  - { control: daemon.icc, owner: me, reason: x, until: 2027-01-31 }
  - { control: "2.1", owner: me, reason: a number is not a name, until: 2027-01-31 }
END
expect 1 "waivers-lost.yaml:2:16: there is no control 'daemon.ic' to waive; did you mean 'daemon.icc'?" \
	baseline lint "$work/waivers-lost.yaml"
ok '... and the other one, and no third' \
	sh -c 'grep -c "waivers-lost" "$1" | grep -qx 2 && grep -q "waivers-lost.yaml:4:16: .2.1. is a number of several" "$1"' sh "$work/err"
json 1 baseline lint "$work/waivers-lost.yaml"
# each control once, by its id or by its number
write waivers-twice.yaml <<'END'
waivers:
  - { control: daemon.icc, owner: me, reason: x, until: 2027-01-31 }
  - { control: 2.1@dosec, owner: me, reason: x, until: 2027-01-31 }
  - { control: daemon.icc, owner: me, reason: x, until: 2026-01-31 }
END
expect 1 "waivers-twice.yaml:4:16: 'daemon.icc' is waived twice; first in '$work/waivers-twice.yaml', line 2, until 2027-01-31" \
	baseline lint "$work/waivers-twice.yaml"
# a mistake hides no other: of the head, of a control, of a resource, of what several controls have in common
write many.yaml <<'END'
baseline: x
version: "1"
title: x
colour: red
controls:
  - id: a.b
    severity: huge
    resources:
      - sysctl: { name: x }
  - id: a.b
    title: y
    resources: []
  - id: A B
    level: 9
    title: z
    resources:
      - file: { path: /etc/group, mode: "9999" }
  - id: a.b
    title: ""
END
write many-site.yaml <<'END'
site: [x]
colour: red
controls:
  daemon.ic: { level: 1 }
  daemon.icc: { colour: red, settings: { "docker-daemon[nosuch]": { value: x }, size: 2 } }
END
write many-waivers.yaml <<'END'
waivers:
  - { contrl: daemon.icc, owner: " ", reason: "", until: 2027-01-31 }
  - { control: daemon.icc, owner: me, reason: x, until: 2027-13-01 }
  - { control: daemon.icc, owner: me, reason: x, until: 2027-01-31, colour: red }
colour: red
END
all_of() {
	expect 1 '' baseline lint --baseline "$b" "$work/$1"
	sed 's/^harden: [^:]*:\([0-9]*:[0-9]*\): .*/\1/' "$work/err" | sort -V | paste -sd' ' >"$work/places"
	ok "all mistakes of $1 are told" test "$(cat "$work/places")" = "$2"
}
all_of many.yaml '4:1 6:5 7:15 9:17 9:17 9:19 10:9 12:16 13:9 14:12 17:41 18:5 18:9 19:12'
all_of many-site.yaml '1:7 2:1 4:3 5:17 5:42 5:81'
all_of many-waivers.yaml '2:5 2:7 2:34 2:47 3:57 4:16 4:69 5:1'

write site-good.yaml <<'END'
site: web
controls:
  daemon.icc: { level: 2 }
END
write waivers-good.yaml <<'END'
waivers:
  - { control: daemon.icc, owner: me, reason: x, until: 2027-01-31 }
END
expect 0 '' baseline lint --baseline "$b" "$work/site-good.yaml" "$work/waivers-good.yaml"
ok 'good ones are said to be so' grep -q 'waivers-good.yaml: 1 waiver, no mistakes' "$work/out"
json 0 baseline lint --baseline "$b" "$work/site-good.yaml" "$work/waivers-good.yaml"
json 1 baseline lint "$work/kind.yaml" "$work/good.yaml"

harden baseline show "$work/good.yaml"
ok 'show prints the file itself' cmp -s "$work/out" "$b"
harden baseline show
cp "$work/out" "$work/shown.yaml"
grep -h '^  - id:' "$SOURCE/plans/docker-host/"*.yaml | sort >"$work/shipped"
grep '^  - id:' "$work/shown.yaml" | sort | cmp -s - "$work/shipped"
ok 'the built-in baseline has the controls of all its parts' test $? -eq 0

# to start one's own from: what is printed, and what is installed, is a baseline, told as the built-in one
mkdir -p "$work/installed/docker-host"
install -m 644 "$SOURCE/plans/docker-host.yaml" "$work/installed"
install -m 644 "$SOURCE/plans/docker-host/"*.yaml "$work/installed/docker-host"
make_root own-baseline
for own in "$work/shown.yaml" "$work/installed/docker-host.yaml"; do
	name=${own##*/}
	expect 0 '' baseline lint "$own"
	for command in list "plan --root $r" 'explain daemon.icc'; do
		# shellcheck disable=SC2086 # words
		LC_ALL=zh_CN.UTF-8 harden $command && cp "$work/out" "$work/builtin.out"
		first=$code
		# shellcheck disable=SC2086
		LC_ALL=zh_CN.UTF-8 harden $command --baseline "$own"
		ok "$command goes by $name as by the built-in one" test "$code" -eq "$first"
		ok '... in the same words' cmp "$work/out" "$work/builtin.out"
		ok '... and there are some' test -s "$work/out"
	done
done
sed 's/^  - id: daemon.icc$/&\n    title: Ours/' "$work/shown.yaml" >"$work/retold.yaml"
harden explain daemon.icc --baseline "$work/retold.yaml"
ok 'a control with a title of its own is told by nothing else' test "$code" -eq 0
harden explain daemon.icc
cp "$work/out" "$work/builtin.out"
harden explain daemon.icc --baseline "$work/retold.yaml"
ok '... and is shorter for it' test "$(wc -l <"$work/out")" -lt "$(wc -l <"$work/builtin.out")"
harden baseline show "$work/installed/docker-host.yaml"
cp "$work/out" "$work/again.yaml"
expect 0 '' baseline lint "$work/again.yaml"
json 0 baseline show "$work/good.yaml"

golden list 0 list --baseline "$b"
golden list-map 0 list --baseline "$b" --map bench
golden list-level 0 list --baseline "$b" --level 1 -q
golden list-only 0 list --baseline "$b" --only '*@other,daemon.i*'
json 0 list --baseline "$b" --map bench
json 0 list

golden explain 0 explain --baseline "$b" daemon.icc
golden explain-opt-in 0 explain --baseline "$b" 2.3
expect 0 '' explain --baseline "$b" 9.9@other
json 0 explain --baseline "$b" daemon.icc

# why a file could not be read at all is in the answer, too
json 1 baseline lint nosuch
ok 'the JSON of baseline lint tells why' grep -q "no baseline 'nosuch'" "$work/out"

# the list of known holes is named as it is in its file, with its day
list=$SOURCE/plans/docker-host/versions.yaml
harden explain host.engine-version
tr -s ' \n' ' ' <"$work/out" >"$work/flat"
missing=
sed -n 's/^ *- "\(CVE.*\)"$/\1/p; s/^ *floors: \[\(.*\)\]$/\1/p; s/^ *as-of: "\(.*\)"$/as-of \1/p' "$list" >"$work/list"
while read -r line; do
	grep -qF -- "$line" "$work/flat" || missing="$missing; $line"
done <"$work/list"
ok "explain names each hole, floor and day of the list${missing:+, but not$missing}" \
	test -z "$missing" -a "$(wc -l <"$work/list")" -gt 20

if [ "$(id -u)" -eq 0 ]; then
	chmod 664 "$work/good.yaml"
	expect 5 'has mode 0664: others could change it' plan --baseline "$work/good.yaml"
	chmod 644 "$work/good.yaml"
	chown 1234 "$work/good.yaml"
	expect 5 'belongs to user 1234, who could change it' list --baseline "$work/good.yaml"
	SUDO_UID=1234 expect 0 '' list --baseline "$work/good.yaml"
else
	skip 3 'needs root'
fi

finish
