// SPDX-License-Identifier: MIT
// zeroed.js BYTES [LIBRARY]: as zeroed.c, for Buffer.alloc of Node.js.
//
// Prints nanoseconds and KiB. Fails unless LIBRARY is mapped into this process.
'use strict';
const fs = require('fs');

const read = (path) => fs.readFileSync(path, 'utf8');
const kib = (key) => parseInt(read('/proc/self/status').split(key)[1], 10);

const size = Number(process.argv[2]);
const library = process.argv[3] || '';

fs.writeFileSync('/proc/self/clear_refs', '5');
const before = kib('VmRSS:');
const start = process.hrtime.bigint();
const block = Buffer.alloc(size);
const end = process.hrtime.bigint();
const peak = kib('VmHWM:');

if (!read('/proc/self/maps').includes(library)) {
  console.error(`${library} is not active`);
  process.exit(3);
}
if (block.length !== size) {
  process.exit(1);
}
console.log(`${end - start} ${peak - before}`);
