// SPDX-License-Identifier: MIT
// buffers.js TIMES: Buffers of 10 to 40 MB are filled, joined and cut.
'use strict';
const crypto = require('crypto');
let total = 0;
for (let i = 0; i < Number(process.argv[2]); i++) {
    const size = (10 + i % 4 * 10) * 1000000;
    const zero = Buffer.alloc(size);
    const part = Buffer.allocUnsafe(size / 2).fill(i);
    const all = Buffer.concat([zero.subarray(0, size / 2), part]);
    total += all[size - 1] + zero[i] + all.indexOf(i, size / 4);
    total += Buffer.from(all.subarray(0, 100000).toString('hex'), 'hex').length;
}
console.log(crypto.createHash('md5').update(String(total)).digest('hex'));
