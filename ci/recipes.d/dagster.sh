# The assets by Dagster of PyPI.
environment dagster dagster
fresh "$work/dagster-data"
mkdir -p "$work/dagster"
dagster() {
    (cd "$work/dagster" && DAGSTER_HOME=$work/dagster ETL_DATA=$work/dagster-data DO_NOT_TRACK=1 \
        PYTHONDONTWRITEBYTECODE=1 "$bin/dagster" "$@" -f "$recipes/dagster/definitions.py" >"$work/out" 2>&1)
}
ETL_FILE=$etl dagster asset materialize --select '*' || { tail -n 30 "$work/out"; die "dagster"; }
says "$work/out" 'report - kitchen .*26'
says "$work/out" 'RUN_SUCCESS'
ok "Dagster materializes the assets; the lines of each entry are in its log"
head -c 1000000 "$etl" >"$work/damaged"
chmod +x "$work/damaged"
if SNAKECRATE_CACHE=$work/nothing ETL_FILE=$work/damaged dagster asset materialize --select readings; then die "a damaged file is no failure"; fi
says "$work/out" 'ended with 121'
! grep -q STEP_UP_FOR_RETRY "$work/out" || { cat "$work/out"; die "121 is tried again"; }
ok "a damaged file fails the run with 121, without a retry"
