"""Logistic regression in a few lines: what the stranger among the trainers learns with."""
import math
import random

BINS = 1000


def read(path):
    with open(path, encoding="utf-8") as f:
        rows = [[float(x) for x in line.split(",")] for line in f.read().splitlines()[1:]]
    return [(row[:-1], int(row[-1])) for row in rows]


def split(rows, share=0.3):
    cut = int(len(rows) * share)
    return rows[cut:], rows[:cut]


def moments(rows):
    n, width = len(rows), len(rows[0][0])
    mean = [sum(x[k] for x, _ in rows) / n for k in range(width)]
    return n, mean, [sum((x[k] - mean[k]) ** 2 for x, _ in rows) for k in range(width)]


def sigmoid(z):
    return 1 / (1 + math.exp(-z)) if z >= 0 else 1 - 1 / (1 + math.exp(z))


class Logistic:
    """The tensors of a model message: layer0.weight [1, n], layer0.bias [1], input.mean and input.scale [n]."""

    def __init__(self, tensors):
        self.w, self.b = list(tensors["layer0.weight"][1]), tensors["layer0.bias"][1][0]
        self.mean, self.scale = tensors["input.mean"][1], tensors["input.scale"][1]

    def scaled(self, x):
        return [(v - m) / s for v, m, s in zip(x, self.mean, self.scale)]

    def log_odds(self, x):
        return self.b + sum(w * v for w, v in zip(self.w, self.scaled(x)))

    def train(self, rows, rate=0.1, batch=16, seed=1):
        """One pass; returns the mean loss."""
        rows, loss = list(rows), 0.0
        random.Random(seed).shuffle(rows)
        for at in range(0, len(rows), batch):
            part = rows[at:at + batch]
            slope, bias = [0.0] * len(self.w), 0.0
            for x, y in part:
                z = self.log_odds(x)
                loss += max(z, 0) - z * y + math.log1p(math.exp(-abs(z)))
                error = sigmoid(z) - y
                slope = [s + error * v for s, v in zip(slope, self.scaled(x))]
                bias += error
            self.w = [w - rate * s / len(part) for w, s in zip(self.w, slope)]
            self.b -= rate * bias / len(part)
        return loss / len(rows)

    def delta(self, tensors):
        return {"layer0.weight": ([1, len(self.w)], [a - b for a, b in zip(self.w, tensors["layer0.weight"][1])]),
                "layer0.bias": ([1], [self.b - tensors["layer0.bias"][1][0]])}

    def evaluate(self, rows):
        """The fields of an `evaluation`."""
        out = {"samples": len(rows), "loss_sum": 0.0, "brier_sum": 0.0, "confusion": [0] * 4,
               "positives": [0] * BINS, "negatives": [0] * BINS}
        for x, y in rows:
            z = self.log_odds(x)
            p = sigmoid(z)
            out["loss_sum"] += max(z, 0) - z * y + math.log1p(math.exp(-abs(z)))
            out["brier_sum"] += (p - y) ** 2
            out["confusion"][2 * y + (z >= 0)] += 1
            u = p / 2 + sigmoid(z / 4) / 2
            out["positives" if y else "negatives"][min(int(u * BINS), BINS - 1)] += 1
        return out
