#pragma once

/* Subjects in tests are written as their text. */

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/macros.h"
#include "engine/model/subject.h"

/* The key points into the text. */
static inline UNUSED struct subject subj(const char *text)
{
	struct subject s = subject_of(SCHEME_NONE, "");

	if (!text || subject_parse(text, &s, NULL) < 0) {
		fprintf(stderr, "no subject: '%s'\n", text ? text : "(none)");
		abort();
	}
	return s;
}

/* For messages: good until the next call. */
static inline UNUSED const char *subject_shown(struct subject s)
{
	static char *text;

	free(text);
	text = subject_print(s);
	return text;
}
