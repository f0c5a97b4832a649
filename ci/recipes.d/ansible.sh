# The role by ansible-core of PyPI, on this machine: installation, a second run, a new version.
environment ansible ansible-core
cp -r "$recipes/ansible" "$work/playbook"
cp "$etl" "$work/playbook/etl"
play() {
    (cd "$work/playbook" && ANSIBLE_HOME=$work/ansible-home ANSIBLE_NOCOLOR=1 "$bin/ansible-playbook" \
        -i localhost, -c local -e ansible_python_interpreter="$bin/python" site.yml "$@" >"$work/out" 2>&1) ||
        { cat "$work/out"; die "ansible-playbook"; }
    tail -n 2 "$work/out"
}
(cd "$work/playbook" && "$bin/ansible-playbook" --syntax-check -i inventory.ini site.yml >/dev/null)
play
setpriv --reuid 65532 --regid 65532 --clear-groups env -i /usr/local/bin/etl-make --help >"$work/help"
says "$work/help" '^usage: etl-make'
first=$(readlink /opt/etl/current)
ok "the role installs, and every user starts from /var/cache/snakecrate"
play
says "$work/out" 'changed=0 '
ok "a second run changes nothing"
"$snakecrate" build examples/etl --libc bundled --python "$python" --level 4 --quiet -o "$work/playbook/etl"
play
[ "$(readlink /opt/etl/current)" != "$first" ] || die "the new version isn't in use"
[ ! -e "/opt/etl/$first" ] || die "the old version is still there"
etl-report --help >"$work/help"
play
says "$work/out" 'changed=0 '
ok "a new version replaces the old one, which is removed"
