# SPDX-License-Identifier: MIT
"""torch_elementwise.py TIMES: expressions over tensors of 64 MB."""
import sys

import torch

torch.manual_seed(1)
a, b = torch.rand(16_000_000), torch.rand(16_000_000)
total = 0.0
for _ in range(int(sys.argv[1])):
    c = torch.relu(a * b - 0.5) + a / (b + 1)
    total += (c * c).double().mean().item()
print(f"{total:.6f}")
