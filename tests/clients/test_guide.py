"""What docs/clients.md says about the shipped files and the examples is so."""

import json
import re

from tests.sources import CLIENTS, ROOT

GUIDE = (ROOT / "docs" / "clients.md").read_text()


def test_the_guide_names_every_status_after_which_calls_are_repeated() -> None:
    config = json.loads((CLIENTS / "eventhub" / "service_config.json").read_text())
    codes = {
        code for rpc in config["methodConfig"] for code in rpc.get("retryPolicy", {}).get("retryableStatusCodes", [])
    }
    said = re.search(r"may be repeated after ((?:`[A-Z]+`(?:, | and )?)+)", " ".join(GUIDE.split()))

    assert said is not None
    assert set(re.findall("[A-Z]+", said[1])) == codes


def test_the_guide_installs_each_generator_of_go_in_the_version_of_its_library() -> None:
    generators = re.findall(r"local: (\S+)", (ROOT / "examples" / "go" / "buf.gen.yaml").read_text())
    installed = dict(re.findall(r"^go install \S+/cmd/(\S+)@(v[\d.]+)$", GUIDE, re.MULTILINE))
    library = re.search(r"google\.golang\.org/protobuf (v[\d.]+)", (ROOT / "examples" / "go" / "go.mod").read_text())

    assert sorted(installed) == sorted(generators)
    assert library is not None
    assert installed["protoc-gen-go"] == library[1]
