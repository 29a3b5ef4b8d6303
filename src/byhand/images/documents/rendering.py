"""The process that draws the pages of a PDF document: what one costs, or breaks, is this process's and nobody else's.

It reads the document from its standard input, and writes page after page: width, height and colours, and then so many
bytes; or, of a page that cannot be drawn, no width or height, and why. Nothing in the document is ever run:
PDFium as it is installed has no JavaScript, and forms are not started.
"""

import struct
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

HEAD = struct.Struct(">III")
MOST_MEMORY = 2 << 30  # bytes
POINTS, FINEST = 72, 300  # of an inch; dots of an inch that are drawn at most
LONGEST = 2400  # pixels of the longest side


def drawn(page: "PdfPage") -> bytes:
    """Return a page as its head and pixels."""
    scale = min(FINEST / POINTS, LONGEST / max(*page.get_size(), 1))
    bitmap = page.render(scale=scale, may_draw_forms=False, rev_byteorder=True)
    pixels = bitmap.to_numpy()
    content: bytes = pixels.tobytes()
    return HEAD.pack(pixels.shape[1], pixels.shape[0], pixels.shape[2]) + content


def limit_memory() -> None:
    """Let this process take only so much memory, where the system can hold it to that."""
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, most))


def draw(document: "PdfDocument", most: int) -> None:
    """Write pages, up to a number of them."""
    for number in range(min(len(document), most)):
        try:
            page = drawn(document[number])
        except Exception as error:  # Of a damaged page PDFium says many things; the others are still to be had.
            said = str(error).encode()
            page = HEAD.pack(0, 0, len(said)) + said
        sys.stdout.buffer.write(page)
        sys.stdout.buffer.flush()


def main() -> None:
    """Draw the document on the standard input."""
    from pypdfium2 import PdfDocument, PdfiumError

    content = sys.stdin.buffer.read()
    limit_memory()
    try:
        document = PdfDocument(content)
        many = len(document)
    except PdfiumError as error:
        sys.stdout.buffer.write(HEAD.pack(0, 1, len(said := str(error).encode())) + said)
        return
    sys.stdout.buffer.write(HEAD.pack(0, 2, len(told := str(many).encode())) + told)
    draw(document, int(sys.argv[1]))


if __name__ == "__main__":
    main()
