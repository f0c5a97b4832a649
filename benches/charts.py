"""Charts as SVG. The same numbers make the same bytes."""

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

matplotlib.rcParams.update({"svg.hashsalt": "snakecrate", "svg.fonttype": "path", "font.size": 10})
FIRST, WARM = "#b9c6d6", "#33628f"
OURS_FIRST, OURS_WARM = "#f1c7a0", "#d2691e"


def draw(results, directory, date):
    """Draws the charts that have numbers; returns their files."""
    drawn = []
    if any(results.starts.values()):
        drawn.append(save(start_times(results.starts), directory / f"{date}-starts.svg"))
    if any(len(points) > 1 for points in results.points.values()):
        drawn.append(save(scale(results.points), directory / f"{date}-scale.svg"))
    return drawn


def save(figure, path):
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return path


def milliseconds(seconds):
    return f"{seconds * 1000:,.0f} ms" if seconds >= 0.1 else f"{seconds * 1000:.1f} ms"


def start_times(starts):
    heights = [len(tools) + 1 for tools in starts.values()]
    figure, axes = plt.subplots(
        len(starts),
        1,
        squeeze=False,
        figsize=(8, 1 + 0.5 * sum(heights)),
        layout="constrained",
        gridspec_kw={"height_ratios": heights},
    )
    for axis, (app, tools) in zip(axes[:, 0], starts.items()):
        longest = max(value for times in tools.values() for value in times.values())
        for place, (name, times) in enumerate(tools.items()):
            ours = name == "Snakecrate"
            both = len(times) == 2
            for kind, colour, shift in (
                ("first", OURS_FIRST if ours else FIRST, 0.2),
                ("warm", OURS_WARM if ours else WARM, -0.2),
            ):
                if kind in times:
                    at = place + (shift if both else 0)
                    axis.barh(at, times[kind], 0.38, color=colour)
                    word = {"first": "first run", "warm": "later runs" if both else "every run"}[
                        kind
                    ]
                    axis.text(
                        times[kind] + longest * 0.01,
                        at,
                        f"{milliseconds(times[kind])}, {word}",
                        va="center",
                        fontsize=8,
                    )
        axis.set_yticks(range(len(tools)), tools)
        axis.invert_yaxis()
        axis.set_xlim(0, longest * 1.25)
        axis.set_title(f"{app}: from start to end of the process", loc="left", fontsize=11)
        axis.set_xlabel("wall time, milliseconds (median)")
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 1000:,.0f}"))
        axis.spines[["top", "right"]].set_visible(False)
    return figure


def count(value, _):
    return f"{value:,.0f}"


def megabytes(value, _):
    return f"{value / 1e9:g} GB" if value >= 1e9 else f"{value / 1e6:g} MB"


def scale(points):
    kinds = [kind for kind in points if len(points[kind]) > 1]
    figure, axes = plt.subplots(
        1, len(kinds), squeeze=False, figsize=(5.2 * len(kinds), 4.4), layout="constrained"
    )
    titles = {"files": "Files of 4 KiB", "bytes": "Ten files of growing size"}
    units = {"files": "number of files", "bytes": "bytes in all"}
    for axis, kind in zip(axes[0], kinds):
        values = [point[0] for point in points[kind]]
        for column, name, colour in ((1, "first run", OURS_WARM), (2, "packing, level 3", WARM)):
            seconds = [point[column] for point in points[kind]]
            axis.plot(values, seconds, "o-", color=colour, label=name, markersize=4)
        # A straight line through the largest first run, for comparison.
        largest, seconds = points[kind][-1][:2]
        axis.plot(
            [values[0], largest],
            [seconds * values[0] / largest, seconds],
            ":",
            color="grey",
            label="linear",
        )
        axis.set_xscale("log")
        axis.set_yscale("log")
        smallest = min(min(point[1:]) for point in points[kind])
        axis.set_ylim(bottom=smallest / 3)
        axis.grid(True, which="major", color="#dddddd")
        axis.set_title(titles[kind], loc="left", fontsize=11)
        axis.set_xlabel(units[kind])
        axis.set_ylabel("seconds")
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.xaxis.set_major_formatter(FuncFormatter(count if kind == "files" else megabytes))
        for one in (axis.xaxis, axis.yaxis):
            one.set_minor_formatter(NullFormatter())
        axis.legend(frameon=False, loc="upper left")
        axis.spines[["top", "right"]].set_visible(False)
    return figure
