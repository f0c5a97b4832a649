"""A flow whose tasks each start one entry of the file, in a process of its own."""

import os
import subprocess

from prefect import flow, get_run_logger, task

#: Where the worker has the file, and its data.
ETL = os.environ.get("ETL_FILE", "/usr/local/bin/etl")
DATA = os.environ.get("ETL_DATA", "/var/lib/etl")
#: Statuses of the launcher itself, such as 121 for a damaged file: a retry would end in the same way.
FINAL = {2, 121, 122, 123, 125, 126}


def worth_a_retry(task, run, state):
    try:
        state.result()
    except subprocess.CalledProcessError as error:
        return error.returncode not in FINAL
    except Exception:
        return True


@task(retries=2, retry_delay_seconds=60, retry_condition_fn=worth_a_retry, task_run_name="{name}")
def entry(name, *arguments):
    """Runs an entry; its lines go to the log as they come, and its status decides."""
    log = get_run_logger()
    command = [ETL, name, *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        for line in process.stdout:
            log.info(line.rstrip())
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


@flow
def etl():
    csv, database = f"{DATA}/readings.csv", f"{DATA}/readings.db"
    entry("etl-make", csv)
    entry("etl-load", csv, database)
    entry("etl-report", database)


if __name__ == "__main__":
    etl()
