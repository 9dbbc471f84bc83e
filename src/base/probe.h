/* SPDX-License-Identifier: MIT */
/*
 * Probes for bpftrace, perf and gdb, at which a running process can be watched
 * (doc/probes.md). Each is an instruction that does nothing, and a note in the
 * library that says where it is and where its arguments are. A build without
 * <sys/sdt.h> has none.
 *
 * No probe is on the path of a small block.
 */
#ifndef LZ_PROBE_H
#define LZ_PROBE_H

#ifndef LZ_HAS_PROBES
#define LZ_HAS_PROBES 0
#endif

#if LZ_HAS_PROBES
#include <sys/sdt.h>
#define LZ_PROBE1(name, a) STAP_PROBE1(lazyzero, name, a)
#define LZ_PROBE2(name, a, b) STAP_PROBE2(lazyzero, name, a, b)
#define LZ_PROBE3(name, a, b, c) STAP_PROBE3(lazyzero, name, a, b, c)
#define LZ_PROBE4(name, a, b, c, d) STAP_PROBE4(lazyzero, name, a, b, c, d)
#else
#define LZ_PROBE1(name, a) ((void)0)
#define LZ_PROBE2(name, a, b) ((void)0)
#define LZ_PROBE3(name, a, b, c) ((void)0)
#define LZ_PROBE4(name, a, b, c, d) ((void)0)
#endif

#endif
