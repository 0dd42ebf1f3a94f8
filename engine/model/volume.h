#pragma once

/*
 * How much the audit rules of a control would record: counted on the host for a while (--observe), and held
 * against a threshold. Plain data; a zeroed struct volumes says that nobody has counted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * From how many events a minute on a control's rules are too loud, where nobody says otherwise. auditd keeps 40 MB
 * unless it is told to (five files of 8 MB: num_logs, max_log_file), and an event takes about 1 KB of them: at 20
 * a minute one control fills 28 MB a day, so that what others recorded a day ago is there still.
 */
#define VOLUME_THRESHOLD 20

/* Of one control. */
struct volume {
	char *control;
	uint64_t counted; /* events, in the time of all */
	int threshold; /* events a minute, from 1 on */
	bool opt_in; /* it is held unless this is below */
	char *partly; /* why there may have been more; NULL: these were all */
};

struct volumes {
	uint64_t at_s; /* when the counting ended, in seconds since 1970 */
	int ms; /* for how long; 0: nobody has counted */
	struct volume *items;
	size_t count;
};

enum volume_verdict {
	VOLUME_UNKNOWN, /* not counted, not wholly, or not for long enough */
	VOLUME_QUIET, /* below the threshold */
	VOLUME_LOUD, /* not below it, by what was counted alone */
};

void volumes_clear(struct volumes *v);
void volumes_copy(struct volumes *to, const struct volumes *from); /* of NULL: none */

/* Adds one with its name and threshold; good until the next is added. */
struct volume *volumes_add(struct volumes *v, const char *control, int threshold);

/* NULL: it is not among them. */
const struct volume *volumes_find(const struct volumes *v, const char *control);

/* Events a minute; what is begun counts as whole. */
uint64_t volume_per_minute(const struct volumes *v, const struct volume *one);

enum volume_verdict volume_verdict(const struct volumes *v, const struct volume *one);

/*
 * For how long must be counted before silence says anything: events that come 3 times in a span are missed in all
 * of it once in twenty times (the rule of three). In milliseconds.
 */
int volume_least_ms(int threshold);

/* "counted 640 a minute for 30 s, threshold 20", or "not measured: WHY"; the caller frees it. */
char *volume_text(const struct volumes *v, const struct volume *one);

/* "30 s"; the caller frees it. */
char *volume_time(int ms);
