#include "rollback/actor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/format/json-util.h"
#include "engine/host/read/root.h"

#define LOGIN_FILE "/proc/self/loginuid"
#define NOBODY UINT32_MAX /* as the kernel says that nobody has logged in */
#define MAX_NAME 256 /* longer than any name of an account (LOGIN_NAME_MAX) */

void actor_clear(struct actor *a)
{
	free(a->sudo_user);
	*a = (struct actor){0};
}

/* NOBODY also where the kernel has no audit, or the file cannot be read. */
static uint32_t login_uid(void)
{
	CLEANUP(close_fd) int fd = open(LOGIN_FILE, O_RDONLY | O_CLOEXEC);
	CLEANUP(buf_clear) struct buf text = {0};
	unsigned long uid;
	char *end;

	if (fd < 0 || fd_read_all(fd, 64, &text) < 0 || text.len == 0)
		return NOBODY;
	errno = 0;
	uid = strtoul(text.data, &end, 10);
	return errno || end == text.data || uid > NOBODY ? NOBODY : (uint32_t)uid;
}

bool actor_equal(const struct actor *a, const struct actor *b)
{
	return a->known == b->known && a->logged_in == b->logged_in &&
	       a->login_uid == b->login_uid && strcmp_null(a->sudo_user, b->sudo_user) == 0;
}

void actor_now(struct actor *ret)
{
	const char *said = getenv("SUDO_USER");

	*ret = (struct actor){.known = true, .login_uid = login_uid()};
	ret->logged_in = ret->login_uid != NOBODY;
	if (!ret->logged_in)
		ret->login_uid = 0;
	if (said && *said && strlen(said) <= MAX_NAME)
		ret->sudo_user = xstrdup(said);
}

json_t *actor_to_json(const struct actor *a)
{
	json_t *j;

	if (!a->known)
		return json_null();
	j = json_object();
	json_put(j, "login_uid", a->logged_in ? json_integer(a->login_uid) : json_null());
	json_put(j, "sudo_user", json_text(a->sudo_user));
	return j;
}

void actor_from_json(const json_t *object, struct actor *ret)
{
	const json_t *by = json_object_get(object, "by"), *uid = json_object_get(by, "login_uid");

	*ret = (struct actor){.known = json_is_object(by)};
	ret->logged_in = json_is_integer(uid) && json_integer_value(uid) >= 0 &&
			 json_integer_value(uid) < NOBODY;
	if (ret->logged_in)
		ret->login_uid = (uint32_t)json_integer_value(uid);
	if (ret->known)
		json_take_text(by, "sudo_user", &ret->sudo_user, NULL);
}

char *actor_text(const struct actor *a)
{
	CLEANUP(freep) char *login = NULL;

	if (!a->known)
		return NULL;
	login = a->logged_in ? xasprintf("login uid %u", a->login_uid) : xstrdup("no login");
	return a->sudo_user ? xasprintf("%s (sudo says '%s')", login, a->sudo_user)
			    : TAKE_PTR(login);
}
