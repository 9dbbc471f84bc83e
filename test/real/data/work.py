# SPDX-License-Identifier: MIT
"""Large buffers, growth, threads, child processes, modules in C."""

import ctypes
import hashlib
import io
import json
import lzma
import os
import pickle
import re
import sqlite3
import ssl
import subprocess
import sys
import threading
import zlib

MIB = 1 << 20


def is_zero(data):
    return not data.translate(None, b"\0")


def show(*words):
    print(*words, flush=True)


def zeros():
    large = bytearray(200 << 20)
    show("200 MiB", len(large), is_zero(large))
    del large
    for i in range(12):
        block = bytearray((1 + i) * MIB + i)
        show("round", i, is_zero(block))
        block[:] = b"\xff" * len(block)


def growth():
    numbers = []
    for i in range(2_000_000):
        numbers.append(i)
    show("list", len(numbers), sum(numbers))
    grown = bytearray()
    for i in range(400):
        grown.extend(bytes([i % 251]) * 100_003)
    show("bytearray", len(grown), hashlib.sha256(grown).hexdigest())
    while len(grown) > 1000:
        del grown[len(grown) // 3:]
    show("shrunk", len(grown), hashlib.sha256(grown).hexdigest())
    text = ""
    for i in range(50_000):
        text += "line %d\n" % i
    show("str", len(text), len(re.findall(r"9\n", text)))
    stream = io.BytesIO()
    for i in range(3000):
        stream.write(bytes([i % 256]) * 5000)
    show("stream", len(stream.getvalue()), zlib.crc32(stream.getvalue()))


def thread_work(results, i):
    total = 0
    for j in range(6):
        block = bytearray(3 * MIB + i + j)
        if not is_zero(block):
            total += 1_000_000
        block[:] = b"x" * len(block)
        total += zlib.crc32(block) % 1000
        run = subprocess.run([sys.executable, "-S", "-c", "print(6 * 7)"],
                             capture_output=True, check=True)
        total += int(run.stdout)
    results[i] = total


def threads():
    results = [None] * 4
    workers = [threading.Thread(target=thread_work, args=(results, i))
               for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    show("threads", results)


def fork():
    before = bytearray(b"a" * (20 * MIB))
    for i in range(5):
        pid = os.fork()
        if pid == 0:
            after = bytearray(20 * MIB)
            good = is_zero(after) and before.count(b"a" * MIB) == 20
            before[:] = b"b" * len(before)
            os._exit(i if good else 99)
        show("fork", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    show("parent", zlib.crc32(before))


def database():
    db = sqlite3.connect(":memory:")
    db.execute("create table t (n integer, word text, data blob)")
    db.executemany("insert into t values (?, ?, zeroblob(?))",
                   ((i, "w%d" % (i % 97), i % 50) for i in range(50_000)))
    db.execute("insert into t values (-1, 'large', zeroblob(?))", (20 * MIB,))
    db.execute("create index i on t (word)")
    show(db.execute("select count(*), sum(n), sum(length(data)), "
                    "count(distinct word) from t").fetchone())
    large, = db.execute("select data from t where n = -1").fetchone()
    show("blob", len(large), is_zero(large))


def tls():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        show("tls", outgoing.read()[:3].hex())
    show(hashlib.pbkdf2_hmac("sha256", b"word", b"salt", 20_000).hex())


def data_formats():
    tree = {"key%d" % i: [i, str(i) * 3, {"deep": None}] for i in range(60_000)}
    text = json.dumps(tree)
    show("json", len(text), json.loads(text) == tree)
    packed = pickle.dumps(tree)
    show("pickle", len(packed), pickle.loads(packed) == tree)
    text = text.encode()
    show("zlib", zlib.crc32(zlib.decompress(zlib.compress(text))))
    packed = lzma.compress(text[:MIB], preset=1)
    show("lzma", len(packed), lzma.decompress(packed) == text[:MIB])


def libc_calls():
    libc = ctypes.CDLL(None)
    for name in "malloc", "calloc", "realloc":
        getattr(libc, name).restype = ctypes.c_void_p
    size = ctypes.c_size_t
    for n in 100, 5000, 300_000, 5 * MIB:
        p = libc.calloc(size(n), size(3))
        good = is_zero(ctypes.string_at(p, 3 * n))
        ctypes.memset(p, 7, 3 * n)
        p = libc.realloc(ctypes.c_void_p(p), size(9 * n))
        good = good and ctypes.string_at(p, 3 * n) == b"\7" * (3 * n)
        libc.free(ctypes.c_void_p(p))
        show("libc", n, good)


for step in (zeros, growth, threads, fork, database, tls, data_formats,
             libc_calls):
    step()
