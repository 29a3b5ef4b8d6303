/* Two networks in one program, of C or C++, each included twice: tells all names of classes, and what they read. */

#include "one.h"
#include "other.h"

#define ONE_IMPLEMENTATION
#define OTHER_IMPLEMENTATION
#include "one.h"
#include "other.h"
#include "one.h"
#include "other.h"
#include <stdio.h>

int main(void)
{
    static uint8_t image[ONE_PIXELS + OTHER_PIXELS];
    int k;
    for (k = 0; k < ONE_CLASSES; k++) {
        puts(one_classes[k]);
    }
    for (k = 0; k < OTHER_CLASSES; k++) {
        puts(other_classes[k]);
    }
    printf("%d %d\n", one_predict(image, NULL), other_predict(image, NULL));
    return 0;
}
