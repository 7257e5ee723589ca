# SPDX-License-Identifier: Apache-2.0
"""What a delivery and a publish cost a server, in processor time."""

from statistic import Ratio, single


def deliver(bench, all_servers):
    """Processor time for each delivery, with one event in flight and with 32."""
    goals = {
        1: {"limit": 1.2, "uws": 1.0, "nchan": 1.0, "nio": None},
        32: {"coalescing": 1.25, "uws": 1.0, "nchan": None, "nio": None},
    }
    for subscribers in bench.arguments.subscribers:
        for in_flight, others in goals.items():
            bench.say(f"  {subscribers} subscribers, {in_flight} in flight")
            options = ("--subscribers", subscribers, "--in-flight", in_flight)
            wanted = {name: all_servers[name] for name in ("weir", *others) if name in all_servers}
            results = bench.rounds(
                {name: lambda server=server: bench.run(server, *options) for name, server in wanted.items()}
            )
            compare(bench, results, others, wanted, f"{subscribers} subscribers, {in_flight} in flight")
            if in_flight == 1:
                user_share(bench, results["weir"], f"{subscribers} subscribers, 1 in flight")


def compare(bench, results, others, wanted, words, figure="microsecondsPerDelivery"):
    own = [result["process"][figure] for result in results["weir"]]
    for name, most in others.items():
        if name in results:
            values = [result["process"][figure] for result in results[name]]
            row = Ratio(own, values).row(f"{words}: a delivery", "µs", wanted[name].name, most)
            bench.add(row)


def user_share(bench, results, words):
    """The clock ticks of one run are too few, so those of all are taken together."""
    user = sum(result["process"]["userSeconds"] for result in results)
    deliveries = sum(result["deliveries"] for result in results)
    row = single(f"{words}: a delivery in user space", "µs", [user / deliveries * 1e6], 0.4)
    bench.add(row | {"why": f"all {len(results)} runs together"})


def events(bench, all_servers):
    """Event streams beside WebSockets, both of Weir."""
    weir, limit = all_servers["weir"], all_servers["limit"]
    for subscribers in bench.arguments.subscribers:
        options = ("--subscribers", subscribers, "--transport")
        results = bench.rounds({
            "sse": lambda: bench.run(weir, *options, "sse"),
            "ws": lambda: bench.run(weir, *options, "ws"),
            "limit": lambda: bench.run(limit, *options, "sse"),
        })  # fmt: skip
        figures = {
            name: [result["process"]["microsecondsPerDelivery"] for result in found]
            for name, found in results.items()
        }
        words = f"SSE, {subscribers} subscribers, 1 in flight: a delivery"
        bench.add(Ratio(figures["sse"], figures["ws"]).row(words, "µs", "WebSocket", 1.2))
        bench.add(Ratio(figures["sse"], figures["limit"]).row(words, "µs", "C, the same bytes"))


def publish(bench, all_servers):
    """What an event costs that nobody receives."""
    weir, limit = all_servers["weir"], all_servers["limit"]
    alone = ("--subscribers", 0)
    for connections in (1, 16):
        options = (*alone, "--publishers", connections, "--in-flight", connections)
        lines = (*alone, "--publish", "ndjson", "--publishers", connections, "--in-flight", 1000)
        results = bench.rounds({
            "weir": lambda: bench.run(weir, *options),
            "limit": lambda: bench.run(limit, *options),
            "ndjson": lambda: bench.run(weir, *lines),
        })  # fmt: skip
        figures = {
            name: [result["process"]["microsecondsPerEvent"] for result in found]
            for name, found in results.items()
        }
        words = f"publishing over {connections} connections"
        request = Ratio(figures["weir"], figures["limit"])
        bench.add(request.row(f"{words}: a request with one event", "µs", "C, fixed answer", 1.4))
        line = Ratio(figures["ndjson"], figures["limit"])
        bench.add(line.row(f"{words}: a line of NDJSON", "µs", "C, a request", 0.14))
