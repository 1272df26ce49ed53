"""Server reflection, v1 and v1alpha, which have the same messages: lists the services and the files that declare them.

grpcio's own servicer is not used: it does not find methods by name, bypasses admission, and offers v1alpha only.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from google.protobuf import descriptor_pool, text_format
from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc import StatusCode
from grpc_reflection.v1alpha import reflection_pb2 as pb

from eventhub import contract
from eventhub.common.v1.options_pb2 import ACCESS_ANYONE, DEADLINE_BULK, SHEDDING_SHEDDABLE, Rules
from eventhub.contract import Method
from eventhub.refusals import TooManyRequests
from services.kit.rpc.call import Call
from services.kit.rpc.wrapper import Handler

POOL: Any = descriptor_pool.Default()
RULES = Rules(access=[ACCESS_ANYONE], deadline=DEADLINE_BULK, shedding=SHEDDING_SHEDDABLE)
QUESTIONS_MAX = 1_000


def of_version_1() -> ServiceDescriptor:
    """The service of v1, made from the file of v1alpha: only the package's name differs."""
    file = FileDescriptorProto()
    pb.DESCRIPTOR.CopyToProto(file)
    renamed = text_format.Parse(text_format.MessageToString(file).replace("v1alpha", "v1"), FileDescriptorProto())
    POOL.AddSerializedFile(renamed.SerializeToString())
    found: ServiceDescriptor = POOL.FindServiceByName("grpc.reflection.v1.ServerReflection")
    return found


SERVICES: tuple[Any, ...] = (of_version_1(), pb.DESCRIPTOR.services_by_name["ServerReflection"])
METHODS = tuple(contract.method(service.methods[0], RULES) for service in SERVICES)


class Reflection:
    """Answers questions about the declarations of some services."""

    def __init__(self, names: Iterable[str]) -> None:
        """names: full names of the services to list; reflection itself is added."""
        self._names = sorted({*names, *(service.full_name for service in SERVICES)})

    def methods(self) -> list[tuple[Method, Handler]]:
        """Each RPC with its handler."""
        return [(method, self._serving(method)) for method in METHODS]

    def _serving(self, method: Method) -> Handler:
        """The handler that answers with the messages of one version."""

        async def serve(requests: AsyncIterator[pb.ServerReflectionRequest], call: Call) -> AsyncIterator[object]:
            sent: set[str] = set()
            asked = 0
            async for request in requests:
                asked += 1
                if asked > QUESTIONS_MAX:
                    raise TooManyRequests(retry_after_s=1.0)
                answer = self._answer(request, sent)
                answer.valid_host = request.host
                answer.original_request.ParseFromString(request.SerializeToString())
                yield method.response.FromString(answer.SerializeToString())

        return serve

    def _answer(self, request: pb.ServerReflectionRequest, sent: set[str]) -> pb.ServerReflectionResponse:
        match request.WhichOneof("message_request"):
            case "list_services":
                services = [pb.ServiceResponse(name=name) for name in self._names]
                return pb.ServerReflectionResponse(list_services_response=pb.ListServiceResponse(service=services))
            case "file_by_filename":
                return found(lambda: POOL.FindFileByName(request.file_by_filename), sent)
            case "file_containing_symbol":
                return found(lambda: file_of(request.file_containing_symbol), sent)
            case "file_containing_extension":
                wanted = request.file_containing_extension
                return found(lambda: file_of_extension(wanted.containing_type, wanted.extension_number), sent)
            case "all_extension_numbers_of_type":
                return numbers(request.all_extension_numbers_of_type)
        return failed(StatusCode.INVALID_ARGUMENT, "The request asks nothing.")


def file_of(symbol: str) -> FileDescriptor:
    """The file that declares a symbol. The pool does not find methods by name, so a method is looked up in its service.
    Raises KeyError."""
    found: FileDescriptor
    try:
        found = POOL.FindFileContainingSymbol(symbol)
    except KeyError:
        service, _, method = symbol.rpartition(".")
        found = POOL.FindServiceByName(service).methods_by_name[method].containing_service.file
    return found


def file_of_extension(name: str, number: int) -> FileDescriptor:
    """The file that declares an extension of a type. Raises KeyError."""
    found: FileDescriptor = POOL.FindExtensionByNumber(POOL.FindMessageTypeByName(name), number).file
    return found


def found(find: Callable[[], FileDescriptor], sent: set[str]) -> pb.ServerReflectionResponse:
    """Answers with a file and the files it imports.

    sent: names of the files that this stream has sent already; they are left out, and new ones are added.
    """
    try:
        file = find()
    except KeyError:
        return failed(StatusCode.NOT_FOUND, "No file declares this.")
    sent.discard(file.name)
    files = [one.serialized_pb for one in needed(file, sent)]
    answer = pb.FileDescriptorResponse(file_descriptor_proto=files)
    return pb.ServerReflectionResponse(file_descriptor_response=answer)


def needed(file: FileDescriptor, sent: set[str]) -> Iterable[FileDescriptor]:
    """A file, then the files that it imports, each once. Leaves out the files in sent, and adds the others to it."""
    if file.name in sent:
        return
    sent.add(file.name)
    yield file
    for one in file.dependencies:
        yield from needed(one, sent)


def numbers(name: str) -> pb.ServerReflectionResponse:
    """Answers with the numbers of all extensions of a message type."""
    try:
        extensions = POOL.FindAllExtensions(POOL.FindMessageTypeByName(name))
    except KeyError:
        return failed(StatusCode.NOT_FOUND, "There is no such type.")
    answer = pb.ExtensionNumberResponse(
        base_type_name=name, extension_number=sorted(extension.number for extension in extensions)
    )
    return pb.ServerReflectionResponse(all_extension_numbers_response=answer)


def failed(code: StatusCode, message: str) -> pb.ServerReflectionResponse:
    """Answers one question with an error; the stream goes on."""
    return pb.ServerReflectionResponse(error_response=pb.ErrorResponse(error_code=code.value[0], error_message=message))
