/* ${name}: a neural network of $sizes units ($activation), in whole numbers, for C99 and C++.

   In one file of the program, before it is included:

       #define ${NAME}_IMPLEMENTATION
       #include "$file"

   and in all others without the first line. Then

       static uint8_t image[${NAME}_PIXELS];       row by row; 0 is paper, 255 full ink
       int digit = ${name}_predict(image, NULL);    an index of ${name}_classes

   or, to know how sure it is,

       float p[${NAME}_CLASSES];
       int digit = ${name}_predict(image, p);
       if (p[digit] < ${NAME}_THRESHOLD) ...        do not believe it
$fit_usage
   It takes no memory but constants and the stack, calls memcpy and memset alone, and divides floats to make
   probabilities; all else is whole numbers, so that it answers the same on every processor.

       weights      $bits bits each, with a scale for every unit
       constants    $constants bytes, in flash where const is
       stack        about $stack bytes$fit_stack

   Made by byhand $version of a model with the SHA-256
   $checksum.
   The code is byhand's, under the licence $licence$and_weights. */

#ifndef ${NAME}_H
#define ${NAME}_H

#include <stdint.h>

#define ${NAME}_HEIGHT $height
#define ${NAME}_WIDTH $width
#define ${NAME}_PIXELS $pixels
#define ${NAME}_CLASSES $outputs
#define ${NAME}_THRESHOLD $threshold

#ifdef __cplusplus
extern "C" {
#endif

/* The name of every class, in UTF-8. */
extern const char *const ${name}_classes[${NAME}_CLASSES];

/* Return the most probable class, and all probabilities, unless they are NULL. */
int ${name}_predict(const uint8_t image[${NAME}_PIXELS], float probabilities[${NAME}_CLASSES]);

/* Write the logits, in units of 2 to the power of -${NAME}_FRACTION. */
#define ${NAME}_FRACTION ($fraction)
void ${name}_logits(const uint8_t image[${NAME}_PIXELS], int32_t logits[${NAME}_CLASSES]);
$fit_declarations
#ifdef __cplusplus
}
#endif

#endif

#if defined(${NAME}_IMPLEMENTATION) && !defined(${NAME}_IMPLEMENTED)
#define ${NAME}_IMPLEMENTED

#include <stddef.h>
#include <string.h>

const char *const ${name}_classes[${NAME}_CLASSES] = {
$classes
};

/* Of every layer: the weights of each input for all units, one input after another;
   then for every unit its bias, and the factor that its sum is multiplied by before it is shifted right. */
typedef $weight ${name}_weight;

$arrays

typedef struct {
    const ${name}_weight *weights;
    const int32_t *bias;
    const uint32_t *factors;
    int inputs, units, row, shift; /* row: bytes of the weights of an input */
} ${name}_layer;

static const ${name}_layer ${name}_layers[$n_layers] = {
$layers
};

/* Add an input to the sums of all units, each time its weight. */
$adding
/* Let the sums of a layer be those of inputs, of one kind or the other. Inputs that are 0 cost nothing. */
static void ${name}_sum(const ${name}_layer *layer, const uint8_t *pixels, const int16_t *values, int32_t *sums)
{
    const ${name}_weight *weights = layer->weights;
    int i;
    memcpy(sums, layer->bias, (size_t)layer->units * sizeof *sums);
    for (i = 0; i < layer->inputs; i++, weights += layer->row) {
        int32_t input = pixels != NULL ? pixels[i] : values[i];
        if (input != 0) {
            ${name}_add(weights, layer->units, input, sums);
        }
    }
}

/* Return a sum in the unit that comes next, rounded, and no larger than 2^30. */
static int32_t ${name}_scaled(const ${name}_layer *layer, int unit, int32_t sum)
{
    uint32_t size = sum < 0 ? 0U - (uint32_t)sum : (uint32_t)sum;
    uint64_t product = (uint64_t)size * layer->factors[unit];
    int32_t scaled;
    product = (product + ((uint64_t)1 << (layer->shift - 1))) >> layer->shift;
    scaled = product > 1073741824U ? 1073741824 : (int32_t)product;
    return sum < 0 ? -scaled : scaled;
}

$activated
void ${name}_logits(const uint8_t image[${NAME}_PIXELS], int32_t logits[${NAME}_CLASSES])
{
    int32_t sums[$widest];
    int16_t values[$widest_hidden] = {0};
    const ${name}_layer *layer = ${name}_layers, *last = ${name}_layers + $n_layers - 1;
    int k;
    for (; layer < last; layer++) {
        ${name}_sum(layer, layer == ${name}_layers ? image : NULL, values, sums);
        for (k = 0; k < layer->units; k++) {
            values[k] = ${name}_activated(${name}_scaled(layer, k, sums[k]));
        }
    }
    ${name}_sum(layer, layer == ${name}_layers ? image : NULL, values, sums);
    for (k = 0; k < ${NAME}_CLASSES; k++) {
        logits[k] = ${name}_scaled(layer, k, sums[k]);
    }
}

/* Return exp(-d) times 2^30, for d in the unit of the logits: 2 to the power of -d log2(e), of which the whole part is
   a shift, and the rest a polynomial. */
static uint32_t ${name}_exp(uint32_t d)
{
    static const uint32_t powers[] = {$powers};
    uint64_t exponent = ((uint64_t)d * ${log2_e}U) >> $exponent_shift; /* 16 of its bits are behind the point. */
    uint64_t power = powers[0];
    int k;
    if (exponent >> 16 > 31) {
        return 0;
    }
    for (k = 1; k < $n_powers; k++) {
        power = powers[k] - (((exponent & 0xFFFF) * power) >> 16);
    }
    return (uint32_t)(power >> (exponent >> 16));
}

int ${name}_predict(const uint8_t image[${NAME}_PIXELS], float probabilities[${NAME}_CLASSES])
{
    int32_t logits[${NAME}_CLASSES];
    uint32_t powers[${NAME}_CLASSES];
    uint64_t total = 0;
    int best = 0, k;
    ${name}_logits(image, logits);
    for (k = 1; k < ${NAME}_CLASSES; k++) {
        if (logits[k] > logits[best]) {
            best = k;
        }
    }
    if (probabilities != NULL) {
        for (k = 0; k < ${NAME}_CLASSES; k++) {
            powers[k] = ${name}_exp((uint32_t)logits[best] - (uint32_t)logits[k]);
            total += powers[k];
        }
        for (k = 0; k < ${NAME}_CLASSES; k++) {
            probabilities[k] = (float)powers[k] / (float)total;
        }
    }
    return best;
}
$fit_implementation
#endif
