# SPDX-License-Identifier: Apache-2.0
"""A client of the API socket, as engines are: one request on a connection, one answer."""

import json
import socket

from support import waiting


def ask(path: str, request: object, shut_down: bool = True) -> dict:
    """`request`: text as it is, anything else as JSON."""
    text = request if isinstance(request, str) else json.dumps(request)
    return ask_in_pieces(path, [text.encode()], shut_down)


def ask_in_pieces(path: str, pieces: list[bytes], shut_down: bool = True) -> dict:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(path)
        try:
            for number, piece in enumerate(pieces):
                if number:
                    # So that the helper reads the piece before by itself.
                    waiting.pause(0.05)
                connection.sendall(piece)
            if shut_down:
                connection.shutdown(socket.SHUT_WR)
        except BrokenPipeError:
            pass  # It had heard enough, and has answered.
        return json.loads(_read_answer(connection))


def _read_answer(connection: socket.socket) -> bytes:
    answer = b""
    try:
        while piece := connection.recv(65536):
            answer += piece
    except ConnectionResetError:
        pass  # It did not read all of the request.
    return answer
