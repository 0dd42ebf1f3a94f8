#!/bin/sh
# What is said of a setting quotes its value through what the value belongs to: secret_show_value(),
# or what is made of it. A member that holds one (value, before, after), or a variable of such a
# name, is no argument of what writes a reason, a hold, a check, a conflict or an error.
#
#     values.sh ROOT
set -eu
cd "$1"

# Where a value is none of a setting: what audit takes as a word of a rule, and a limit, which is a
# number or the baseline is refused.
exempt='^(engine/format/audit-parse|modules/limit)\.c$'

found=$(find modules rollback engine/effect engine/facts engine/format engine/plan engine/next -name '*.c' |
	grep -Ev "$exempt" | sort | xargs awk '
# The arguments of the call that ends a statement, without what further calls in them have.
function judge(    text, from)
{
	text = statement
	while (match(text, /"([^"\\]|\\.)*"/))
		text = substr(text, 1, RSTART - 1) "@" substr(text, RSTART + RLENGTH)
	match(text, /(delta_raise|delta_omit|tally_note|container_fails|strv_addf|checks_add|error_set|error_errno|error_set_at|error_errno_at|error_wrap)\(/)
	text = substr(text, RSTART + RLENGTH)
	sub(/\)[^)]*$/, "", text)
	while (match(text, /[a-z_0-9]*\([^()]*\)/))
		text = substr(text, 1, RSTART - 1) "@" substr(text, RSTART + RLENGTH)
	gsub(/[a-z_0-9>.-]+ [?] @ :/, "", text)
	if (text ~ /@/ && (text " ") ~ /(^|[^a-z_0-9.>])([a-z_0-9]+(\[[^]]*\])?(->|\.))*(value|before|after)[^a-z_0-9.(\[-]/)
		print FILENAME ":" line
}
FNR == 1 { statement = "" }
statement == "" && /[^a-z_](delta_raise|delta_omit|tally_note|container_fails|strv_addf|checks_add|error_set|error_errno|error_set_at|error_errno_at|error_wrap)\(/ {
	line = FNR
}
statement != "" || line == FNR {
	statement = statement " " $0
	if (/;/) {
		judge()
		statement = ""
		line = 0
	}
}' || true)
[ -z "$found" ] || {
	echo 'a value that is quoted as it is: secret_show_value() knows what it belongs to'
	echo "$found"
	exit 1
}
