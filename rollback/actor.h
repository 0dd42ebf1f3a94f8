#pragma once

/*
 * Who had harden do it: for the ledger, not for any decision. The kernel's login uid is set at login and goes
 * through sudo, su and setuid programs unchanged; to change it takes CAP_AUDIT_CONTROL, and where it is immutable
 * nobody can: so it is what counts. SUDO_USER is an environment variable that anybody may set to anything, and is
 * kept as what was said. Starts zeroed.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct actor {
	bool known; /* a journal of earlier versions does not tell */
	bool logged_in; /* login_uid counts: false of what a timer, a unit or the boot started */
	uint32_t login_uid;
	char *sudo_user; /* as SUDO_USER said; NULL: nothing */
};

void actor_clear(struct actor *a);

bool actor_equal(const struct actor *a, const struct actor *b);

/* Of this process. */
void actor_now(struct actor *ret);

/* {"login_uid": 1000, "sudo_user": "alice"}, null for what is not there; the caller's. */
json_t *actor_to_json(const struct actor *a);

/* From the member "by" of an object; what is not there, or no such thing, is not known. */
void actor_from_json(const json_t *object, struct actor *ret);

/* "login uid 1000 (sudo says 'alice')", "no login"; NULL: not known. The caller frees it. */
char *actor_text(const struct actor *a);
