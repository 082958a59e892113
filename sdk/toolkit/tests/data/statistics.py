#!/usr/bin/env python3
"""Writes statistics.json beside this file: samples, and what numpy and scipy say of them.

Made once, with numpy 1.26 or newer and scipy 1.11 or newer; the tests that read it need no Python.
"""

import json
from pathlib import Path

import numpy as np
from scipy import stats

CONFIDENCE = 0.95


def summary(values, trim_ratio):
    values = np.array(values)
    first, third = np.percentile(values, [25, 75])
    margin = 1.0 * (third - first)
    kept = np.sort(values[(values >= first - margin) & (values <= third + margin)])
    n = len(kept)
    deviation = float(np.std(kept, ddof=1)) if n > 1 else 0.0
    if deviation > 0:
        interval = stats.t.interval(0.95, n - 1, loc=np.mean(kept), scale=deviation / np.sqrt(n))
    else:
        interval = (np.mean(kept), np.mean(kept))
    return {
        "original_n": len(values),
        "n": n,
        "mean": float(np.mean(kept)),
        "std": deviation,
        "min": float(kept.min()),
        "max": float(kept.max()),
        "interval": [float(end) for end in interval],
        "trimmed_mean": float(stats.trim_mean(kept, trim_ratio)),
    }


def comparison(candidate, incumbent):
    """The median of the Walsh averages of the log ratios, and those shifts of the ratios that the
    exact signed-rank test does not refuse."""
    logarithms = np.log(candidate) - np.log(incumbent)
    n = len(logarithms)
    averages = np.sort([(logarithms[i] + logarithms[j]) / 2 for i in range(n) for j in range(i, n)])
    gap = np.min(np.diff(averages)) / 4

    def is_refused(shift):
        return stats.wilcoxon(logarithms - shift, method="exact").pvalue <= 1 - CONFIDENCE

    low = next(average for average in averages if not is_refused(average + gap))
    high = next(average for average in averages[::-1] if not is_refused(average - gap))
    return {"estimate": float(np.exp(np.median(averages))), "low": float(np.exp(low)), "high": float(np.exp(high))}


def main():
    random = np.random.default_rng(20260107)
    samples = []
    for index in range(48):
        n = [1, 2, 3, 4, 5, 7, 10, 11, 20, 33, 40, 60][index % 12]
        center = 10.0 ** random.integers(-6, 7)
        values = center * random.lognormal(0.0, [0.01, 0.1, 0.5, 0.0][index // 12], n)
        values[random.random(n) < 0.1] *= 3
        trim_ratio = [0.1, 0.0, 0.25, 0.49][index % 4]
        values = [float(value) for value in values]
        samples.append({"values": values, "trim_ratio": trim_ratio, **summary(values, trim_ratio)})
    pairs = []
    for n in (6, 7, 8, 10, 10, 13, 16, 20):
        incumbent = 2.0 * random.lognormal(0.0, 0.05, n)
        candidate = 2.0 * random.uniform(0.8, 1.2) * random.lognormal(0.0, 0.05, n)
        found = comparison(candidate, incumbent)
        pairs.append({"candidate": candidate.tolist(), "incumbent": incumbent.tolist(), **found})
    text = json.dumps({"samples": samples, "pairs": pairs}, indent=1)
    Path(__file__).with_suffix(".json").write_text(text + "\n")


main()
