/*
 * What harden thinks of dockerd's settings, for test-daemon-keys.sh to hold against a real one:
 *
 *   daemon-keys files VERSION DIR [FLAG...]   a config file in DIR for each key of the table and
 *                                             each flag of that dockerd, with a value of each type;
 *                                             prints "FILE ok" or "FILE refused REASON"
 *   daemon-keys options VERSION               "DRIVER OPTION yes|no SAMPLE..." for each log driver
 */

#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/strv.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/log-options.h"

static const char *const values[] = {"true", "\"\"", "1", "[]", "{}"};

static void write_file(const char *dir, const char *key, size_t i, const char *version)
{
	CLEANUP(freep) char *name = xasprintf("%s.%zu.json", key, i);
	CLEANUP(freep) char *path = xasprintf("%s/%s", dir, name);
	CLEANUP(freep) char *content = xasprintf("{\"%s\": %s}\n", key, values[i]);
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	FILE *f = fopen(path, "we");

	if (!f || fputs(content, f) < 0 || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
	buf_puts(&text, content);
	if (daemon_file_check(&text, version, NULL, NULL, &why) < 0)
		printf("%s refused %s\n", name, error_text(&why));
	else
		printf("%s ok\n", name);
}

static void print_files(const char *version, const char *dir, char **flags)
{
	CLEANUP(strv_clear) struct strv names = {0};
	const struct daemon_key *k;

	for (size_t i = 0; (k = daemon_key_at(i)); i++)
		strv_add_once(&names, k->key);
	for (; *flags; flags++)
		strv_add_once(&names, *flags);
	for (size_t i = 0; i < names.count; i++)
		for (size_t v = 0; v < ARRAY_SIZE(values); v++)
			write_file(dir, names.items[i], v, version);
}

static void print_option(const struct log_driver *d, const char *word, const char *version)
{
	CLEANUP(freep) char *option = xstrndup(word, strcspn(word, "<>"));

	printf("%s %s %s %s\n", d->name, option,
	       log_driver_takes(d->name, option, version) ? "yes" : "no",
	       d->sample ? d->sample : "");
}

/* Each driver's own options, and one that it does not know. */
static void print_options(const char *version)
{
	const struct log_driver *d;

	for (size_t i = 0; (d = log_driver_at(i)); i++) {
		CLEANUP(strv_clear) struct strv options = {0};

		strv_split(&options, d->options, " ");
		strv_add(&options, "mode");
		strv_add(&options, i == 0 ? "gelf-address" : "nothing-like-it");
		strv_add(&options, strstr(d->options, "max-size") ? "line-only" : "max-size");
		for (size_t o = 0; o < options.count; o++)
			print_option(d, options.items[o], version);
	}
}

int main(int argc, char **argv)
{
	if (argc >= 4 && strcmp(argv[1], "files") == 0)
		print_files(argv[2], argv[3], argv + 4);
	else if (argc == 3 && strcmp(argv[1], "options") == 0)
		print_options(argv[2]);
	else
		return 64;
	return 0;
}
