/* main.c - the program: everything is in app.c, so that tests can link it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <malloc.h>

#include "app.h"

int main(int argc, char **argv)
{
    /* Matrices go back to the system when they are freed. Left to itself glibc keeps them after the
     * first one, and an agent that lives for months holds half as much again as it uses. */
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    return itp_app_main(argc, argv);
}
