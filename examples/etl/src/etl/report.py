"""Reports on what etl-load stored."""

import argparse
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd


def summary(hours):
    """Mean, spread, extremes and trend of every sensor, as plain numbers."""
    hours = hours.assign(time=pd.to_datetime(hours["time"], utc=True))
    sensors = {}
    for name, frame in hours.groupby("sensor"):
        days = (frame["time"] - frame["time"].min()).dt.total_seconds() / 86_400
        trend = np.polyfit(days, frame["mean"], 1)[0] if len(frame) > 1 else 0.0
        sensors[name] = {
            "readings": int(frame["count"].sum()),
            "mean": round(float(np.average(frame["mean"], weights=frame["count"])), 2),
            "deviation": round(float(frame["mean"].std(ddof=0)), 2),
            "min": round(float(frame["min"].min()), 2),
            "max": round(float(frame["max"].max()), 2),
            "trend": round(float(trend), 2),
        }
    return sensors


def text(sensors):
    """A table."""
    frame = pd.DataFrame.from_dict(sensors, orient="index")
    return frame.to_string(float_format="{:.2f}".format)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="etl-report", description=__doc__)
    parser.add_argument("database", type=Path)
    parser.add_argument("--format", choices=["text", "json"], default="text")
    options = parser.parse_args(arguments)
    try:
        # As a URI, so that a missing database is an error and not a new one.
        uri = f"{options.database.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as database:
            hours = pd.read_sql("select * from hours", database)
    except (sqlite3.Error, pd.errors.DatabaseError) as error:
        print(f"etl-report: {options.database}: {error}", file=sys.stderr)
        return 1
    sensors = summary(hours)
    print(json.dumps(sensors, indent=2) if options.format == "json" else text(sensors))
    return 0


if __name__ == "__main__":
    sys.exit(main())
