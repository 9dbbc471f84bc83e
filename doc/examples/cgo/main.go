// Go's own heap does not use malloc, and no preloaded library serves it. C.calloc
// and the C libraries that a Go program links are served:
//
//	go build -o cgo main.go && lazyzero trace ./cgo
package main

// #include <stdlib.h>
import "C"

import (
	"fmt"
	"unsafe"
)

func main() {
	const size = 1 << 30
	block := C.calloc(1, size)
	if block == nil {
		panic("no memory")
	}
	defer C.free(block)
	bytes := unsafe.Slice((*byte)(block), size)
	bytes[size-1] = 1
	fmt.Println(bytes[0], bytes[size/2], bytes[size-1])
}
