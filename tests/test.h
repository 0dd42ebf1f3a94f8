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
