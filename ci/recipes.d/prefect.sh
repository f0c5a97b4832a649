# The flow by Prefect of PyPI.
environment prefect prefect
fresh "$work/prefect-data"
export PREFECT_HOME=$work/prefect PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=1
export PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS=300
ETL_FILE=$etl ETL_DATA=$work/prefect-data "$bin/python" "$recipes/prefect/flow.py" >"$work/out" 2>&1 ||
    { tail -n 30 "$work/out"; die "the flow failed"; }
says "$work/out" 'kitchen .*26'
says "$work/out" 'Finished in state Completed'
ok "Prefect runs the flow; the lines of each entry are in its log"
# A damaged file: the launcher's 121, which isn't tried again.
head -c 1000000 "$etl" >"$work/damaged"
chmod +x "$work/damaged"
if SNAKECRATE_CACHE=$work/nothing ETL_FILE=$work/damaged ETL_DATA=$work/prefect-data "$bin/python" "$recipes/prefect/flow.py" \
    >"$work/out" 2>&1; then die "a damaged file is no failure"; fi
says "$work/out" 'exit status 121'
! grep -q AwaitingRetry "$work/out" || { cat "$work/out"; die "121 is tried again"; }
ok "a damaged file fails the flow with 121, without a retry"
