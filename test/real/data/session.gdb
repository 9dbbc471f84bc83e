# SPDX-License-Identifier: MIT
# No addresses: the environment moves the stack.
set width 0
set confirm off
set print address off
set print frame-arguments none
break descend if depth == 0
run
backtrace
next 3
print node.depth
print node.next->next->depth
print node.text[0]@12
up 2
print depth * 1000
frame apply 5 -q print depth
python print(sum(len(str(i)) for i in range(100000)))
delete
continue
