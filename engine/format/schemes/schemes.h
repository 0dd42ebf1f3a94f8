#pragma once

/*
 * The functions of the schemes that stand in no header of their own: the rows of format.c's
 * table. Their contract is that of struct format (format.h).
 */

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

int unit_text_get(const struct buf *text, const char *key, char **ret_value, struct error *err);
int unit_text_set(struct buf *text, const char *key, const char *value, struct error *err);

int kv_text_get(const struct buf *text, const char *key, char **ret_value, struct error *err);
int kv_text_set(struct buf *text, const char *key, const char *value, struct error *err);
bool kv_text_same(const char *a, const char *b);

int entry_text_get(const struct buf *text, const char *key, char **ret_value, struct error *err);
int entry_text_set(struct buf *text, const char *key, const char *value, struct error *err);

int member_text_get(const struct buf *text, const char *key, char **ret_value, struct error *err);
int member_text_set(struct buf *text, const char *key, const char *value, struct error *err);

int limit_text_get(const struct buf *text, const char *key, char **ret_value, struct error *err);
int limit_text_set(struct buf *text, const char *key, const char *value, struct error *err);

int rule_text_get(const struct buf *text, const char *key, char **ret_value, struct error *err);
int rule_text_set(struct buf *text, const char *key, const char *value, struct error *err);
bool rule_text_same(const char *a, const char *b);

int whole_text_get(const struct buf *text, const char *key, char **ret_value, struct error *err);
int whole_text_set(struct buf *text, const char *key, const char *value, struct error *err);

int override_text_get(const struct buf *text, const char *path, char **ret_value,
		      struct error *err);
int override_text_set(struct buf *text, const char *path, const char *value, struct error *err);

int aug_text_get(const struct buf *text, const char *key, char **ret_value, struct error *err);
int aug_text_set(struct buf *text, const char *key, const char *value, struct error *err);
