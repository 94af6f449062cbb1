"""A GGUF file in this process, through llama.cpp."""

from __future__ import annotations

import json
import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import Brief
from rewardsmith.errors import WriterError
from rewardsmith.writers.backend import Answer, Parameters, Tell
from rewardsmith.writers.local.gbnf import grammar
from rewardsmith.writers.openai.refusals import is_too_long
from rewardsmith.writers.openai.replies import read_reply
from rewardsmith.writers.prompts import Prompt

_CONTEXT_TOKENS = 8192
_SILENT = -1


class LocalModel:
    """A :class:`rewardsmith.writers.backend.Backend` without a network.

    The file is loaded at the first request and kept.
    """

    address, concurrency = "local", 1

    def __init__(self, options: LanguageModelOptions) -> None:
        """Find the file and the library; load neither.

        Raises:
            WriterError: One of them is missing.
        """
        if not options.model or not Path(options.model).is_file():
            given = f"{options.model} is no file" if options.model else "none is named"
            raise WriterError(f"the local writer needs a GGUF file, and {given}. Give --llm.model FILE.gguf.")
        if find_spec("xllamacpp") is None:
            raise WriterError(
                "the local writer needs xllamacpp, which is not installed. Install it: pip install "
                "'rewardsmith[local]'."
            )
        self._path, self._options = Path(options.model), options
        self.model = self._path.name
        self._server: Any = None  # xllamacpp has no types

    async def __aenter__(self) -> Self:
        """Load the file."""
        self._server = self._server or _load(self._path, self._options)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep it for the next round."""

    def parameters(self, brief: Brief) -> Parameters:
        """Sampling, and the form of the answer."""
        return {
            "temperature": self._options.temperature,
            "max_tokens": self._options.max_tokens,
            "seed": (brief.seed + brief.attempt) % 2**31,
            "grammar": grammar(brief.operator, brief.task.signals),
        }

    async def ask(self, prompt: Prompt, parameters: Parameters, tell: Tell) -> Answer:
        """Generate.

        Nothing else happens meanwhile, since there is one model and one set of cores.
        """
        del tell  # it waits for nothing
        messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
        try:
            body = self._server.handle_chat_completions({"messages": messages, **parameters})
        except RuntimeError as failure:
            return _unanswered(f"the model failed: {failure}.", parameters)
        reply = read_reply(json.dumps(body).encode())
        if not reply.answered:
            return _unanswered(reply.error, parameters)
        return Answer(reply.text, reply.finish_reason, reply.error, usage=reply.usage, parameters=parameters)


def _unanswered(error: str, parameters: Parameters) -> Answer:
    return Answer(error=error, answered=False, too_long=is_too_long(error), parameters=parameters)


def _load(path: Path, options: LanguageModelOptions) -> Any:
    # Spinning OpenMP barriers on busy cores slow llama.cpp down by a factor
    # of three; the setting is read at import.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    library = import_module("xllamacpp")
    settings = library.CommonParams()
    settings.model.path = str(path)
    settings.n_ctx, settings.n_parallel, settings.verbosity = _CONTEXT_TOKENS, 1, _SILENT
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = options.threads or max(
        1, (os.cpu_count() or 2) - 1
    )
    try:
        return library.Server(settings)
    except (RuntimeError, ValueError) as failure:
        raise WriterError(
            f"{path} cannot be loaded: {str(failure).rstrip('.')}. Give a GGUF file of a chat model."
        ) from failure
