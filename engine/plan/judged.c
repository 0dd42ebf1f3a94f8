#include "engine/plan/judged.h"

#include <stdint.h>
#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/base/map.h"
#include "engine/plan/control-diff.h"

#define KEY_SIZE (2 * sizeof(void *) + 1)

struct judged {
	struct map
		deltas; /* a control's address, since two baselines may have one of the same name */
};

static void free_delta(void *d)
{
	delta_clear(d);
	free(d);
}

struct judged *judged_new(void)
{
	return xcalloc(1, sizeof(struct judged));
}

void judged_free(struct judged *j)
{
	if (!j)
		return;
	map_clear(&j->deltas, free_delta);
	free(j);
}

/* Its address as a text; a format would cost more than the rest of the look. */
static void put_key(const struct control *control, char key[KEY_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	uintptr_t address = (uintptr_t)control;

	for (size_t i = 0; i < KEY_SIZE - 1; i++, address >>= 4)
		key[i] = digits[address & 0xf];
	key[KEY_SIZE - 1] = '\0';
}

int judged_diff(struct judged *j, const struct control *control, const struct view *host,
		struct delta *ret, struct error *err)
{
	char key[KEY_SIZE];
	struct delta *known;
	int r;

	put_key(control, key);
	known = map_get(&j->deltas, key);
	if (known) {
		delta_copy(ret, known);
		return 0;
	}
	r = control_diff(control, host, ret, err);
	if (r < 0)
		return r;
	known = xcalloc(1, sizeof(*known));
	delta_copy(known, ret);
	map_put(&j->deltas, key, known);
	return 0;
}
