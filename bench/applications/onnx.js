// SPDX-License-Identifier: MIT
// onnx.js MODULES MODEL TIMES: the network of network.py, in onnxruntime.
'use strict';
const [modules, model, times] = process.argv.slice(2);
const onnx = require(`${modules}/onnxruntime-node`);

async function main() {
    const session = await onnx.InferenceSession.create(model);
    let seed = 1, total = 0;
    for (let i = 0; i < Number(times); i++) {
        const input = new Float32Array(8 * 3 * 224 * 224);
        for (let j = 0; j < input.length; j++)
            input[j] = (seed = (seed * 48271) % 2147483647) / 2147483647;
        const x = new onnx.Tensor('float32', input, [8, 3, 224, 224]);
        for (const value of (await session.run({x})).y.data)
            total += Math.abs(value);
    }
    console.log(total.toFixed(2));
}
main();
