#!/bin/sh
# The words of docs/glossary.md in code, too: names, comments, messages and tests. What was written by
# the version before keeps its words: samples, the corpus of fuzzing, and the JSON key "mend".
#
#     words.sh ROOT
set -eu
cd "$1"

find engine modules rollback cli plans packaging tests -type f ! -path 'tests/unit/samples/*' \
	! -path 'tests/fuzz/corpus/*' ! -path 'tests/lint/*' ! -name '*.schema.json' | sort |
	xargs grep -nIiE 'folder|(^|[^a-z])mend(s|ed|ing)?([^a-z]|$)' /dev/null | grep -v '"mend"' |
	sed -E 's/^([^:]*:[0-9]+):.*/\1: docs\/glossary.md has another word for it: directory, fix/' | { ! grep .; }
