/* SPDX-License-Identifier: MIT */
/*
 * A library with fork handlers. They do nothing until atfork_action is set, and
 * are registered by its constructor where the program's second argument is
 * "library"; else the program calls atfork_register when it likes.
 */
#ifndef PLUGIN_ATFORK_H
#define PLUGIN_ATFORK_H

#pragma GCC visibility push(default)

extern void (*atfork_action)(void);
void atfork_register(void);

#pragma GCC visibility pop

#endif
