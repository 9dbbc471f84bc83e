# SPDX-License-Identifier: MIT
"""numpy: large arrays made, used, freed and made again."""

import threading

import numpy as np


def zeros(n):
    array = np.zeros(n)
    good = np.count_nonzero(array) == 0
    array.fill(1.5)
    return good and array.sum() == 1.5 * n


def grow():
    array = np.arange(1000)
    while array.size < 5_000_000:
        array = np.concatenate((array, array[::-1]))
    array.resize(7_000_000, refcheck=False)
    return int(array.sum()), np.count_nonzero(array[5_000_000:])


def sort():
    rng = np.random.RandomState(42)
    array = rng.randint(0, 1 << 40, 2_000_000)
    ordered = np.sort(array)
    return (bool(np.all(ordered[:-1] <= ordered[1:])), int(ordered[1_000_000]),
            int(np.bitwise_xor.reduce(array[np.argsort(array)] ^ ordered)))


def threads():
    results = [None] * 4

    def work(i):
        results[i] = all(zeros(400_000 + 1000 * i) for _ in range(10))

    workers = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return results


for size in 1000, 100_000, 1_000_000, 1_000_000, 20_000_000, 20_000_000:
    print("zeros", size, zeros(size))
print("ones", int(np.ones((3000, 3000), dtype=np.int64).sum()))
print("grow", *grow())
print("sort", *sort())
print("threads", threads())
matrix = np.arange(360_000).reshape(600, 600) % 10
print("product", int((matrix @ matrix).trace()))
print("float product", float((matrix.astype(float) @ matrix).trace()))
print("aligned", all(np.empty(n).ctypes.data % 16 == 0
                     for n in (2, 100, 10_000, 1_000_000)))
print("masked", int(np.where(matrix > 5, matrix, 0)[::7, ::3].sum()))
print("text", len(np.array2string(np.zeros(300_000), threshold=1 << 30)))
