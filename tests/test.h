#pragma once

/*
 * cmocka with the includes that it needs before itself, which a formatter that sorts includes
 * would put behind it.
 */

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

/*
 * Leaves a test that cannot run here, saying why. Not cmocka's skip(): its "not ok # SKIP" is a
 * failure to meson.
 */
#define SKIP_BECAUSE(reason)                                                                       \
	do {                                                                                       \
		print_message("# %s skipped: %s\n", __func__, reason);                             \
		return;                                                                            \
	} while (0)
