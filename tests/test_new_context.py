"""A new context, reviews, is added to a copy of the repository as CONTRIBUTING.md says. All else follows from the
contract and the scripts: the copy keeps the house rules, and its platform serves the context."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.deploy.programs import BESIDE
from tests.sources import ROOT

PATIENCE_S = 600
pytestmark = pytest.mark.timeout(PATIENCE_S)
REVIEWS = ROOT / "tests" / "data" / "reviews"
FOLDERS = ("clients", "deploy", "docs", "examples", "protos", "scripts", "services", "tests")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", "target", "secrets")
CALLERS = re.compile(r"(rpc Feed\(.*?callers: \[\n)", re.DOTALL)
WORDS = """NAMES = {
    "review_id": ("avaliação", "review"),
    "stars": ("estrelas", "stars"),
"""
RULES = (
    "tests/kit/test_words.py",
    "tests/test_contract.py",
    "tests/test_rooms.py",
    "tests/test_tidy.py",
    "tests/mesh/test_table.py",
    "tests/deploy",
)
# No context of this copy calls reviews, although its contract lets two.
NOT_CALLED = "not test_only_contexts_that_call_may_call"


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository to which reviews is added."""
    copy = tmp_path_factory.mktemp("repository")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / folder, ignore=LEFT_OUT)
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, copy)
    python = copy / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    shutil.copy(copy / "requirements-dev.txt", copy / ".venv" / "installed-requirements-dev.txt")
    shutil.copytree(REVIEWS, copy, dirs_exist_ok=True)
    orders = copy / "protos" / "eventhub" / "orders" / "v1" / "orders_service.proto"
    orders.write_text(CALLERS.sub(r'\1        "reviews",\n', orders.read_text()))
    names = copy / "services" / "kit" / "language" / "names.py"
    names.write_text(names.read_text().replace("NAMES = {\n", WORDS))
    ran(copy, "scripts/gen")
    ran(copy, "scripts/manifests")
    return copy


def ran(copy: Path, *command: str) -> str:
    """Runs a program in the copy. Returns its output; fails if it fails."""
    environment = {"PATH": BESIDE, "PYTHONPATH": f"{copy}:{copy / 'clients'}", "HOME": str(copy)}
    done = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def changed(copy: Path, folder: str) -> set[str]:
    """Returns the files of a folder that reviews has changed or added."""
    files = (path for path in (copy / folder).rglob("*") if path.is_file() and path.suffix != ".pyc")
    names = {str(path.relative_to(copy)) for path in files}
    return {
        name for name in names if not (ROOT / name).exists() or (ROOT / name).read_bytes() != (copy / name).read_bytes()
    }


def test_everything_about_it_is_generated(grown: Path) -> None:
    generated = {path.removeprefix("deploy/k8s/") for path in changed(grown, "deploy")}
    assert generated == {
        "deploy/compose.yaml",
        "contexts/kustomization.yaml",
        "contexts/policies.yaml",
        "contexts/reviews.yaml",
        "contexts/routes.yaml",
        "database/clusters.yaml",
        "database/databases.yaml",
        "database/policies.yaml",
        "migrate/jobs.yaml",
    }
    others = {path for path in changed(grown, "services") if not path.startswith("services/reviews/")}
    assert others == {"services/README.md", "services/kit/language/names.py"}, "its picture is drawn anew"
    assert not changed(grown, "scripts")
    policies = list(yaml.safe_load_all((grown / "deploy" / "k8s" / "contexts" / "policies.yaml").read_text()))
    named = {policy["metadata"]["name"]: policy["spec"] for policy in policies}
    assert pods(named["reviews-mesh"]["ingress"][0]["from"]) == ["catalog", "notifications"]
    assert pods(named["reviews-mesh"]["egress"][0]["to"]) == ["identity", "orders"]
    assert "reviews" in pods(named["orders-mesh"]["ingress"][0]["from"])


def pods(peers: list[dict[str, dict[str, dict[str, str]]]]) -> list[str]:
    """Returns the contexts that a policy names."""
    return [peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in peers]


def test_others_keep_their_ports_and_it_gets_the_next(grown: Path) -> None:
    before = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
    after = yaml.safe_load((grown / "deploy" / "compose.yaml").read_text())["services"]
    own = after.pop("reviews")
    assert after == before
    assert own["ports"] == ["127.0.0.1:7090:7070"]


def test_a_second_run_changes_nothing(grown: Path) -> None:
    before = {folder: changed(grown, folder) for folder in ("clients", "deploy", "services")}
    texts = {name: (grown / name).read_bytes() for names in before.values() for name in names}
    ran(grown, "scripts/gen")
    ran(grown, "scripts/manifests")
    assert {folder: changed(grown, folder) for folder in before} == before
    assert {name: (grown / name).read_bytes() for name in texts} == texts


def test_the_house_rules_hold_with_it(grown: Path) -> None:
    ran(grown, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", NOT_CALLED, *RULES)


def test_its_types_and_style_and_contract_are_checked(grown: Path) -> None:
    ran(grown, "mypy", "-p", "services.reviews", "-p", "tests.reviews")
    ran(grown, "ruff", "check", "--quiet", "services/reviews", "tests/reviews", "clients/eventhub")
    ran(grown, "ruff", "format", "--check", "--quiet", "services/reviews", "tests/reviews", "clients/eventhub")
    ran(grown, "buf", "lint", "clients/eventhub/eventhub.binpb", "--config", "protos/buf.yaml")
    ran(grown, "buf", "format", "--diff", "--exit-code", "protos")


def test_it_serves_buyers_and_other_contexts(grown: Path) -> None:
    ran(grown, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/reviews")
    certificates = grown / "certificates"
    ran(grown, sys.executable, "scripts/certificates.py", str(certificates))
    assert (certificates / "reviews" / "tls.crt").exists()
