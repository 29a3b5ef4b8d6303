/* Cells of one or more pixels each, in whose bitmaps it is seen what hangs together. Those around the pen's box count
   from -${name}_around on. */
typedef struct {
    const ${name}_ink *ink;
    ${name}_box box; /* of the pen */
    int size, columns, rows, level;
} ${name}_grid;

/* Ink that hangs together: its box and number of cells, and the sum of their squared distances from the middle. */
typedef struct {
    ${name}_box box;
    uint32_t count, away;
} ${name}_piece;

/* Count how often there is each grey level, and return Otsu's threshold, the middle one of those that are best. */
static int ${name}_level(const ${name}_ink *ink, uint32_t counts[256])
{
    uint32_t below = 0, all = 0, below_sum = 0, sum = 0;
    double best = -1;
    int first = 0, last = 0, k, x, y;
    memset(counts, 0, 256 * sizeof *counts);
    for (y = 0; y < ink->box.bottom; y++) {
        for (x = 0; x < ink->box.right; x++) {
            counts[${name}_at(ink, x, y)]++;
        }
    }
    for (k = 1; k < 256; k++) {
        all += counts[k];
        sum += counts[k] * (uint32_t)k;
    }
    for (k = 1; k < 255; k++) {
        double apart;
        below += counts[k];
        below_sum += counts[k] * (uint32_t)k;
        apart = (double)below_sum / (below > 0 ? below : 1)
            - (double)(sum - below_sum) / (all > below ? all - below : 1);
        apart = apart * apart * below * (all - below);
        if (apart > best) {
            best = apart;
            first = k;
        }
        if (apart >= best) {
            last = k;
        }
    }
    return 1 + (first + last) / 2;
}

/* Return the fullest pixel of a cell. */
static int ${name}_cell(const ${name}_grid *grid, int column, int row)
{
    int left = grid->box.left + column * grid->size, top = grid->box.top + row * grid->size, most = 0, x, y;
    for (y = top; y < top + grid->size; y++) {
        for (x = left; x < left + grid->size; x++) {
            most = ${name}_larger(most, ${name}_at(grid->ink, x, y));
        }
    }
    return most;
}

/* Tell whether the pen is in a cell. */
static int ${name}_penned(const ${name}_grid *grid, int column, int row)
{
    return column >= 0 && row >= 0 && column < grid->columns && row < grid->rows
        && ${name}_cell(grid, column, row) >= grid->level;
}

/* Return eight bits of a bitmap, which are 0 outside. Its first row and bit belong to the cell at -${name}_around. */
static unsigned ${name}_byte(const uint8_t *bits, int row, int byte)
{
    if (row < 0 || byte < 0 || row >= ${name}_cells + 2 * ${name}_around || byte >= ${name}_row) {
        return 0;
    }
    return bits[row * ${name}_row + byte];
}

/* Tell of eight cells which of them are set or have one of their eight neighbours set. */
static unsigned ${name}_near(const uint8_t *bits, int row, int byte)
{
    unsigned before = 0, here = 0, after = 0;
    int y;
    for (y = row - 1; y <= row + 1; y++) {
        before |= ${name}_byte(bits, y, byte - 1);
        here |= ${name}_byte(bits, y, byte);
        after |= ${name}_byte(bits, y, byte + 1);
    }
    return (here | here << 1 | here >> 1 | before >> 7 | after << 7) & 255U;
}

static int ${name}_is_set(const uint8_t *bits, int column, int row)
{
    column += ${name}_around;
    return column >= 0 && (${name}_byte(bits, row + ${name}_around, column / 8) >> column % 8 & 1) != 0;
}

static void ${name}_set(uint8_t *bits, int column, int row)
{
    uint8_t *byte = bits + (row + ${name}_around) * ${name}_row + (column + ${name}_around) / 8;
    *byte = (uint8_t)(*byte | 1 << (column + ${name}_around) % 8);
}

/* Return how far a cell is from the middle of a side, 64 at its end; rounded down. */
static int32_t ${name}_off(int start, int size, int place, int side)
{
    int32_t away = 64 * (2 * start + (2 * place + 1) * size - side);
    return away >= 0 ? away / side : -((side - 1 - away) / side);
}

/* Set the bit of a cell, and count it to its piece. */
static void ${name}_join(const ${name}_grid *grid, uint8_t *bits, int column, int row, ${name}_piece *piece)
{
    int32_t x = ${name}_off(grid->box.left, grid->size, column, grid->ink->box.right);
    int32_t y = ${name}_off(grid->box.top, grid->size, row, grid->ink->box.bottom);
    ${name}_set(bits, column, row);
    piece->box.left = ${name}_least(piece->box.left, column);
    piece->box.top = ${name}_least(piece->box.top, row);
    piece->box.right = ${name}_larger(piece->box.right, column + 1);
    piece->box.bottom = ${name}_larger(piece->box.bottom, row + 1);
    piece->count++;
    piece->away += (uint32_t)(x * x + y * y);
}

/* Join those of eight cells which the pen is in and which touch what is set; return whether there were any. Of other
   pieces nothing touches them. */
static int ${name}_spread(const ${name}_grid *grid, uint8_t *bits, int row, int byte, ${name}_piece *piece)
{
    int any = 0, more = 1, k;
    while (more) {
        unsigned beside = ${name}_near(bits, row, byte) & ~${name}_byte(bits, row, byte);
        more = 0;
        for (k = 0; beside >> k != 0; k++) {
            int column = 8 * byte + k - ${name}_around;
            if ((beside >> k & 1) != 0 && ${name}_penned(grid, column, row - ${name}_around)) {
                ${name}_join(grid, bits, column, row - ${name}_around, piece);
                any = more = 1;
            }
        }
    }
    return any;
}

/* Find the piece that begins with a cell, and set its bits: to and fro, until there is no more of it. */
static void ${name}_flood(const ${name}_grid *grid, uint8_t *bits, int column, int row, ${name}_piece *piece)
{
    const ${name}_box *box = &piece->box;
    int more = 1, x, y;
    memset(piece, 0, sizeof *piece);
    piece->box.left = column;
    piece->box.top = row;
    ${name}_join(grid, bits, column, row, piece);
    while (more) {
        more = 0;
        for (y = box->top - 1; y <= box->bottom; y++) {
            for (x = (box->left - 1 + ${name}_around) / 8; x <= (box->right + ${name}_around) / 8; x++) {
                more |= ${name}_spread(grid, bits, y + ${name}_around, x, piece);
            }
        }
        for (y = box->bottom; y >= box->top - 1; y--) {
            for (x = (box->right + ${name}_around) / 8; x >= (box->left - 1 + ${name}_around) / 8; x--) {
                more |= ${name}_spread(grid, bits, y + ${name}_around, x, piece);
            }
        }
    }
}

/* Find the piece that begins next, from a cell on, row by row; return 0 if there is none. */
static int ${name}_next(const ${name}_grid *grid, uint8_t *bits, int *cell, ${name}_piece *piece)
{
    for (; *cell < grid->columns * grid->rows; ++*cell) {
        int column = *cell % grid->columns, row = *cell / grid->columns;
        if (!${name}_is_set(bits, column, row) && ${name}_penned(grid, column, row)) {
            ${name}_flood(grid, bits, column, row, piece);
            return 1;
        }
    }
    return 0;
}

/* Tell whether a piece reaches an end of the pen's box that is near the picture's edge. */
static int ${name}_at_edge(const ${name}_grid *grid, const ${name}_piece *piece)
{
    const ${name}_box *all = &grid->ink->box;
    int margin = ${name}_longest(all) / ${name}_cells;
    return (piece->box.left == 0 && grid->box.left <= margin)
        || (piece->box.top == 0 && grid->box.top <= margin)
        || (piece->box.right == grid->columns && grid->box.right >= all->right - margin)
        || (piece->box.bottom == grid->rows && grid->box.bottom >= all->bottom - margin);
}

/* Return how much a piece may be what the picture is about. */
static double ${name}_worth(const ${name}_grid *grid, const ${name}_piece *piece)
{
    double factor = 1.5 - (double)piece->away / piece->count / 4096;
    return ${name}_longest(&piece->box) * (${name}_at_edge(grid, piece) && factor < 1 ? factor : 1);
}

/* Tell whether a piece is the main one or belongs to it: no speck does, and from the edge only the bar of a 5. */
static int ${name}_belongs(const ${name}_grid *grid, const ${name}_piece *piece, const ${name}_piece *main_one)
{
    const ${name}_box *box = &piece->box, *body = &main_one->box;
    int away = ${name}_larger(body->top - box->bottom, box->top - body->bottom);
    if (10 * ${name}_longest(box) <= ${name}_longest(body)) {
        return 0;
    }
    return !${name}_at_edge(grid, piece)
        || (2 * body->left <= box->left + box->right && box->left + box->right <= 2 * body->right
            && box->right - box->left <= body->right - body->left && 4 * away <= body->bottom - body->top);
}

/* Set the bits of the main piece and of those that belong to it; return what is wrong with them, or 0. */
static int ${name}_choose(const ${name}_grid *grid, uint8_t *bits, uint8_t *kept)
{
    ${name}_piece piece, main_one;
    uint16_t lengths[${name}_cells + 1] = {0};
    uint32_t out = 0, in = 0;
    double best = -1e9;
    int cell, pieces = 0, longest = 0, alike = 0, k;
    memset(&main_one, 0, sizeof main_one);
    for (cell = 0; ${name}_next(grid, bits, &cell, &piece);) {
        double worth = ${name}_worth(grid, &piece);
        if (worth > best) {
            best = worth;
            main_one = piece;
        }
        pieces++;
    }
    if (pieces == 1) {
        memcpy(kept, bits, ${name}_bitmap);
        return 0;
    }
    memset(bits, 0, ${name}_bitmap);
    for (cell = 0; ${name}_next(grid, bits, &cell, &piece);) {
        if (${name}_belongs(grid, &piece, &main_one)) {
            ${name}_flood(grid, kept, cell % grid->columns, cell / grid->columns, &piece);
            in += piece.count;
            lengths[${name}_longest(&piece.box)]++;
            longest = ${name}_larger(longest, ${name}_longest(&piece.box));
        } else if (!${name}_at_edge(grid, &piece)) {
            out += piece.count;
        }
    }
    for (k = 1; k <= ${name}_cells; k++) {
        alike += 3 * k >= longest ? lengths[k] : 0;
    }
    return out >= in ? ${NAME}_SPECKS : alike > 5 ? ${NAME}_SEVERAL : 0;
}

/* Keep, too, what touches what is kept: cells of at least a level, as the edges of strokes are soft. */
static void ${name}_widen(const ${name}_grid *grid, const uint8_t *bits, uint8_t *kept, int level)
{
    int x, y, k;
    for (y = -${name}_around; y < grid->rows + ${name}_around; y++) {
        for (x = 0; x < ${name}_row; x++) {
            int row = y + ${name}_around;
            unsigned beside = ${name}_near(bits, row, x) & ~${name}_byte(bits, row, x);
            for (k = 0; beside >> k != 0; k++) {
                int column = 8 * x + k - ${name}_around;
                if ((beside >> k & 1) != 0 && column < grid->columns + ${name}_around
                    && ${name}_cell(grid, column, y) >= level) {
                    ${name}_set(kept, column, y);
                }
            }
        }
    }
}

/* Leave of the ink, which is there, only what belongs to the digit; return what is wrong with that, or 0. */
static int ${name}_main_ink(${name}_ink *ink)
{
    union {
        uint32_t counts[256];
        uint8_t bits[${name}_bitmap];
    } both;
    uint8_t kept[${name}_bitmap], *pixel = ink->pixels;
    ${name}_grid grid;
    int problem, x, y, k;
    grid.ink = ink;
    grid.level = ${name}_least(${name}_level(ink, both.counts), ${name}_most(ink));
    grid.box = ink->box;
    ${name}_within(ink, &grid.box, grid.level);
    grid.size = (${name}_longest(&grid.box) + ${name}_cells - 1) / ${name}_cells;
    grid.columns = (grid.box.right - grid.box.left + grid.size - 1) / grid.size;
    grid.rows = (grid.box.bottom - grid.box.top + grid.size - 1) / grid.size;
    memset(both.bits, 0, sizeof both.bits);
    memset(kept, 0, sizeof kept);
    problem = ${name}_choose(&grid, both.bits, kept);
    for (k = 1; k <= ${name}_around; k++) {
        memcpy(both.bits, kept, sizeof kept);
        ${name}_widen(&grid, both.bits, kept, k < ${name}_around ? (grid.level + 1) / 2 : 0);
    }
    for (y = 0; y < ink->box.bottom; y++) {
        for (x = 0; x < ink->box.right; x++, pixel++) {
            int column = x - grid.box.left + ${name}_around * grid.size;
            int row = y - grid.box.top + ${name}_around * grid.size;
            column = column < 0 ? -1 : column / grid.size;
            row = row < 0 ? -1 : row / grid.size;
            if (*pixel != 0 && !${name}_is_set(kept, column - ${name}_around, row - ${name}_around)) {
                *pixel = 0;
            }
        }
    }
    return problem;
}

/* Tell whether a box has no ink. */
static int ${name}_empty(const ${name}_ink *ink, const ${name}_box *box)
{
    int x, y;
    for (y = box->top; y < box->bottom; y++) {
        for (x = box->left; x < box->right; x++) {
            if (${name}_at(ink, x, y) >= ${name}_faintest) {
                return 0;
            }
        }
    }
    return 1;
}

/* Tell whether of two sides each has enough of the ink, and is tall enough. */
static int ${name}_are_two(const ${name}_ink *ink, ${name}_box sides[2], int down)
{
    ${name}_box whole = ink->box;
    uint32_t total = ${name}_within(ink, &whole, ${name}_faintest);
    int height = ink->box.bottom - ink->box.top, k;
    for (k = 0; k < 2; k++) {
        int rows = sides[k].bottom - sides[k].top;
        uint32_t count = ${name}_within(ink, &sides[k], ${name}_faintest);
        int reach = sides[k].bottom - 1 - sides[k].top;
        if (down ? rows <= 0.35 * height || count <= 0.2 * total : reach <= 0.6 * height || count <= 0.1 * total) {
            return 0;
        }
    }
    return 1;
}

/* Tell whether the ink lies in two parts with free space between them: side by side, or one above the other. */
static int ${name}_apart(const ${name}_ink *ink)
{
    int down, at, end;
    for (down = 0; down < 2; down++) {
        int first = down ? ink->box.top : ink->box.left, last = down ? ink->box.bottom : ink->box.right;
        for (at = first + 1; at < last; at = end + 1) {
            ${name}_box sides[2], gap = ink->box;
            sides[0] = sides[1] = gap;
            for (end = at; end < last; end++) {
                *(down ? &gap.top : &gap.left) = end;
                *(down ? &gap.bottom : &gap.right) = end + 1;
                if (!${name}_empty(ink, &gap)) {
                    break;
                }
            }
            *(down ? &sides[0].bottom : &sides[0].right) = *(down ? &sides[1].top : &sides[1].left) = at;
            if (end < last && end - at > 0.06 * ${name}_longest(&ink->box) && ${name}_are_two(ink, sides, down)) {
                return 1;
            }
        }
    }
    return 0;
}
