#!/usr/bin/env python3
"""What `benches/training.rs` races: a training step of the `spectral` preset, written for PyTorch as one would.

    training_peer.py WAV_DIR OUT_DIR --steps N --threads N

The WAVs (8 kHz, mono) are cut into chunks of 256 ms at a hop of 128 ms. A step makes two views of 64 chunks (moved in time,
louder or softer, with some noise), computes their log-mel frames, and updates encoder and decoder. Nothing is written.
"""
import argparse
import pathlib
import time

import numpy as np
import soundfile
import torch
from torch import nn
from torch.nn import functional as F

RATE, CHUNK, HOP, WINDOW, MELS, CHANNELS, BLOCKS, BITS, BATCH = 8000, 2048, 1024, 256, 40, 48, 4, 64, 64


def filters():
    """Triangles on the mel scale: [bins, MELS]."""
    mel = lambda hz: 2595 * np.log10(1 + hz / 700)
    corners = 700 * (10 ** (np.linspace(mel(30), mel(RATE / 2), MELS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(WINDOW, 1 / RATE)[:, None]
    left, middle, right = corners[:-2], corners[1:-1], corners[2:]
    shape = np.minimum((bins - left) / (middle - left), (right - bins) / (right - middle))
    return torch.from_numpy(np.maximum(shape, 0).astype(np.float32))


FILTERS, HANN = filters(), torch.hann_window(WINDOW)


def log_mel(sound):
    """[batch, samples] -> [batch, MELS, frames]"""
    spectrum = torch.fft.rfft(sound.unfold(1, WINDOW, WINDOW // 4) * HANN)
    return (spectrum.abs().square() @ FILTERS).add(1e-5).log().transpose(1, 2)


class Block(nn.Module):
    def __init__(self, dilation):
        super().__init__()
        self.dilation = dilation
        self.norm = nn.GroupNorm(1, CHANNELS)
        self.conv = nn.Conv1d(CHANNELS, 2 * CHANNELS, 2, dilation=dilation)
        self.mix = nn.Conv1d(CHANNELS, CHANNELS, 1)

    def forward(self, x):
        pushed, opened = self.conv(F.pad(self.norm(x), (self.dilation, 0))).chunk(2, 1)
        return x + self.mix(pushed.tanh() * opened.sigmoid())


class Machine(nn.Module):
    def __init__(self, frames):
        super().__init__()
        dilations = [2**i for i in range(BLOCKS)]
        self.hear = nn.Sequential(nn.Conv1d(MELS, CHANNELS, 1), *map(Block, dilations))
        self.code = nn.Sequential(nn.LayerNorm(2 * CHANNELS), nn.Linear(2 * CHANNELS, BITS))
        self.start = nn.Linear(BITS, CHANNELS)
        self.place = nn.Parameter(0.1 * torch.randn(CHANNELS, frames))
        self.say = nn.Sequential(*map(Block, dilations[::-1]), nn.Conv1d(CHANNELS, MELS, 1))

    def encode(self, frames):
        heard = self.hear(frames)
        return self.code(torch.cat([heard.mean(2), heard.std(2)], 1))

    def decode(self, z):
        return self.say(self.start(z)[:, :, None] + self.place)


def view(chunks):
    n = len(chunks)
    shift = torch.randint(-CHUNK // 8, CHUNK // 8 + 1, (n, 1))
    moved = chunks.gather(1, (torch.arange(CHUNK) + shift) % CHUNK) * 10 ** (torch.empty(n, 1).uniform_(-6, 6) / 20)
    loudest = moved.abs().amax(1, keepdim=True)
    return moved + torch.randn_like(moved) * loudest * 10 ** torch.empty(n, 1).uniform_(-4, -2.3)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wavs", type=pathlib.Path)
    parser.add_argument("out")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    cut = []
    for path in sorted(options.wavs.glob("*.wav")):
        sound, _ = soundfile.read(path, dtype="float32")
        sound = np.pad(sound, (0, max(CHUNK - len(sound), 0)))
        cut += [sound[at : at + CHUNK] for at in range(0, len(sound) - CHUNK + 1, HOP)]
    chunks = torch.from_numpy(np.stack(cut))
    sample = log_mel(chunks[:2000])
    mean, deviation = sample.mean((0, 2))[:, None], sample.std((0, 2)).clamp(min=1)[:, None]
    hear = lambda sound: (log_mel(sound) - mean) / deviation
    machine = Machine(sample.shape[2])
    adam = torch.optim.Adam(machine.parameters(), lr=2e-3)
    others = torch.arange(2 * BATCH)
    partner = (others + BATCH) % (2 * BATCH)
    for step in range(options.steps):
        if step == options.steps // 6:
            began, first = time.time(), step
        with torch.no_grad():
            some = chunks[torch.randint(len(chunks), (BATCH,))]
            views, clean = torch.cat([hear(view(some)), hear(view(some))]), hear(some)
        h = machine.encode(views)
        z = torch.sigmoid(h + 2 * step / options.steps * torch.randn_like(h))
        unit = F.normalize(2 * z - 1, dim=1)
        alike = (unit @ unit.T / 0.2).masked_fill(torch.eye(2 * BATCH, dtype=torch.bool), -1e9)
        loss = F.mse_loss(machine.decode(z[:BATCH]), clean) + F.cross_entropy(alike, partner)
        loss = loss + 0.4 * (z.mean(0) - 0.5).square().mean()
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(machine.parameters(), 1.0)
        adam.step()
    print(f"{(options.steps - first) * BATCH / (time.time() - began):.0f} chunks/s")


if __name__ == "__main__":
    main()
