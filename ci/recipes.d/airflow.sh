# Both graphs by Airflow of PyPI; podman's API is the Docker that DockerOperator talks to.
environment airflow apache-airflow apache-airflow-providers-standard apache-airflow-providers-docker
# A task that fails is tried again after minutes, so a graph that hangs is one that fails.
airflow() {
    AIRFLOW_HOME=$work/airflow AIRFLOW__CORE__DAGS_FOLDER=$recipes/airflow \
        AIRFLOW__CORE__LOAD_EXAMPLES=False PYTHONDONTWRITEBYTECODE=1 \
        ETL_DATA=$data ETL_IMAGE=localhost/etl:latest DOCKER_HOST="unix://$work/docker.sock" \
        timeout 290 "$bin/airflow" "$@" >"$work/out" 2>&1
}
failed_with() {
    grep -v 'No tasks to run' "$work/out" | tail -n 50
    die "airflow $1"
}
data=$work/airflow-data
fresh "$data"
airflow db migrate || failed_with "db migrate"
ETL_FILE=$etl airflow dags test etl_file 2026-01-02 || failed_with etl_file
says "$work/out" 'kitchen .*26'
says "$work/out" 'dag_id=etl_file.*state=success'
ok "Airflow runs etl_file; the lines of each entry are in its log"
# A single task isn't tried again. Its state is in the log, the status of the command isn't that.
ETL_FILE=/nowhere/etl airflow tasks test etl_file etl-make 2026-01-03 || true
says "$work/out" 'exit code 127'
says "$work/out" 'new_state=up_for_retry'
ok "a failing entry fails its task"

. ci/recipes.d/lib/containers.sh
image etl Dockerfile
data=$work/airflow-docker-data
fresh "$data"
cat >"$work/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
CONF
env CONTAINERS_CONF="$work/containers.conf" podman "${podman_options[@]}" system service --time 0 \
    "unix://$work/docker.sock" >"$work/service" 2>&1 &
trap "kill $!" EXIT
for _ in $(seq 100); do [ ! -S "$work/docker.sock" ] || break; sleep 0.1; done
airflow dags test etl_docker 2026-01-02 || { cat "$work/service"; failed_with etl_docker; }
says "$work/out" 'kitchen .*26'
says "$work/out" 'dag_id=etl_docker.*state=success'
[ "$(stat -c %u "$data/readings.db")" -eq 65532 ] || die "the containers ran as another user"
ok "Airflow's DockerOperator runs etl_docker on podman's API"
