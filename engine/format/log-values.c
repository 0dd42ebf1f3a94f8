#include "engine/format/log-values.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/macros.h"
#include "engine/base/str.h"
#include "engine/format/log-options.h"

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

#define FACILITIES                                                                                 \
	"kern user mail daemon auth syslog lpr news uucp cron authpriv ftp local0 local1 local2 "  \
	"local3 local4 local5 local6 local7"

/* What a template of the engine can name (daemon/logger/loginfo.go). */
#define TAG_NAMES                                                                                  \
	"Hostname Command ID FullID Name ImageID ImageFullID ImageName Config ContainerID "        \
	"ContainerName ContainerEntrypoint ContainerArgs ContainerImageID ContainerImageName "     \
	"ContainerCreated ContainerEnv ContainerLabels LogPath DaemonName ExtraAttributes"

/* What takes a text and the limits of its row. */
struct bounds {
	double least, most;
	const char *words; /* separated by blanks */
};

/* The decimal number that s begins with ("1.5"); NULL: none, else what stands behind it. */
static const char *number(const char *s, double *ret)
{
	size_t whole = strspn(s, DIGITS);
	double part = 0.1;

	*ret = 0;
	for (size_t i = 0; i < whole; i++)
		*ret = *ret * 10 + (s[i] - '0');
	s += whole;
	if (*s != '.')
		return whole ? s : NULL;
	for (s++; *s >= '0' && *s <= '9'; s++, part /= 10)
		*ret += (*s - '0') * part;
	return whole ? s : NULL;
}

static bool within(double number, const struct bounds *b)
{
	return number >= b->least && (b->most == 0 || number <= b->most);
}

/* go-units: "10", "10m", "1.5 GB", "10MiB". */
static bool is_size(const char *s, const struct bounds *b)
{
	static const char units[] = "kmgtp";
	double n;
	const char *rest = number(s, &n), *unit;

	if (!rest)
		return false;
	rest += *rest == ' ';
	unit = *rest ? strchr(units, *rest | 0x20) : NULL;
	for (; unit && unit >= units; unit--)
		n *= 1000;
	if (*rest && strchr(units, *rest | 0x20))
		rest += rest[1] == 'i' || rest[1] == 'I' ? (rest[2] | 0x20) == 'b' ? 2 : 0 : 1;
	return (!*rest || strcasecmp(rest, "b") == 0) && within(n, b);
}

static bool is_int(const char *s, const struct bounds *b)
{
	bool minus = *s == '-';
	double n;
	const char *rest;

	s += minus || *s == '+';
	rest = number(s, &n);
	return rest && !*rest && !strchr(s, '.') && within(minus ? -n : n, b);
}

/* What Go's strconv.ParseBool() takes. */
static bool is_bool(const char *s, UNUSED const struct bounds *b)
{
	static const char *const words[] = {"1", "t", "T", "true",  "TRUE",  "True",
					    "0", "f", "F", "false", "FALSE", "False"};

	return is_among(s, words, ARRAY_SIZE(words));
}

static bool is_yes(const char *s)
{
	return s && is_bool(s, NULL) && strchr("1tT", *s);
}

static bool is_word(const char *s, const struct bounds *b)
{
	CLEANUP(strv_clear) struct strv words = {0};

	strv_split(&words, b->words, " ");
	return strv_contains(&words, s);
}

static bool is_facility(const char *s, const struct bounds *b)
{
	return is_word(s, b) || is_int(s, &(struct bounds){0, 23, NULL});
}

/* Go's time.ParseDuration(): "1.5s", "1m30s"; the bounds are in milliseconds. */
static bool is_duration(const char *s, const struct bounds *b)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = {{"ns", 1e-6}, {"us", 1e-3}, {"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}};
	bool minus = *s == '-';
	double all = 0, n;

	s += minus || *s == '+';
	if (strcmp(s, "0") == 0)
		return within(0, b);
	do {
		size_t u = 0;

		s = number(s, &n);
		while (s && u < ARRAY_SIZE(units) && !starts_with(s, units[u].unit))
			u++;
		if (!s || u == ARRAY_SIZE(units))
			return false;
		s += strlen(units[u].unit);
		all += n * units[u].ms;
	} while (*s);
	return within(minus ? -all : all, b);
}

/* A template is only looked at for its braces, and for "{{.Name}}" of something that is not there. */
static bool is_template(const char *s, const struct bounds *b)
{
	const char *end;

	for (s = strstr(s, "{{"); s; s = strstr(end, "{{")) {
		CLEANUP(freep) char *action = NULL;

		end = strstr(s, "}}");
		if (!end)
			return false;
		action = trim_n(s + 2, (size_t)(end - s - 2), "- \t");
		if (!*action)
			return false;
		if (*action == '.' && action[1] && !action[1 + strspn(action + 1, LETTERS)] &&
		    !is_word(action + 1, b))
			return false;
	}
	return true;
}

struct kind {
	bool (*is_so)(const char *value, const struct bounds *b);
	struct bounds bounds;
	const char *wanted; /* behind "must be" */
	bool or_empty; /* as if it were not set */
};

static const struct {
	const char *driver; /* NULL: of each */
	const char *options; /* separated by blanks */
	struct kind kind;
} rows[] = {
	{"local", "max-size", {is_size, {0}, "a size such as 10m", false}},
	{"local", "max-file", {is_int, {0}, "a whole number, 0 at least", false}},
	{NULL, "max-size", {is_size, {1, 0, NULL}, "a size above 0, such as 10m", false}},
	{NULL, "max-file", {is_int, {1, 0, NULL}, "a whole number, 1 at least", false}},
	{NULL,
	 "compress awslogs-create-group splunk-insecureskipverify splunk-verify-connection "
	 "splunk-gzip splunk-index-acknowledgment",
	 {is_bool, {0}, "true or false", false}},
	{NULL,
	 "cache-disabled fluentd-async fluentd-async-connect fluentd-sub-second-precision "
	 "fluentd-request-ack",
	 {is_bool, {0}, "true or false", true}},
	{NULL,
	 "mode",
	 {is_word, {.words = "blocking non-blocking"}, "blocking or non-blocking", true}},
	{NULL, "max-buffer-size fluentd-buffer-limit", {is_size, {0}, "a size such as 1m", true}},
	{NULL,
	 "tag",
	 {is_template,
	  {.words = TAG_NAMES},
	  "a template that dockerd has the names of, such as {{.Name}}",
	  true}},
	{NULL,
	 "syslog-format",
	 {is_word,
	  {.words = "rfc3164 rfc5424 rfc5424micro"},
	  "rfc3164, rfc5424 or rfc5424micro",
	  true}},
	{NULL,
	 "syslog-facility",
	 {is_facility, {.words = FACILITIES}, "a facility such as daemon, or its number", true}},
	{NULL,
	 "gelf-compression-type",
	 {is_word, {.words = "gzip zlib none"}, "gzip, zlib or none", false}},
	{NULL,
	 "gelf-compression-level splunk-gzip-level",
	 {is_int, {-1, 9, NULL}, "a whole number from -1 to 9", false}},
	{NULL,
	 "gelf-tcp-max-reconnect gelf-tcp-reconnect-delay fluentd-max-retries",
	 {is_int, {0}, "a whole number, 0 at least", true}},
	{NULL,
	 "awslogs-force-flush-interval-seconds awslogs-max-buffered-events",
	 {is_int, {1, 0, NULL}, "a whole number, 1 at least", false}},
	{NULL, "awslogs-format", {is_word, {.words = "json/emf"}, "json/emf", true}},
	{NULL,
	 "splunk-format",
	 {is_word, {.words = "inline json raw"}, "inline, json or raw", false}},
	{NULL,
	 "fluentd-retry-wait",
	 {is_duration, {-1e18, 0, NULL}, "a duration such as 1s", true}},
	{NULL, "fluentd-write-timeout", {is_duration, {0}, "a duration such as 1s", true}},
	{NULL,
	 "fluentd-async-reconnect-interval",
	 {is_duration, {100, 10000, NULL}, "a duration from 100ms to 10s", true}},
};

/* A row of the driver's own stands before one of all. */
static const struct kind *kind_of(const char *driver, const char *option)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv options = {0};

		if (rows[i].driver && strcmp(rows[i].driver, driver) != 0)
			continue;
		strv_split(&options, rows[i].options, " ");
		if (strv_contains(&options, option))
			return &rows[i].kind;
	}
	return NULL;
}

static const char *value_of(const struct strv *names, const struct strv *values, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i], name) == 0)
			return values->items[i];
	return NULL;
}

/* Options that are well each by itself, and do not go together. */
static const char *quarrel(const char *driver, const struct strv *names, const struct strv *values)
{
	const char *compress = value_of(names, values, "compress");
	const char *files = value_of(names, values, "max-file");
	const char *mode = value_of(names, values, "mode");
	long count = files ? strtol(files, NULL, 10) : 0;

	if (strcmp(driver, "json-file") == 0 && is_yes(compress) &&
	    (count < 2 || !value_of(names, values, "max-size")))
		return "compress goes only with a max-size and a max-file of 2 at least";
	if (strcmp(driver, "local") == 0 && files && count < 2 && (!compress || is_yes(compress)))
		return "a max-file below 2 goes only with compress=false";
	if (value_of(names, values, "max-buffer-size") && strcmp_null(mode, "non-blocking") != 0)
		return "max-buffer-size goes only with mode=non-blocking";
	return NULL;
}

char *log_values_error(const char *driver, const struct strv *names, const struct strv *values)
{
	const char *why;

	if (!log_driver_find(driver))
		return NULL;
	for (size_t i = 0; i < names->count; i++) {
		const struct kind *k = kind_of(driver, names->items[i]);

		if (k && !(k->or_empty && !*values->items[i]) &&
		    !k->is_so(values->items[i], &k->bounds))
			return xasprintf("%s must be %s", names->items[i], k->wanted);
	}
	why = quarrel(driver, names, values);
	return why ? xstrdup(why) : NULL;
}
