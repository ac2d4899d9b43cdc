"""How the client calls over a channel: the options that suit it, and the call of each method."""

from typing import Any, Final

from coi_client.contract import Method

OPTIONS: Final = (("grpc.enable_retries", 0), ("grpc.keepalive_time_ms", 60_000), ("grpc.keepalive_timeout_ms", 20_000))
"""Options for channels that are handed in: gRPC's own retrying would double ours, and a listener whose line was cut
without a word must notice (a feed says something every 15 s, so a good line is never asked)."""

STREAM_TIMEOUT: Final = 1_900.0
"""Seconds after which a stream counts as broken: the ledger ends each a little sooner."""


def calling(channel: Any, method: Method) -> Any:  # noqa: ANN401 - a channel of either face
    """Returns what calls a method over a channel."""
    if method.converses:
        make = channel.stream_stream
    else:
        make = channel.unary_stream if method.streams else channel.unary_unary
    return make(
        method.path,
        request_serializer=method.request.SerializeToString,
        response_deserializer=method.response.FromString,
    )
