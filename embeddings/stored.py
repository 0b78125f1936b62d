"""A fit kept on disk, so that a start does not learn again what nothing has changed.

The file is this program's own cache, in its own folder; it is read only when
its digest names exactly the present entries, model and library versions.
"""

from __future__ import annotations

import functools
import hashlib
import tempfile
from pathlib import Path

import joblib
import numpy
import sklearn

from embeddings.learned import Learned
from embeddings.matcher import Matcher


def load(matcher: Matcher, folder: Path, fingerprint: str) -> bool:
    """Adopt the fit stored in `folder` for the matcher's present items, if there is one."""
    path = _path(matcher.digest(), folder, fingerprint)
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
    # Of what was learned: the matcher may change meanwhile, this being slow enough for a thread.
    path = _path(matcher.digest(learned.items), folder, fingerprint)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        try:
            joblib.dump(([item.key for item in learned.items], learned.fit), file)
        except BaseException:
            Path(file.name).unlink()
            raise
    Path(file.name).replace(path)
    for old in folder.glob("*.fit"):
        if old != path:
            old.unlink(missing_ok=True)


def _path(content: str, folder: Path, fingerprint: str) -> Path:
    versions = f"{_code()} {sklearn.__version__} {numpy.__version__} {fingerprint}"
    digest = hashlib.sha256(f"{versions} {content}".encode()).hexdigest()
    return folder / f"{digest[:32]}.fit"


@functools.cache
def _code() -> str:
    """Changes with this package's code: a fit of other code may not load, or mean another thing."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
