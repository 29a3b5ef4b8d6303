/* Reads images, or drawings if FIT is defined, from standard input, and writes what the header makes of them. */

#include "board.h"
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    static uint8_t image[CHIP_PIXELS];
    int32_t sides[2], answer, logits[CHIP_CLASSES];
    float probabilities[CHIP_CLASSES];
#ifdef FIT
    while (fread(sides, sizeof sides, 1, stdin) == 1) {
        size_t size = (size_t)sides[0] * (size_t)sides[1];
        uint8_t *drawing = (uint8_t *)malloc(size);
        if (drawing == NULL || fread(drawing, 1, size, stdin) != size) {
            return 1;
        }
        answer = chip_fit(drawing, sides[0], sides[1], image);
        fwrite(&answer, sizeof answer, 1, stdout);
        fwrite(image, sizeof image, 1, stdout);
        free(drawing);
    }
#endif
    (void)sides;
    while (fread(image, sizeof image, 1, stdin) == 1) {
        answer = chip_predict(image, probabilities);
        chip_logits(image, logits);
        fwrite(&answer, sizeof answer, 1, stdout);
        fwrite(logits, sizeof logits, 1, stdout);
        fwrite(probabilities, sizeof probabilities, 1, stdout);
    }
    return 0;
}
