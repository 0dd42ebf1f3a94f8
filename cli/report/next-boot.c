#include "cli/report/next-boot.h"

#include "cli/notice.h"
#include "cli/report/json.h"
#include "cli/report/text-header.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/format/json-util.h"
#include "engine/format/secret.h"

#define COLUMN_ID 16
#define COLUMN_TEXT 31

static const struct {
	const char *words;
	enum ink ink;
} states[FORESIGHT_STATE_COUNT] = {
	[FORESIGHT_FAIL] = {"fail", INK_REMOVE},
	[FORESIGHT_NOT_MEASURED] = {"not measured", INK_WARN},
	[FORESIGHT_PASS] = {"pass", INK_ADD},
};

/* "/etc/docker/daemon.json:3: text" */
static char *whole_text(const struct foresight *f)
{
	CLEANUP(freep) char *text = secret_hide(f->text);

	if (f->file && f->line)
		return xasprintf("%s:%zu: %s", f->file, f->line, text);
	return f->file ? xasprintf("%s: %s", f->file, text) : TAKE_PTR(text);
}

static void put_one(struct buf *b, const struct style *s, const struct foresight *f)
{
	CLEANUP(freep) char *text = whole_text(f);

	ink_text(b, s, states[f->state].ink, states[f->state].words);
	pad_to(b, text_width(states[f->state].words), COLUMN_ID, 1);
	ink_text(b, s, INK_HEAD, f->id);
	pad_to(b, COLUMN_ID + text_width(f->id), COLUMN_TEXT, 1);
	wrap_text(b, s, COLUMN_TEXT, text);
}

static void put_header(struct buf *b, const struct style *s, const struct facts *f,
		       const struct strv *packages)
{
	ink_text(b, s, INK_HEAD, "harden " HARDEN_VERSION);
	buf_puts(b, "   host ");
	ink_text(b, s, INK_HEAD, f->hostname ? f->hostname : "without a name");
	buf_puts(b, "   ");
	text_docker(b, s, f);
	buf_puts(b, "\nthe next boot");
	for (size_t i = 0; i < packages->count; i++) {
		buf_puts(b, i ? ", " : ", with ");
		ink_text(b, s, INK_PLAIN, path_name(packages->items[i]));
	}
	buf_puts(b, "\n\n");
}

static void count_states(const struct foresights *all, size_t counts[FORESIGHT_STATE_COUNT])
{
	for (size_t i = 0; i < all->count; i++)
		counts[all->items[i].state]++;
}

static void put_sum(struct buf *b, const struct style *s, const struct foresights *all)
{
	size_t counts[FORESIGHT_STATE_COUNT] = {0};
	const char *verdict = "it would come back";
	CLEANUP(buf_clear) struct buf text = {0};

	count_states(all, counts);
	if (counts[FORESIGHT_FAIL])
		verdict = "it would not come back as it is";
	else if (counts[FORESIGHT_NOT_MEASURED])
		verdict = "nothing is known that would keep it from coming back";
	buf_printf(&text, "%s; %zu pass, %zu fail", verdict, counts[FORESIGHT_PASS],
		   counts[FORESIGHT_FAIL]);
	if (counts[FORESIGHT_NOT_MEASURED])
		buf_printf(&text, ", %zu not measured", counts[FORESIGHT_NOT_MEASURED]);
	buf_putc(&text, '.');
	sum_text(b, s, "Next boot: ", buf_str(&text));
}

int next_boot_print_text(const struct context *c, const struct foresights *all)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(c->o);
	size_t shown = 0;

	if (!s.quiet)
		put_header(&b, &s, &c->facts, &c->o->next_packages);
	for (size_t i = 0; i < all->count && !s.quiet; i++)
		if (s.verbose || all->items[i].state != FORESIGHT_PASS) {
			put_one(&b, &s, &all->items[i]);
			shown++;
		}
	if (shown)
		buf_putc(&b, '\n');
	put_sum(&b, &s, all);
	return terminal_write(&b);
}

static json_t *one_to_json(const struct foresight *f)
{
	CLEANUP(freep) char *text = secret_hide(f->text);
	json_t *j = json_object();

	json_put(j, "id", json_text(f->id));
	json_put(j, "outcome", json_string(foresight_state_to_string(f->state)));
	json_put(j, "reason", json_text(text));
	json_put(j, "file", json_text(f->file));
	json_put(j, "line", f->line ? json_integer((json_int_t)f->line) : json_null());
	return j;
}

int next_boot_print_json(const struct context *c, const struct history *ledger,
			 const struct foresights *all, int code)
{
	json_t *answer = json_answer("check"), *host = json_object(), *list = json_array(),
	       *sum = json_object(), *open = json_array();
	size_t counts[FORESIGHT_STATE_COUNT] = {0};

	json_put(host, "hostname", json_text(c->facts.hostname));
	json_put(host, "machine_id", json_text(c->facts.machine_id));
	json_put(host, "docker_version", json_text(c->facts.docker.version));
	json_put(answer, "host", host);
	for (size_t i = 0; i < all->count; i++)
		json_array_append_new(list, one_to_json(&all->items[i]));
	json_put(answer, "packages", json_text_list(&c->o->next_packages));
	json_put(answer, "next_boot", list);
	for (size_t i = 0; i < ledger->count; i++)
		if (notice_is_open(&ledger->items[i]))
			json_array_append_new(open, json_transaction(&ledger->items[i], false));
	json_put(answer, "open", open);
	count_states(all, counts);
	for (int i = 0; i < FORESIGHT_STATE_COUNT; i++)
		json_put(sum, foresight_state_to_string(i), json_integer((json_int_t)counts[i]));
	json_put(answer, "summary", sum);
	json_put(answer, "exit_code", json_integer(code));
	return json_write(answer);
}
