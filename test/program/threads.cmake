# SPDX-License-Identifier: MIT
# Programs with threads, forks, signals and cancellation (see watch.h).

# Helper libraries, in plugin/.
add_library(plugin_atfork SHARED plugin/atfork.c)

foreach(action allocates fopens)
  foreach(place preinit library main)
    program_test(fork_prepare_${action} SOURCE fork_prepare.c VARIANT ${place}
                 ARGS ${action} ${place} LIBS plugin_atfork)
  endforeach()
endforeach()
# What only glibc tells: its stdio lock, and that no thread ever was.
program_test(fork_stdio_storm NEEDS linux)
foreach(how exits continues)
  program_test(fork_signal_never_threaded VARIANT ${how} ARGS ${how}
               NEEDS linux)
endforeach()
program_test(fork_many_threads)
# Where all threads have one arena, a lock left behind in it stops the child.
program_test(fork_many_threads VARIANT one_arena ENV MALLOC_CONF=narenas:1)
program_test(fork_many_threads VARIANT hundred ARGS 100)
program_test(fork_child_continues)
program_test(fork_spawn NEEDS host)
program_test(fork_raw)
foreach(how alone threads)
  program_test(fork_kept VARIANT ${how} ARGS ${how}
               ENV LAZYZERO_DECAY_MS=3600000 LAZYZERO_RETAIN=1G)
endforeach()

foreach(option auto 1)
  program_test(background_thread VARIANT last_${option} ARGS last NEEDS linux
               ENV LAZYZERO_BACKGROUND=${option} LAZYZERO_RETAIN=1G
               STDERR "handlers ran")
endforeach()
program_test(background_thread VARIANT idle ARGS idle NEEDS linux
             ENV LAZYZERO_RETAIN=1G)
program_test(background_thread VARIANT alone ARGS alone NEEDS linux
             ENV LAZYZERO_RETAIN=1G)
program_test(background_thread VARIANT full ARGS full NEEDS linux
             ENV LAZYZERO_RETAIN=1G)

program_test(signal_exit)
program_test(signal_exit VARIANT at_once ARGS _exit)
program_test(signal_exit VARIANT longjmp ARGS longjmp)
program_test(signal_exit VARIANT stats ENV LAZYZERO_STATS=1)
program_test(signal_exit VARIANT background ENV LAZYZERO_BACKGROUND=1)
program_test(exit_while_threads_allocate)
program_test(exit_last_thread STATUS 7)
program_test(exit_thread_keys)

program_test(cancel_malloc)
string(CONCAT message "liblazyzero: free(<hex>): not an allocated block "
  "(freed before, or never allocated); stopping")
program_test(cancel_fatal STATUS 134 STDERR "${message}")
