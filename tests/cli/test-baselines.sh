#!/bin/sh
# Several baselines at once: whose control an id or a number is, and what a site's files say of it.
. "$SOURCE/tests/cli/lib.sh"

root=$work/root
mkdir -p "$root/etc/harden/conf.d" "$root/etc/harden/waivers.d" "$root/var/lib"
echo x >"$root/etc/motd"
chmod 640 "$root/etc/motd"

# baseline FILE ID MODE [ALIAS]: one control on one file
baseline()
{
	cat >"$work/$1.yaml" <<-EOF
	baseline: $1
	version: "1"
	title: $1
	controls:
	  - id: $2
	    title: the motd
	    aliases: [${4-}]
	    resources:
	      - file: { path: /etc/motd, mode: "$3" }
	EOF
}
b1=$work/b1.yaml b2=$work/b2.yaml

# one id in two of them: neither verdict may stand for the other
baseline b1 x.mode 0600
baseline b2 x.mode 0644
twice="b2.yaml:5:9: control 'x.mode' is in two of the baselines that were given; it is first in '$work/b1.yaml', line 5"
for command in "plan --root $root" "check --root $root" "apply --yes --root $root" 'list' 'explain x.mode'; do
	# shellcheck disable=SC2086  # words
	expect 1 "$twice" $command --baseline "$b1" --baseline "$b2"
done
ok 'nothing was changed' test "$(stat -c %a "$root/etc/motd")" = 640
printf 'site: s\ncontrols:\n  x.mode: { level: 2 }\n' >"$work/site.yaml"
expect 1 "$twice" baseline lint --baseline "$b1" --baseline "$b2" "$work/site.yaml"

# the very same file, by whatever name
ln -s b1.yaml "$work/other.yaml"
expect 1 "'$b1' is given twice" check --root "$root" --baseline "$b1" --baseline "$b1"
expect 1 "'$work/other.yaml' is given twice: it is '$b1'" check --root "$root" --baseline "$b1" --baseline "$work/other.yaml"
expect 1 "'docker-host' is given twice" check --root "$root" --baseline docker-host --baseline docker-host

# a number that a control of each has means both, and is consent to neither
baseline b1 x.mode 0600 1.1@bench
baseline b2 y.mode 0644 1.1@bench
both="--baseline $b1 --baseline $b2"
# shellcheck disable=SC2086  # words
{
	harden list $both --only 1.1@bench
	ok 'a number of both takes both' sh -c 'grep -q x.mode "$1" && grep -q y.mode "$1"' sh "$work/out"
	expect 64 'is a number of several controls, give one of their names: x.mode (1.1@bench), y.mode (1.1@bench)' \
		plan --root "$root" $both --ack 1.1@bench
	printf 'site: s\ncontrols:\n  1.1@bench: { level: 2 }\n' >"$root/etc/harden/conf.d/10.yaml"
	expect 1 "10.yaml:3:3: '1.1@bench' is a number of several controls, give one of their names: x.mode (1.1@bench), y.mode (1.1@bench)" plan --root "$root" $both
	rm "$root/etc/harden/conf.d/10.yaml"
}
finish
