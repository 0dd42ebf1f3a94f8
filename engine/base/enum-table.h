#pragma once

/*
 * Names of enum values, one table each and one macro for all:
 *
 *     ENUM_TABLE_DECLARE(node_kind, enum node_kind);             in the header
 *     ENUM_TABLE(node_kind, enum node_kind, NODE_KIND_COUNT,     in the source
 *                [NODE_FILE] = "file", ...);
 *
 * gives node_kind_to_string(), which never returns NULL for a value of the enum, and
 * node_kind_from_string(), which returns the value or -EINVAL.
 */

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define ENUM_TABLE_DECLARE(name, type)                                                             \
	const char *name##_to_string(type value);                                                  \
	int name##_from_string(const char *s)

#define ENUM_TABLE(name, type, count, ...)                                                         \
	static const char *const name##_names[count] = {__VA_ARGS__};                              \
	const char *name##_to_string(type value)                                                   \
	{                                                                                          \
		assert((size_t)value < (size_t)(count));                                           \
		return name##_names[value];                                                        \
	}                                                                                          \
	int name##_from_string(const char *s)                                                      \
	{                                                                                          \
		for (size_t i = 0; i < (size_t)(count); i++)                                       \
			if (name##_names[i] && strcmp(name##_names[i], s) == 0)                    \
				return (int)i;                                                     \
		return -EINVAL;                                                                    \
	}                                                                                          \
	struct enum_table_semicolon_
