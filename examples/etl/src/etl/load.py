"""Cleans readings, sums them up by the hour, and stores them in SQLite."""

import argparse
import multiprocessing
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pandas as pd

COLUMNS = ["time", "sensor", "celsius"]
#: A reading further than this many median deviations from its day's median is an outlier.
OUTLIER = 8.0


def clean(part):
    """The hours of one sensor, and what was thrown away; runs in a process of its own."""
    name, frame = part
    total = len(frame)
    frame = frame.drop_duplicates()
    doubles = total - len(frame)
    frame = frame.dropna(subset=["celsius"])
    gaps = total - doubles - len(frame)

    day = frame.groupby(frame["time"].dt.date)["celsius"]
    distance = (frame["celsius"] - day.transform("median")).abs()
    spread = distance.groupby(frame["time"].dt.date).transform("median").clip(lower=0.1)
    outliers = distance > OUTLIER * spread
    frame = frame[~outliers]

    hours = frame.set_index("time")["celsius"].resample("1h").agg(["count", "mean", "min", "max"])
    hours = hours[hours["count"] > 0].round(3).reset_index()
    hours.insert(1, "sensor", name)
    # pandas counts it in 64 bits; SQLite keeps text.
    hours["time"] = hours["time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    dropped = {"doubles": doubles, "gaps": gaps, "outliers": int(outliers.sum())}
    return hours, dropped, os.getpid()


def read(path):
    """The readings of a CSV file."""
    frame = pd.read_csv(path)
    if list(frame.columns) != COLUMNS:
        raise ValueError(f"the columns are to be {', '.join(COLUMNS)}")
    frame["time"] = pd.to_datetime(frame["time"], utc=True)
    return frame


def store(path, hours, readings):
    """Replaces what the database had."""
    with closing(sqlite3.connect(path)) as database, database:
        hours.to_sql("hours", database, if_exists="replace", index=False)
        database.execute("drop table if exists loads")
        database.execute("create table loads (readings integer)")
        database.execute("insert into loads values (?)", (readings,))


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="etl-load", description=__doc__)
    parser.add_argument("csv", type=Path)
    parser.add_argument("database", type=Path)
    parser.add_argument("--jobs", type=int, default=2, help="processes; default: 2")
    options = parser.parse_args(arguments)
    if options.jobs < 1:
        parser.error("--jobs must be at least 1")
    try:
        frame = read(options.csv)
        parts = sorted(frame.groupby("sensor"))
        with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
            results = pool.map(clean, parts, chunksize=1)
        hours = pd.concat([hours for hours, _, _ in results])
        store(options.database, hours, len(frame))
    except (OSError, ValueError, sqlite3.Error) as error:
        print(f"etl-load: {options.csv}: {error}", file=sys.stderr)
        return 1
    if any(pid == os.getpid() for _, _, pid in results):
        raise RuntimeError("the work was to be done in child processes")
    dropped = pd.DataFrame([dropped for _, dropped, _ in results]).sum()
    print(f"loaded {len(frame)} readings as {len(hours)} hours")
    print(", ".join(f"{count} {what}" for what, count in dropped.items()), "dropped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
