console.log(Buffer.alloc(20 << 20).length)
