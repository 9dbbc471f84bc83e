// SPDX-License-Identifier: MIT
// buffers.js MOST-MB: Buffer.alloc of rising sizes; prints the slowest.
'use strict';
const most = Number(process.argv[2]);
const took = {};
let slowest = 0;
for (const mb of [1, 10, 50, 100, 200, 500, 1000]) {
    if (mb > most)
        break;
    const start = process.hrtime.bigint();
    const block = Buffer.alloc(mb * 1000000);
    const ns = Number(process.hrtime.bigint() - start);
    if (block[mb * 500000] !== 0)
        throw new Error('not zero');
    block[mb * 500000] = 1;
    took[`${mb} MB`] = ns;
    slowest = Math.max(slowest, ns);
}
console.log(JSON.stringify({slowest_ns: slowest, sizes: took}));
