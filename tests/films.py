"""Looking into video files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg


def probe(path: Path) -> tuple[int, tuple[int, int], float]:
    """Pictures, width and height, and pictures per second of a video, by decoding it."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    found = re.search(r"Video: h264.* (\d+)x(\d+).* ([\d.]+) fps", done.stderr.decode())
    assert found, done.stderr
    width, height = int(found[1]), int(found[2])
    return len(done.stdout) // (width * height * 3), (width, height), float(found[3])
