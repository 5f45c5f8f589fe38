"""Where an embedded log may lie: in a local folder, which is made where it is missing."""

from __future__ import annotations

import re
from pathlib import Path

from streams.engine.log import LogError

_MOUNTS = Path("/proc/self/mountinfo")
# Their locks or their shared memory don't hold across machines, which SQLite's WAL relies on.
_NETWORK = re.compile(
    r"nfs4?|cifs|smb3?|smbfs|afs|ceph|glusterfs|lustre|9p|fuse\.(sshfs|s3fs|rclone).*"
)


def prepare_place(path: Path) -> None:
    """Make the folder of the file `path`; LogError where it can't be, or is a network one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise LogError(
            f"the folder {path.parent} of the log can't be made ({exc.strerror}): "
            "choose another path in TIERSTREAM_BROKER"
        ) from exc
    if _MOUNTS.exists():
        kind = file_system(path.parent.resolve(), _MOUNTS.read_text())
        if _NETWORK.fullmatch(kind):
            raise LogError(
                f"the log {path} lies on a network file system ({kind}), where commits can be "
                "lost: choose a local folder in TIERSTREAM_BROKER, or use Kafka"
            )


def file_system(folder: Path, mounts: str) -> str:
    """The type of the file system that holds `folder`, by a table as in /proc/self/mountinfo."""
    found = ("", "unknown")
    for line in mounts.splitlines():
        mount, _, source = line.partition(" - ")
        point = mount.split()[4].replace("\\040", " ")
        if folder.is_relative_to(point) and len(point) >= len(found[0]):
            found = (point, source.split()[0])
    return found[1]
