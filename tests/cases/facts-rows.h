#pragma once

/*
 * A mapping of YAML into a struct of the facts, by a table of rows. For facts-*.c of this
 * directory.
 */

#include <stddef.h>

#include "engine/base/error.h"
#include "engine/baseline/yaml-tree.h"
#include "engine/host/read/root.h"
#include "engine/model/facts.h"

enum row_type {
	ROW_TEXT,
	ROW_LIST,
	ROW_BOOL,
	ROW_INT,
	ROW_UNSIGNED,
	ROW_SIZE,
	ROW_COUNT, /* a number; a text is why it is not known */
	ROW_LONG,
	ROW_INT64,
	ROW_BITS, /* an int64_t as hexadecimal text */
};

struct row {
	const char *key; /* NULL ends the table */
	enum row_type type;
	size_t offset;
};

/* One mapping being read into one struct; `also` takes the keys that the table has not. */
struct job {
	const struct tree *tree;
	const struct row *rows;
	void *into;
	int (*also)(const struct job *job, const struct tree_node *key,
		    const struct tree_node *value, struct error *err);
};

#define ROW(struct_, type_, member)                                                                \
	{                                                                                          \
		.key = #member, .type = type_, .offset = offsetof(struct struct_, member)          \
	}

bool rows_is_null(const struct tree_node *value);
int rows_wrong(const struct tree *tree, const struct tree_node *at, const char *wanted,
	       struct error *err);
int rows_read_list(const struct tree *tree, const struct tree_node *value, struct strv *ret,
		   struct error *err);
int rows_read_bool(const struct tree *tree, const struct tree_node *value, bool *ret,
		   struct error *err);
int rows_read_mapping(const struct job *job, const struct tree_node *mapping, struct error *err);

/* A list of mappings, each into what `add` makes in job->into. */
int rows_read_items(const struct job *job, const struct tree_node *list, const struct row *rows,
		    int (*also)(const struct job *job, const struct tree_node *key,
				const struct tree_node *value, struct error *err),
		    void *(*add)(void *into), struct error *err);

/* facts-image.c: job->into is not used. */
int read_images(const struct job *job, const struct tree_node *value, struct docker_images *ret,
		struct error *err);
int read_swarm(const struct job *job, const struct tree_node *value, struct swarm *ret,
	       struct error *err);

/* facts-answers.c: what the engine of samples/DIR answered: running, its containers and images. */
int read_answers(const char *dir, struct facts *f, struct error *err);
/* What is on the sandbox's disk of the images and containers of such answers. */
void read_answered_layers(struct facts *f, const struct root *root);

/* facts-container.c: the list `containers` (a text: why they are not known), job->into the facts; and what the host has for them. */
int read_containers(const struct job *job, const struct tree_node *list, struct error *err);
int read_container_host(const struct job *job, const struct tree_node *mapping,
			struct container_host *ret, struct error *err);
