# Turns the fixed part of RESTORE into C: one string literal a line.
s/\\/\\\\/g
s/"/\\"/g
s/.*/"&\\n"/
1i\
#include "rollback/restore-script.h"\
\
const char restore_script_head[] =
$a\
;
