"""Runs one case of the gRPC project's interoperability tests against a server on this machine.

Exits with 0 when the server does all that the case demands; otherwise says on stderr what it does not.
"""

import argparse
import sys

import grpc

import cases
import compression
from connection import bound_time
from service import Wrong

CASES = {
    case.__name__: case
    for case in [
        cases.empty_unary,
        cases.large_unary,
        cases.client_streaming,
        cases.server_streaming,
        cases.ping_pong,
        cases.empty_stream,
        cases.status_code_and_message,
        cases.special_status_message,
        cases.custom_metadata,
        cases.unimplemented_method,
        cases.unimplemented_service,
        cases.timeout_on_sleeping_server,
        cases.cancel_after_begin,
        cases.cancel_after_first_response,
        compression.client_compressed_unary,
        compression.server_compressed_unary,
        compression.server_compressed_streaming,
        cases.rpc_soak,
        cases.channel_soak,
    ]
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, help="of the server on 127.0.0.1")
    parser.add_argument("--case", required=True, choices=[*CASES, "list"])
    arguments = parser.parse_args()
    if arguments.case == "list":
        print(*CASES, sep="\n")
        return
    if arguments.port is None:
        parser.error("--port is required")
    bound_time()
    try:
        CASES[arguments.case](arguments.port)
    except Wrong as wrong:
        sys.exit(f"{arguments.case}: {wrong}")
    except grpc.RpcError as error:
        sys.exit(f"{arguments.case}: unexpected status {error.code()}: {error.details()}")


if __name__ == "__main__":
    main()
