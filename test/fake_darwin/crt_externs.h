/* SPDX-License-Identifier: MIT */
/* As much of Apple's header as src/os/darwin uses. */
#ifndef FAKE_CRT_EXTERNS_H
#define FAKE_CRT_EXTERNS_H

extern char **environ;

static inline char ***
_NSGetEnviron(void)
{
    return &environ;
}

#endif
