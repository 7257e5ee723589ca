# SPDX-License-Identifier: Apache-2.0
"""The HTTP interface, as far as the tests use it."""

import json

import httpx

from support.process import wait_until


class API:
    """Calls one server; a refused call fails the test with the server's own words."""

    def __init__(self, url, context=None):
        # A connection that expires would be counted as one more by tests that count them.
        limits = httpx.Limits(keepalive_expiry=None)
        self.http = httpx.Client(base_url=url, timeout=30, verify=context or True, limits=limits)

    def publish(self, topic, data, type=None):
        """Publishes one event, or one per item of a list."""
        headers = {"ce-type": type} if type else {}
        return checked(self.http.post(f"/v1/topics/{topic}/events", json=data, headers=headers))

    def publish_lines(self, topic, lines):
        """Publishes NDJSON, one event a line."""
        return checked(
            self.http.post(
                f"/v1/topics/{topic}/events",
                content="".join(f"{line}\n" for line in lines).encode(),
                headers={"content-type": "application/x-ndjson"},
            )
        )

    def end(self, topic):
        """Marks the end of the topic's input."""
        checked(self.http.post(f"/v1/topics/{topic}/end"))

    def page(self, topic, after=0, limit=1000):
        parameters = {"after": after, "limit": limit}
        return checked(self.http.get(f"/v1/topics/{topic}/events", params=parameters))

    def history(self, topic, after=0, limit=1000):
        """Returns all retained events after an offset, oldest first."""
        events = []
        while after is not None:
            page = self.page(topic, after, limit)
            events += page["events"]
            after = page["next"] if page["events"] else None
        return events

    def topic_count(self, topic):
        """How many events a topic retains; 0 where there is no such topic."""
        response = self.http.get(f"/v1/topics/{topic}/events", params={"after": 0, "limit": 1000})
        return 0 if response.status_code == 404 else len(checked(response)["events"])

    def pipeline(self, output):
        """Returns the pipeline that writes the topic."""
        pipelines = checked(self.http.get("/v1/pipelines"))["pipelines"]
        for pipeline in pipelines:
            if pipeline["output"] == output:
                return pipeline
        raise AssertionError(f"no pipeline writes {output}: {[p['output'] for p in pipelines]}")

    def metric(self, name):
        """Returns one number of /metrics, by its name with the labels."""
        response = self.http.get("/metrics")
        assert response.status_code == 200, response.text
        lines = response.text.splitlines()
        found = [line.rpartition(" ")[2] for line in lines if line.rpartition(" ")[0] == name]
        assert found, f"no {name} in {lines}"
        return int(found[0])

    def wait_for_input(self, output, count, seconds=60.0):
        """Waits until the pipeline has taken exactly so many events, and returns its counters."""

        def counters():
            self.seen = self.pipeline(output)["counters"]
            return self.seen if self.seen["in"] >= count else None

        found = wait_until(counters, lambda: f"{output} in = {count}: {self.seen}", seconds)
        assert found["in"] == count, f"{output} took {found['in']} events, {count} were published"
        return found


def checked(response):
    """Returns the body of a successful answer."""
    assert response.is_success, (
        f"{response.request.method} {response.request.url} answered {response.status_code}: {response.text}"
    )
    return response.json() if response.content else None


def output_of(completed):
    """Returns the JSON that a command line printed, once it has succeeded."""
    assert completed.returncode == 0, (
        f"exit code {completed.returncode}\nstdout: {completed.stdout}\nstderr: {completed.stderr}"
    )
    try:
        return json.loads(completed.stdout)
    except json.JSONDecodeError as error:
        raise AssertionError(f"not JSON ({error}): {completed.stdout!r}") from error
