/* == relu */
/* Return what a hidden unit puts out: the positive part of its sum. */
static int16_t ${name}_activated(int32_t z)
{
    return (int16_t)(z < 0 ? 0 : z > $most ? $most : z);
}
/* == leaky_relu */
/* Return what a hidden unit puts out: the positive part of its sum, and a hundredth of the negative one. */
static int16_t ${name}_activated(int32_t z)
{
    if (z < 0) {
        z = -(int32_t)(((uint64_t)-z * ${leak}U + (1U << ($leak_shift - 1))) >> $leak_shift);
    }
    return (int16_t)(z < -$most ? -$most : z > $most ? $most : z);
}
/* == tanh of a sum */
/* tanh of 0, 1/32, 2/32, ... 8, where 1 is $most. */
static const int16_t ${name}_tanh_table[] = {
$table
};

/* Return tanh of a sum, of which $z_bits bits are behind the point, where 1 is $most. */
static int32_t ${name}_tanh(int32_t z)
{
    int32_t size = z < 0 ? -z : z, place, rest, tanh;
    size = size > $full ? $full : size;
    place = size >> $step_bits;
    rest = size & ((1 << $step_bits) - 1);
    tanh = ${name}_tanh_table[place];
    tanh += ((${name}_tanh_table[place + 1] - tanh) * rest + (1 << ($step_bits - 1))) >> $step_bits;
    return z < 0 ? -tanh : tanh;
}

/* == tanh */
/* Return what a hidden unit puts out: tanh of its sum. */
static int16_t ${name}_activated(int32_t z)
{
    return (int16_t)${name}_tanh(z);
}
/* == sigmoid */
/* Return what a hidden unit puts out: (1 + tanh) / 2 of its halved sum. */
static int16_t ${name}_activated(int32_t z)
{
    return (int16_t)(($most + ${name}_tanh(z) + 1) >> 1);
}
/* == bytes */
static void ${name}_add(const int8_t *weights, int units, int32_t input, int32_t *sums)
{
    int k;
    for (k = 0; k < units; k++) {
        sums[k] += input * weights[k];
    }
}
/* == packed */
static void ${name}_add(const uint8_t *packed, int units, int32_t input, int32_t *sums)
{
    uint32_t bits = 0; /* Those that are read and not used yet; the next weight is in the lowest. */
    int n_bits = 0, k;
    for (k = 0; k < units; k++) {
        if (n_bits < $bits) {
            bits |= (uint32_t)*packed++ << n_bits;
            n_bits += 8;
        }
        sums[k] += input * ((int32_t)(bits & $mask) - $offset);
        bits >>= $bits;
        n_bits -= $bits;
    }
}
/* == usage of fit */

   A drawing, as from a touch screen, is made ready first, which may change it (0 is paper, 255 full ink):

       if (${name}_fit(drawing, width, height, image) == 0) ...
/* == declarations of fit */

/* Bring a drawing of one digit, up to ${NAME}_LONGEST pixels a side and anywhere on its paper, to the image that the
   network knows. Its pixels, row by row, are 0 where there is paper and 255 where there is full ink; they are worked on
   where they are, so that no copy is needed, and are not the same afterwards. Return 0, or why it cannot be read. An int
   must have 32 bits. */
#define ${NAME}_LONGEST 4095
#define ${NAME}_BLANK 1   /* There is nothing on it. */
#define ${NAME}_SPECKS 2  /* Its ink is a few specks, far apart. */
#define ${NAME}_FILLED 3  /* It is filled rather than written. */
#define ${NAME}_SEVERAL 4 /* It seems to be more than one digit. */
int ${name}_fit(uint8_t *drawing, int width, int height, uint8_t image[${NAME}_PIXELS]);
