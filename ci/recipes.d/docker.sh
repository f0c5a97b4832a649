# podman builds both images, and runs them and that of `snakecrate image`.
. ci/recipes.d/lib/containers.sh
data=$work/docker-data
image etl Dockerfile
fresh "$data"
for entry in "etl-make readings.csv" "etl-load readings.csv readings.db" "etl-report readings.db"; do
    contained --volume "$data:/data" --tmpfs /tmp etl $entry >"$work/out"
done
says "$work/out" '^kitchen '
contained etl etl-make --help >"$work/out"
says "$work/out" '^usage: etl-make'
ok "read-only as 65532, warm, with no place to write to"
status=0
contained --volume "$data:/data" etl etl-report nothing.db >"$work/out" 2>&1 || status=$?
[ "$status" -eq 1 ] || die "the status of a failure is $status"
status=0
contained etl >"$work/out" 2>&1 || status=$?
[ "$status" -eq 2 ] || die "the status without an entry is $status"
[ "$(podman image inspect --format '{{.Config.User}} {{.Config.Env}}' etl | grep -c SNAKECRATE)" -eq 0 ] ||
    die "the image keeps SNAKECRATE"
ok "statuses come through, and the image has no variable of the build"

image etl:small Dockerfile.small
status=0
contained etl:small etl-make --help >"$work/out" 2>&1 || status=$?
[ "$status" -eq 122 ] || die "without a volume the small image ends with $status"
contained --tmpfs /cache:exec,mode=1777 etl:small etl-make --help >"$work/out"
says "$work/out" '^usage: etl-make'
podman images --format '{{.Repository}}:{{.Tag}} {{.Size}}'
ok "the small image says 122 without a volume, and unpacks to one"

"$snakecrate" image "$etl" --quiet -o "$work/etl.oci"
(cd "$work" && contained oci:etl.oci:1.0 etl-make --help >"$work/out")
says "$work/out" '^usage: etl-make'
ok "the image of \`snakecrate image\` runs in the same way"
