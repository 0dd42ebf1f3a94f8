#pragma once

/*
 * The contents of a plan's images, each once, in the transaction's directory: blobs/DIGEST, 0600.
 * A blob whose bytes do not fit its name is never used.
 */

#include "engine/base/error.h"
#include "engine/model/plan.h"

#define BLOB_DIR "blobs"

/* Writes the contents of all images. Not synced. */
int blobs_store(int txn, const struct plan *plan, struct error *err);

/* Fills the contents of all images that have a digest. -EBADMSG when a blob is not what it was. */
int blobs_load(int txn, struct plan *plan, struct error *err);
