/* Boot recovery is switched on only where systemd would load its unit, and has it wanted. */

#include "tests/test.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/boot-recovery.h"
#include "tests/unit/temp-directory.h"

#define UNIT "harden-recover.service"
#define OWN "usr/lib/systemd/system/" UNIT
#define WANTED "etc/systemd/system/sysinit.target.wants/" UNIT

static const struct {
	const char *what;
	const char *file; /* of the unit, in the package's place; NULL: it is gone */
	bool wanted;
	const char *mask; /* where a link to /dev/null lies, or NULL */
	const char *empty; /* where an empty file lies, or NULL */
	enum boot_recovery is;
	const char *remedy; /* that is told, or NULL */
} rows[] = {
	{"enabled", "[Unit]", true, .is = BOOT_RECOVERY_ON},
	{"not enabled", "[Unit]", .is = BOOT_RECOVERY_OFF, .remedy = "systemctl enable"},
	{"masked", "[Unit]", true, .mask = "etc/systemd/system/" UNIT, .is = BOOT_RECOVERY_OFF,
	 .remedy = "unmask"},
	{"masked until the next boot", "[Unit]", true, .mask = "run/systemd/system/" UNIT,
	 .is = BOOT_RECOVERY_OFF, .remedy = "unmask"},
	{"masked by an empty file", "[Unit]", true, .empty = "etc/systemd/system/" UNIT,
	 .is = BOOT_RECOVERY_OFF, .remedy = "unmask"},
	{"its file is gone", NULL, true, .is = BOOT_RECOVERY_OFF, .remedy = "not installed"},
	{"it was never there", NULL, .is = BOOT_RECOVERY_OFF, .remedy = "not installed"},
};

static void make(struct temp_directory *t, size_t i)
{
	static const char *const directories[] = {
		"etc",
		"etc/systemd",
		"etc/systemd/system",
		"etc/systemd/system/sysinit.target.wants",
		"run",
		"run/systemd",
		"run/systemd/system",
		"usr",
		"usr/lib",
		"usr/lib/systemd",
		"usr/lib/systemd/system",
	};

	for (size_t k = 0; k < ARRAY_SIZE(directories); k++)
		assert_int_equal(mkdirat(t->fd, directories[k], 0755), 0);
	if (rows[i].file)
		temp_directory_write(t, OWN, rows[i].file);
	if (rows[i].wanted)
		assert_int_equal(symlinkat("/" OWN, t->fd, WANTED), 0);
	if (rows[i].mask)
		assert_int_equal(symlinkat("/dev/null", t->fd, rows[i].mask), 0);
	if (rows[i].empty)
		temp_directory_write(t, rows[i].empty, "");
}

static void test_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *remedy = NULL;
		void *fresh = NULL;
		struct temp_directory *t;

		temp_directory_setup(&fresh);
		t = fresh;
		make(t, i);
		if (boot_recovery_of(&t->root, &remedy) != rows[i].is)
			fail_msg("%s: is not %d", rows[i].what, rows[i].is);
		if (rows[i].remedy && !strstr(remedy, rows[i].remedy))
			fail_msg("%s: told '%s'", rows[i].what, remedy);
		temp_directory_teardown(&fresh);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
