"""Describe many clips: several at once, within a budget, each ending described or rejected."""

import asyncio
import time
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from avsl.errors import AvslError, Cancelled
from avsl.progress import Progress, no_progress
from train.guidance import prompt
from train.guidance.book import Book, Entry, Key, Reject, Why
from train.guidance.clips import ClipToDescribe, jpeg_frames
from train.guidance.endpoint import Endpoint, EndpointError, Model, RefusedError, UnansweredError
from train.guidance.schema import Checked, SchemaError, from_text

CHARACTERS_PER_TOKEN = 4  # a guess, for endpoints that do not count
TOKENS_PER_FRAME = 800  # likewise
T = TypeVar("T")
USED_UP = "The budget was used up before it was asked about."


@dataclass(frozen=True)
class Asking:
    """How a model is asked about clips."""

    frames: int = 3  # of each clip; 0 asks by the labels alone
    frame_px: int = 512  # their longer side at most
    at_once: int = 4  # requests under way
    answers: int = 2  # asked of one clip before it is rejected for answers of no use
    give_up_after: int = 20  # clips in a row without an answer: the endpoint is down

    def key(self, model: str) -> Key:
        """What an answer depends on; see :class:`Key`."""
        return Key(f"{prompt.VERSION}/{self.frames}x{self.frame_px}", model)


@dataclass(frozen=True)
class Budget:
    """The most that one run may spend, and what tokens cost."""

    tokens: float = float("inf")
    cost: float = float("inf")
    price_in: float = 0.0  # of a million tokens asked
    price_out: float = 0.0  # of a million tokens answered


@dataclass
class Spent:
    """What a run has spent, answers of no use included."""

    budget: Budget
    tokens_in: int = 0
    tokens_out: int = 0
    answers: int = 0
    under_way: int = 0
    guessed: bool = False  # the endpoint does not count, so the tokens are an estimate

    @property
    def cost(self) -> float:
        prices = self.budget
        return (self.tokens_in * prices.price_in + self.tokens_out * prices.price_out) / 1e6

    def has_room(self) -> bool:
        """Whether one more request, at the mean price so far, fits beside those under way."""
        share = 1 + (self.under_way + 1) / self.answers if self.answers else 1.0
        tokens = (self.tokens_in + self.tokens_out) * share
        fits = tokens <= self.budget.tokens and self.cost * share <= self.budget.cost
        return fits and self.budget.tokens > 0 and self.budget.cost > 0


@dataclass
class Outcome:
    """What became of a list of clips."""

    described: int = 0  # in this run
    before: int = 0  # by earlier runs
    rejected: int = 0
    seconds: float = 0.0
    spent: Spent = field(default_factory=lambda: Spent(Budget()))


def describe(
    clips: Sequence[ClipToDescribe],
    book: Book,
    model: Model,
    asking: Asking = Asking(),
    budget: Budget = Budget(),
    progress: Progress = no_progress,
    again: bool = False,
) -> Outcome:
    """Ask ``model`` about every clip that ``book`` does not know; ``again``: rejected ones too.

    Every clip ends in the book, described or rejected with a reason. Raises
    :class:`EndpointError` where the endpoint cannot be used; what was had by then is kept, and
    the same call goes on from there. ``progress`` may raise ``Cancelled``.
    """
    run = _Run(clips, book, model, asking, Spent(budget), progress, again)
    try:
        finished(run.all())
    except BaseExceptionGroup as group:
        raise _first(group) from None
    return run.outcome()


def finished(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` to its end; where an event loop runs already (notebooks), in a thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(asyncio.run, work).result()


class _Run:
    """One call of :func:`describe`."""

    def __init__(self, clips, book, model, asking, spent, progress, again) -> None:
        self.book, self.asking, self.spent, self.progress = book, asking, spent, progress
        self.model, self.key = model, asking.key(model.name)
        self.clips = {clip.id: clip for clip in clips}
        self.todo = [clip for clip in clips if self._is_open(clip.id, again)]
        self.before = sum(name in book.described for name in self.clips)
        self.done = self.fruitless = 0
        self.started_s = time.monotonic()

    def _is_open(self, name: str, again: bool) -> bool:
        if name in self.book.described:
            return False
        reject = self.book.rejected.get(name)
        return again or reject is None or reject.why is Why.UNANSWERED

    async def all(self) -> None:
        """The first clip alone, which shows a wrong key and what an answer costs; then the rest."""
        queue = iter(self.todo)
        self._report()
        async with Endpoint(self.model) as endpoint:
            await self._work(islice(queue, 1), endpoint)
            async with asyncio.TaskGroup() as tasks:
                for _ in range(min(self.asking.at_once, len(self.todo))):
                    tasks.create_task(self._work(queue, endpoint))

    async def _work(self, queue: Iterator[ClipToDescribe], endpoint: Endpoint) -> None:
        """Take clips from the queue, which all workers share, until it is empty."""
        for clip in queue:
            try:
                await self._one(clip, endpoint)
            except (UnansweredError, RefusedError) as error:
                self._reject(clip, Why.UNANSWERED, str(error))
                self._give_up_if_down(error)
            except EndpointError:
                raise
            except AvslError as error:  # the clip's own file
                self._reject(clip, Why.UNUSABLE, str(error))
            self.done += 1
            self._report()

    async def _one(self, clip: ClipToDescribe, endpoint: Endpoint) -> None:
        """Ask about a clip, once more where the answer is of no use, and write down the end."""
        if not self.spent.has_room():
            return self._reject(clip, Why.UNANSWERED, USED_UP)
        asking, complaint, text = self.asking, "", ""
        frames = await asyncio.to_thread(jpeg_frames, clip.path, asking.frames, asking.frame_px)
        if not frames and not clip.labels:
            return self._reject(clip, Why.UNUSABLE, "There is neither a video nor a label of it.")
        for _ in range(asking.answers):
            if not self.spent.has_room():
                break
            chat = prompt.messages(frames, clip.labels, complaint)
            text, used = await self._asked(endpoint, chat, len(frames))
            try:
                return self._accept(clip, from_text(text), used)
            except SchemaError as error:
                complaint = str(error)
        if not complaint:  # others spent the rest while the frames were read
            return self._reject(clip, Why.UNANSWERED, USED_UP)
        return self._reject(clip, Why.UNUSABLE, complaint, text)

    async def _asked(self, endpoint: Endpoint, chat: list[dict], frames: int) -> tuple[str, tuple]:
        self.spent.under_way += 1
        try:
            answer = await endpoint.ask(chat)
        finally:
            self.spent.under_way -= 1
        self.fruitless = 0
        used = answer.tokens_in, answer.tokens_out
        if None in used:
            self.spent.guessed = True
            words = sum(len(part["text"]) for part in chat[1]["content"] if part["type"] == "text")
            asked = (len(chat[0]["content"]) + words) // CHARACTERS_PER_TOKEN
            used = asked + frames * TOKENS_PER_FRAME, len(answer.text) // CHARACTERS_PER_TOKEN
        self.spent.tokens_in += used[0]
        self.spent.tokens_out += used[1]
        self.spent.answers += 1
        return answer.text, used

    def _accept(self, clip: ClipToDescribe, checked: Checked, used: tuple[int, int]) -> None:
        key = self.key
        found = checked.description
        self.book.add(Entry(clip.id, key.prompt, key.model, found, checked.repairs, *used))

    def _reject(self, clip: ClipToDescribe, why: Why, reason: str, answer: str = "") -> None:
        self.book.reject(Reject(clip.id, self.key.prompt, self.key.model, why, reason, answer))

    def _give_up_if_down(self, error: AvslError) -> None:
        """Stop where nothing was ever answered, or nothing for many clips in a row."""
        self.fruitless += 1
        never = not self.spent.answers and isinstance(error, UnansweredError)
        if never or self.fruitless >= self.asking.give_up_after:
            clips = "the first clip" if never else f"{self.fruitless} clips in a row"
            raise EndpointError(
                f"{self.model.base_url} gave no answer for {clips}, so the run was stopped; run "
                f"the same command to go on. {error}"
            )

    def _report(self) -> None:
        if not self.todo:
            return self.progress(1.0, "everything is described already")
        elapsed_s = time.monotonic() - self.started_s
        left_s = elapsed_s / self.done * (len(self.todo) - self.done) if self.done else None
        told = f"{self.done} of {len(self.todo)} clips"
        if rejected := self.outcome().rejected:
            told += f", {rejected} rejected"
        tokens = self.spent.tokens_in + self.spent.tokens_out
        told += f", {tokens / 1000:.1f}k tokens"
        if self.spent.cost:
            told += f", cost {self.spent.cost:.2f}"
        if left_s is not None:
            told += f", {_duration(left_s)} left"
        return self.progress(self.done / len(self.todo), told)

    def outcome(self) -> Outcome:
        described = sum(name in self.book.described for name in self.clips)
        rejected = sum(name in self.book.rejected for name in self.clips)
        seconds = time.monotonic() - self.started_s
        return Outcome(described - self.before, self.before, rejected, seconds, self.spent)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _first(group: BaseExceptionGroup) -> BaseException:
    """The error to tell, where workers failed together: ours before surprises."""
    errors = list(_flat(group))
    ours = [error for error in errors if isinstance(error, EndpointError | Cancelled)]
    return (ours or errors)[0]


def _flat(group: BaseExceptionGroup) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _flat(error)
        else:
            yield error
