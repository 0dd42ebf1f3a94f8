#pragma once

/* What the tests of the kind `file` share: a view with accounts and groups. */

#include "tests/test.h"

#include <stdlib.h>

#include "engine/base/alloc.h"
#include "tests/unit/fake-view.h"

#define ACCOUNTS "root:x:0:0::/:/bin/sh\nops:x:1000:1000::/:/bin/sh\n"
#define GROUPS "root:x:0:\n# docker:x:1:\ndocker:x:998:bob\n"

static inline UNUSED int set_up(void **state)
{
	struct fake_view *f = xcalloc(1, sizeof(*f));

	fake_view_init(f);
	fake_file(f, "/etc/passwd", 0644, ACCOUNTS);
	fake_file(f, "/etc/group", 0644, GROUPS);
	*state = f;
	return 0;
}

static inline UNUSED int tear_down(void **state)
{
	fake_view_clear(*state);
	free(*state);
	return 0;
}
