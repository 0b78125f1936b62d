"""A fit kept on disk, so that a start does not learn again what nothing has changed.

The file is this program's own cache, in its own folder; it is read only when
its digest names exactly the present entries, model and library versions.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import joblib
import numpy
import sklearn

from embeddings.matcher import Learned, Matcher

VERSION = 1


def load(matcher: Matcher, folder: Path, fingerprint: str) -> bool:
    """Adopt the fit stored in `folder` for the matcher's present items, if there is one."""
    path = _path(matcher, folder, fingerprint)
    if not path.exists():
        return False
    try:
        keys, fit = joblib.load(path)
        matcher.recall(fit, keys)
    except Exception:  # a damaged cache is no cache
        path.unlink(missing_ok=True)
        return False
    return True


def save(matcher: Matcher, learned: Learned, folder: Path, fingerprint: str) -> None:
    """Keep `learned`, the only one in `folder`, if it still is what the matcher holds."""
    if matcher.stale:
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = _path(matcher, folder, fingerprint)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        joblib.dump(([item.key for item in learned.items], learned.fit), file)
    Path(file.name).replace(path)
    for old in folder.glob("*.fit"):
        if old != path:
            old.unlink(missing_ok=True)


def _path(matcher: Matcher, folder: Path, fingerprint: str) -> Path:
    versions = f"{VERSION} {sklearn.__version__} {numpy.__version__} {fingerprint}"
    digest = hashlib.sha256(f"{versions} {matcher.digest()}".encode()).hexdigest()
    return folder / f"{digest[:32]}.fit"
