# SPDX-License-Identifier: MIT
# Recycled memory and memset, each with every way to find out what is zero,
# and with nearly everything or nearly nothing large.
foreach(name recycle recycle_neighbours recycle_growth memset)
  preload_test(${name})
  foreach(oracle scan pagemap discard memset)
    preload_test(${name} VARIANT ${oracle} ENV LAZYZERO_ORACLE=${oracle})
  endforeach()
  # Smaller than a huge page, which a few bytes would populate.
  preload_test(${name} VARIANT threshold_32K ENV LAZYZERO_THRESHOLD=32K
               LAZYZERO_HUGEPAGES=never)
  preload_test(${name} VARIANT threshold_4M ENV LAZYZERO_THRESHOLD=4M)
endforeach()
preload_test(recycle VARIANT decay_0 ENV LAZYZERO_DECAY_MS=0)
preload_test(recycle VARIANT retain_8M ENV LAZYZERO_RETAIN=8M)
preload_test(recycle VARIANT check ENV LAZYZERO_CHECK=1)
preload_test(memset VARIANT off ENV LAZYZERO_MEMSET=0)

preload_test(memset_fortified NEEDS glibc)
target_compile_options(preload_memset_fortified PRIVATE
  -fbuiltin -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
