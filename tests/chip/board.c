/* A program for a Cortex-M4: reads images, and drawings if FIT is defined, from files of whoever runs it, by semihosting,
   and writes its answers, instructions and stack into another. SysTick counts what 25 MHz do; where QEMU lets an
   instruction take a nanosecond (-icount shift=0), one of its ticks is 40 instructions. */

#include "board.h"

extern uint32_t data_start, data_end, data_load, bss_start, bss_end, stack_end, stack_top;

int main(void);

void reset(void)
{
    uint32_t *from = &data_load, *to;
    *(volatile uint32_t *)0xE000ED88 |= 0xFU << 20; /* Let the floating-point unit work. */
    __asm volatile("dsb\n isb");
    for (to = &data_start; to < &data_end;) {
        *to++ = *from++;
    }
    for (to = &bss_start; to < &bss_end;) {
        *to++ = 0;
    }
    *(volatile uint32_t *)0xE000E014 = 0xFFFFFF; /* SysTick counts down from here, by the processor's clock. */
    *(volatile uint32_t *)0xE000E018 = 0;
    *(volatile uint32_t *)0xE000E010 = 5;
    main();
}

static const struct {
    uint32_t *stack;
    void (*begin)(void);
} vectors __attribute__((section(".vectors"), used)) = {&stack_top, reset};

static int32_t host(int32_t what, const void *arguments)
{
    register int32_t r0 __asm("r0") = what;
    register const void *r1 __asm("r1") = arguments;
    __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static int32_t opened(const char *name, int32_t length, int32_t mode)
{
    const int32_t arguments[] = {(int32_t)name, mode, length};
    return host(1, arguments);
}

/* Read what is wanted; return whether all of it was there. */
static int got(int32_t file, void *bytes, int32_t count)
{
    const int32_t arguments[] = {file, (int32_t)bytes, count};
    return host(6, arguments) == 0;
}

static void put(int32_t file, const void *bytes, int32_t count)
{
    const int32_t arguments[] = {file, (int32_t)bytes, count};
    host(5, arguments);
}

static uint32_t ticks(void)
{
    return *(volatile uint32_t *)0xE000E018;
}

static inline __attribute__((always_inline)) uint32_t *stack(void)
{
    uint32_t *pointer;
    __asm volatile("mov %0, sp" : "=r"(pointer));
    return pointer;
}

/* Fill the free stack with a pattern, but for what is in use. */
static inline __attribute__((always_inline)) void paint(void)
{
    volatile uint32_t *word, *end = stack();
    for (word = &stack_end; word < end; word++) {
        *word = 0xA5A5A5A5U;
    }
}

/* Return how many bytes of stack were used since it was painted. */
static inline __attribute__((always_inline)) uint32_t used(void)
{
    const volatile uint32_t *word = &stack_end;
    while (*word == 0xA5A5A5A5U) {
        word++;
    }
    return 4 * (uint32_t)(stack() - word);
}

static uint8_t image[CHIP_PIXELS];
static struct {
    int32_t answer, logits[CHIP_CLASSES];
    float probabilities[CHIP_CLASSES];
    uint32_t ticks, stack;
} told;

static void predict(int32_t out)
{
    int32_t in = opened("images", 6, 1);
    uint32_t start;
    while (got(in, image, sizeof image)) {
        chip_logits(image, told.logits);
        paint();
        start = ticks();
        told.answer = chip_predict(image, told.probabilities);
        told.ticks = (start - ticks()) & 0xFFFFFF;
        told.stack = used();
        put(out, &told, sizeof told);
    }
}

#ifdef FIT
static uint8_t drawing[200 * 200];

static void fit(int32_t out)
{
    int32_t in = opened("drawings", 8, 1), sides[2];
    struct {
        int32_t problem;
        uint32_t ticks, stack;
    } done;
    uint32_t start;
    while (got(in, sides, sizeof sides) && got(in, drawing, sides[0] * sides[1])) {
        paint();
        start = ticks();
        done.problem = chip_fit(drawing, sides[0], sides[1], image);
        done.ticks = (start - ticks()) & 0xFFFFFF;
        done.stack = used();
        put(out, &done, sizeof done);
        put(out, image, sizeof image);
    }
}
#endif

int main(void)
{
    predict(opened("answers", 7, 5));
#ifdef FIT
    fit(opened("fitted", 6, 5));
#endif
    host(0x18, (const void *)0x20026); /* The application ends. */
    for (;;) {
    }
}
