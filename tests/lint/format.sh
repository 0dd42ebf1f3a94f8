#!/bin/sh
# Whether clang-format would change a C file of the tree. Its versions disagree in details, so
# only the one that the tree was formatted with counts: with another, or none, the test is
# skipped (exit code 77).
#
#     format.sh ROOT
set -eu

version=14

if [ $# -ne 1 ] || [ ! -d "$1" ]; then
	echo "usage: format.sh ROOT" >&2
	exit 64
fi
cd "$1"

for program in "clang-format-$version" clang-format; do
	if "$program" --version 2>/dev/null | grep -q "version $version\."; then
		# The same files as in includes.sh
		find . -type d \( -name '.?*' -o -exec test -d '{}/meson-private' \; \) -prune \
			-o -type f -name '*.[ch]' -exec "$program" --dry-run -Werror '{}' +
		exit
	fi
done
echo "clang-format $version is not here"
exit 77
