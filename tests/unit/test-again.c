#include "tests/test.h"

#include "cli/again.h"

#define LOSSES(list) "may stop 1 container: web (runs on, cut off: it " list "; only x)"
#define MOUNT(name) "loses the mount of its volume '" name "' on the host, where it is bare then"
#define EMPTY "and who starts with the volume gets an empty one"

/* What was said when consent was given, what is so now, and whether that is covered by it. */
static const struct {
	const char *was, *now;
	bool covered;
} rows[] = {
	{"3 images would vanish from view", "3 images would vanish from view", true},
	{"3 images would vanish from view", "2 images would vanish from view", true},
	{"3 images would vanish from view", "1 image would vanish from view", true},
	{"3 images would vanish from view", "4 images would vanish from view", false},
	{"1 image would vanish from view", "2 images would vanish from view", false},
	{"9 images would vanish from view", "10 images would vanish from view", false},
	{"2 containers, 3 images and 1 volume would vanish from view",
	 "1 container, 3 images and 1 volume would vanish from view", true},
	{"2 containers, 3 images and 1 volume would vanish from view",
	 "1 container, 3 images and 2 volumes would vanish from view", false},
	{"3 images would vanish from view",
	 "how many images would vanish from view is not known: no answer", false},
	{"2 plugins would vanish from view", "1 plugin would vanish from view", true},
	{"1 plugin would vanish from view", "2 plugins would vanish from view", false},
	{"80/tcp of container web", "79/tcp of container web", false},
	{"port 80 of container web", "port 79 of container web", false},
	{"'git' (pid 80) is under way", "'git' (pid 7) is under way", false},
	{"what runs in container db by docker exec: 2 sessions",
	 "what runs in container db by docker exec: 1 session", true},
	{"what runs in container db by docker exec: 1 session",
	 "what runs in container db by docker exec: 2 sessions", false},
	{"containers a and b talk", "containers a and c talk", false},
	{"containers gamma, beta and alpha talk over docker0",
	 "containers alpha, gamma and beta talk over docker0", true},
	{"containers gamma, beta and alpha talk over docker0",
	 "containers alpha and beta talk over docker0", true},
	{"containers alpha and beta talk over docker0",
	 "containers alpha, gamma and beta talk over docker0", false},
	{"containers alpha and beta talk over docker0",
	 "containers alpha and gamma talk over docker0", false},
	{"containers a and b lose their way", "container b loses its way", true},
	{"container b loses its way", "containers a and b lose their way", false},
	{"container shops runs", "container shop runs", false},
	{"may stop 2 containers: web (goes down with shop.service) and job (ends)",
	 "may stop 1 container: job (ends)", true},
	{"may stop 2 containers: web (goes down with shop.service) and job (ends)",
	 "may stop 1 container: job (is removed)", false},
	{"is cut off, and what runs it ends", "is cut off, and what runs it may end", false},
	{LOSSES(MOUNT("a") ", " EMPTY ", may lose port 1"),
	 LOSSES("may lose port 1, " MOUNT("a") ", " EMPTY), true},
	{LOSSES(MOUNT("a") ", " EMPTY ", " MOUNT("b")),
	 LOSSES(MOUNT("b") ", " MOUNT("a") ", " EMPTY), true},
	{LOSSES(MOUNT("a") ", " MOUNT("b")), LOSSES(MOUNT("b")), true},
	{LOSSES(MOUNT("b")), LOSSES(MOUNT("a") ", " MOUNT("b")), false},
	{LOSSES(MOUNT("a")), LOSSES(MOUNT("b")), false},
	{LOSSES(MOUNT("a") ", " MOUNT("b")), LOSSES(MOUNT("b") ", " MOUNT("a") ", " EMPTY), false},
	{LOSSES("may lose port 1"), LOSSES("loses port 1"), false},
	{LOSSES(MOUNT("a")), "may stop 1 container: web (is removed)", false},
	{LOSSES(MOUNT("a")),
	 "may stop 1 container: db (runs on, cut off: it " MOUNT("a") "; only x)", false},
	{"", "", true},
	{"", "web", false},
	/* names that are words */
	{"container run is cut off", "container runs is cut off", false},
	{"containers run and web are cut off", "container runs is cut off", false},
	{"2 containers run on", "1 container runs on", true},
	{"containers a and b talk", "containers a, and and b talk", false},
	{"image:a is old", "images:b is old", false},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (again_is_no_worse(rows[i].was, rows[i].now) != rows[i].covered)
			fail_msg("%s -> %s", rows[i].was, rows[i].now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
