/*
 * For LD_PRELOAD: every sync is a lie. What a run of harden writes with it is at the mercy of the
 * next power cut; a campaign that does not see that sees nothing.
 */

#include <unistd.h>

int fsync(int fd)
{
	return 0;
}

int fdatasync(int fd)
{
	return 0;
}

int syncfs(int fd)
{
	return 0;
}
