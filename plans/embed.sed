# Turns the text of a baseline into C: one string literal a line.
s/\\/\\\\/g
s/"/\\"/g
s/.*/"&\\n"/
1i\
#include "engine/baseline/baseline.h"\
\
const char builtin_baseline[] =
$a\
;\
const size_t builtin_baseline_len = sizeof(builtin_baseline) - 1;
