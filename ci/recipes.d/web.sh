# Both servers with a request during SIGTERM, and gunicorn as a service of systemd.
wants curl
"$snakecrate" build "$recipes/web" --libc bundled --python "$python" --level 3 --quiet -o "$work/web"
ln -sf web "$work/serve-asgi"
# drains COMMAND…: SIGTERM while a request is answered. It is answered, all processes end, status 0.
drains() {
    local port=$((20000 + RANDOM % 20000)) pid status=0 workers
    SNAKECRATE=prepare "$1" >/dev/null
    env PORT=$port UVICORN_PORT=$port "$@" >"$work/log" 2>&1 &
    pid=$!
    for _ in $(seq 150); do
        curl --silent --fail "http://127.0.0.1:$port/" >/dev/null && break
        sleep 0.2
    done
    curl --silent --fail --max-time 30 "http://127.0.0.1:$port/slow" >"$work/out" &
    local request=$!
    sleep 0.7
    workers=$(cat "/proc/$pid/task/$pid/children")
    [ "$(wc -w <<<"$workers")" -ge 2 ] || die "the workers of $*: $workers"
    kill -TERM "$pid"
    sleep 0.5
    wait "$request" || { cat "$work/log"; die "the request was lost"; }
    says "$work/out" '^200'
    wait "$pid" || status=$?
    [ "$status" -eq 0 ] || { cat "$work/log"; die "$* ended with $status"; }
    # The resource tracker of multiprocessing is one of them, and ends when the others have.
    for pid in $workers; do
        for _ in $(seq 50); do [ -e "/proc/$pid" ] || continue 2; sleep 0.1; done
        die "worker $pid is still there: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
    done
    cat "$work/log"
}
drains "$work/web" serve
says "$work/log" 'GET /slow HTTP/1.1" 200'
ok "gunicorn: SIGTERM answers the request, ends the workers, status 0"
drains "$work/serve-asgi"
ok "uvicorn: SIGTERM answers the request, ends the workers, status 0"
install -D -m 755 "$work/web" /usr/local/bin/web
wants systemd-analyze systemd
systemd-analyze verify --man=no "$recipes/web/web.service" >"$work/out" 2>&1 || { cat "$work/out"; die "web.service"; }
ok "systemd-analyze verify reports nothing about web.service"

# web.service with systemd as the first process: it is ready when systemctl says so, and drains when it stops.
. ci/recipes.d/lib/systemd.sh
install -m 755 "$work/web" "$system/usr/local/bin/web"
cp "$recipes/web/web.service" "$system/etc/systemd/system/"
boot <<'CHECK' || { cat "$work/out"; tail -n 30 "$work/boot"; die "web.service fails with systemd"; }
systemctl enable --now web.service
curl --silent --show-error --fail http://127.0.0.1:8080/
curl --silent --show-error --fail --max-time 30 http://127.0.0.1:8080/slow &
request=$!
sleep 0.7
systemctl stop web.service
wait $request
systemctl show -p Result -p ExecMainStatus web.service
journalctl --sync
journalctl --no-pager -o cat -u web.service
CHECK
cat "$work/out"
[ "$(grep -c '^200 OK from process' "$work/out")" -eq 2 ] || die "a request was lost"
says "$work/out" '^Result=success'
says "$work/out" '^ExecMainStatus=0'
says "$work/out" 'GET /slow HTTP/1.1" 200'
ok "systemd knows when web.service is ready, and stops it without losing a request"
