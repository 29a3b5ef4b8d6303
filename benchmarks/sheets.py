"""Put writing on a sheet, lay that in front of a lens, in some light, and take a picture of it: for `pages.make`."""

import io
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Pen:
    """What wrote: its ink's colours, one of them at a time, how wide a line it draws (in heights), how grainy."""

    colours: tuple[Colour, ...]
    width: tuple[float, float] = (0.06, 0.105)
    grain: float = 0.0


@dataclass(eq=False)
class Mark:
    """The ink of one digit, 0 to 1, and where its corner lies on the sheet."""

    position: int
    ink: Floats
    left: int = 0
    top: int = 0

    def outline(self) -> Matrix:
        """Return the (x, y) of the corners of the pixels at the ink's edge."""
        solid = np.pad(self.ink > min(0.5, float(self.ink.max()) / 2), 1)
        inside = solid[:-2, 1:-1] & solid[2:, 1:-1] & solid[1:-1, :-2] & solid[1:-1, 2:]
        y, x = np.nonzero(solid[1:-1, 1:-1] & ~inside)
        corners = [np.column_stack((x + dx, y + dy)) for dx in (0, 1) for dy in (0, 1)]
        points: Matrix = np.concatenate(corners) + np.array([self.left, self.top], float)
        return points


@dataclass(eq=False)
class Writing:
    """Marks on a sheet without edges: lines of numbers of marks, where they stand, what is printed, the page's size.

    Boxes are those of a form, or lines if they have no height or width; words have their left, top and height.
    """

    size: float
    page: Matrix
    pen: Pen
    lines: list[list[list[Mark]]] = field(default_factory=list)
    bottoms: list[float] = field(default_factory=list)
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    words: list[tuple[str, float, float, float]] = field(default_factory=list)

    def marks(self) -> list[Mark]:
        """Return all marks, in reading order."""
        return [mark for line in self.lines for number in line for mark in number]

    def extent(self) -> Matrix:
        """Return left, top, right and bottom of everything."""
        inks = [
            (mark.left, mark.top, mark.left + mark.ink.shape[1], mark.top + mark.ink.shape[0]) for mark in self.marks()
        ]
        words = [(x, y, x + 0.7 * tall * len(word), y + tall) for word, x, y, tall in self.words]
        edges = np.array([*inks, *self.boxes, *words], float)
        return np.concatenate((edges[:, :2].min(0), edges[:, 2:].max(0)))


def photograph(rng: np.random.Generator, writing: Writing, traits: list[str]) -> tuple[NDArray[np.uint8], Matrix]:
    """Return a picture of the writing, and the projective map from where it stands on the sheet to the picture."""
    matrix, sheet, frame = _view(rng, writing, traits)
    picture = _lay(rng, _sheet(rng, writing, traits, sheet), matrix @ _shift(*sheet[:2]), frame, traits)
    return _camera(rng, picture * _light(rng, frame, traits)[..., None], traits, writing.size), matrix


def _shift(x: float, y: float) -> Matrix:
    """Return the map that moves points by x and y."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], float)


def moved(matrix: Matrix, points: Matrix) -> Matrix:
    """Return the points seen through a projective map."""
    seen = np.column_stack((points, np.ones(len(points)))) @ matrix.T
    result: Matrix = seen[:, :2] / seen[:, 2:]
    return result


def _corners(edges: Matrix) -> Matrix:
    """Return the corners of left, top, right, bottom."""
    left, top, right, bottom = edges
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _view(rng: np.random.Generator, writing: Writing, traits: list[str]) -> tuple[Matrix, Matrix, tuple[int, int]]:
    """Return the map from the sheet to the picture, the sheet's edges, and the picture's width and height."""
    table = "table" in traits
    sheet = writing.extent() + (6 + writing.size * rng.uniform(0.4, 1.2, 4)) * (-1, -1, 1, 1)
    spare = np.maximum(
        writing.page * (0.72 if table else 0.87 if "turned" in traits else 1) - (sheet[2:] - sheet[:2]), 0
    )
    share = rng.uniform(0.15, 0.85, 2)
    sheet = sheet + np.concatenate((-spare * share, spare * (1 - share)))
    across = float(np.hypot(*(sheet[2:] - sheet[:2])))
    matrix = _shift(*(-(sheet[:2] + sheet[2:]) / 2))
    if "turned" in traits or "steep" in traits:
        degrees = rng.uniform(2, 4) * rng.choice([-1, 1]) if "steep" in traits else np.clip(rng.normal(0, 2.5), -5, 5)
        angle = np.radians(degrees)
        matrix = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]) @ matrix
    if "perspective" in traits:
        matrix = np.array([[1, 0, 0], [0, 1, 0], [*(rng.uniform(-0.16, 0.16, 2) / across), 1]]) @ matrix
    seen = moved(matrix, _corners(sheet))
    low, high = seen.min(0), seen.max(0)
    if table:
        low, high = low - across * rng.uniform(-0.01, 0.06, 2), high + across * rng.uniform(-0.01, 0.06, 2)
    matrix = _shift(*-low) @ matrix
    width, height = (int(n) for n in np.ceil(high - low))
    if not table:  # the sheet goes on beyond the picture's edges
        back = moved(np.asarray(np.linalg.inv(matrix), np.float64), _corners(np.array([0, 0, width, height], float)))
        sheet = np.concatenate((back.min(0) - 3, back.max(0) + 3))
    return matrix, np.concatenate((np.floor(sheet[:2]), np.ceil(sheet[2:]))), (width, height)


def _clouds(rng: np.random.Generator, shape: tuple[int, int], *cells: tuple[float, float]) -> Floats:
    """Return noise of unit variance, smooth at the scale of each cell (height, width), in equal parts."""
    total = np.zeros(shape, np.float32)
    for tall, wide in cells:
        rough = rng.standard_normal((int(shape[0] / tall) + 2, int(shape[1] / wide) + 2), np.float32)
        smooth = Image.fromarray(rough).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
        total += np.asarray(smooth, np.float32)
    return total / max(float(total.std()), 1e-6)


def _sheet(rng: np.random.Generator, writing: Writing, traits: list[str], edges: Matrix) -> Floats:
    """Return the sheet with everything printed and written on it, seen from straight above."""
    width, height = (int(n) for n in edges[2:] - edges[:2])
    shape, pen, scale = (height, width), writing.pen, max(1.0, writing.size / 60)
    sheet = np.empty((height, width, 3), np.float32)
    sheet[:] = _paper_colour(rng, traits)
    if "textured paper" in traits:
        fibres = _clouds(rng, shape, (1, 1), (2, 5), (6, 2), (25, 25))
        sheet *= (1 + np.float32(rng.uniform(0.008, 0.025)) * fibres)[..., None]
    if "chalk" in traits:  # wiped before
        sheet += (rng.uniform(3, 8) * np.abs(_clouds(rng, shape, (60, 110), (25, 60), (150, 150))))[..., None]
    _print(rng, sheet, writing, traits, edges)
    if "dust" in traits:
        _dust(rng, sheet, writing.size)
    ink = np.zeros(shape, np.float32)
    for mark in writing.marks():
        y, x = mark.top - int(edges[1]), mark.left - int(edges[0])
        part = ink[y : y + mark.ink.shape[0], x : x + mark.ink.shape[1]]
        np.maximum(part, mark.ink, out=part)
    strength = np.float32(rng.uniform(0.85, 1)) * (1 + 0.05 * _clouds(rng, shape, (8 * scale, 8 * scale)))
    if pen.grain:
        grain = _clouds(rng, shape, (scale, scale), (1.7 * scale, 1.7 * scale))
        strength *= np.clip(1 - pen.grain * np.maximum(grain - 0.3, 0), 0.2, 1)
    ink *= np.clip(strength, 0, 1)
    colour = np.array(pen.colours[0], np.float32)
    through = colour if "chalk" in traits else sheet * (colour / 255)
    return np.asarray(sheet + ink[..., None] * (through - sheet), np.float32)


def _paper_colour(rng: np.random.Generator, traits: list[str]) -> Floats:
    """Return the colour of the empty sheet."""
    white = rng.uniform(225, 253) * np.array([1, rng.uniform(0.985, 1), rng.uniform(0.95, 1)])
    boards = [(32, 62, 50), (38, 42, 46), (28, 45, 68), (45, 70, 52)]
    papers = [(250, 240, 205), (252, 238, 140), (205, 225, 245), (245, 212, 218), (212, 236, 208), (222, 205, 178)]
    choices = boards if "chalk" in traits else papers if "coloured paper" in traits else [tuple(white)]
    return np.array(choices[int(rng.integers(len(choices)))], np.float32)


def _print(rng: np.random.Generator, sheet: Floats, writing: Writing, traits: list[str], edges: Matrix) -> None:
    """Print what the sheet came with: lines, squares or boxes."""
    size, (height, width) = writing.size, sheet.shape[:2]
    thick = max(1, round(size * rng.uniform(0.012, 0.035)))
    pale = np.array([(165, 195, 235), (185, 190, 200), (150, 180, 215)][int(rng.integers(3))], np.float32) / 250

    def rules(first: float, pitch: float, *, across: bool) -> None:
        for at in np.arange(first % pitch, height if across else width, pitch).astype(int):
            sheet[(slice(at, at + thick),) if across else (slice(None), slice(at, at + thick))] *= pale

    if "ruled paper" in traits:
        pitch = float(np.diff(writing.bottoms)[0]) if len(writing.bottoms) > 1 else size * rng.uniform(1.4, 2.2)
        first = writing.bottoms[0] - edges[1] + size * 0.03
        if rng.random() < 0.35:  # written without minding the lines
            pitch, first = size * rng.uniform(0.9, 1.7), first + rng.uniform(0, 1) * size
        rules(first, pitch, across=True)
        if rng.random() < 0.35:
            margin = int(max(writing.extent()[0] - edges[0] - rng.uniform(0.25, 0.4) * size, 1))
            sheet[:, margin : margin + thick] *= np.array([0.95, 0.6, 0.62], np.float32)
    if "squared paper" in traits:
        pitch = size * rng.uniform(0.5, 1.05)
        for across in (True, False):
            rules(rng.uniform(0, pitch), pitch, across=across)
    for word, x, y, tall in writing.words:
        _print_word(sheet, word, (x - edges[0], y - edges[1]), tall)
    _print_boxes(rng, sheet, [np.array(box) - np.tile(edges[:2], 2) for box in writing.boxes], thick)


def _print_word(sheet: Floats, word: str, place: tuple[float, float], tall: float) -> None:
    """Print a word in black."""
    x, y = (max(int(n), 0) for n in place)
    mask = Image.new("L", (int(tall * len(word)) + 2, int(1.5 * tall)))
    ImageDraw.Draw(mask).text((0, 0), word, fill=255, font=ImageFont.load_default(tall))
    part = sheet[y : y + mask.height, x : x + mask.width]
    part *= 1 - np.float32(0.85 / 255) * np.asarray(mask, np.float32)[: part.shape[0], : part.shape[1], None]


def _print_boxes(rng: np.random.Generator, sheet: Floats, boxes: list[Matrix], thick: int) -> None:
    """Print a form's boxes, closed or, seldom, low combs."""
    colour = [(40, 40, 45), (225, 130, 60), (70, 110, 180), (140, 140, 145)][int(rng.integers(4))]
    comb = rng.random() < 0.2
    for box in boxes:
        left, top, right, bottom = (int(n) for n in box)
        top += (bottom - top) * 2 // 3 if comb and left < right else 0
        sheet[bottom : bottom + thick, left : right + thick] = colour
        sheet[top : top + (0 if comb else thick), left : right + thick] = colour
        for x in (left, right):
            sheet[top:bottom, x : x + thick] = colour


def _dust(rng: np.random.Generator, sheet: Floats, size: float) -> None:
    """Strew dark specks over the sheet, far smaller than a digit."""
    height, width = sheet.shape[:2]
    for _ in range(int(rng.integers(4, 30))):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        wide, tall = rng.integers(1, 2 + round(0.035 * size), 2)
        sheet[y : y + tall, x : x + wide] *= np.float32(rng.uniform(0.35, 0.8))


def _lay(rng: np.random.Generator, sheet: Floats, matrix: Matrix, frame: tuple[int, int], traits: list[str]) -> Floats:
    """Return the picture of the sheet, through the map, on a table where one is to be seen."""
    if np.allclose(matrix, np.eye(3)) and sheet.shape[1::-1] == frame:
        return sheet
    back = np.linalg.inv(matrix)
    data = tuple(float(n) for n in (back / back[2, 2]).ravel()[:8])
    flat = Image.fromarray(np.clip(sheet, 0, 255).astype(np.uint8))
    seen = flat.transform(frame, Image.Transform.PERSPECTIVE, data, Image.Resampling.BICUBIC)
    picture = np.asarray(seen, np.float32)
    if "table" not in traits:
        return picture.copy()
    corners = moved(matrix, _corners(np.array([1, 1, flat.width - 1, flat.height - 1], float)))
    lying, thrown = _area(frame, corners), _area(frame, corners + 4)
    soft = np.asarray(lying.filter(ImageFilter.GaussianBlur(0.8)), np.float32)[..., None] / 255
    dark = 1 - 0.45 * np.asarray(thrown.filter(ImageFilter.GaussianBlur(max(frame) / 120)), np.float32)[..., None] / 255
    return np.asarray(picture * soft + _table(rng, frame) * dark * (1 - soft), np.float32)


def _area(size: tuple[int, int], points: Matrix) -> Image.Image:
    """Return a mask of the polygon."""
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).polygon([(float(x), float(y)) for x, y in points], fill=255)
    return mask


def _table(rng: np.random.Generator, frame: tuple[int, int]) -> Floats:
    """Return a table: wooden, or plain and dark."""
    wood, plain = [(150, 105, 65), (110, 72, 45), (182, 142, 98)], [(52, 52, 56), (70, 62, 58), (40, 48, 60)]
    if rng.random() < 0.65:
        colours, grain = wood, 0.09 * _clouds(rng, frame[::-1], (4, 220), (14, 500), (1.5, 60))
    else:
        colours, grain = plain, 0.04 * _clouds(rng, frame[::-1], (1, 1), (3, 3))
    colour = np.array(colours[int(rng.integers(3))], np.float32)
    return np.asarray(np.clip(1 + grain, 0.5, 1.4)[..., None] * colour, np.float32)


def _light(rng: np.random.Generator, frame: tuple[int, int], traits: list[str]) -> Floats:
    """Return how much light falls on each pixel of the picture: about 1, less where it is dark."""
    width, height = frame
    small = (max(width // 8, 2), max(height // 8, 2))
    y, x = np.meshgrid(np.linspace(-1, 1, small[1]), np.linspace(-1, 1, small[0]), indexing="ij")
    light = np.ones(small[::-1])
    if "uneven light" in traits:
        angle, fall = rng.uniform(0, 2 * np.pi), rng.uniform(0.08, 0.26)
        light -= fall * (1 + x * np.cos(angle) + y * np.sin(angle)) / 1.5
        light -= rng.uniform(0, 0.12) * ((x - rng.uniform(-1, 1)) ** 2 + (y - rng.uniform(-1, 1)) ** 2) / 2
    if "shadow" in traits:
        angle, turns = rng.uniform(0, 2 * np.pi), np.linspace(0, 2 * np.pi, 60)
        middle = np.array(small) / 2 * (1 + rng.uniform(0.4, 1.0) * np.array([np.cos(angle), np.sin(angle)]))
        # A hand: a blunt blob with a few bulges; a phone: something with four corners.
        bulges = [rng.uniform(0, 0.25 / n) * np.sin(n * turns + rng.uniform(0, 6)) for n in (2, 3, 5, 7)]
        reach = (1 + np.sum(bulges, 0))[:, None] * np.array(small) * rng.uniform(0.3, 0.6, 2)
        corners = slice(None, None, 1 if rng.random() < 0.6 else 15)
        points = (middle + reach * np.column_stack((np.cos(turns + angle), np.sin(turns + angle))))[corners]
        soft = _area(small, points).filter(ImageFilter.GaussianBlur(rng.uniform(0.8, 5)))
        light *= 1 - rng.uniform(0.15, 0.42) * np.asarray(soft) / 255
    smooth = Image.fromarray(light.astype(np.float32)).resize(frame, Image.Resampling.BICUBIC)
    return np.asarray(np.clip(np.asarray(smooth), 0.25, 1), np.float32)


def _camera(rng: np.random.Generator, picture: Floats, traits: list[str], size: float) -> NDArray[np.uint8]:
    """Return the picture as a camera or scanner gives it: blurred, noisy, compressed."""
    if "motion blur" in traits:
        steps = max(2, round(size * rng.uniform(0.02, 0.05)))
        angle = rng.uniform(0, np.pi)
        moves = {(round(i * np.sin(angle)), round(i * np.cos(angle))) for i in range(-(steps // 2), steps // 2 + 1)}
        picture = np.mean([np.roll(picture, move, (0, 1)) for move in sorted(moves)], 0, np.float32)
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    soft = rng.uniform(0.5, 0.55 + 0.016 * size) if "blur" in traits else 0.4
    image = image.filter(ImageFilter.GaussianBlur(soft))
    if "noise" in traits:
        noise = rng.standard_normal((image.height, image.width, 3), np.float32) * np.float32(rng.uniform(2, 8))
        noise = 0.6 * noise + 0.5 * noise[..., 1:2]
        image = Image.fromarray(np.clip(np.asarray(image, np.float32) + noise, 0, 255).astype(np.uint8))
    if "grey" in traits:
        image = image.convert("L")
    if "JPEG" in traits:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=int(rng.integers(30 if size > 45 else 50, 91)))
        image = Image.open(buffer)
    return np.asarray(image).copy()
