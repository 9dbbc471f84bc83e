# SPDX-License-Identifier: MIT
sources := main.c $(wildcard part*.c)
objects := $(sort $(sources:.c=.o))
words := $(foreach a,1 2 3 4 5 6 7 8 9,$(foreach b,$(objects),$(a)-$(b)))

program: $(objects) size.txt
	gcc -o $@ $(objects)

%.o: %.c
	gcc -c -o $@ $<

size.txt:
	echo $(words $(words)) $(lastword $(words)) $(shell echo shell) >$@

broken:
	@echo before; exit 3

.PHONY: broken
