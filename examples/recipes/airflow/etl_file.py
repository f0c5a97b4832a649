"""A nightly load without a container: each task starts one entry of the file, in a process of its own.

The file brings its interpreter and libraries, so it shares nothing with Airflow's environment.
"""

import os
from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

#: Where the workers have the file, and its data.
ETL = os.environ.get("ETL_FILE", "/usr/local/bin/etl")
DATA = os.environ.get("ETL_DATA", "/var/lib/etl")

with DAG(
    "etl_file",
    schedule="17 3 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
):

    def entry(name, arguments):
        # With `exec` the application is the process that Airflow waits for and ends with SIGTERM.
        return BashOperator(
            task_id=name,
            bash_command=f'exec "$ETL" {name} {arguments}',
            env={"ETL": ETL, "DATA": DATA},
            append_env=True,
        )

    (
        entry("etl-make", '"$DATA/readings.csv"')
        >> entry("etl-load", '"$DATA/readings.csv" "$DATA/readings.db"')
        >> entry("etl-report", '"$DATA/readings.db"')
    )
