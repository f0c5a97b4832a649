# Debian's cron in a namespace of its own, with a table that has only the recipe's lines, every minute.
wants cron
has flock || skip "flock is missing"
install_entries
/usr/bin/env SNAKECRATE=prepare /opt/etl/etl --all-users
mkdir -p "$work/cron/d" "$work/cron/empty"
for file in passwd shadow group; do cp -p "/etc/$file" "$work/cron/$file"; done
echo 'etl:x:65531:65531::/nonexistent:/usr/sbin/nologin' >>"$work/cron/passwd"
echo 'etl:*:20000:0:99999:7:::' >>"$work/cron/shadow"
echo 'etl:x:65531:' >>"$work/cron/group"
sed -E 's/^([0-9*]+ ){4}[0-9*]+\t/* * * * *\t/' "$recipes/cron/etl.cron" >"$work/cron/d/etl"
[ "$(grep -c '^\* \* \* \* \*' "$work/cron/d/etl")" -eq 2 ] || die "the recipe hasn't two lines"
cron_pid=
replaced=(/etc/passwd /etc/shadow /etc/group /etc/cron.d /var/spool/cron/crontabs /etc/crontab /run /var/lib)
end_cron() {
    [ -z "$cron_pid" ] || kill -KILL "$cron_pid" 2>/dev/null || true
    for place in "${replaced[@]}"; do umount --lazy "$place" 2>/dev/null || true; done
}
trap end_cron EXIT
for file in passwd shadow group; do mount --bind "$work/cron/$file" "/etc/$file"; done
mount --bind "$work/cron/d" /etc/cron.d
mount --bind "$work/cron/empty" /var/spool/cron/crontabs
: >"$work/cron/crontab"
mount --bind "$work/cron/crontab" /etc/crontab
# For its pid file.
mount -t tmpfs tmpfs /run
overlay /var/lib /var/lib
install -d -o 65531 -g 65531 /var/lib/etl
etl-make /var/lib/etl/readings.csv
# Its jobs end with it.
unshare --pid --fork --kill-child cron -f -L 15 >"$work/cron/said" 2>&1 &
cron_pid=$!
waited=0
until grep -q '^loaded' /var/lib/etl/load.log 2>/dev/null; do
    sleep 1
    waited=$((waited + 1))
    [ $waited -lt 150 ] || { cat /var/lib/etl/load.log "$work/cron/said"; die "cron hasn't run the line"; }
done
sleep 1
cat /var/lib/etl/load.log
[ "$(stat -c %U /var/lib/etl/readings.db)" = etl ] || die "the job ran as another user"
[ ! -e /var/cache/snakecrate/v2/staging ] || [ -z "$(ls -A /var/cache/snakecrate/v2/staging)" ] || die "staging"
ok "cron has run the line after $waited s, as a user without a home"
