# systemd-analyze, and the commands of the recipe's README in a container with systemd.
wants systemd-analyze systemd
install_entries
systemd-analyze verify --man=no "$recipes"/systemd/*.service "$recipes"/systemd/*.timer >"$work/out" 2>&1 ||
    { cat "$work/out"; die "systemd-analyze verify"; }
! grep "$recipes" "$work/out" || die "systemd-analyze verify reports something"
ok "systemd-analyze verify reports nothing about the units"
for unit in load report; do
    systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' "$recipes/systemd/etl-$unit.timer")" >"$work/out"
    says "$work/out" 'Next elapse'
done

# The commands of the recipe's README, with systemd as the first process. A timer that missed its time starts its unit.
. ci/recipes.d/lib/systemd.sh
install -m 755 "$etl" "$system/usr/local/bin/etl"
for entry in etl-make etl-load etl-report; do ln -s etl "$system/usr/local/bin/$entry"; done
cp "$recipes"/systemd/*.service "$recipes"/systemd/*.timer "$system/etc/systemd/system/"
mkdir -p "$system/var/lib/systemd/timers"
for unit in load report; do
    mkdir "$system/etc/systemd/system/etl-$unit.timer.d"
    printf '[Timer]\nRandomizedDelaySec=0\n' >"$system/etc/systemd/system/etl-$unit.timer.d/now.conf"
    touch -d '8 days ago' "$system/var/lib/systemd/timers/stamp-etl-$unit.timer"
done
boot <<'CHECK' || { cat "$work/out"; tail -n 30 "$work/boot"; die "the units fail with systemd"; }
state() { systemctl show --value -p ExecMainStatus -p SubState "$1.service" | xargs; }
systemctl daemon-reload
systemd-run --quiet --wait --pipe -p DynamicUser=yes -p User=etl -p StateDirectory=etl -p CacheDirectory=etl \
    etl-make /var/lib/etl/readings.csv
systemctl enable --now etl-load.timer etl-report.timer
for unit in etl-load etl-report; do
    until [ "$(systemctl show -P ExecMainExitTimestampMonotonic $unit.service)" -ne 0 ]; do sleep 0.2; done
    echo "$unit: $(state $unit)"
done
systemctl list-timers --no-pager
journalctl --sync
journalctl --no-pager -o cat -u etl-load.service -u etl-report.service
ls -ld /var/lib/private/etl /var/cache/private/etl/snakecrate
# A failure of the application is tried again later, a damaged file isn't.
rm /var/lib/private/etl/readings.csv
systemctl start etl-load.service || true
echo "without its data: $(state etl-load)"
systemctl stop etl-load.service
systemctl clean --what=cache etl-load.service etl-report.service
truncate --size 1000000 /usr/local/bin/etl
systemctl start etl-load.service || true
echo "damaged: $(state etl-load)"
CHECK
cat "$work/out"
says "$work/out" '^etl-load: 0 dead'
says "$work/out" '^etl-report: 0 dead'
says "$work/out" '^loaded '
says "$work/out" '^kitchen '
ok "systemd starts both units by their timers, as a dynamic user, with one cache in CacheDirectory="
says "$work/out" '^without its data: 1 auto-restart'
says "$work/out" '^damaged: 121 failed'
ok "a failure of the application is tried again, a damaged file isn't"
