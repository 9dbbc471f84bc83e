# SPDX-License-Identifier: MIT
"""pandas_tables.py ROWS: group, merge, sort, pivot."""
import sys

import numpy
import pandas

rows = int(sys.argv[1])
rng = numpy.random.default_rng(1)
sales = pandas.DataFrame({
    "shop": rng.integers(1000, size=rows), "item": rng.integers(
        rows // 20, size=rows), "price": rng.integers(1, 1000, size=rows)})
items = pandas.DataFrame({"item": numpy.arange(rows // 20),
                          "kind": rng.integers(50, size=rows // 20)})
merged = sales.merge(items, on="item")
by_shop = merged.groupby(["shop", "kind"])["price"].agg(["sum", "mean", "max"])
ordered = merged.sort_values(["price", "shop", "item"], kind="stable")
ordered["running"] = ordered["price"].cumsum()
wide = merged.pivot_table(index="shop", columns="kind", values="price",
                          aggfunc="sum", fill_value=0)
print(len(merged), int(by_shop["sum"].sum()), int(ordered["running"].iloc[-1]),
      wide.shape, int(wide.to_numpy().sum()))
