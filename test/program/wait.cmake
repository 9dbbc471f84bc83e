# SPDX-License-Identifier: MIT
# Calls that wait, in programs that keep memory (see wait.h). The decay time is
# short, so that a wait of some moments is a long one.
set(kept LAZYZERO_RETAIN=1G LAZYZERO_DECAY_MS=30)

program_test(wait_released ENV ${kept} NEEDS linux)
program_test(wait_released VARIANT forked ARGS forked ENV ${kept} NEEDS kernel)
foreach(what kept nothing)
  foreach(name wait_signals wait_masks)
    program_test(${name} VARIANT ${what} ARGS ${what}
                 ENV LAZYZERO_RETAIN=1G LAZYZERO_DECAY_MS=10 NEEDS linux)
  endforeach()
endforeach()
foreach(what kept nothing)
  program_test(wait_cancel VARIANT ${what} ARGS ${what}
               ENV LAZYZERO_RETAIN=1G LAZYZERO_DECAY_MS=10 NEEDS linux)
endforeach()
program_test(wait_same ENV LAZYZERO_RETAIN=1G LAZYZERO_DECAY_MS=3600000
             NEEDS kernel)
program_test(wait_kept VARIANT size ARGS kept
             ENV LAZYZERO_RETAIN=1G LAZYZERO_DECAY_MS=60000 NEEDS kernel)
program_test(wait_kept VARIANT auto ARGS released
             ENV LAZYZERO_DECAY_MS=60000 NEEDS kernel)
program_test(wait_short ENV LAZYZERO_DECAY_MS=5000 NEEDS kernel)
program_test(wait_cached ENV LAZYZERO_DECAY_MS=1000 NEEDS kernel)
program_test(wait_same VARIANT in_parts
             ENV LAZYZERO_RETAIN=1G LAZYZERO_DECAY_MS=10 NEEDS kernel)
program_test(wait_meanwhile ENV LAZYZERO_RETAIN=1G NEEDS kernel)
