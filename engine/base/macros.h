#pragma once

/*
 * The few macros everything else uses: clean-up at the end of a scope, handing
 * ownership over, array sizes. No state, no ownership of their own.
 */

#include <stddef.h>

#define CLEANUP(fn) __attribute__((cleanup(fn)))
/* The last argument is NULL. */
#define ENDS_WITH_NULL __attribute__((sentinel))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED __attribute__((unused))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Hands a pointer over: the variable is NULL afterwards, so its clean-up does nothing. */
#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) *take_from_ = &(p);                                                  \
		__typeof__(p) taken_ = *take_from_;                                                \
		*take_from_ = NULL;                                                                \
		taken_;                                                                            \
	})

/* Hands a descriptor over: the variable is -1 afterwards. */
#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int *take_from_ = &(fd);                                                           \
		int taken_ = *take_from_;                                                          \
		*take_from_ = -1;                                                                  \
		taken_;                                                                            \
	})

/*
 * Defines a clean-up function for a pointer to `type`: DEFINE_CLEANUP(struct buf *, buf_free)
 * gives buf_freep(), to be used as CLEANUP(buf_freep).
 */
#define DEFINE_CLEANUP(type, fn)                                                                   \
	static inline UNUSED void fn##p(type *p)                                                   \
	{                                                                                          \
		fn(*p);                                                                            \
	}
