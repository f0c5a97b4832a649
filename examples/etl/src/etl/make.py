"""Makes a month of sensor readings as CSV: the same for the same seed."""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

SENSORS = {"attic": 18.0, "cellar": 11.0, "garden": 9.5, "kitchen": 21.0}
START = pd.Timestamp("2026-01-01", tz="UTC")
DAYS = 30


def readings(rows, seed):
    """`rows` readings with what real ones suffer from: gaps, outliers, doubles, disorder."""
    random = np.random.default_rng(seed)
    seconds = np.sort(random.integers(0, DAYS * 86_400, rows))
    sensors = random.choice(sorted(SENSORS), rows)
    base = np.array([SENSORS[name] for name in sensors])
    daily = 3.0 * np.sin(2 * np.pi * (seconds / 86_400 - 0.3))
    drift = 0.05 * seconds / 86_400
    values = base + daily + drift + random.normal(0, 0.4, rows)
    values[random.random(rows) < 0.01] = np.nan
    spikes = random.random(rows) < 0.005
    values[spikes] += random.choice([-60.0, 60.0], spikes.sum())

    frame = pd.DataFrame(
        {
            "time": START + pd.to_timedelta(seconds, unit="s"),
            "sensor": sensors,
            "celsius": values.round(2),
        }
    )
    doubles = frame.sample(frac=0.02, random_state=seed)
    return pd.concat([frame, doubles]).sample(frac=1, random_state=seed)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="etl-make", description=__doc__)
    parser.add_argument("csv", type=Path)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.rows < 1:
        parser.error("--rows must be at least 1")
    try:
        frame = readings(options.rows, options.seed)
        frame.to_csv(options.csv, index=False, date_format="%Y-%m-%dT%H:%M:%SZ")
    except OSError as error:
        print(f"etl-make: {error}", file=sys.stderr)
        return 1
    print(f"made {len(frame)} readings of {frame['sensor'].nunique()} sensors")
    return 0


if __name__ == "__main__":
    sys.exit(main())
