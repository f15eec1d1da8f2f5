"""The same variants made with Pillow: `pillow.py set|seed <photo> <runs>` prints the cost of each run in the format of worker.ts.

`seed` reproduces the original Django system's function: it reopens the photo for every file, and also encodes the photo
at its full size, a file that it never stores.
"""

import io
import json
import resource
import sys
import time

from PIL import Image, ImageFilter, ImageOps


def save(picture, kind, **settings):
    picture.save(io.BytesIO(), kind, **settings)


def default_set(photo):
    master = ImageOps.exif_transpose(Image.open(io.BytesIO(photo))).convert("RGB")
    master.thumbnail((2048, 2048), Image.LANCZOS)
    for picture in (master, master.filter(ImageFilter.GaussianBlur(20))):
        save(picture, "JPEG", quality=85)
        for side in (50, 100, 200, 400):
            square = ImageOps.fit(picture, (side, side), Image.LANCZOS)
            save(square, "WEBP", quality=80, method=2 if side > 128 else 4)


def seed_set(photo):
    for side in (None, 50, 100, 400):
        for blurred in (False, True):
            picture = Image.open(io.BytesIO(photo))
            kind = picture.format
            if side:
                picture.thumbnail((side, side), Image.LANCZOS)
            if blurred:
                picture = picture.filter(ImageFilter.GaussianBlur(side / 100 if side else 20))
            save(picture, kind)


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_memory():
    """KiB; Linux counts the process that started this one, too, in what getrusage tells."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(name, path, runs):
    run = {"set": default_set, "seed": seed_set}[name]
    with open(path, "rb") as file:
        photo = file.read()
    samples = []
    for at in range(runs + 1):
        started, at_start = time.perf_counter(), cpu()
        run(photo)
        if at > 0:
            wall = time.perf_counter() - started
            samples.append({"cpu": 1000 * (cpu() - at_start), "wall": 1000 * wall})
    print(json.dumps({"samples": samples, "rss": peak_memory() / 1024}))


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
