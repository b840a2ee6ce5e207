/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "measure.h"

void bench_print_header (void);

/* A row a contender, then what the mode is about: the ratio to the best peer, and what the elements
 * cost. */
void bench_print_race (const BenchNetwork *network, const BenchRace *race, BenchLimits limits);

/* A line of JSON a contender. */
void bench_print_race_json (const BenchNetwork *network, const BenchRace *race);

#endif
