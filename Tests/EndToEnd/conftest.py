# SPDX-License-Identifier: Apache-2.0
"""Fixtures: servers of a test, which end with it; their logs are kept when it fails."""

import itertools
import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

from support.api import API
from support.process import BINARY, REPOSITORY, WeirServer

ACCESS_LOG = REPOSITORY.parent / "shared/data/apache_access.log"
KEPT_LOGS = REPOSITORY / ".build/test-results/logs"


def pytest_sessionstart(session):
    if not session.config.option.collectonly and not BINARY.exists():
        pytest.exit(f"no server at {BINARY}: build it (swift build) or set WEIR_BINARY", returncode=4)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if outcome.get_result().failed:
        item.has_failed = True


@pytest.fixture
def start_server(request, tmp_path):
    """A function that starts a server: start_server(*arguments, config=…, authority=…, environment=…)."""
    servers = []
    numbers = itertools.count()

    def start(*arguments, **options):
        directory = tmp_path / f"server-{next(numbers)}"
        directory.mkdir()
        servers.append(WeirServer(directory, arguments, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
        if getattr(request.node, "has_failed", False):
            kept = KEPT_LOGS / request.node.name.replace("/", "_") / server.directory.name
            shutil.copytree(server.directory, kept, dirs_exist_ok=True)
            print(f"log of {server.url}, kept in {kept}:\n{server.log_text()}")


@pytest.fixture
def server(start_server):
    """A server as it comes, without the observer of this machine."""
    return start_server()


@pytest.fixture(scope="module")
def module_server(tmp_path_factory):
    """One server for all tests of a file that leave nothing behind in each other's way."""
    server = WeirServer(tmp_path_factory.mktemp("server"))
    yield server
    server.close()


@pytest.fixture
def accepted(module_server):
    """A function: how many connections the server of the file has accepted since the test began."""
    api = API(module_server.url)
    name = "weir_connections_accepted_total"
    before = api.metric(name)
    return lambda: api.metric(name) - before


@pytest.fixture
def api(server):
    return API(server.url)


@pytest.fixture(scope="session")
def access_log():
    """The real access log, or a skipped test."""
    if not ACCESS_LOG.exists():
        pytest.skip("the access log is not beside this repository (../shared/data/apache_access.log)")
    return ACCESS_LOG


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests of pages."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
