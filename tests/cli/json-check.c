/*
 * Holds JSON on stdin against a JSON Schema: json-check SCHEMA. Of the schema language it knows
 * type, properties, required, additionalProperties, items, enum, pattern (as a POSIX extended
 * expression), anyOf and $ref to #/$defs; another keyword that would be a demand is an error of
 * the schema. An object that names its properties and says nothing of others is taken as closed:
 * a member that the schema does not describe is a mistake here, while readers must allow it.
 * Ends with 0 when it fits, 1 with a line for the first mistake, 2 when it cannot tell.
 */

#include <jansson.h>
#include <regex.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/str.h"

struct checker {
	const json_t *definitions;
	struct buf why; /* the first mistake */
	size_t depth; /* of the instance where it is: the deepest is the most telling */
};

static bool check(struct checker *c, const json_t *schema, const json_t *value, const char *path,
		  size_t depth);

static bool mistake(struct checker *c, size_t depth, const char *path, const char *what,
		    const char *detail)
{
	if (c->why.len && depth <= c->depth)
		return false;
	buf_clear(&c->why);
	buf_printf(&c->why, "%s: %s%s", *path ? path : "(top)", what, detail ? detail : "");
	c->depth = depth;
	return false;
}

static void bad_schema(const char *what)
{
	fprintf(stderr, "json-check: the schema has %s\n", what);
	exit(2);
}

static bool has_type(const json_t *value, const char *type)
{
	static const struct {
		const char *name;
		json_type type;
	} types[] = {{"object", JSON_OBJECT}, {"array", JSON_ARRAY},     {"string", JSON_STRING},
		     {"null", JSON_NULL},     {"integer", JSON_INTEGER}, {"number", JSON_INTEGER},
		     {"number", JSON_REAL},   {"boolean", JSON_TRUE},    {"boolean", JSON_FALSE}};
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(types[i].name, type) != 0)
			continue;
		known = true;
		if (json_typeof(value) == types[i].type)
			return true;
	}
	if (!known)
		bad_schema("an unknown type");
	return false;
}

static bool check_type(struct checker *c, const json_t *type, const json_t *value, const char *path,
		       size_t depth)
{
	if (!json_is_string(type))
		bad_schema("a type that is not a string");
	return has_type(value, json_string_value(type)) ||
	       mistake(c, depth, path, "is not of type ", json_string_value(type));
}

static bool check_enum(struct checker *c, const json_t *values, const json_t *value,
		       const char *path, size_t depth)
{
	const json_t *one;
	size_t i;

	json_array_foreach(values, i, one) if (json_equal(one, value)) return true;
	return mistake(c, depth, path, "is none of the allowed values: ",
		       json_is_string(value) ? json_string_value(value) : "?");
}

static bool check_required(struct checker *c, const json_t *names, const json_t *value,
			   const char *path, size_t depth)
{
	const json_t *name;
	size_t i;

	json_array_foreach(
		names, i,
		name) if (json_is_object(value) &&
			  !json_object_get(
				  value,
				  json_string_value(name))) return mistake(c, depth, path, "lacks ",
									   json_string_value(name));
	return true;
}

static bool check_members(struct checker *c, const json_t *schema, const json_t *value,
			  const char *path, size_t depth)
{
	const json_t *properties = json_object_get(schema, "properties");
	const json_t *others = json_object_get(schema, "additionalProperties");
	const char *key;
	json_t *member;

	if (!json_is_object(value) || (!properties && !others))
		return true;
	json_object_foreach((json_t *)(uintptr_t)value, key, member)
	{
		const json_t *one = json_object_get(properties, key);
		CLEANUP(freep) char *below = xasprintf("%s/%s", path, key);

		if (!one && (!others || json_is_false(others)))
			return mistake(c, depth + 1, below, "is not described", NULL);
		if (!one && json_is_true(others))
			continue;
		if (!check(c, one ? one : others, member, below, depth + 1))
			return false;
	}
	return true;
}

static bool check_items(struct checker *c, const json_t *items, const json_t *value,
			const char *path, size_t depth)
{
	const json_t *one;
	size_t i;

	if (!json_is_array(value))
		return true;
	json_array_foreach(value, i, one)
	{
		CLEANUP(freep) char *below = xasprintf("%s/%zu", path, i);

		if (!check(c, items, one, below, depth + 1))
			return false;
	}
	return true;
}

static bool check_any(struct checker *c, const json_t *schemas, const json_t *value,
		      const char *path, size_t depth)
{
	const json_t *one;
	size_t i;

	json_array_foreach(schemas, i, one)
	{
		struct checker branch = {.definitions = c->definitions};

		if (check(&branch, one, value, path, depth)) {
			buf_clear(&branch.why);
			return true;
		}
		if (branch.depth > c->depth || !c->why.len) {
			buf_clear(&c->why);
			c->why = branch.why;
			c->depth = branch.depth;
		} else {
			buf_clear(&branch.why);
		}
	}
	return false;
}

static bool check_pattern(struct checker *c, const json_t *pattern, const json_t *value,
			  const char *path, size_t depth)
{
	regex_t re;
	bool fits;

	if (!json_is_string(value))
		return true;
	if (regcomp(&re, json_string_value(pattern), REG_EXTENDED | REG_NOSUB) != 0)
		bad_schema("a pattern that is no expression");
	fits = regexec(&re, json_string_value(value), 0, NULL, 0) == 0;
	regfree(&re);
	return fits || mistake(c, depth, path, "does not fit ", json_string_value(pattern));
}

static const json_t *definition(const struct checker *c, const char *ref)
{
	static const char prefix[] = "#/$defs/";
	const json_t *found = NULL;

	if (starts_with(ref, prefix))
		found = json_object_get(c->definitions, ref + strlen(prefix));
	if (!found)
		bad_schema("a $ref that leads nowhere");
	return found;
}

static bool check_keyword(struct checker *c, const char *key, const json_t *demand,
			  const json_t *value, const char *path, size_t depth)
{
	static const char *const silent[] = {"$schema",     "$defs",      "title",
					     "description", "properties", "additionalProperties"};

	if (strcmp(key, "type") == 0)
		return check_type(c, demand, value, path, depth);
	if (strcmp(key, "enum") == 0)
		return check_enum(c, demand, value, path, depth);
	if (strcmp(key, "required") == 0)
		return check_required(c, demand, value, path, depth);
	if (strcmp(key, "items") == 0)
		return check_items(c, demand, value, path, depth);
	if (strcmp(key, "anyOf") == 0)
		return check_any(c, demand, value, path, depth);
	if (strcmp(key, "pattern") == 0)
		return check_pattern(c, demand, value, path, depth);
	if (strcmp(key, "$ref") == 0)
		return check(c, definition(c, json_string_value(demand)), value, path, depth);
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		if (strcmp(silent[i], key) == 0)
			return true;
	bad_schema("a keyword that is not known here");
	return false;
}

static bool check(struct checker *c, const json_t *schema, const json_t *value, const char *path,
		  size_t depth)
{
	const char *key;
	json_t *demand;

	if (!json_is_object(schema))
		bad_schema("a schema that is not an object");
	json_object_foreach(
		(json_t *)(uintptr_t)schema, key,
		demand) if (!check_keyword(c, key, demand, value, path, depth)) return false;
	return check_members(c, schema, value, path, depth);
}

int main(int argc, char **argv)
{
	json_error_t where;
	json_t *schema = argc == 2 ? json_load_file(argv[1], 0, &where) : NULL;
	json_t *value = schema ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &where) : NULL;
	struct checker c = {.definitions = json_object_get(schema, "$defs")};
	bool fits;

	if (!value) {
		fprintf(stderr, "json-check: %s\n",
			argc == 2 ? where.text : "usage: json-check SCHEMA");
		json_decref(schema);
		return argc == 2 && schema ? 1 : 2;
	}
	fits = check(&c, schema, value, "", 0);
	if (!fits)
		printf("%s\n", buf_str(&c.why));
	buf_clear(&c.why);
	json_decref(value);
	json_decref(schema);
	return fits ? 0 : 1;
}
