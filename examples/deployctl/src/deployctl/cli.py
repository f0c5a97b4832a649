"""The command line."""

import logging
import sys
from functools import wraps

import click
import structlog
import yaml

from deployctl import log as logging_setup
from deployctl import plan as plans
from deployctl.errors import DeployError
from deployctl.health import probe
from deployctl.history import History
from deployctl.inventory import Inventory
from deployctl.targets import target_of

log = structlog.get_logger()


def reports_errors(command):
    """Ends the command with one line and status 1 where something is not as it must be."""

    @wraps(command)
    def wrapped(*arguments, **options):
        try:
            return command(*arguments, **options)
        except DeployError as error:
            raise click.ClickException(str(error)) from error

    return wrapped


def placed(command):
    """The options that name an application in an environment."""
    command = click.option("--app", required=True, help="The application.")(command)
    return click.option("--env", "environment", required=True, help="The environment.")(command)


def dry_run(command):
    text = "Show the plan; connect to nothing."
    return click.option("--dry-run", is_flag=True, help=text)(command)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="deployctl")
@click.option("--inventory", type=click.Path(), help="A YAML file. [default: the built-in one]")
@click.option("--history", type=click.Path(), help="The file that remembers what was deployed.")
@click.option("--log-format", type=click.Choice(["console", "json"]), default="console")
@click.option("-v", "--verbose", is_flag=True, help="Log every request, too.")
@click.option("-q", "--quiet", is_flag=True, help="Log warnings only.")
@click.pass_context
@reports_errors
def main(context, inventory, history, log_format, verbose, quiet):
    """Deploys applications to Kubernetes, Docker and plain hosts from one inventory.

    Plans and states go to standard output as YAML, the log goes to standard error.
    """
    level = logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO
    logging_setup.configure(log_format, level)
    context.obj = Inventory.load(inventory), History(history)


@main.command()
@placed
@click.option("--version", required=True, help="The tag of the image.")
@dry_run
@click.pass_obj
@reports_errors
def deploy(objects, environment, app, version, dry_run):
    """Bring a version of an application into an environment."""
    inventory, history = objects
    placement = inventory.placement(environment, app)
    plan = plans.deployment(placement, target_of(placement), version)
    carry_out(plan, history, dry_run)


@main.command()
@placed
@click.option("--to", "version", help="The version to go back to. [default: the one before]")
@dry_run
@click.pass_obj
@reports_errors
def rollback(objects, environment, app, version, dry_run):
    """Go back to a version that ran before."""
    inventory, history = objects
    placement = inventory.placement(environment, app)
    version = version or history.previous(environment, app)
    if version is None:
        raise DeployError(f"{history.path} has no earlier version of {app}: name one with --to")
    plan = plans.rollback(placement, target_of(placement), version)
    carry_out(plan, history, dry_run)


@main.command()
@click.option("--env", "environment", required=True, help="The environment.")
@click.option("--app", help="Only this application. [default: all]")
@click.option("--dry-run", is_flag=True, help="Show what the history knows; connect to nothing.")
@click.pass_obj
@reports_errors
def status(objects, environment, app, dry_run):
    """Show what runs in an environment; exits with 1 if something is not well."""
    inventory, history = objects
    states, well = {}, True
    for name in [app] if app else inventory.apps(environment):
        placement = inventory.placement(environment, name)
        state = {"target": placement.target, "deployed": history.current(environment, name)}
        if not dry_run:
            try:
                state |= target_of(placement).status()
                if placement.health:
                    state["health"] = probe(placement.health) or "well"
                    well = well and state["health"] == "well"
            except DeployError as error:
                state["state"] = f"unknown: {error}"
                well = False
        states[name] = state
    show({"environment": environment, "apps": states})
    if not well:
        sys.exit(1)


def carry_out(plan, history, dry_run):
    """Runs the plan unless it is to be shown only, and prints it either way."""
    if dry_run:
        show(plan.document())
        return
    try:
        plan.run()
    finally:
        show(plan.document())
        placement, succeeded = plan.placement, plan.result == "done"
        history.add(plan.action, placement.environment, placement.app, plan.version, succeeded)
    log.info("done", action=plan.action, app=placement.app, version=plan.version)


def show(document):
    click.echo(yaml.safe_dump(document, sort_keys=False), nl=False)
