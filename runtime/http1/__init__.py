"""HTTP/1.1 over TCP and TLS, as the calls of this package need it.

httpx's own transport does not say whether a failed request had left, may hand one caller the bytes that followed
another caller's answer, and looks through all of its connections for each request. Here one connection carries one
exchange at a time, whatever follows an answer closes it, and a free connection is the one used last.

The files in reading order: ``limits`` (how long, how much), ``failures`` (what can go wrong), ``connection`` (the
protocol, without I/O), ``tls``, ``proxy``, ``pool`` (free connections), ``socket_driver`` and ``transport``
(blocking), ``loop_driver`` and ``async_transport`` (asyncio).
"""
