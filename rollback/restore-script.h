#pragma once

/*
 * RESTORE, in the transaction's directory: a POSIX shell script that puts the files back where
 * harden itself cannot run (a rescue shell with busybox). It is written with the snapshot, from
 * the same images, and is durable with it (J2). Its fixed part is restore.sh.
 */

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/model/plan.h"

#define RESTORE_FILE "RESTORE"

extern const char restore_script_head[];

/* The script's text. Every byte that comes from the host is quoted. */
void restore_script_format(const struct plan *plan, const char *id, const struct strv *staged_paths,
			   struct buf *ret);

/* Writes it to the transaction's directory, 0700. Not synced. */
int restore_script_store(int txn, const struct plan *plan, const char *id,
			 const struct strv *staged_paths, struct error *err);
