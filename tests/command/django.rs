//! Django projects: a `manage.py` with what it needs beside it. The forged Django does what the real one
//! does with files; `ci/django` builds with the real one.

use std::path::Path;
use std::process::Command;

use crate::support::sandbox::{Sandbox, shared};
use crate::support::wheel::Wheel;

/// `django.conf`: settings of the module that a variable names.
const CONF: &str = "\
import importlib, os
class Settings:
    def __init__(self, module):
        self.SETTINGS_MODULE = module
        for name, value in vars(importlib.import_module(module)).items():
            if name.isupper():
                setattr(self, name, value)
class Lazy:
    def __getattr__(self, name):
        self.__dict__['_made'] = self.__dict__.get('_made') or Settings(os.environ['DJANGO_SETTINGS_MODULE'])
        return getattr(self._made, name)
settings = Lazy()
";

/// `django.core.management`: commands that read and write the files of a project.
const MANAGEMENT: &str = "\
import importlib, os, shutil, sqlite3, subprocess, sys
from django.conf import settings
def execute_from_command_line(argv):
    command = argv[1]
    apps = [importlib.import_module(name) for name in settings.INSTALLED_APPS]
    if command == 'check':
        print('issues: 0', [app.__name__ for app in apps])
    elif command == 'migrate':
        with sqlite3.connect(settings.DATABASES['default']['NAME']) as database:
            database.execute('create table things (name)')
        print('migrated')
    elif command == 'render':
        places = [*settings.TEMPLATES, *(os.path.join(os.path.dirname(app.__file__), 'templates') for app in apps)]
        for place in places:
            for name in sorted(os.listdir(place)):
                with open(os.path.join(place, name)) as file:
                    print(file.read().strip())
    elif command == 'collectstatic':
        for app in apps:
            shutil.copytree(os.path.join(os.path.dirname(app.__file__), 'static'), settings.STATIC_ROOT, dirs_exist_ok=True)
        print(sorted(os.listdir(settings.STATIC_ROOT)))
    elif command == 'reload':
        child = subprocess.run([sys.executable, argv[0], 'check'], capture_output=True, text=True)
        print('child', child.stdout, child.stderr, sep='\\n')
";

const MANAGE: &str = "\
import os, sys
def main():
    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
if __name__ == '__main__':
    main()
";

const SETTINGS: &str = "\
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
INSTALLED_APPS = ['goods']
TEMPLATES = [BASE_DIR / 'templates']
DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}
STATIC_ROOT = BASE_DIR / 'static_root'
";

fn project() -> Sandbox {
    let sandbox = Sandbox::new()
        .file("shop/manage.py", MANAGE)
        .file("shop/requirements.txt", "forged-django\n")
        .file("shop/shop/__init__.py", "")
        .file("shop/shop/settings.py", SETTINGS)
        .file("shop/templates/base.html", "<base>\n")
        .file("shop/goods/__init__.py", "")
        .file("shop/goods/templates/goods.html", "<goods>\n")
        .file("shop/goods/static/style.css", "body{}\n");
    Wheel::new("forged-django", "1")
        .file("django/__init__.py", "")
        .file("django/conf/__init__.py", CONF)
        .file("django/core/__init__.py", "")
        .file("django/core/management/__init__.py", MANAGEMENT)
        .write(&sandbox.path("wheels"));
    sandbox
}

/// What `python manage.py COMMAND` prints in the project.
fn own(sandbox: &Sandbox, command: &str) -> String {
    let wheel = sandbox.path("wheels/forged_django-1-py3-none-any.whl");
    let output = Command::new("python3")
        .args(["-B", "manage.py", command])
        .current_dir(sandbox.path("shop"))
        .env("PYTHONPATH", wheel)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn built() -> Sandbox {
    let sandbox = project();
    std::fs::create_dir(sandbox.path("out")).unwrap();
    sandbox.build(["shop", "-o", "out/site", "--wheelhouse", "wheels"]).expect(0, "", "");
    sandbox
}

#[test]
fn a_django_project_is_packed_with_templates_and_applications() {
    let sandbox = built();
    for command in ["check", "render"] {
        let own = own(&sandbox, command);
        sandbox.archive("out/site").arg(command).expect(0, &own, "");
    }
    assert_eq!(own(&sandbox, "render"), "<base>\n<goods>\n");
}

#[test]
fn what_django_writes_is_beside_the_archive() {
    let sandbox = built();
    for command in ["migrate", "collectstatic"] {
        let own = own(&sandbox, command);
        sandbox.archive("out/site").arg(command).in_dir("shop").expect(0, &own, "");
    }
    let names = |folder: &Path| {
        let names = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = names.map(|one| one.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&sandbox.path("out")), ["db.sqlite3", "site", "static_root"]);
    // The second time, the table is there.
    sandbox.archive("out/site").arg("migrate").output().code(1).stderr_contains("exists").done();
}

#[test]
fn a_directory_that_was_packed_is_not_moved() {
    let sandbox = project().file("shop/static_root/packed.css", "");
    let manage =
        format!("{MANAGE}    from django.conf import settings\n    print(settings.STATIC_ROOT)\n");
    let sandbox = sandbox.file("shop/manage.py", manage);
    sandbox.build(["shop", "-o", "site", "--wheelhouse", "wheels"]).expect(0, "", "");
    let text = sandbox.archive("site").arg("check").output().success().text();
    assert!(text.contains("/app/static_root\n"), "{text}");
}

#[test]
fn the_developers_database_is_not_packed() {
    let sandbox = project().file("shop/db.sqlite3", "data of the developer");
    let packer = sandbox.packer(["build", "shop", "-o", "site", "--wheelhouse", "wheels"]);
    packer
        .args(["--level", "3", "--no-proof"])
        .env("SNAKECRATE_CACHE", shared::packer_cache())
        .output()
        .success()
        .stderr_contains("warning: not packed: db.sqlite3 (database)\n")
        .done();
    sandbox.archive("site").arg("migrate").expect(0, "migrated\n", "");
}

/// `runserver` starts `python ARGV0 ARGS…` again, which is the archive.
#[test]
fn a_process_that_starts_itself_again_is_the_archive() {
    let sandbox = built();
    let own = own(&sandbox, "reload");
    sandbox.archive("out/site").arg("reload").expect(0, &own, "");
}

#[test]
fn another_command_finds_the_modules_of_the_project() {
    let sandbox =
        project().file("shop/tasks.py", "import sys, shop.settings\nprint(sys.argv[1:])\n");
    let build = ["shop", "-o", "site", "--wheelhouse", "wheels"];
    let entries = ["-e", "check=manage.py check", "-e", "work=-m tasks --queue mail"];
    sandbox.build(build.iter().chain(&entries)).expect(0, "", "");
    let run = |entry: &str| sandbox.archive("site").arg(entry);
    run("check").expect(0, &own(&sandbox, "check"), "");
    run("work").arg("x").expect(0, "['--queue', 'mail', 'x']\n", "");
}
