#include "engine/host/write/nft-run.h"

#include "engine/host/ask/nft-impl.h"

int nft_run(const char *commands, struct error *err)
{
	return nft_command(commands, NULL, err);
}
