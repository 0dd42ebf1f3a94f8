#pragma once

/*
 * Tables for the formats of engine/format: each case is a text, a key, and what reading or
 * setting it must give.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "tests/test.h"

struct get_case {
	const char *text, *key;
	int result; /* 1, 0 or a negative errno */
	const char *value;
};

struct set_case {
	const char *text, *key, *value; /* value NULL: take away */
	const char *want; /* the text afterwards; NULL: it fails with `result` */
	int result;
};

typedef int (*get_fn)(const struct buf *text, const char *key, char **ret_value, struct error *err);
typedef int (*set_fn)(struct buf *text, const char *key, const char *value, struct error *err);

static inline void case_buf(struct buf *b, const char *text)
{
	buf_clear(b);
	buf_puts(b, text);
}

static inline void run_get_cases(get_fn get, const struct get_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(freep) char *value = NULL;
		int r;

		case_buf(&text, cases[i].text);
		r = get(&text, cases[i].key, &value, &err);
		if (r != cases[i].result || strcmp_null(value, cases[i].value) != 0)
			fail_msg("case %zu (%s): result %d, value '%s', error '%s'", i,
				 cases[i].key, r, value ? value : "(none)",
				 err.text ? err.text : "");
		assert_int_equal(r < 0, err.text != NULL);
		assert_string_equal(buf_str(&text), cases[i].text);
	}
}

/* Setting gives the wanted text, setting once more changes nothing, failing changes nothing. */
static inline void run_set_cases(set_fn set, const struct set_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct set_case *c = &cases[i];
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(buf_clear) struct buf text = {0};
		int r;

		case_buf(&text, c->text);
		r = set(&text, c->key, c->value, &err);
		if (r != c->result || strcmp(buf_str(&text), c->want ? c->want : c->text) != 0)
			fail_msg("case %zu (%s): result %d, text '%s', error '%s'", i, c->key, r,
				 buf_str(&text), err.text ? err.text : "");
		assert_int_equal(r < 0, err.text != NULL);
		if (r < 0)
			continue;
		assert_int_equal(set(&text, c->key, c->value, NULL), 0);
		assert_string_equal(buf_str(&text), c->want);
	}
}

/* For each text without the key: setting and taking away gives the old bytes. */
static inline void run_round_trips(get_fn get, set_fn set, const char *const *texts, size_t count,
				   const char *key, const char *value)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(freep) char *got = NULL;

		case_buf(&text, texts[i]);
		assert_int_equal(get(&text, key, &got, NULL), 0);
		assert_int_equal(set(&text, key, value, NULL), 0);
		assert_string_not_equal(buf_str(&text), texts[i]);
		assert_int_equal(get(&text, key, &got, NULL), 1);
		assert_string_equal(got, value);
		assert_int_equal(set(&text, key, NULL, NULL), 0);
		assert_string_equal(buf_str(&text), texts[i]);
	}
}

#define RUN_GET(get, cases) run_get_cases(get, cases, ARRAY_SIZE(cases))
#define RUN_SET(set, cases) run_set_cases(set, cases, ARRAY_SIZE(cases))
#define RUN_ROUND(get, set, texts, key, value)                                                     \
	run_round_trips(get, set, texts, ARRAY_SIZE(texts), key, value)
