"""The same in containers: the image of ../docker/Dockerfile, which has no shell and needs none."""

import os
from datetime import datetime, timedelta

from airflow.providers.docker.operators.docker import DockerOperator
from airflow.sdk import DAG
from docker.types import Mount

IMAGE = os.environ.get("ETL_IMAGE", "registry.example.com/etl:1.0")
#: A directory of the Docker host that user 65532 may write to.
DATA = os.environ.get("ETL_DATA", "/var/lib/etl")
#: Docker's API; podman has the same at `podman system service`.
DOCKER = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")

with DAG(
    "etl_docker",
    schedule="17 3 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
):

    def entry(name, *arguments):
        # The image's entry point is the file; the command chooses the entry.
        return DockerOperator(
            task_id=name,
            image=IMAGE,
            command=[name, *arguments],
            docker_url=DOCKER,
            user="65532:65532",
            network_mode="none",
            mounts=[Mount(target="/data", source=DATA, type="bind")],
            # Without it Airflow mounts a directory of its own host, which Docker's may not have.
            mount_tmp_dir=False,
            auto_remove="force",
        )

    (
        entry("etl-make", "/data/readings.csv")
        >> entry("etl-load", "/data/readings.csv", "/data/readings.db")
        >> entry("etl-report", "/data/readings.db")
    )
