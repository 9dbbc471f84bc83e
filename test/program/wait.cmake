# SPDX-License-Identifier: MIT
# Calls that wait, in programs that keep memory (see wait.h). The decay time is
# short, so that a wait of some moments is a long one.
set(kept LAZYZERO_RETAIN=1G LAZYZERO_DECAY_MS=30)

program_test(wait_released ENV ${kept} NEEDS linux)
program_test(wait_released VARIANT forked ARGS forked ENV ${kept} NEEDS kernel)
