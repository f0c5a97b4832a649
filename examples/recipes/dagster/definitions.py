"""Assets that are each made by one entry of the file, in a process of its own."""

import os
import subprocess

import dagster

#: Where the code location has the file, and its data.
ETL = os.environ.get("ETL_FILE", "/usr/local/bin/etl")
DATA = os.environ.get("ETL_DATA", "/var/lib/etl")
CSV, DATABASE = f"{DATA}/readings.csv", f"{DATA}/readings.db"
#: Statuses of the launcher itself, such as 121 for a damaged file: a retry would end in the same way.
FINAL = {2, 121, 122, 123, 125, 126}
RETRY = dagster.RetryPolicy(max_retries=2, delay=60)


def entry(context, name, *arguments):
    """Runs an entry; its lines go to the log as they come, and its status decides."""
    command = [ETL, name, *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        for line in process.stdout:
            context.log.info(line.rstrip())
    status = process.returncode
    if status:
        raise dagster.Failure(f"{name} ended with {status}", allow_retries=status not in FINAL)
    return dagster.MaterializeResult(metadata={"command": " ".join(command)})


@dagster.asset(retry_policy=RETRY)
def readings(context: dagster.AssetExecutionContext):
    return entry(context, "etl-make", CSV)


@dagster.asset(deps=[readings], retry_policy=RETRY)
def hours(context: dagster.AssetExecutionContext):
    return entry(context, "etl-load", CSV, DATABASE)


@dagster.asset(deps=[hours], retry_policy=RETRY)
def report(context: dagster.AssetExecutionContext):
    return entry(context, "etl-report", DATABASE)


nightly = dagster.ScheduleDefinition(
    name="nightly",
    target=dagster.AssetSelection.all(),
    cron_schedule="17 3 * * *",
    default_status=dagster.DefaultScheduleStatus.RUNNING,
)
defs = dagster.Definitions(assets=[readings, hours, report], schedules=[nightly])
