#pragma once

/*
 * The hosts that a file of a log daemon sends to, as they are written there, this one among them. Of one that
 * writes its settings over several lines the whole text counts; comments do not.
 */

#include "engine/base/strv.h"

/* rsyslog.conf(5): "SELECTOR @HOST", ":omrelp:HOST", action(type="omfwd" target="HOST"). */
void log_targets_rsyslog(const char *text, struct strv *ret);

/*
 * What drivers of the network in a destination { } name first, of those that a log path sends to: `used`, or one
 * that stands in the log path itself.
 */
void log_targets_syslog_ng(const char *text, const struct strv *used, struct strv *ret);

/* The names of the destinations that the log paths of a file of syslog-ng's send to; appended, each once. */
void log_used_syslog_ng(const char *text, struct strv *ret);

/* What the file includes, as it is written there; appended. */
void log_included_syslog_ng(const char *text, struct strv *ret);

/* URL= of systemd-journal-upload. */
void log_targets_upload(const char *text, struct strv *ret);

/* remote_server of audisp-remote.conf(5). */
void log_targets_audisp(const char *text, struct strv *ret);

/* Whether "KEY = value" stands in it so: names and values as auditd compares them. */
bool log_setting_is(const char *text, const char *key, const char *value);
