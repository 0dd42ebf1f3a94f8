#pragma once

/* What `diff` found: values side by side. Text and JSON. */

#include <stdbool.h>

#include "cli/options.h"
#include "rollback/compared.h"

struct diff {
	const struct options *o;
	const struct transaction_summary *first, *second; /* second: NULL, the host as it is now */
	struct comparison values;
	struct strv effects; /* what no path shows, and is not compared */
};

struct diff_counts {
	size_t same, before, different, unknown;
	size_t differs; /* of them, is not or may not be as it was left */
};

struct diff_counts diff_count(const struct diff *d);
int diff_print_text(const struct diff *d);
int diff_print_json(const struct diff *d, int code);
