"""Learns the species of a penguin from its measurements, with nothing but the standard library.

Reads every .csv below --data; writes train.log (one line every fifty epochs), metrics.csv and model.json
to --out. A network with one hidden layer is trained by plain stochastic gradient descent.
"""

import argparse
import csv
import json
import math
import pathlib
import random
import time

FEATURES = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
HIDDEN = 16
RATE = 0.02


def read_rows(directory):
    rows = []
    for path in sorted(pathlib.Path(directory).glob("**/*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                try:
                    rows.append(([float(row[name]) for name in FEATURES], row["species"]))
                except ValueError:
                    continue  # a penguin that was not measured
    if not rows:
        raise SystemExit(f"no measurements below {directory}")
    return rows


def scaled(rows):
    columns = list(zip(*(features for features, _ in rows)))
    means = [sum(column) / len(column) for column in columns]
    spreads = [
        math.sqrt(sum((x - mean) ** 2 for x in column) / len(column))
        for column, mean in zip(columns, means)
    ]
    data = [
        ([(x - mean) / spread for x, mean, spread in zip(features, means, spreads)], species)
        for features, species in rows
    ]
    return data, means, spreads


class Network:
    def __init__(self, inputs, outputs, seed):
        rng = random.Random(seed)
        self.first = [[rng.gauss(0, 0.5) for _ in range(inputs + 1)] for _ in range(HIDDEN)]
        self.second = [[rng.gauss(0, 0.5) for _ in range(HIDDEN + 1)] for _ in range(outputs)]

    def forward(self, features):
        x = features + [1.0]
        hidden = [math.tanh(sum(w * v for w, v in zip(row, x))) for row in self.first]
        h = hidden + [1.0]
        scores = [sum(w * v for w, v in zip(row, h)) for row in self.second]
        top = max(scores)
        powers = [math.exp(score - top) for score in scores]
        total = sum(powers)
        return x, h, [power / total for power in powers]

    def learn(self, features, label):
        x, h, probabilities = self.forward(features)
        errors = [p - (1.0 if k == label else 0.0) for k, p in enumerate(probabilities)]
        back = [
            (1 - h[j] ** 2) * sum(errors[k] * self.second[k][j] for k in range(len(errors)))
            for j in range(HIDDEN)
        ]
        for k, error in enumerate(errors):
            row = self.second[k]
            for j, value in enumerate(h):
                row[j] -= RATE * error * value
        for j, error in enumerate(back):
            row = self.first[j]
            for i, value in enumerate(x):
                row[i] -= RATE * error * value
        return -math.log(max(probabilities[label], 1e-12))

    def predict(self, features):
        probabilities = self.forward(features)[2]
        return probabilities.index(max(probabilities))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--epochs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    data, means, spreads = scaled(read_rows(options.data))
    species = sorted({name for _, name in data})
    random.Random(options.seed).shuffle(data)
    cut = len(data) * 4 // 5
    train, test = data[:cut], data[cut:]
    network = Network(len(FEATURES), len(species), options.seed)

    out = pathlib.Path(options.out)
    with (out / "train.log").open("w", encoding="utf-8") as log, (out / "metrics.csv").open(
        "w", newline="", encoding="utf-8"
    ) as metrics:
        table = csv.writer(metrics, lineterminator="\n")
        table.writerow(["epoch", "loss", "accuracy"])

        def say(line):
            print(line, flush=True)
            log.write(line + "\n")
            log.flush()

        say(f"{len(train)} penguins to learn from, {len(test)} to test on, species {', '.join(species)}")
        began = time.monotonic()
        order = random.Random(options.seed + 1)
        for epoch in range(1, options.epochs + 1):
            order.shuffle(train)
            loss = sum(network.learn(x, species.index(name)) for x, name in train) / len(train)
            right = sum(network.predict(x) == species.index(name) for x, name in test)
            table.writerow([epoch, f"{loss:.6f}", f"{right / len(test):.4f}"])
            if epoch == 1 or epoch % 50 == 0:
                metrics.flush()
                say(f"epoch {epoch:4d}  loss {loss:.4f}  accuracy {right / len(test):.3f}")
        say(f"done in {time.monotonic() - began:.1f} s")

    model = {
        "features": FEATURES,
        "species": species,
        "means": means,
        "spreads": spreads,
        "first": network.first,
        "second": network.second,
    }
    (out / "model.json").write_text(json.dumps(model), encoding="utf-8")


if __name__ == "__main__":
    main()
