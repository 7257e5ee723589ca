# SPDX-License-Identifier: Apache-2.0
"""The servers that stand beside Weir: how each is started, and what it speaks."""

import pathlib
import resource

from servers import Server, free_port

HERE = pathlib.Path(__file__).parent
MODULE_PLACES = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules")


def nchan_modules():
    """Where nginx's modules lie, if nchan is among them; else None."""
    for place in MODULE_PLACES:
        if pathlib.Path(place, "ngx_nchan_module.so").exists():
            return place
    return None


def start_limit(program, coalesces=False):
    name = "C, coalescing" if coalesces else "C, one send each"
    return Server(name, [program, "@PORT@"] + ["coalesce"] * coalesces)


def start_uws(python):
    return Server("uWebSockets", [python, str(HERE / "uws.py"), "@PORT@"])


def start_nio(program):
    return Server("SwiftNIO", [program, "@PORT@"])


def start_nchan(directory):
    port = free_port()
    text = (HERE / "nginx.conf.template").read_text()
    files = str(resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    replacements = {
        "@MODULES@": nchan_modules(), "@DIRECTORY@": str(directory), "@PORT@": str(port), "@FILES@": files,
    }  # fmt: skip
    for word, value in replacements.items():
        text = text.replace(word, value)
    path = pathlib.Path(directory, "nginx.conf")
    path.write_text(text)
    return Server("nchan", ["nginx", "-c", str(path)], "nchan", port, has_worker=True)
