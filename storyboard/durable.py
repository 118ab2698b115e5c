"""Makes what was written last: a file's bytes, and the names in a folder."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

# What file systems answer that can't sync a folder (SMB shares, some of FUSE): a rename there is as durable as it gets.
NO_SUCH_CALL = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


def sync_file(path: Path) -> None:
    """The bytes of a file that may be written, on the disk. Raises OSError; the file is then not to be trusted."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> bool:
    """The names in a folder, on the disk; False where the file system has no such call. Raises OSError.

    Windows has none and needs none: its renames are journalled.
    """
    if sys.platform == "win32":
        return True
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as failure:
        if failure.errno in NO_SUCH_CALL:
            return False
        raise
    finally:
        os.close(descriptor)
    return True
