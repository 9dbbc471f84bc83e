# SPDX-License-Identifier: MIT
"""A small convolutional network with the layers and widths of a ResNet. Run as a program,
network.py FILE.onnx, it writes the network in ONNX's format."""
import sys

import torch
from torch import nn


class Block(nn.Module):
    """Two convolutions around which the input is added."""

    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels))

    def forward(self, x):
        return torch.relu(self.body(x) + x)


def network(width=64):
    return nn.Sequential(
        nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False),
        nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
        Block(width), Block(width),
        nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
        Block(2 * width), Block(2 * width),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2 * width, 100))


if __name__ == "__main__":
    torch.manual_seed(1)
    torch.onnx.export(network().eval(), torch.rand(8, 3, 224, 224),
                      sys.argv[1], input_names=["x"], output_names=["y"])
