"""Looking for a call of 1 s in ten hours of sound by template matching: normalised cross-correlation of spectrograms, as
field biologists' programs do it (scipy.signal). The first argument is the number of threads.

Prints how long the spectrogram takes, and how long each search takes once it is there.
"""
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy import fft, signal

RATE, HOURS, PIECE_SECS = 8000, 10, 600
WINDOW, HOP = 256, 128
CALL_SECS = 1.0


def spectrogram(piece):
    _, _, power = signal.spectrogram(piece, RATE, nperseg=WINDOW, noverlap=WINDOW - HOP, mode="psd")
    return np.log(power + 1e-10).astype(np.float32)


def correlate(image, template):
    """Pearson's correlation of the template with the image at each time."""
    centred = template - template.mean()
    frames = template.shape[1]
    product = signal.fftconvolve(image, centred[::-1, ::-1], mode="valid")[0]
    column, square = image.sum(axis=0), (image.astype(np.float64) ** 2).sum(axis=0)
    box = np.ones(frames)
    total, squares = np.convolve(column, box, "valid"), np.convolve(square, box, "valid")
    spread = np.maximum(squares - total**2 / template.size, 1e-9)
    return product / np.sqrt(spread * (centred**2).sum())


def main():
    threads = int(sys.argv[1])
    random = np.random.default_rng(7)
    pieces = [random.standard_normal(PIECE_SECS * RATE, dtype=np.float32) for _ in range(HOURS * 3600 // PIECE_SECS)]
    with ThreadPoolExecutor(threads) as pool, fft.set_workers(1):
        began = time.perf_counter()
        images = list(pool.map(spectrogram, pieces))
        took = time.perf_counter() - began
        template = images[3][:, 1000 : 1000 + int(CALL_SECS * RATE / HOP)]
        rounds = []
        for _ in range(3):
            began = time.perf_counter()
            scores = list(pool.map(lambda image: correlate(image, template), images))
            peaks = [signal.find_peaks(score, height=0.5, distance=template.shape[1] // 2)[0] for score in scores]
            rounds.append(time.perf_counter() - began)
        assert 1000 in peaks[3], peaks[3]
    print(f"{HOURS} hours, spectrogram cross-correlation, 1 s: {min(rounds):.3f} s on {threads} threads, "
          f"and {took:.1f} s for the spectrogram of all before")


main()
