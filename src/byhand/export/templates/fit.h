
/* A drawing becomes the image that the network knows: byhand's preprocessing $preprocessing, to the same pixels. It is
   defined, step by step, in docs/preprocessing.md of byhand; what is said there in other words is done here too. */

#include <math.h>
#include <stdlib.h>

enum {
    ${name}_faintest = 24, /* What differs less from the paper everywhere is no ink. */
    ${name}_cells = 100,   /* The longest side of the pen's box in cells */
    ${name}_around = 4,    /* Cells around it */
    ${name}_row = (${name}_cells + 2 * ${name}_around + 7) / 8,
    ${name}_bitmap = ${name}_row * (${name}_cells + 2 * ${name}_around)
};

typedef struct {
    int left, top, right, bottom; /* right and bottom are exclusive */
} ${name}_box;

/* Ink in a box of a picture, and how it is looked at: brightened, so that `most` is 255, and with all edges moved out
   by a radius, or in if that is below 0. */
typedef struct {
    uint8_t *pixels;
    int stride;
    ${name}_box box;
    int most, radius;
} ${name}_ink;

static int ${name}_least(int a, int b)
{
    return a < b ? a : b;
}

static int ${name}_larger(int a, int b)
{
    return a > b ? a : b;
}

static int ${name}_longest(const ${name}_box *box)
{
    return ${name}_larger(box->right - box->left, box->bottom - box->top);
}

/* Return a pixel as it is; outside the box is paper. */
static int ${name}_at(const ${name}_ink *ink, int x, int y)
{
    const ${name}_box *box = &ink->box;
    if (x < box->left || x >= box->right || y < box->top || y >= box->bottom) {
        return 0;
    }
    return ink->pixels[(size_t)y * (size_t)ink->stride + (size_t)x];
}

/* Return the largest pixel within a radius, or the smallest if it is below 0. */
static int ${name}_around_it(const ${name}_ink *ink, int x, int y)
{
    int r = abs(ink->radius), value = ${name}_at(ink, x, y), i, j;
    for (j = -r; j <= r && value != (ink->radius > 0 ? 255 : 0); j++) {
        for (i = -r; i <= r; i++) {
            if (i * i + j * j <= r * r) {
                int other = ${name}_at(ink, x + i, y + j);
                value = ink->radius > 0 ? ${name}_larger(value, other) : ${name}_least(value, other);
            }
        }
    }
    return value;
}

/* Return a pixel as it is looked at. */
static int ${name}_pixel(const ${name}_ink *ink, int x, int y)
{
    int value = ink->radius == 0 ? ${name}_at(ink, x, y) : ${name}_around_it(ink, x, y);
    return value == 0 || ink->most >= 254 ? value : (510 * value + ink->most) / (2 * ink->most);
}

/* Count the pixels of a box that reach a level, 1 or more, and draw the box around them if there are any. */
static uint32_t ${name}_within(const ${name}_ink *ink, ${name}_box *box, int level)
{
    ${name}_box found = {32767, 32767, -32768, -32768};
    uint32_t count = 0;
    int x, y;
    for (y = box->top; y < box->bottom; y++) {
        for (x = box->left; x < box->right; x++) {
            if (${name}_pixel(ink, x, y) >= level) {
                count++;
                found.left = ${name}_least(found.left, x);
                found.top = ${name}_least(found.top, y);
                found.right = ${name}_larger(found.right, x + 1);
                found.bottom = ${name}_larger(found.bottom, y + 1);
            }
        }
    }
    if (count > 0) {
        *box = found;
    }
    return count;
}

/* Return the fullest pixel as it is. */
static int ${name}_most(const ${name}_ink *ink)
{
    int most = 0, x, y;
    for (y = ink->box.top; y < ink->box.bottom; y++) {
        for (x = ink->box.left; x < ink->box.right; x++) {
            most = ${name}_larger(most, ${name}_at(ink, x, y));
        }
    }
    return most;
}

$pieces
/* Return the weight of an old pixel in a new one, when n pixels become m. */
static int32_t ${name}_weight_of(int n, int m, int old_one, int new_one)
{
    int32_t place;
    if (m <= n) {
        return ${name}_least((new_one + 1) * n, (old_one + 1) * m) - ${name}_larger(new_one * n, old_one * m);
    }
    place = ${name}_least(${name}_larger((2 * new_one + 1) * n - m, 0), 2 * m * (n - 1));
    return ${name}_larger(2 * m - abs(place - 2 * m * old_one), 0);
}

/* Return the first of the old pixels that have a weight in a new one, and where they end. */
static int ${name}_old_ones(int n, int m, int new_one, int *end)
{
    int first;
    if (m <= n) {
        *end = ((new_one + 1) * n + m - 1) / m;
        return new_one * n / m;
    }
    first = ${name}_least(${name}_larger((2 * new_one + 1) * n - m, 0) / (2 * m), n - 1);
    *end = ${name}_least(first + 2, n);
    return first;
}

/* Make the ink of a box `width` by `height` pixels; the new ones may lie where the old ones do, if these are more. */
static void ${name}_resize(const ${name}_ink *ink, const ${name}_box *box, uint8_t *out, int width, int height)
{
    int w = box->right - box->left, h = box->bottom - box->top, i, j, x, y, x_end, y_end;
    uint32_t total = (uint32_t)(width <= w ? w : 2 * width) * (uint32_t)(height <= h ? h : 2 * height);
    for (j = 0; j < height; j++) {
        for (i = 0; i < width; i++) {
            uint64_t sum = 0;
            for (y = ${name}_old_ones(h, height, j, &y_end); y < y_end; y++) {
                uint32_t across = 0;
                for (x = ${name}_old_ones(w, width, i, &x_end); x < x_end; x++) {
                    int value = ${name}_pixel(ink, box->left + x, box->top + y);
                    across += (uint32_t)value * (uint32_t)${name}_weight_of(w, width, x, i);
                }
                sum += (uint64_t)across * (uint32_t)${name}_weight_of(h, height, y, j);
            }
            *out++ = (uint8_t)((2 * sum + total) / (2 * (uint64_t)total));
        }
    }
}

/* Return a side when the longest one becomes as long as is said. */
static int ${name}_shrunk(int side, int longest, int becomes)
{
    return ${name}_larger((2 * side * becomes + longest) / (2 * longest), 1);
}

/* Return the mean width of strokes in pixels of the 28x28 image: twice their area by the length of their edges. */
static double ${name}_stroke_width(const ${name}_ink *ink)
{
    uint64_t area = 0, edges = 0;
    int x, y;
    for (y = ink->box.top - 1; y < ink->box.bottom; y++) {
        for (x = ink->box.left - 1; x < ink->box.right; x++) {
            int value = ${name}_at(ink, x, y);
            int across = abs(${name}_at(ink, x + 1, y) - value), down = abs(${name}_at(ink, x, y + 1) - value);
            area += (uint64_t)value;
            edges += (uint64_t)(5 * ${name}_larger(across, down) + 2 * ${name}_least(across, down));
        }
    }
    return (double)(10 * area) / (double)edges * (20.0 / ${name}_longest(&ink->box));
}

/* Let strokes that are too thin or too thick be looked at with edges moved, and draw the box anew. */
static void ${name}_change_strokes(${name}_ink *ink, ${name}_box *box, double width)
{
    int sides[2], radius, longest = ${name}_longest(box);
    double wanted = width < 1.4 ? 2.0 : 3.0;
    if (longest > 100) {
        sides[0] = ${name}_shrunk(box->right - box->left, longest, 100);
        sides[1] = ${name}_shrunk(box->bottom - box->top, longest, 100);
        ${name}_resize(ink, box, ink->pixels, sides[0], sides[1]);
        box->left = box->top = 0;
        ink->stride = box->right = sides[0];
        box->bottom = sides[1];
        ink->box = *box;
        longest = 100;
    }
    ink->most = ${name}_most(ink);
    radius = (int)(fabs(wanted - width) * (longest / 20.0) / 2 + 0.5);
    sides[0] = box->right - box->left;
    sides[1] = box->bottom - box->top;
    if (ink->most > 0 && (width < 1.4 || 2 * radius + 2 <= ${name}_least(sides[0], sides[1]))) {
        ink->radius = width < 1.4 ? radius : -radius;
        box->left -= radius;
        box->top -= radius;
        box->right += radius;
        box->bottom += radius;
        if (radius == 0 || ${name}_within(ink, box, 1) == 0) {
            ink->radius = 0;
            *box = ink->box;
        }
    }
}

/* Return how far ink goes for its centre of mass to be in the middle; with its moment, sum and length of a side. */
static int ${name}_shift(uint32_t moment, uint32_t sum, int length)
{
    int32_t twice = 2 * (14 * (int32_t)sum - (int32_t)moment) + (int32_t)sum;
    return twice < 0 ? 0 : ${name}_least((int)(twice / (2 * (int32_t)sum)), 28 - length);
}

/* Make the longest side 20 pixels, brighten, and put the centre of mass into the middle; return 0 if no ink is left. */
static int ${name}_place(const ${name}_ink *ink, const ${name}_box *box, uint8_t image[${NAME}_PIXELS])
{
    ${name}_ink made = {NULL, 0, {0, 0, 0, 0}, 0, 0};
    int longest = ${name}_longest(box), x, y, right, down;
    uint32_t sum = 0, across = 0, along = 0;
    made.pixels = image;
    made.stride = made.box.right = ${name}_shrunk(box->right - box->left, longest, 20);
    made.box.bottom = ${name}_shrunk(box->bottom - box->top, longest, 20);
    ${name}_resize(ink, box, image, made.box.right, made.box.bottom);
    made.most = ${name}_most(&made);
    if (made.most == 0) {
        memset(image, 0, ${NAME}_PIXELS);
        return 0;
    }
    for (y = 0; y < made.box.bottom; y++) {
        for (x = 0; x < made.box.right; x++) {
            uint32_t value = (uint32_t)${name}_pixel(&made, x, y);
            sum += value;
            across += value * (uint32_t)x;
            along += value * (uint32_t)y;
        }
    }
    right = ${name}_shift(across, sum, made.box.right);
    down = ${name}_shift(along, sum, made.box.bottom);
    for (y = 27; y >= 0; y--) { /* No pixel goes to the left or up: what is still needed is not written over. */
        for (x = 27; x >= 0; x--) {
            image[28 * y + x] = (uint8_t)${name}_pixel(&made, x - right, y - down);
        }
    }
    return 1;
}

int ${name}_fit(uint8_t *drawing, int width, int height, uint8_t image[${NAME}_PIXELS])
{
    ${name}_ink ink = {drawing, width, {0, 0, width, height}, 255, 0};
    ${name}_box box;
    int problem = 0, apart;
    double strokes;
    memset(image, 0, ${NAME}_PIXELS);
    if (width < 1 || height < 1 || width > ${NAME}_LONGEST || height > ${NAME}_LONGEST
        || ${name}_most(&ink) < ${name}_faintest) {
        return ${NAME}_BLANK;
    }
    problem = ${name}_main_ink(&ink);
    if (${name}_most(&ink) < ${name}_faintest) {
        return ${NAME}_BLANK;
    }
    ${name}_within(&ink, &ink.box, 1);
    box = ink.box;
    apart = ${name}_apart(&ink);
    strokes = ${name}_stroke_width(&ink);
    if (strokes < 1.4 || strokes > 4.2) {
        ${name}_change_strokes(&ink, &box, strokes);
    }
    if (!${name}_place(&ink, &box, image)) {
        return ${NAME}_SPECKS;
    }
    if (problem == 0) {
        problem = strokes > 7.5 ? ${NAME}_FILLED : apart ? ${NAME}_SEVERAL : 0;
    }
    return problem;
}
