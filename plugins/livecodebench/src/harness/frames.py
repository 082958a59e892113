# Bytes in and out of descriptors, without a buffer: what nobody asked for yet stays in the kernel,
# where a child cannot find it.
import os


def read_exactly(descriptor, length):
    parts = []
    while length:
        part = os.read(descriptor, min(length, 1 << 20))
        if not part:
            raise EOFError("a frame is cut short")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def read_frame(descriptor):
    return read_exactly(descriptor, int.from_bytes(read_exactly(descriptor, 4), "big"))


def write_all(descriptor, data):
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view):]
