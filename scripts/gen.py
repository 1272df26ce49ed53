"""Generates clients/eventhub from protos/: stubs, types, refusals, the client's stubs and the descriptor image."""

import argparse
import importlib
import json
import re
import shutil
import sys
import tempfile
from importlib import resources
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.rpc import code_pb2
from grpc_tools import protoc
from protovalidate._gen.buf.validate import validate_pb

from scripts.face import face
from scripts.stubs import stubs

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
WELL_KNOWN = ("any", "descriptor", "duration", "timestamp", "field_mask")
# The messages inside refusals. No RPC names them, and some languages have no library that contains them.
OF_REFUSALS = ("google/rpc/status.proto", "google/rpc/error_details.proto")
REASON_PREFIX = "ERROR_REASON_"


def main() -> None:
    """Writes into clients/, or into the folder named on the command line."""
    parser = argparse.ArgumentParser(prog="gen", description="Generates the package eventhub from protos/.")
    told = "where it is written; none: clients/, and the picture of who calls whom is drawn anew"
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "clients", metavar="FOLDER", help=told)
    out = parser.parse_args().folder.resolve()
    with tempfile.TemporaryDirectory() as work:
        rules = Path(work) / "rules.binpb"
        rules.write_bytes(validation_rules().SerializeToString())
        made = Path(work) / "made"
        (made / "eventhub").mkdir(parents=True)
        (made / "eventhub" / "__init__.py").touch()  # else Python would import the package in clients/
        image = made / "eventhub" / "eventhub.binpb"
        compile_protos(made, rules, image)
        move_rules_inside(made)
        # Without this file Python would prefer the package of an earlier run to this one.
        (made / "eventhub" / "__init__.py").touch()
        (made / "eventhub" / "refusals.py").write_text(refusals(image))
        write_face(made / "eventhub", image)
        (made / "eventhub" / "stubs.py").write_text(stubs(FileDescriptorSet.FromString(image.read_bytes())))
        (made / "eventhub" / "service_config.json").write_text(service_config())
        put(made, out)


def put(made: Path, out: Path) -> None:
    """Moves the generated files into place and removes files that only an earlier run generated."""
    fresh = {path.relative_to(made) for path in made.rglob("*") if path.is_file()}
    for stale in out.glob("eventhub/**/*_pb2*"):
        if "__pycache__" not in stale.parts and stale.relative_to(out) not in fresh:
            stale.unlink()
    for name in fresh:
        target = out / name
        if not target.exists() or target.read_bytes() != (made / name).read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(made / name, target)


def validation_rules() -> FileDescriptorSet:
    """Returns the descriptor of buf/validate/validate.proto from the installed wheel, with its imports."""
    files = FileDescriptorSet()
    google = resources.files("grpc_tools") / "_proto"
    with resources.as_file(google) as include, tempfile.NamedTemporaryFile() as found:
        names = [f"google/protobuf/{name}.proto" for name in WELL_KNOWN]
        run(f"-I{include}", f"--descriptor_set_out={found.name}", "--include_imports", *names)
        files.ParseFromString(Path(found.name).read_bytes())
    wheel = validate_pb._DESC.proto.to_binary()  # noqa: SLF001 - the wheel offers the file no other way
    files.file.append(FileDescriptorProto.FromString(wheel))
    return files


def compile_protos(out: Path, rules: Path, image: Path) -> None:
    """Runs protoc for all our protos, and for the Python module of the validation rules."""
    names = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.glob("eventhub/**/*.proto"))
    include = [f"-I{PROTOS}", f"-I{Path(code_pb2.__file__).parent.parent.parent}"]
    given = f"--descriptor_set_in={rules}"
    bundle = out / "bundle.binpb"
    told = (f"--descriptor_set_out={bundle}", "--include_imports", "--include_source_info")
    run(*include, given, *told, *names, *OF_REFUSALS)
    image.write_bytes(bundle.read_bytes())
    bundle.unlink()
    run(
        f"--descriptor_set_in={image}",
        f"--python_out={out}",
        f"--mypy_out=quiet:{out}",
        *names,
        "buf/validate/validate.proto",
    )
    services = [name for name in names if name.endswith("_service.proto")]
    run(f"--descriptor_set_in={image}", f"--grpc_python_out={out}", f"--mypy_grpc_out=quiet:{out}", *services)


def service_config() -> str:
    """Returns the gRPC service config for all languages, derived from the stubs just made."""
    found = spec_from_file_location("eventhub.contract", ROOT / "clients" / "eventhub" / "contract.py")
    assert found is not None, "the file is there"
    assert found.loader is not None, "it is a Python file"
    sys.modules[found.name] = contract = module_from_spec(found)
    found.loader.exec_module(contract)
    return json.dumps(contract.public_service_config(), indent=2) + "\n"


def write_face(package: Path, image: Path) -> None:
    """Writes the package's __init__.py and __init__.pyi; see scripts/face.py."""
    named = re.findall(r"^class (\w+)", (package / "refusals.py").read_text(), re.MULTILINE)
    loaded, typed = face(FileDescriptorSet.FromString(image.read_bytes()), named)
    (package / "__init__.py").write_text(loaded)
    (package / "__init__.pyi").write_text(typed)


def move_rules_inside(made: Path) -> None:
    """Moves the module of the validation rules into the package eventhub. The installed client then has one top-level
    name and does not collide with another package that brings its own `buf`."""
    (made / "buf").rename(made / "eventhub" / "buf")
    for path in made.glob("eventhub/**/*_pb2*.py*"):
        text = path.read_text()
        moved = text.replace("from buf.validate import", "from eventhub.buf.validate import")
        if moved != text:
            path.write_text(moved)


def run(*arguments: str) -> None:
    """Calls protoc once; a failure ends the program."""
    if protoc.main(["protoc", *arguments]) != 0:
        raise SystemExit(f"protoc failed: {' '.join(arguments[-3:])}")


def refusals(image: Path) -> str:
    """Returns the source of the Python exceptions, one for each reason of the contract."""
    sys.path.insert(0, str(image.parent.parent))
    options = importlib.import_module("eventhub.common.v1.options_pb2")
    files = FileDescriptorSet.FromString(image.read_bytes())
    contract = next(f for f in files.file if f.name.endswith("common/v1/error_reason.proto"))
    comments = {tuple(at.path): at.leading_comments.strip() for at in contract.source_code_info.location}
    lines = [
        '"""Every refusal of EventHub by its reason. Generated from error_reason.proto by scripts/gen."""\n',
        "from eventhub.refusal import Refusal, TransientRefusal\n",
    ]
    for index, value in enumerate(contract.enum_type[0].value):
        if value.number == 0:
            continue
        reason = value.name.removeprefix(REASON_PREFIX)
        name = "".join(word.capitalize() for word in reason.split("_"))
        text = " ".join(comments[(5, 0, 2, index)].split())
        told = value.options.Extensions[options.refusal]
        base = "TransientRefusal" if told.transient else "Refusal"
        lines.append(f'\nclass {name}({base}, reason="{reason}", code={told.code}):\n    """{text}"""\n')
    return "\n".join(lines)


if __name__ == "__main__":
    main()
