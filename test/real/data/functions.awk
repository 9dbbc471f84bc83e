# SPDX-License-Identifier: MIT
# Writes a C program of 350 functions.

BEGIN {
    count = 350
    print "#include <stdint.h>"
    print "#include <stdio.h>"
    print "#include <stdlib.h>"
    for (i = 0; i < count; i++)
        put_function(i)
    print "static uint32_t (*const all[])(const uint32_t *, int) = {"
    for (i = 0; i < count; i++)
        printf "    f%d,\n", i
    print "};"
    print "int main(void) {"
    print "    uint32_t sum = 0, *data = calloc(1 << 20, sizeof(*data));"
    print "    if (data == NULL) return 1;"
    print "    for (int i = 0; i < 1 << 20; i += 3) data[i] = 77u * i;"
    print "    for (int i = 0; i < " count "; i++)"
    print "        sum = sum * 31 + all[i](data + i, 1000);"
    print "    printf(\"%u\\n\", sum);"
    print "    free(data);"
    print "}"
}

function put_function(i) {
    printf "static uint32_t f%d(const uint32_t *v, int n) {\n", i
    printf "    uint32_t a = %du, b = %du;\n", i * 7919 + 1, i + 3
    printf "    for (int k = 0; k < n; k++) {\n"
    printf "        a += v[k] * b ^ (a >> %d);\n", i % 13 + 1
    printf "        if ((a & %d) == 0) b += a / %du;\n", i % 7 + 1, i % 19 + 2
    printf "        else b ^= v[n - 1 - k] << %d;\n", i % 5
    printf "    }\n"
    printf "    return a ^ b;\n"
    printf "}\n"
}
