#pragma once

/* Times as people give and read them. */

#include <stdint.h>

/* "30", "30s", "500ms", "2m" or "2min", "1h" in milliseconds; -EINVAL. */
int duration_parse(const char *text);

/* An age: "30d", "2w", "12h", "90m" or "45s" in seconds, up to 68 years; -EINVAL. */
int age_parse(const char *text);

/* "45 s", "9 min 30 s", "2 h 5 min", a part of a second as a whole one; the caller frees it. */
char *duration_text(uint64_t usec);
