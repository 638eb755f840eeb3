"""Channels to a server on this machine, and a bound on how long a script may take.

Does not know what is called.
"""

import faulthandler

import grpc

# Below the limit of the tests that start the scripts, so that a script says itself where it hangs.
LIMIT_SECONDS = 50


def connect(port):
    """A channel with a connection of its own. Nothing is sent before its first call."""
    options = {
        # Otherwise channels to one address share a connection.
        "grpc.use_local_subchannel_pool": 1,
        "grpc.enable_http_proxy": 0,
        # A script may be started before its server.
        "grpc.initial_reconnect_backoff_ms": 100,
        "grpc.min_reconnect_backoff_ms": 100,
        "grpc.max_reconnect_backoff_ms": 500,
    }
    return grpc.insecure_channel(f"127.0.0.1:{port}", options=list(options.items()))


def bound_time():
    """Ends the script with a traceback of all threads when it takes too long."""
    faulthandler.dump_traceback_later(LIMIT_SECONDS, exit=True)
