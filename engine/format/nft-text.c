#include "engine/format/nft-text.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "engine/base/alloc.h"

static const char *text_of(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key));
}

static bool is_ours(const json_t *j)
{
	return strcmp_null(text_of(j, "family"), "inet") == 0 &&
	       strcmp_null(text_of(j, "table"), "harden") == 0;
}

/* "established,related", "daddr" */
static void put_list(struct buf *b, const json_t *list)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item) buf_printf(
		b, "%s%s", i ? "," : "", json_string_value(item) ? json_string_value(item) : "?");
}

/* What is compared: "tcp dport", "ip saddr", "ct state", "iifname", "fib daddr type". */
static bool put_left(struct buf *b, const json_t *left)
{
	const json_t *payload = json_object_get(left, "payload"), *ct = json_object_get(left, "ct");
	const json_t *meta = json_object_get(left, "meta"), *fib = json_object_get(left, "fib");

	if (payload && text_of(payload, "protocol") && text_of(payload, "field")) {
		buf_printf(b, "%s %s", text_of(payload, "protocol"), text_of(payload, "field"));
	} else if (ct && text_of(ct, "key") && !json_object_get(ct, "dir")) {
		buf_printf(b, "ct %s", text_of(ct, "key"));
	} else if (meta && text_of(meta, "key")) {
		buf_puts(b, text_of(meta, "key"));
	} else if (fib && text_of(fib, "result")) {
		buf_puts(b, "fib ");
		put_list(b, json_object_get(fib, "flags"));
		buf_printf(b, " %s", text_of(fib, "result"));
	} else {
		return false;
	}
	return true;
}

static bool put_right(struct buf *b, const json_t *right, bool quoted)
{
	const json_t *prefix = json_object_get(right, "prefix");

	if (json_is_string(right))
		buf_printf(b, quoted ? "\"%s\"" : "%s", json_string_value(right));
	else if (json_is_integer(right))
		buf_printf(b, "%lld", (long long)json_integer_value(right));
	else if (json_is_array(right))
		put_list(b, right);
	else if (prefix && text_of(prefix, "addr"))
		buf_printf(b, "%s/%lld", text_of(prefix, "addr"),
			   (long long)json_integer_value(json_object_get(prefix, "len")));
	else
		return false;
	return true;
}

static bool put_match(struct buf *b, const json_t *match)
{
	const char *op = text_of(match, "op");
	const json_t *left = json_object_get(match, "left");

	if (!op || !put_left(b, left))
		return false;
	if (strcmp(op, "!=") == 0)
		buf_puts(b, " !=");
	else if (strcmp(op, "==") != 0 && strcmp(op, "in") != 0)
		return false;
	buf_putc(b, ' ');
	return put_right(b, json_object_get(match, "right"), json_object_get(left, "meta") != NULL);
}

/* A rule of the kind that we write; false for any other. */
static bool put_rule(struct buf *b, const json_t *rule)
{
	const json_t *exprs = json_object_get(rule, "expr");
	json_t *expr;
	size_t i;

	json_array_foreach(exprs, i, expr)
	{
		const json_t *match = json_object_get(expr, "match");

		if (i)
			buf_putc(b, ' ');
		if (match && !put_match(b, match))
			return false;
		if (match)
			continue;
		if (json_object_get(expr, "accept"))
			buf_puts(b, "accept");
		else if (json_object_get(expr, "drop"))
			buf_puts(b, "drop");
		else
			return false;
	}
	return true;
}

static void take_chain(struct firewall_facts *ret, const json_t *j)
{
	struct firewall_chain *chain =
		firewall_add(ret, text_of(j, "name") ? text_of(j, "name") : "");

	if (text_of(j, "hook"))
		chain->text = xasprintf("type %s hook %s priority %lld; policy %s;",
					text_of(j, "type"), text_of(j, "hook"),
					(long long)json_integer_value(json_object_get(j, "prio")),
					text_of(j, "policy"));
	else
		chain->text = xstrdup("");
}

static void take_rule(struct firewall_facts *ret, const json_t *j)
{
	const char *name = text_of(j, "chain");
	CLEANUP(buf_clear) struct buf line = {0};

	for (size_t i = 0; name && i < ret->nchains; i++) {
		struct firewall_chain *chain = &ret->chains[i];
		char *more;

		if (strcmp(chain->name, name) != 0)
			continue;
		chain->foreign |= !put_rule(&line, j);
		more = xasprintf("%s\n%s", chain->text, buf_str(&line));
		free(chain->text);
		chain->text = more;
	}
}

static bool is_our_table(const json_t *table)
{
	return strcmp_null(text_of(table, "family"), "inet") == 0 &&
	       strcmp_null(text_of(table, "name"), "harden") == 0;
}

int nft_parse(const char *json, struct firewall_facts *ret, struct error *err)
{
	json_t *root = json_loads(json, 0, NULL), *item;
	const json_t *list = json_object_get(root, "nftables");
	int found = 0;
	size_t i;

	if (!json_is_array(list)) {
		json_decref(root);
		return error_set(err, -EBADMSG, "cannot understand what nftables answered");
	}
	json_array_foreach(list, i, item)
	{
		const json_t *chain = json_object_get(item, "chain");
		const json_t *rule = json_object_get(item, "rule");

		if (is_our_table(json_object_get(item, "table")))
			found = 1;
		else if (chain && is_ours(chain))
			take_chain(ret, chain);
		else if (rule && is_ours(rule))
			take_rule(ret, rule);
	}
	json_decref(root);
	return found;
}

/*
 * A chain cannot be given another hook, so it is made if need be, emptied, taken away and made
 * anew; to packets it is one step.
 */
void nft_chain_commands(const char *chain, const char *text, struct buf *ret)
{
	const char *line = text;

	buf_printf(ret, "add table " FIREWALL_TABLE "\n");
	buf_printf(ret, "add chain " FIREWALL_TABLE " %s\n", chain);
	buf_printf(ret, "flush chain " FIREWALL_TABLE " %s\n", chain);
	buf_printf(ret, "delete chain " FIREWALL_TABLE " %s\n", chain);
	while (line) {
		size_t n = strcspn(line, "\n");

		if (line != text)
			buf_printf(ret, "add rule " FIREWALL_TABLE " %s %.*s\n", chain, (int)n,
				   line);
		else if (n)
			buf_printf(ret, "add chain " FIREWALL_TABLE " %s { %.*s }\n", chain, (int)n,
				   line);
		else
			buf_printf(ret, "add chain " FIREWALL_TABLE " %s\n", chain);
		line = line[n] ? line + n + 1 : NULL;
	}
}
