#!/bin/sh
# Builds the example and tries it out.
set -eu
. "$(dirname "$0")/../check-lib.sh"

plan='action: deploy
environment: dev
app: a
version: '\''1'\''
image: registry.example.com/demo/a:1
target: docker
result: planned
steps:
- step: check-image
  image: registry.example.com/demo/a:1
- step: pull-image
  image: registry.example.com/demo/a:1
- step: replace-container
  container: a
  ports:
    8080/tcp: 8080
  variables: {}
- step: check-health
  url: http://127.0.0.1:8080/healthz
  timeout: 300.0'

build "$work/d"

if has unzip; then
    unzip -tqq "$work/d" >"$work/out" 2>&1 || { cat "$work/out" >&2; fail "unzip -t"; }
    pass "a zip for unzip"
else
    skip "unzip -t (unzip is missing)"
fi
python3 -m zipfile -l "$work/d" >"$work/out" || fail "python3 -m zipfile -l"
says "^components/wheel-click-"
says "^manifest.json "
pass "a zip for Python"

"$snakecrate" inspect --json "$work/d" >"$work/out" || fail "inspect --json"
python3 - "$work/out" <<'PYTHON' || fail "inspect --json lacks a dependency"
import json, sys

with open(sys.argv[1]) as file:
    components = json.load(file)["components"]
wheels = {c["name"]: c for c in components if c["kind"] == "wheel"}
wanted = {
    "click", "pyyaml", "requests", "docker", "kubernetes", "paramiko", "structlog",
    "bcrypt", "certifi", "cffi", "charset-normalizer", "cryptography", "idna", "urllib3",
}  # fmt: skip
if missing := sorted(wanted - set(wheels)):
    sys.exit(f"  not in inspect --json: {', '.join(missing)}")
for name, wheel in wheels.items():
    if not (wheel["version"] and len(wheel["digest"]) >= 64 and wheel["unpacked"] > 0):
        sys.exit(f"  {name} lacks a version, a digest or a size: {wheel}")
PYTHON
pass "inspect names all dependencies with version, digest and size"

run 0 "$work/d" deploy --env dev --app a --version 1 --dry-run
prints "$plan"
pass "a plan out of nothing"

(cd "$work/empty" && env -i "$work/d" deploy --env dev --app a --version 1 --dry-run) \
    >"$work/out" || fail "with an environment that is really empty"
prints "$plan"
pass "no environment at all"

run 0 "$work/d" deploy --env prod --app api --version 7 --dry-run
says "^- step: patch-deployment$"
says "^  container: server$"
run 0 "$work/d" deploy --env stage --app worker --version 7 --dry-run
says "^  host: stage-2.example.com$"
run 0 "$work/d" rollback --env prod --app api --to 6 --dry-run
says "^- step: restore-revision$"
run 0 "$work/d" status --env prod --dry-run
says "^  worker:$"
pass "every target, every command"

run 2 "$work/d" deploy --env dev --app a --dry-run
complains "Missing option '--version'"
prints ""
run 1 "$work/d" deploy --env nowhere --app a --version 1 --dry-run
complains "^Error: the built-in inventory has no environment 'nowhere': it has dev, stage, prod$"
prints ""
pass "error statuses come through"

cat >"$work/inventory.yaml" <<'YAML'
apps: {web: {image: example/web}}
environments: {here: {target: docker, url: "tcp://127.0.0.1:1", apps: {web: {}}}}
YAML
run 1 "$work/d" --inventory "$work/inventory.yaml" --history "$work/history" --log-format json \
    deploy --env here --app web --version 1
says "^result: failed$"
complains '"event": "check-image"'
complains "^Error: Docker at tcp://127.0.0.1:1: "
run 1 "$work/d" --inventory "$work/inventory.yaml" --history "$work/history" \
    rollback --env here --app web
complains "has no earlier version of web"
pass "a real run, as far as it gets without Docker"

if as_other_user 0 "$work/d" deploy --env dev --app a --version 1 --dry-run; then
    prints "$plan"
    pass "another user"
fi

finish
