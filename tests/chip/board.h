#define CHIP_IMPLEMENTATION
#include "chip.h"
