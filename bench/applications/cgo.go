// SPDX-License-Identifier: MIT

// cgo TIMES: buffers of C's malloc, written in C and read in Go.
package main

/*
#include <stdlib.h>
#include <string.h>

static void *image(size_t size, int value)
{
	char *block = malloc(size);

	memset(block, value, size);
	return block;
}

static void *index_of(size_t count)
{
	return calloc(count, 8);
}
*/
import "C"

import (
	"fmt"
	"os"
	"strconv"
	"unsafe"
)

func main() {
	times, _ := strconv.Atoi(os.Args[1])
	total := 0
	for i := 0; i < times; i++ {
		size := (8 + i%5*6) * 1000000
		block := C.image(C.size_t(size), C.int(i%100))
		index := C.index_of(C.size_t(size / 4))
		bytes := unsafe.Slice((*byte)(block), size)
		places := unsafe.Slice((*int64)(index), size/4)
		for at := 0; at < size; at += 50000 {
			places[at/4] += int64(bytes[at])
			total += int(places[at/4])
		}
		copied := C.GoBytes(block, 1000000)
		total += int(copied[999])
		C.free(index)
		C.free(block)
	}
	fmt.Println(total)
}
