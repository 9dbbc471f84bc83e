# SPDX-License-Identifier: MIT
"""torch_training.py STEPS: gradient descent on a convolutional network."""
import sys

import torch
from network import network

torch.manual_seed(1)
torch.use_deterministic_algorithms(True)
model = network()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for step in range(int(sys.argv[1])):
    images, labels = torch.rand(16, 3, 128, 128), torch.randint(100, (16,))
    loss = torch.nn.functional.cross_entropy(model(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"{loss.item():.3f}")
