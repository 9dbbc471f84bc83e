# SPDX-License-Identifier: MIT
# awk -v library=PATH -f proof.awk TRACE: prints what is wrong with one process,
# from its trace of LD_DEBUG=bindings.
#
#   1234: binding file FROM [0] to TO [0]: normal symbol `NAME' [VERSION]
#
# malloc must be the library's. Nor may any other name of the family belong to
# another shared object, whose blocks our free does not know. (A program itself
# may be named: one at a fixed address owns the address of what it imports.)

function is_family(name) {
    return name ~ /^`(__libc_)?(malloc|calloc|realloc|free|memalign)'/ ||
        name ~ /^`(__libc_)?(p?valloc|posix_memalign|aligned_alloc)'/ ||
        name ~ /^`(reallocarray|cfree|malloc_usable_size)'/
}

$2 != "binding" {
    next
}

$7 == library && $11 == "`malloc'" {
    served = 1
}

$4 != library && $7 != library && $4 != $7 {
    if ($7 ~ /libjemalloc/ || ($7 ~ /\.so/ && is_family($11)))
        print $4 " calls " $11 " of " $7
}

END {
    if (!served)
        print "malloc is not the library's"
}
