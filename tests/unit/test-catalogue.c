#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/baseline/builtin.h"
#include "modules/registry.h"

/*
 * The shipped baseline against plans/catalogue.tsv: every entry of the catalogue has its control,
 * of the class and the resource kind that the table says, under its number; and every control
 * explains itself in every language.
 */

#define CATALOGUE SAMPLES "/../../../plans/catalogue.tsv"
#define ENTRIES 152
#define WHITEPAPER 104

static const char *const facets[] = {"description", "rationale", "audit",   "result",
				     "remediation", "impact",    "default", "references"};

struct row {
	char *id, *control, *kind, *class;
};

struct table {
	struct row *rows;
	size_t count;
};

static void table_clear(struct table *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free(t->rows[i].id);
		free(t->rows[i].control);
		free(t->rows[i].kind);
		free(t->rows[i].class);
	}
	free(t->rows);
}

static void load_table(struct table *t)
{
	FILE *f = fopen(CATALOGUE, "re");
	CLEANUP(freep) char *line = NULL;
	size_t size = 0;

	assert_non_null(f);
	while (getline(&line, &size, f) > 0) {
		CLEANUP(strv_clear) struct strv words = {0};

		if (line[0] == '#')
			continue;
		strv_split(&words, line, "\t\n");
		assert_true(words.count >= 4);
		*(struct row *)array_append(&t->rows, &t->count, sizeof(*t->rows)) =
			(struct row){xstrdup(words.items[0]), xstrdup(words.items[1]),
				     xstrdup(words.items[2]), xstrdup(words.items[3])};
	}
	fclose(f);
}

static void load(struct baseline *b)
{
	CLEANUP(error_clear) struct error err = {0};

	if (builtin_load(b, modules_all, NULL, &err) < 0)
		fail_msg("%s", error_text(&err));
}

static bool has_kind(const struct control *c, const char *kind)
{
	for (size_t i = 0; i < c->nresources; i++)
		if (strcmp(c->resources[i].module->name, kind) == 0)
			return true;
	return strcmp(kind, "-") == 0 && c->nresources == 0;
}

static const struct control *by_id(const struct baseline *b, const char *id)
{
	for (size_t i = 0; i < b->ncontrols; i++)
		if (strcmp(b->controls[i].id, id) == 0)
			return &b->controls[i];
	return NULL;
}

/* The number under which the entry is known: "2.1@dosec", "A-L1@article"; CIS has its own. */
static char *alias_of(const char *id)
{
	if (starts_with(id, "CIS-"))
		return NULL;
	return xasprintf("%s@%s", id, starts_with(id, "A-") ? "article" : "dosec");
}

static void test_every_entry_has_its_control(void **state)
{
	CLEANUP(baseline_clear) struct baseline b = {0};
	CLEANUP(table_clear) struct table t = {0};
	size_t wrong = 0, whitepaper = 0;

	load(&b);
	load_table(&t);
	for (size_t i = 0; i < t.count; i++) {
		const struct row *row = &t.rows[i];
		const struct control *c = by_id(&b, row->control);
		CLEANUP(freep) char *alias = alias_of(row->id);

		whitepaper += alias && strstr(alias, "@dosec") != NULL;
		if (c && strcmp(control_class_to_string(c->class), row->class) == 0 &&
		    has_kind(c, row->kind) && (!alias || strv_contains(&c->aliases, alias)))
			continue;
		print_message("# %s: %s is not there as %s of class %s\n", row->id, row->control,
			      row->kind, row->class);
		wrong++;
	}
	print_message("# %zu of %zu entries have their control\n", t.count - wrong, t.count);
	assert_int_equal(wrong, 0);
	assert_int_equal(t.count, ENTRIES);
	assert_int_equal(whitepaper, WHITEPAPER);
}

static void test_every_facet_in_every_language(void **state)
{
	CLEANUP(baseline_clear) struct baseline b = {0};
	size_t missing = 0;

	load(&b);
	for (const struct catalog *c = builtin_catalogs; c->language; c++) {
		for (size_t i = 0; i < b.ncontrols; i++) {
			const struct control *control = &b.controls[i];

			for (size_t k = 0; k < ARRAY_SIZE(facets); k++) {
				const char *text = catalog_find(c, control->id, facets[k]);

				if (text && text[strspn(text, " \n")])
					continue;
				print_message("# %s: %s has no %s\n", c->language, control->id,
					      facets[k]);
				missing++;
			}
			if (!catalog_find(c, control->id, "title") ||
			    (control->hold && !catalog_find(c, control->id, "hold")))
				fail_msg("%s: %s has no title, or no hold", c->language,
					 control->id);
		}
	}
	assert_int_equal(missing, 0);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Two controls that say the same say nothing of at least one of them. */
static void test_no_two_say_the_same(void **state)
{
	static const char *const own[] = {"title", "description", "rationale",
					  "audit", "remediation", "impact"};
	CLEANUP(baseline_clear) struct baseline b = {0};
	size_t same = 0;

	load(&b);
	for (const struct catalog *c = builtin_catalogs; c->language; c++) {
		for (size_t k = 0; k < ARRAY_SIZE(own); k++) {
			CLEANUP(strv_clear) struct strv texts = {0};

			for (size_t i = 0; i < b.ncontrols; i++) {
				const char *text = catalog_find(c, b.controls[i].id, own[k]);

				if (text)
					strv_add(&texts, text);
			}
			qsort(texts.items, texts.count, sizeof(char *), compare_texts);
			for (size_t i = 1; i < texts.count; i++) {
				if (strcmp(texts.items[i - 1], texts.items[i]) != 0)
					continue;
				print_message("# %s: two have the %s '%.60s'\n", c->language,
					      own[k], texts.items[i]);
				same++;
			}
		}
	}
	assert_int_equal(same, 0);
}

static void test_titles_are_short(void **state)
{
	CLEANUP(baseline_clear) struct baseline b = {0};

	load(&b);
	for (size_t i = 0; i < b.ncontrols; i++)
		if (strlen(b.controls[i].title) > 60)
			fail_msg("the title of %s is long", b.controls[i].id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_entry_has_its_control),
		cmocka_unit_test(test_every_facet_in_every_language),
		cmocka_unit_test(test_no_two_say_the_same),
		cmocka_unit_test(test_titles_are_short),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
