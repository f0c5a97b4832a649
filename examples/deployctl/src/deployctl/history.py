"""What was deployed when: a file of JSON lines, one for each finished action."""

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from deployctl.errors import DeployError


@dataclass(frozen=True)
class Record:
    """One action."""

    time: str
    action: str
    environment: str
    app: str
    version: str
    succeeded: bool


class History:
    """The file at `path`, which need not exist."""

    def __init__(self, path=None):
        self.path = Path(path) if path else default_path()

    def add(self, action, environment, app, version, succeeded):
        """Appends a record with the present time."""
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        record = Record(now, action, environment, app, version, succeeded)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(record)) + "\n")
        except OSError as error:
            raise DeployError(f"the history cannot be written: {error}") from error

    def of(self, environment, app):
        """The records of `app` in `environment`, oldest first."""
        try:
            lines = self.path.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise DeployError(f"the history cannot be read: {error}") from error
        try:
            records = [Record(**json.loads(line)) for line in lines if line.strip()]
        except (ValueError, TypeError) as error:
            raise DeployError(f"{self.path} is damaged: {error}") from error
        return [r for r in records if (r.environment, r.app) == (environment, app)]

    def current(self, environment, app):
        """The version that runs, as far as this file knows."""
        return next(iter(self._versions(environment, app)), None)

    def previous(self, environment, app):
        """The last version that ran before the current one.

        A rollback takes its version off the list, so that a second one goes back further.
        """
        return next(iter(self._versions(environment, app)[1:]), None)

    def _versions(self, environment, app):
        """Newest first, without repetitions in a row."""
        versions = []
        for record in self.of(environment, app):
            if not record.succeeded:
                continue
            if record.action == "rollback" and record.version in versions:
                del versions[: versions.index(record.version)]
            elif record.version not in versions[:1]:
                versions.insert(0, record.version)
        return versions


def default_path():
    """`$XDG_STATE_HOME/deployctl/history.jsonl`."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(state, "deployctl", "history.jsonl")
