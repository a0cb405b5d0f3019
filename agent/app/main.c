/* main.c - the program: everything is in app.c, so that tests can link it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "app.h"

int main(int argc, char **argv)
{
    return itp_app_main(argc, argv);
}
