/* echo.c - reads frames (4 bytes of length, little-endian, then the bytes), and says of each what
 * the C programs make of it: "+" and the message as they would write it, or "-" and why it is
 * refused. SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "codec.h"

int main(void)
{
    static unsigned char frame[ITP_WIRE_MAX + 16];
    itp_wire_arena arena = {0};
    itp_buffer out = {0};
    unsigned char head[4];
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        size_t size = head[0] | head[1] << 8 | head[2] << 16 | (size_t)head[3] << 24;
        itp_message message;
        itp_error err = {.status = ITP_OK};
        if (size > sizeof frame || fread(frame, 1, size, stdin) != size) return 1;
        itp_wire_arena_reset(&arena);
        if (itp_wire_decode(frame, size, &arena, &message, &err) != ITP_OK) {
            printf("-%s\n", err.text);
        } else if (itp_wire_encode(&message, &out) != ITP_OK) {
            printf("-not written\n");
        } else {
            putchar('+');
            for (size_t i = 0; i < out.size; i++) printf("%02x", (unsigned char)out.data[i]);
            putchar('\n');
        }
        fflush(stdout);
    }
    itp_buffer_deinit(&out);
    itp_wire_arena_deinit(&arena);
    return 0;
}
