#pragma once

/*
 * The assignments of one key in a systemd unit file (systemd.syntax(7)): comments, sections
 * that come more than once, lines continued by a backslash. As systemd does, it reads no further than to a section's
 * line that does not end with ']' (tried with 252 and 257).
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buf.h"
#include "engine/format/text-lines.h"

struct unit_assignment {
	struct text_line lines; /* all its lines, continued ones too */
	size_t value_start; /* behind the = and the blanks that follow it */
	char *value; /* continued lines joined as systemd does it */
};

struct unit_scan {
	struct unit_assignment *items;
	size_t count;
	bool has_section;
	size_t cut; /* the line at which systemd reads no further, from 1; 0: it reads all */
	bool unfinished; /* the text ends in a backslash: what is put behind would be joined to it */
	size_t section_end; /* behind the last heading or assignment of the section's last part */
};

void unit_scan_clear(struct unit_scan *s);
void unit_scan(const struct buf *text, const char *section, const char *key, struct unit_scan *ret);

/* Whether the text has a heading of the section. */
bool unit_has_section(const struct buf *text, const char *section);

/*
 * Takes the section's headings away, each with the empty line before it, where nothing stands below
 * any of them, not even a comment.
 */
void unit_drop_empty_section(struct buf *text, const char *section);
