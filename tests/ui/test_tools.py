"""The app as a server of tools for assistants (Model Context Protocol)."""

import asyncio
import base64
import os
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client, handle_file

from avsl.synthetic.examples import ensure_example
from tests.e2e.conftest import App, started

TOOLS = {"localize", "inspect", "redraw", "bundle", "variants", "compare", "probe", "swap"}


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Iterator[App]:
    with started(tmp_path_factory.mktemp("app"), dict(os.environ)) as app:
        yield app


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    return {name: ensure_example(name, folder) for name in ("bell", "turns")}


def asked(url: str, *questions: tuple[str, dict]) -> list:
    """The tools there are, then the answer to each question: (tool, its arguments)."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async def talk() -> list:
        async with (
            streamablehttp_client(url + "gradio_api/mcp/") as (incoming, outgoing, _),
            ClientSession(incoming, outgoing) as session,
        ):
            await session.initialize()
            found = [(await session.list_tools()).tools]
            return found + [await session.call_tool(*question) for question in questions]

    return asyncio.run(talk())


def carried(file: Path) -> str:
    """The clip itself as an address: the only way in for assistants on the same machine."""
    return f"data:video/mp4;base64,{base64.b64encode(file.read_bytes()).decode()}"


def text(answer) -> str:
    return " ".join(part.text for part in answer.content if part.type == "text")


def test_an_assistant_finds_every_tool_and_localizes_a_clip(app, clips):
    clip = carried(clips["bell"])
    tools, variants, found = asked(app.url, ("variants", {}), ("localize", {"clip": clip}))
    assert {tool.name for tool in tools} == TOOLS
    for tool in tools:  # who reads it knows what to pass
        assert all(each.get("description") for each in tool.inputSchema["properties"].values())
    assert "acl-tiny" in text(variants)
    assert not found.isError
    assert "sounding" in text(found)
    video = re.search(r"'url': '(http[^']+\.mp4)'", text(found))
    assert urllib.request.urlopen(video[1]).read(12)[4:8] == b"ftyp"


@pytest.mark.parametrize("file", ["/etc/passwd", "file:///etc/passwd", "http://169.254.169.254/x"])
def test_no_file_of_the_server_or_its_network_is_read_for_it(app, file):
    _, answer = asked(app.url, ("localize", {"clip": file}))
    assert answer.isError
    assert "root:" not in text(answer)


def test_a_mistake_is_a_sentence_for_assistants_too(app, clips):
    clip = carried(clips["bell"])
    question = ("compare", {"clip": clip, "variants": "sync"})
    _, answer = asked(app.url, question)
    assert "two variants or more" in text(answer)


def test_a_batch_of_clips_through_the_api(app, clips):
    """The README's example."""
    client = Client(app.url, verbose=False)
    jobs = [
        client.submit(handle_file(clips[name]), variant="sync", api_name="/localize")
        for name in ("bell", "turns")
    ]
    found = [job.result()[2] for job in jobs]
    assert [each["duration_s"] for each in found] == [9.0, 11.6]
    assert all(each["spans"] for each in found)
