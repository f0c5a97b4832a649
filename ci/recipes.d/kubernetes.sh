# The schemas of Kubernetes, and podman in the place of the kubelet.
. ci/recipes.d/lib/containers.sh
environment kubernetes kubernetes-validate
for version in 1.31.0 1.37.0; do
    "$bin/kubernetes-validate" --strict --quiet -k "$version" "$recipes"/kubernetes/*.yaml
    ok "valid for Kubernetes $version"
done
image registry.example.com/etl:1.0 Dockerfile
image registry.example.com/etl:1.0-small Dockerfile.small
# Each container of the pods, with the pod's user, volumes and variables: podman as the kubelet.
fresh "$work/volumes/data"
contained --volume "$work/volumes/data:/data" --tmpfs /tmp registry.example.com/etl:1.0 \
    etl-make /data/readings.csv
"$bin/python" - "$work/volumes" "$recipes"/kubernetes/*.yaml >"$work/containers" <<'PYTHON'
import os, pathlib, shlex, sys
import yaml

volumes, *files = sys.argv[1:]
jobs = [job for file in files for job in yaml.safe_load_all(open(file))]
# In the order of their names: etl-load before etl-report.
for job in sorted(jobs, key=lambda job: job["metadata"]["name"]):
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    own = f"{volumes}/{job['metadata']['name']}"
    sources = {}
    for volume in pod["volumes"]:
        claim = "persistentVolumeClaim" in volume
        sources[volume["name"]] = f"{volumes}/{volume['name']}" if claim else f"{own}/{volume['name']}"
        if not claim:
            # As the kubelet makes an emptyDir: root's, and everybody may write to it.
            os.makedirs(sources[volume["name"]])
            os.chmod(sources[volume["name"]], 0o777)
    user = pod["securityContext"]
    for container in pod.get("initContainers", []) + pod["containers"]:
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] and security["capabilities"]["drop"] == ["ALL"]
        options = ["--user", f"{user['runAsUser']}:{user['runAsGroup']}"]
        for mount in container["volumeMounts"]:
            kind = "ro" if mount.get("readOnly") else "rw"
            options += ["--volume", f"{sources[mount['name']]}:{mount['mountPath']}:{kind}"]
        for variable in container.get("env", []):
            options += ["--env", f"{variable['name']}={variable['value']}"]
        print(shlex.join([*options, container["image"], *container.get("args", [])]))
PYTHON
count=0
while read -r line; do
    eval "contained $line" >"$work/out" 2>&1 </dev/null || { cat "$work/out"; die "podman run $line"; }
    count=$((count + 1))
done <"$work/containers"
[ "$count" -eq 4 ] || die "$count containers ran, not 4"
says "$work/out" '^kitchen '
ok "all four containers run as the pods describe them, read-only as 65532"
