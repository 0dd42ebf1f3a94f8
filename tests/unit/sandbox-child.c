#include "tests/unit/sandbox-child.h"

#include "tests/test.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/sandbox/sandbox.h"

#define UNFIT 255 /* the exit code for NOT_SET_UP */

char *directory;

int sandbox_child_setup(void **state)
{
	int r = temp_directory_setup(state);

	if (r == 0)
		directory = ((struct temp_directory *)*state)->path;
	return r;
}

char *in_directory(const char *name)
{
	return xasprintf("%s/%s", directory, name);
}

void make_files(void)
{
	CLEANUP(freep) char *file = in_directory("file"), *dir = in_directory("dir");
	CLEANUP(freep) char *fresh = in_directory("new");
	int fd;

	if (unlink(fresh) < 0)
		rmdir(fresh);
	if (unlink(dir) == 0) /* was exchanged */
		rmdir(file);
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0 && write(fd, "text", 4) == 4);
	close(fd);
	mkdir(dir, 0700);
	setxattr(file, "user.there", "x", 1, 0);
}

int in_child(int (*run)(void), unsigned walls, unsigned needed)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if ((sandbox_enter(walls, NULL) & needed) != needed)
			_exit(UNFIT);
		_exit(abs(run()));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		return CRASHED;
	return WEXITSTATUS(status) == UNFIT ? NOT_SET_UP : WEXITSTATUS(status);
}

unsigned available(unsigned walls)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit((int)sandbox_enter(walls, NULL));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? (unsigned)WEXITSTATUS(status) : 0;
}
