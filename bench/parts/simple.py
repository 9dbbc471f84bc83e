# SPDX-License-Identifier: MIT
"""What the parts with one table each share."""
from driver.allocators import CONTROL


def uncontrolled(allocators):
    """The control belongs to the grid."""
    return {n: a for n, a in allocators.items() if n != CONTROL}


def only(rows, **key):
    return [row for row in rows
            if all(row["cell"].get(k) == v for k, v in key.items())]
