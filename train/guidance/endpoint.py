"""A language model behind any OpenAI-compatible chat-completions endpoint."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from avsl.errors import AvslError, SettingError

FIRST_BACKOFF_S = 1.0  # before the second try; doubles, with jitter
LONGEST_BACKOFF_S = 60.0
LONGEST_RETRY_AFTER_S = 600.0  # an endpoint that asks for more is given up for now
PASSING = {408, 409, 425, 429, 500, 502, 503, 504, 529}
USED_UP = "insufficient_quota"  # error code of a 429 that no waiting mends


class EndpointError(AvslError):
    """The endpoint cannot be used at all: the whole run stops."""


class UnansweredError(AvslError):
    """One request got no answer, after all tries."""


class RefusedError(AvslError):
    """The endpoint refuses this very request, and would again."""


@dataclass(frozen=True)
class Model:
    """Which model, where, and how it is asked."""

    base_url: str  # up to and without /chat/completions, such as http://localhost:8000/v1
    name: str
    api_key: str = field(default="", repr=False)
    timeout_s: float = 60.0  # of a whole request
    tries: int = 6  # of a request whose failure may pass
    json_mode: bool = False  # ask for response_format json_object, where the server knows it
    answer_tokens: int = 400

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("http://", "https://")):
            raise SettingError(
                "Say where the language model is: AVSL_LLM_BASE_URL or --base-url, such as "
                "http://localhost:8000/v1."
            )
        if not self.name:
            raise SettingError("Say which language model: AVSL_LLM_MODEL or --model.")
        if self.timeout_s <= 0 or self.tries < 1:
            raise SettingError("The timeout has to be over 0 s and there has to be one try.")


@dataclass(frozen=True)
class Answer:
    """What the model said and what it cost; tokens are None where the endpoint counts none."""

    text: str
    tokens_in: int | None
    tokens_out: int | None


class Endpoint:
    """Asks; waits and asks again where that may help. Use as an async context manager."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._client: httpx.AsyncClient | None = None
        self._not_before_s = 0.0  # on the loop's clock: asked for by Retry-After, for all requests

    async def __aenter__(self) -> "Endpoint":
        headers = {"Authorization": f"Bearer {self.model.api_key}"} if self.model.api_key else {}
        limits = httpx.Limits(max_connections=None)
        # each whole request has a bound of its own, see ``timeout_s``
        self._client = httpx.AsyncClient(headers=headers, timeout=None, limits=limits)  # noqa: S113
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._client.aclose()

    async def ask(self, messages: list[dict]) -> Answer:
        """The model's answer to a chat.

        Raises :class:`UnansweredError` after all tries, :class:`RefusedError` for a request that
        is at fault itself, :class:`EndpointError` where no request can succeed.
        """
        reason = ""
        for attempt in range(self.model.tries):
            await self._pause(attempt)
            try:
                async with asyncio.timeout(self.model.timeout_s):
                    response = await self._post(messages)
            except TimeoutError:
                reason = f"no answer within {self.model.timeout_s:g} s"
                continue
            except httpx.InvalidURL as error:
                raise EndpointError(f"{self.model.base_url} is no address: {error}.") from error
            except httpx.TransportError as error:
                reason = f"no connection ({type(error).__name__})"
                continue
            if response.status_code == 200:
                return _answer(response)
            reason = self._failed(response)
        raise UnansweredError(
            f"The endpoint gave no answer in {self.model.tries} tries; the last time: {reason}."
        )

    async def _post(self, messages: list[dict]) -> httpx.Response:
        body: dict[str, object] = {
            "model": self.model.name,
            "messages": messages,
            "temperature": 0,
            "max_tokens": self.model.answer_tokens,
        }
        if self.model.json_mode:
            body["response_format"] = {"type": "json_object"}
        return await self._client.post(self._url, json=body)

    @property
    def _url(self) -> str:
        return self.model.base_url.rstrip("/") + "/chat/completions"

    async def _pause(self, attempt: int) -> None:
        """Exponential backoff with jitter after the first try, and what Retry-After asks."""
        loop = asyncio.get_running_loop()
        if attempt:
            most_s = min(FIRST_BACKOFF_S * 2 ** (attempt - 1), LONGEST_BACKOFF_S)
            await asyncio.sleep(most_s * random.uniform(0.5, 1.0))  # noqa: S311, no secret
        while (wait_s := self._not_before_s - loop.time()) > 0:
            await asyncio.sleep(wait_s)

    def _failed(self, response: httpx.Response) -> str:
        """Why a try failed, where a later one may not; raises where it would."""
        status, said = response.status_code, _said(response)
        if status in (401, 403):
            raise EndpointError(
                f"{self.model.base_url} refuses the key ({status}{said}). Set AVSL_LLM_API_KEY to "
                "one that is good for this endpoint."
            )
        if status in (404, 405):
            raise EndpointError(
                f"{self._url} or the model {self.model.name!r} is not there ({status}{said}). "
                "Check AVSL_LLM_BASE_URL and AVSL_LLM_MODEL."
            )
        if status == 402 or (status == 429 and USED_UP in response.text):
            raise EndpointError(
                f"The account at {self.model.base_url} has nothing left to spend ({status}{said})."
            )
        if status not in PASSING:
            raise RefusedError(f"The endpoint refused the request ({status}{said}).")
        self._wait(response)
        return f"{status}{said}"

    def _wait(self, response: httpx.Response) -> None:
        """Hold back all requests as long as the endpoint asks for."""
        wait_s = _retry_after_s(response.headers.get("Retry-After", ""))
        if wait_s > LONGEST_RETRY_AFTER_S:
            raise EndpointError(
                f"{self.model.base_url} asks to come back in {wait_s / 60:.0f} minutes. Run the "
                "same command then; it goes on where it stopped."
            )
        now_s = asyncio.get_running_loop().time()
        self._not_before_s = max(self._not_before_s, now_s + wait_s)


def _retry_after_s(header: str) -> float:
    """Seconds from the two forms of Retry-After, a number or a date; 0 for none."""
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _said(response: httpx.Response) -> str:
    """What the endpoint says of an error, as ": ..." or nothing."""
    try:
        body = response.json()
    except ValueError:
        return ""
    error = body.get("error", body) if isinstance(body, dict) else {}
    message = error.get("message", "") if isinstance(error, dict) else error
    return f": {str(message)[:200].rstrip('.')}" if message else ""


def _answer(response: httpx.Response) -> Answer:
    """Of a 200; :class:`EndpointError` where it is no chat completion."""
    try:
        body = response.json()
        text = body["choices"][0]["message"]["content"]
        usage = body.get("usage") or {}
        return Answer(text or "", usage.get("prompt_tokens"), usage.get("completion_tokens"))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise EndpointError(
            f"{response.request.url} does not speak the chat-completions API "
            f"(its answer starts {response.text[:60]!r}). Check AVSL_LLM_BASE_URL."
        ) from error
