#!/bin/sh
# diff: what a transaction changed against what is there now, and what two of them left behind.
. "$SOURCE/tests/cli/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'

b=$work/baseline.yaml
make_root host
host=$work/host
config=$host/etc/docker/daemon.json

expect 64 "command 'diff' wants more" diff --root "$host"
expect 64 "does not take 'c'" diff a b c --root "$host"
expect 1 'none is kept here' diff --root "$host" 19990101-000000-000000
json 1 diff --root "$host" 19990101-000000-000000

harden apply --root "$host" --baseline "$b" --yes
id=$("$HARDEN" history --root "$host" | sed -n '1s/ .*//p')
expect 1 'there is no transaction' diff --root "$host" 19990101
expect 1 'there is no transaction' diff --root "$host" "$id" 19990101
cp -p "$config" "$work/applied.json"
picture "$host" >"$work/before"

# fresh: give back the file as it was applied
fresh()
{
	rm -rf "$config"
	cp -p "$work/applied.json" "$config"
}

# differs STATE SUBJECT: what JSON says of it, of which a difference counts
differs()
{
	json 2 diff --root "$host" "$id" --detailed-exitcode
	ok "$2 is $1" sh -c 'tr -d "\n" <"$1" | grep -q "\"subject\": \"$2\",[^}]*\"state\": \"$3\", *\"differs\": true"' - \
		"$work/out" "$2" "$1"
}

golden diff-applied 0 diff --root "$host" "$id" --detailed-exitcode
golden diff-quiet 0 diff --root "$host" "$id" -q
json 0 diff --root "$host" "$id" --detailed-exitcode

# one value each, and what no control is about
chmod 604 "$config"
differs different mode
fresh
sed -i 's/"icc": false/"icc": true/' "$config"
differs as_before json:/icc
fresh
chown 12 "$config"
differs different owner
fresh
sed -i 's/{/{ "mtu": 1400,/' "$config"
differs different content
fresh
echo '{ nonsense' >"$config"
differs not_known json:/icc
fresh
rm "$config" && ln -s /etc/motd "$config"
differs different kind
rm "$config"
differs different exists

fresh
chmod 604 "$config"
sed -i 's/"icc": false/"icc": null/; s/{/{ "mtu": 1400,/' "$config"
golden diff-changed 2 diff --root "$host" "$id" --detailed-exitcode
expect 0 '' diff --root "$host" "$id"
fresh
echo '{ nonsense' >"$config"
golden diff-unknown 2 diff --root "$host" "$id" --detailed-exitcode
fresh
picture "$host" >"$work/now"
ok 'nothing of that wrote' cmp -s "$work/before" "$work/now"

# what two left behind: the same, more, and what a rollback took back
golden diff-itself 0 diff --root "$host" "$id" "$id" --detailed-exitcode
json 0 diff --root "$host" "$id" "$id" --detailed-exitcode
harden apply --root "$host" --baseline "$b" --yes --ack daemon.ulimits
second=$("$HARDEN" history --root "$host" | sed -n '2s/ .*//p')
golden diff-two 2 diff --root "$host" "$id" "$second" --detailed-exitcode
golden diff-two-verbose 2 diff --root "$host" "$id" "$second" --detailed-exitcode -v
golden diff-two-back 0 diff --root "$host" "$second" "$id"
json 2 diff --root "$host" "$id" "$second" --detailed-exitcode

harden rollback --root "$host" --yes "$second"
third=$("$HARDEN" history --root "$host" | sed -n '3s/ .*//p')
golden diff-undone 2 diff --root "$host" "$second" --detailed-exitcode
golden diff-rollback 0 diff --root "$host" "$third" --detailed-exitcode
expect 0 '' diff --root "$host" "$id" "$third" --detailed-exitcode

# what a rollback left to others it wrote nothing of: that is not known
rm "$config"
harden rollback --root "$host" --yes --on-conflict keep "$id"
fourth=$("$HARDEN" history --root "$host" | sed -n '4s/ .*//p')
golden diff-kept 2 diff --root "$host" "$id" "$fourth" --detailed-exitcode
json 2 diff --root "$host" "$id" "$fourth" --detailed-exitcode

finish
