from importlib.util import find_spec
from pathlib import Path

import pytest

from rewardsmith.config import LanguageModelOptions
from rewardsmith.errors import WriterError
from rewardsmith.writers.local.writer import LocalWriter


def test_a_file_is_asked_for(tmp_path: Path):
    with pytest.raises(WriterError, match="none is named"):
        LocalWriter(LanguageModelOptions())
    with pytest.raises(WriterError, match=r"missing\.gguf is no file"):
        LocalWriter(LanguageModelOptions(model=str(tmp_path / "missing.gguf")))


@pytest.mark.skipif(find_spec("xllamacpp") is not None, reason="the library is installed")
def test_without_the_library_it_says_how_to_get_it(tmp_path: Path):
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    with pytest.raises(WriterError, match=r"pip install 'rewardsmith\[local\]'"):
        LocalWriter(LanguageModelOptions(model=str(tmp_path / "m.gguf")))
