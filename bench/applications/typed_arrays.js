// SPDX-License-Identifier: MIT
// typed_arrays.js TIMES: Float64Arrays of 16 to 64 MB, and what is made of them.
'use strict';
let total = 0;
for (let i = 0; i < Number(process.argv[2]); i++) {
    const length = 2000000 * (1 + i % 4);
    const grid = new Float64Array(length);
    for (let j = 0; j < length; j += 1 + i % 3 * 100)
        grid[j] = j * 0.5;
    const copy = grid.slice(0, length / 2);
    const narrow = new Float32Array(copy);
    total += narrow[length / 4] + copy.subarray(10, 1000).reduce((a, b) => a + b);
}
console.log(total.toFixed(1));
