#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>

#include "engine/base/alloc.h"
#include "engine/base/strv.h"
#include "engine/format/command-line.h"

/*
 * What systemd answers: each question takes a line of the input. A line that begins with "!" is
 * an error, one with "?" a reply of another type. Lists have "|" between their items, commands
 * "#" between program, arguments and flags, and "&" between each other.
 */
static const uint8_t *replies;
static size_t replies_len;

/* The command that systemd told last, as the words of a command line. */
static struct strv told;

static sd_bus *fake_bus(void)
{
	static sd_bus *bus;
	int pair[2];

	if (bus)
		return bus;
	FUZZ_ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
	FUZZ_ASSERT(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, pair[0], pair[0]) >= 0);
	FUZZ_ASSERT(sd_bus_start(bus) >= 0);
	return bus;
}

/* The next line, or an error when it is one: 1 for a right reply, 0 for one of another type. */
static int next_reply(char **ret, sd_bus_error *e)
{
	CLEANUP(freep) char *line = NULL;

	if (replies_len == 0)
		return -ECONNRESET;
	line = fuzz_line(&replies, &replies_len);
	if (*line == '!') {
		if (e)
			sd_bus_error_set(e, "org.freedesktop.DBus.Error.Failed", line + 1);
		return -EIO;
	}
	*ret = xstrdup(line + (*line == '?'));
	return *line != '?';
}

static sd_bus_message *new_message(void)
{
	sd_bus_message *m = NULL;

	FUZZ_ASSERT(sd_bus_message_new_signal(fake_bus(), &m, "/a", "a.b", "C") >= 0);
	return m;
}

/* Closes a message that was filled (r tells how that went), so that it can be read. */
static int finish(sd_bus_message *m, int r, sd_bus_message **ret)
{
	if (r >= 0)
		r = sd_bus_message_seal(m, 1, 0);
	if (r >= 0)
		r = sd_bus_message_rewind(m, true);
	if (r >= 0)
		*ret = m;
	else
		sd_bus_message_unref(m);
	return r;
}

/* One string of some type that holds one, or a number where a string was asked for. */
static int reply_basic(const char *line, char type, sd_bus_message **ret)
{
	sd_bus_message *m = new_message();
	uint32_t number = (uint32_t)strlen(line);

	return finish(m, sd_bus_message_append_basic(m, type, type == 'u' ? (void *)&number : line),
		      ret);
}

static int append_list(sd_bus_message *m, const struct strv *items)
{
	int r = sd_bus_message_open_container(m, 'a', "s");

	for (size_t i = 0; i < items->count && r >= 0; i++)
		r = sd_bus_message_append_basic(m, 's', items->items[i]);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_split(sd_bus_message *m, const char *text, struct strv *items)
{
	strv_split(items, text, "|");
	return append_list(m, items);
}

static int append_files(sd_bus_message *m, const char *line)
{
	CLEANUP(strv_clear) struct strv items = {0};
	int r = sd_bus_message_open_container(m, 'a', "(sb)");

	strv_split(&items, line, "|");
	for (size_t i = 0; i < items.count && r >= 0; i++)
		r = sd_bus_message_append(m, "(sb)", items.items[i], (int)i & 1);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static void tell(const char *program, const struct strv *argv)
{
	bool renamed = argv->count && strcmp(argv->items[0], program) != 0;

	strv_clear(&told);
	strv_add(&told, program);
	for (size_t i = renamed ? 0 : 1; i < argv->count; i++)
		strv_add(&told, argv->items[i]);
}

static int append_command(sd_bus_message *m, const char *text)
{
	CLEANUP(strv_clear) struct strv parts = {0}, argv = {0}, flags = {0};
	int r = sd_bus_message_open_container(m, 'r', "sasasttttuii");

	strv_split(&parts, text, "#");
	while (parts.count < 3)
		strv_add(&parts, "");
	if (r >= 0)
		r = sd_bus_message_append_basic(m, 's', parts.items[0]);
	if (r >= 0)
		r = append_split(m, parts.items[1], &argv);
	if (r >= 0)
		r = append_split(m, parts.items[2], &flags);
	if (r >= 0)
		r = sd_bus_message_append(m, "ttttuii", (uint64_t)1, (uint64_t)2, (uint64_t)3,
					  (uint64_t)4, 5U, 6, 7);
	tell(parts.items[0], &argv);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_commands(sd_bus_message *m, const char *line)
{
	CLEANUP(strv_clear) struct strv commands = {0};
	int r = sd_bus_message_open_container(m, 'a', "(sasasttttuii)");

	strv_clear(&told);
	strv_split(&commands, line, "&");
	for (size_t i = 0; i < commands.count && r >= 0; i++)
		r = append_command(m, commands.items[i]);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int fuzz_sd_bus_call_method(sd_bus *bus, const char *destination, const char *path,
				   const char *interface, const char *member, sd_bus_error *e,
				   sd_bus_message **reply, const char *types, ...)
{
	CLEANUP(freep) char *line = NULL;
	int r = next_reply(&line, e);

	if (r < 0 || !reply)
		return r;
	return reply_basic(line, r ? 'o' : *line ? 's' : 'u', reply);
}

static int fuzz_sd_bus_get_property_string(sd_bus *bus, const char *destination, const char *path,
					   const char *interface, const char *member,
					   sd_bus_error *e, char **ret)
{
	CLEANUP(freep) char *line = NULL;
	int r = next_reply(&line, e);

	if (r == 1)
		*ret = TAKE_PTR(line);
	return r == 0 ? -ENXIO : r;
}

static int fuzz_sd_bus_get_property_trivial(sd_bus *bus, const char *destination, const char *path,
					    const char *interface, const char *member,
					    sd_bus_error *e, char type, void *ret)
{
	CLEANUP(freep) char *line = NULL;
	int r = next_reply(&line, e);
	unsigned long long n = r == 1 ? strtoull(line, NULL, 10) : 0;

	if (r != 1)
		return r < 0 ? r : -ENXIO;
	if (type == 't')
		*(uint64_t *)ret = n;
	else if (type == 'b')
		*(int *)ret = n != 0;
	else
		*(uint32_t *)ret = (uint32_t)n;
	return 0;
}

/* sd-bus itself compares the type with the one that was asked for. */
static int fuzz_sd_bus_get_property(sd_bus *bus, const char *destination, const char *path,
				    const char *interface, const char *member, sd_bus_error *e,
				    sd_bus_message **reply, const char *type)
{
	CLEANUP(strv_clear) struct strv items = {0};
	CLEANUP(freep) char *line = NULL;
	sd_bus_message *m;
	int r = next_reply(&line, e);

	if (r != 1)
		return r < 0 ? r : -ENXIO;
	m = new_message();
	if (strcmp(type, "as") == 0)
		r = append_split(m, line, &items);
	else if (strcmp(type, "a(sb)") == 0)
		r = append_files(m, line);
	else if (strcmp(type, "ay") == 0)
		r = sd_bus_message_append_array(m, 'y', line, strlen(line));
	else
		r = append_commands(m, line);
	return finish(m, r, reply);
}

/* The signals while a job runs: each a line with job and result. */
static sd_bus_message_handler_t on_signal;
static void *on_signal_data;

static int fuzz_sd_bus_match_signal(sd_bus *bus, sd_bus_slot **slot, const char *sender,
				    const char *path, const char *interface, const char *member,
				    sd_bus_message_handler_t callback, void *data)
{
	on_signal = callback;
	on_signal_data = data;
	return 0;
}

static int fuzz_sd_bus_process(sd_bus *bus, sd_bus_message **ret)
{
	CLEANUP(strv_clear) struct strv parts = {0};
	CLEANUP(freep) char *line = NULL;
	sd_bus_message *m;
	int r = next_reply(&line, NULL);

	if (r < 0)
		return r == -ECONNRESET ? 0 : r;
	strv_split(&parts, line, "|");
	while (parts.count < 2)
		strv_add(&parts, "");
	m = new_message();
	if (r)
		r = sd_bus_message_append(m, "uoss", 1U, parts.items[0], "unit", parts.items[1]);
	else
		r = sd_bus_message_append(m, "us", 1U, parts.items[0]);
	r = finish(m, r, &m);
	if (r < 0)
		return r;
	on_signal(m, on_signal_data, NULL);
	sd_bus_message_unref(m);
	return 1;
}

static int fuzz_sd_bus_call(sd_bus *bus, sd_bus_message *m, uint64_t usec, sd_bus_error *e,
			    sd_bus_message **reply)
{
	CLEANUP(freep) char *line = NULL;
	int r = next_reply(&line, e);

	return r < 0 ? r : 0;
}

static int fuzz_sd_bus_is_open(sd_bus *bus)
{
	return replies_len > 0;
}

/* The real code with the input in place of the bus. */
#define sd_bus_call_method fuzz_sd_bus_call_method
#define sd_bus_get_property_string fuzz_sd_bus_get_property_string
#define sd_bus_get_property_trivial fuzz_sd_bus_get_property_trivial
#define sd_bus_get_property fuzz_sd_bus_get_property
#define sd_bus_match_signal fuzz_sd_bus_match_signal
#define sd_bus_process fuzz_sd_bus_process
#define sd_bus_call fuzz_sd_bus_call
#define sd_bus_is_open fuzz_sd_bus_is_open
#include "engine/host/ask/bus.c"
#include "engine/host/write/bus-job.c"

/* The words of the line, specifiers resolved, are those that systemd told. */
static void check_command_line(const char *line)
{
	CLEANUP(strv_clear) struct strv words = {0};

	FUZZ_ASSERT(command_line_split(line, &words, NULL) >= 0);
	FUZZ_ASSERT(words.count == told.count);
	for (size_t i = 0; i < words.count; i++) {
		const char *got = words.items[i], *want = told.items[i];

		if (i == 0) { /* without the prefixes */
			got += strspn(got, "-@:+!");
			want += strspn(want, "-@:+!");
		}
		for (; *got; got++, want++) {
			FUZZ_ASSERT(*got == *want);
			got += *got == '%';
		}
		FUZZ_ASSERT(!*want);
	}
}

static void ask_unit(struct bus *b, struct facts *f, const char *name)
{
	CLEANUP(error_clear) struct error err = {0};
	struct unit_facts *u = facts_add_unit(f, name);
	int r;

	strv_clear(&told);
	r = bus_unit(b, name, u, &err);
	FUZZ_ASSERT(r >= 0 || err.text);
	if (u->exec_start)
		check_command_line(u->exec_start);
	if (u->invocation_id)
		FUZZ_ASSERT(strspn(u->invocation_id, "0123456789abcdef") ==
			    strlen(u->invocation_id));
	if (r >= 0)
		FUZZ_ASSERT(u->active && (!u->fragment || *u->fragment));
}

static void run_job_of(struct bus *b)
{
	CLEANUP(error_clear) struct error err = {0};

	if (bus_job(b, BUS_RESTART, "docker.service", &(struct bus_wait){.timeout_ms = 1000},
		    &err) < 0)
		FUZZ_ASSERT(err.text);
	error_clear(&err);
	if (bus_reset_failed(b, "docker.service", &err) < 0)
		FUZZ_ASSERT(err.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bus b = {.sd = fake_bus(), .is_private = size & 1};
	CLEANUP(facts_clear) struct facts f = {0};

	replies = data;
	replies_len = size;
	ask_unit(&b, &f, "docker.service");
	ask_unit(&b, &f, "docker.socket");
	run_job_of(&b);
	strv_clear(&told);
	return 0;
}
