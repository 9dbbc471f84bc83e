// SPDX-License-Identifier: MIT
// Buffers, worker threads, compression, child processes.
'use strict';

const assert = require('assert');
const { createHash } = require('crypto');
const { execFileSync } = require('child_process');
const zlib = require('zlib');
const { Worker, isMainThread, parentPort, workerData } =
    require('worker_threads');

const MIB = 1 << 20;

function isZero(buffer) {
    const whole = buffer.length & ~3;
    const words = new Int32Array(buffer.buffer, buffer.byteOffset, whole / 4);
    let seen = 0;
    for (let i = 0; i < words.length; i++)
        seen |= words[i];
    for (let i = whole; i < buffer.length; i++)
        seen |= buffer[i];
    return seen === 0;
}

function digest(buffer) {
    return createHash('sha256').update(buffer).digest('hex').slice(0, 16);
}

function zeroBuffers(sizes) {
    return sizes.map((size) => {
        const buffer = Buffer.alloc(size);
        const good = isZero(buffer);
        buffer.fill(0xff);
        return good;
    });
}

function workerMain() {
    const sizes = [];
    for (let i = 0; i < 8; i++)
        sizes.push((1 + i) * MIB + 17 * workerData);
    const shared = Buffer.alloc(5 * MIB, workerData);
    parentPort.postMessage({
        number: workerData,
        zero: zeroBuffers(sizes),
        buffer: shared.buffer,
    }, [shared.buffer]);
}

function startWorker(number) {
    return new Promise((resolve, reject) => {
        const worker = new Worker(__filename, { workerData: number });
        let message;
        worker.on('message', (m) => { message = m; });
        worker.on('error', reject);
        worker.on('exit', () => resolve(message));
    });
}

function grow() {
    let buffer = Buffer.alloc(1000, 1);
    while (buffer.length < 40 * MIB)
        buffer = Buffer.concat([buffer, buffer, Buffer.from('x')]);
    console.log('grown', buffer.length, digest(buffer));
    const parts = [];
    for (let i = 0; i < 3000; i++)
        parts.push(Buffer.allocUnsafe(4000 + i).fill(i));
    console.log('joined', digest(Buffer.concat(parts)));
    let text = 'abc';
    while (text.length < 20 * MIB)
        text += text;
    console.log('string', text.length, digest(Buffer.from(text)));
}

function compress() {
    const data = Buffer.from(Array.from({ length: 400000 },
        (_, i) => (i * 7919) % 100003).join(' '));
    for (const [pack, unpack] of [[zlib.gzipSync, zlib.gunzipSync],
        [zlib.deflateRawSync, zlib.inflateRawSync]]) {
        const packed = pack(data, { level: 3 });
        console.log(pack.name, unpack(packed).equals(data));
    }
    const packed = zlib.brotliCompressSync(data, {
        params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 3 },
    });
    console.log('brotli', zlib.brotliDecompressSync(packed).equals(data));
}

async function main() {
    for (const size of [1, 10, 50, 100, 200])
        console.log(`${size} MB zero`, zeroBuffers([size * 1e6])[0]);
    const sizes = Array(30).fill(7 * MIB + 3);
    console.log('again', zeroBuffers(sizes).every(Boolean));
    grow();
    compress();
    const results = await Promise.all([1, 2, 3].map(startWorker));
    for (const { number, zero, buffer } of results) {
        const bytes = Buffer.from(buffer);
        console.log('worker', number, zero.every(Boolean), bytes.length,
            bytes.every((byte) => byte === number));
    }
    assert.throws(() => new ArrayBuffer(Number.MAX_SAFE_INTEGER), RangeError);
    console.log(execFileSync(process.execPath,
        ['-p', 'Buffer.alloc(3e6).length'], { encoding: 'utf8' }).trim());
    const map = new Map();
    for (let i = 0; i < 300000; i++)
        map.set(`key${i}`, { i });
    console.log('map', map.size, map.get('key777').i);
}

if (isMainThread)
    main();
else
    workerMain();
