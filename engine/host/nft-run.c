#include "engine/host/nft-run.h"

#include "engine/host/nft-impl.h"

int nft_run(const char *commands, struct error *err)
{
	return nft_command(commands, NULL, err);
}
