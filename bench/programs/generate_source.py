# SPDX-License-Identifier: MIT
"""generate_source.py FUNCTIONS: a large C file on standard output."""
import sys

print("#include <stdio.h>\n#include <string.h>")
for i in range(int(sys.argv[1])):
    print(f"int f{i}(int a, const char *s) {{ int t[{i % 13 + 3}] = {{a}};"
          f" for (int i = 0; i < a; i++) t[i % {i % 13 + 3}] += s[i] * {i};"
          f" if (a > {i}) printf(\"%s %d\\n\", s, t[0]);"
          f" return (int)strlen(s) + t[a % {i % 13 + 3}]; }}")
