# SPDX-License-Identifier: MIT
# Prints what scripts/demo measured: lines of
#
#   PROGRAM MB ALLOCATOR NANOSECONDS PEAK-KIB [TOUCHED-KIB]
#
# With program: its table. Without: the summary of all of them. liblazyzero is
# the last of allocators.

# Over the processes of a cell the least time, or the most of another field.
function cell(program, size, allocator, field,    key, i, x, result) {
    key = program " " size " " allocator
    for (i = 1; i <= runs[key]; i++) {
        x = figures[key, i, field]
        if (i == 1 || (field == 4 ? x < result : x > result))
            result = x
    }
    return result
}

# Three digits and a unit.
function time_text(ns) {
    if (ns < 999500)
        return digits(ns / 1000) " us"
    if (ns < 999500000)
        return digits(ns / 1000000) " ms"
    return digits(ns / 1000000000) " s "
}

function digits(x) {
    return sprintf(x < 9.995 ? "%.2f" : x < 99.95 ? "%.1f" : "%.0f", x)
}

function megabytes(kib) {
    return sprintf(kib < 10189 ? "%.1f" : "%.0f", kib / 1024)
}

function print_table(    i, j, line) {
    line = sprintf("%-6s", "n")
    for (j = 1; j <= allocator_count; j++)
        line = line sprintf("  %12s", allocator_names[j])
    print "\n" title
    print line
    for (i = 1; i <= size_count; i++) {
        line = sprintf("%6s", sizes_text(size_names[i]))
        for (j = 1; j <= allocator_count; j++)
            line = line "  " cell_text(size_names[i], allocator_names[j])
        print line
    }
}

function sizes_text(size) {
    return size == 1024 ? "1 GB" : size " MB"
}

function cell_text(size, allocator) {
    return sprintf("%7s %4s", time_text(cell(program, size, allocator, 4)),
                   megabytes(cell(program, size, allocator, 5)))
}

# How many times slower the fastest peer is at the largest size.
function ratio_text(name,    j, ns, best) {
    best = -1
    for (j = 1; j < allocator_count; j++) {
        ns = cell(name, largest, allocator_names[j], 4)
        if (best < 0 || ns < best)
            best = ns
    }
    ns = cell(name, largest, allocator_names[allocator_count], 4)
    return sprintf("%s %.1f", name, best / ns)
}

function print_summary(    i, line) {
    printf "\ncalloc of 1 GB in a fresh process: %s; ",
           time_text(cell("calloc", largest, "liblazyzero", 4))
    printf "touching 1 MB raised RSS by %s MB\n",
           megabytes(cell("calloc", largest, "liblazyzero", 6))
    for (i = 1; i <= program_count; i++)
        line = line (i > 1 ? ", " : "") ratio_text(program_names[i])
    print "fastest peer / liblazyzero, 1 GB: " line
}

BEGIN {
    allocator_count = split(allocators, allocator_names, " ")
    size_count = split(sizes, size_names, " ")
    largest = size_names[size_count]
}

{
    key = $1 " " $2 " " $3
    runs[key]++
    for (i = 4; i <= 6; i++)
        figures[key, runs[key], i] = $i > 0 ? $i + 0 : 0
    if (!($1 in seen)) {
        seen[$1] = 1
        program_names[++program_count] = $1
    }
}

END {
    if (program != "")
        print_table()
    else
        print_summary()
}
