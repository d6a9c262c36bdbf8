"""A file system in memory of its own, where root may mount one."""
import contextlib
import os
import subprocess

from lib import tap


class Disk:
    def __init__(self, path, megabytes=16):
        self.path, self.megabytes = path, megabytes
        self.ballast = os.path.join(path, "ballast")
        os.makedirs(path)

    def __enter__(self):
        self.mount("-t", "tmpfs", "-o", f"size={self.megabytes}m,mode=0700", "tmpfs")
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "--lazy", self.path], check=False, capture_output=True)

    def mount(self, *words):
        done = subprocess.run(["mount", *words, self.path], check=False, capture_output=True, text=True)
        if done.returncode:
            raise tap.Skip(f"no file system may be mounted here: {done.stderr.strip()}")

    def may_write(self, may):
        self.mount("-o", "remount,rw" if may else "remount,ro")

    def fill(self, room=0):
        """Full, but for so many bytes."""
        with open(self.ballast, "wb", buffering=0) as f, contextlib.suppress(OSError):
            piece = bytes(65536)
            while piece:
                try:
                    while True:
                        f.write(piece)
                except OSError:
                    piece = piece[:len(piece) // 2]
        os.truncate(self.ballast, os.path.getsize(self.ballast) - room)

    def free(self):
        os.unlink(self.ballast)

    def room(self):
        s = os.statvfs(self.path)
        return s.f_bavail * s.f_frsize
