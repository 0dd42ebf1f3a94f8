/* One SVG a series: sizes to the right, milliseconds upwards, both by powers of ten. */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "tests/bench/bench.h"

#define WIDTH 720.0
#define HEIGHT 440.0
#define LEFT 70.0
#define RIGHT 230.0 /* room for names */
#define TOP 40.0
#define BOTTOM 50.0

/* Of powers of ten. */
struct axis {
	int from, to;
};

struct drawing {
	FILE *file;
	const struct bench *bench;
	const char *series;
	struct axis x, y;
	size_t lines;
};

static const char *const colours[] = {"#1b6ca8", "#888888", "#d1495b", "#66a182", "#edae49",
				      "#7a5195", "#00798c", "#444444", "#b0713b", "#2e4057"};

static void put_text(FILE *f, double x, double y, const char *attributes, const char *text)
{
	fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, attributes);
	for (const char *at = text; *at; at++)
		switch (*at) {
		case '&':
			fputs("&amp;", f);
			break;
		case '<':
			fputs("&lt;", f);
			break;
		default:
			fputc(*at, f);
		}
	fputs("</text>\n", f);
}

static double place_x(const struct drawing *d, double size)
{
	return LEFT + (WIDTH - LEFT - RIGHT) * (log10(size) - d->x.from) / (d->x.to - d->x.from);
}

static double place_y(const struct drawing *d, double ms)
{
	return HEIGHT - BOTTOM -
	       (HEIGHT - TOP - BOTTOM) * (log10(ms) - d->y.from) / (d->y.to - d->y.from);
}

static void widen(struct axis *a, bool first, double value)
{
	int below = (int)floor(log10(value)), above = (int)ceil(log10(value));

	if (first || below < a->from)
		a->from = below;
	if (first || above > a->to)
		a->to = above;
}

static bool has_point(const struct contender *c)
{
	return c->state == STATE_MEASURED && c->figures.runs > 0;
}

static double point_ms(const struct contender *c)
{
	double ms = median(c->figures.wall_ms, c->figures.runs);

	return ms > 0.001 ? ms : 0.001;
}

static bool is_drawn(const struct drawing *d, const struct work *w)
{
	return strcmp(w->series, d->series) == 0 && w->size > 0;
}

/* Whether there are two sizes at all. */
static bool find_axes(struct drawing *d)
{
	size_t points = 0, sizes = 0;

	for (size_t i = 0; i < d->bench->count; i++) {
		const struct work *w = &d->bench->works[i];

		if (!is_drawn(d, w))
			continue;
		widen(&d->x, sizes++ == 0, (double)w->size);
		for (size_t c = 0; c < w->count; c++)
			if (has_point(&w->items[c]))
				widen(&d->y, points++ == 0, point_ms(&w->items[c]));
	}
	if (d->y.from == d->y.to)
		d->y.to++;
	if (d->x.from == d->x.to)
		d->x.to++;
	return sizes > 1 && points > 0;
}

static void draw_axes(const struct drawing *d)
{
	static const char grey[] = "stroke=\"#dddddd\"";
	char label[32];

	for (int i = d->x.from; i <= d->x.to; i++) {
		double x = place_x(d, pow(10, i));

		fprintf(d->file, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x,
			TOP, x, HEIGHT - BOTTOM, grey);
		snprintf(label, sizeof(label), "%.0f", pow(10, i));
		put_text(d->file, x, HEIGHT - BOTTOM + 18, "text-anchor=\"middle\"", label);
	}
	for (int i = d->y.from; i <= d->y.to; i++) {
		double y = place_y(d, pow(10, i));

		fprintf(d->file, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n",
			LEFT, y, WIDTH - RIGHT, y, grey);
		snprintf(label, sizeof(label), "%g ms", pow(10, i));
		put_text(d->file, LEFT - 8, y + 4, "text-anchor=\"end\"", label);
	}
	put_text(d->file, LEFT, TOP - 16, "font-weight=\"bold\"", d->series);
	put_text(d->file, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, "text-anchor=\"middle\"",
		 "how many");
}

static const struct contender *named(const struct work *w, const char *name)
{
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->items[i].name, name) == 0 && has_point(&w->items[i]))
			return &w->items[i];
	return NULL;
}

/* Through all sizes that the contender was measured at. */
static void draw_line(struct drawing *d, const char *name)
{
	const char *colour = colours[d->lines % ARRAY_SIZE(colours)];
	double y = TOP + 14 + 18 * (double)d->lines++;

	fprintf(d->file, "<g stroke=\"%s\" fill=\"none\" stroke-width=\"2\"><polyline points=\"",
		colour);
	for (size_t i = 0; i < d->bench->count; i++) {
		const struct work *w = &d->bench->works[i];
		const struct contender *c = is_drawn(d, w) ? named(w, name) : NULL;

		if (c)
			fprintf(d->file, "%.1f,%.1f ", place_x(d, (double)w->size),
				place_y(d, point_ms(c)));
	}
	fprintf(d->file, "\"/><line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/></g>\n",
		WIDTH - RIGHT + 12, y - 4, WIDTH - RIGHT + 32, y - 4);
	put_text(d->file, WIDTH - RIGHT + 38, y, "", name);
}

static bool was_before(const struct drawing *d, size_t work, const char *name)
{
	for (size_t i = 0; i < work; i++)
		if (is_drawn(d, &d->bench->works[i]) && named(&d->bench->works[i], name))
			return true;
	return false;
}

static void draw_lines(struct drawing *d)
{
	for (size_t i = 0; i < d->bench->count; i++) {
		const struct work *w = &d->bench->works[i];

		for (size_t c = 0; is_drawn(d, w) && c < w->count; c++)
			if (has_point(&w->items[c]) && !was_before(d, i, w->items[c].name))
				draw_line(d, w->items[c].name);
	}
}

static char *file_of(const struct bench *b, const char *series)
{
	char *path = xasprintf("%s/%s.svg", b->output, series);

	for (char *at = path + strlen(b->output) + 1; *at; at++)
		if (*at == ' ' || *at == ',')
			*at = '-';
	return path;
}

static void draw(const struct bench *b, const char *series)
{
	CLEANUP(freep) char *path = file_of(b, series);
	struct drawing d = {.bench = b, .series = series};

	if (!find_axes(&d))
		return;
	d.file = fopen(path, "we");
	if (!d.file) {
		fprintf(stderr, "bench: cannot write '%s': %s\n", path, strerror(errno));
		return;
	}
	fprintf(d.file,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"font-family=\"sans-serif\" font-size=\"12\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
		WIDTH, HEIGHT);
	draw_axes(&d);
	draw_lines(&d);
	fputs("</svg>\n", d.file);
	fclose(d.file);
}

void draw_series(const struct bench *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (i == 0 || strcmp(b->works[i].series, b->works[i - 1].series) != 0)
			draw(b, b->works[i].series);
}
