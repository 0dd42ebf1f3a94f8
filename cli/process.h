#pragma once

/*
 * What the program does to itself before it reads anything: no inherited descriptors, masks,
 * environment or core dumps. Called once, first thing in main().
 */

void process_harden(void);
