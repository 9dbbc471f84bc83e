// SPDX-License-Identifier: MIT
// buffer MB TIMES: a Go program that gets its buffer from C, and uses a little.
package main

// #include <stdlib.h>
import "C"
import (
	"os"
	"strconv"
	"unsafe"
)

func main() {
	mb, _ := strconv.Atoi(os.Args[1])
	times, _ := strconv.Atoi(os.Args[2])
	n := mb * 1000000
	for i := 0; i < times; i++ {
		p := C.calloc(1, C.size_t(n))
		block := unsafe.Slice((*byte)(p), n)
		for at := 0; at < n; at += n / 10 {
			if block[at] != 0 {
				os.Exit(1)
			}
			block[at] = 1
		}
		C.free(p)
	}
}
