#pragma once

/*
 * The "created by" lines of an image's history, in the forms of the builders: "/bin/sh -c #(nop)  ENV A=b"
 * and "|1 A=b /bin/sh -c make" of the classic one, "RUN |1 A=b /bin/sh -c make # buildkit" of BuildKit, bare
 * words where a Dockerfile names a program without a shell or where somebody committed a container.
 */

#include "engine/base/strv.h"

enum step_kind {
	STEP_OTHER, /* an instruction that is of no interest here, or a form that nobody knows */
	STEP_RUN,
	STEP_ADD,
	STEP_ENV,
	STEP_ARG,
	STEP_LABEL,
	STEP_BARE, /* words without an instruction or a shell */
};

struct step {
	enum step_kind kind;
	char *text; /* what is behind the instruction; of RUN the piece of shell */
	struct strv build_args; /* of RUN: "NAME=value" */
};

/* A zeroed step is an empty one; step_parse() fills one, whatever the line holds. */
void step_parse(const char *created_by, struct step *ret);
void step_clear(struct step *s);

/*
 * The pairs of "A=b c D=e", as ENV, ARG and LABEL leave them: without the quotes that they were
 * written with, so that a value goes on to what looks like the next name.
 */
void step_pairs(const char *text, struct strv *ret);
