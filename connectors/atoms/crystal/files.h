/* files.h - the three readers and writers behind itp_crystal_parse and itp_crystal_print.
 *   Each reader fills a crystal that has not been checked yet; each writer fills an open stream.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_FILES_H
#define ITP_FILES_H

#include <stdio.h>

#include "crystal.h"
#include "scan.h"

itp_status itp_poscar_read(itp_crystal **out, itp_scan *scan, itp_error *err);
itp_status itp_extxyz_read(itp_crystal **out, itp_scan *scan, itp_error *err);
itp_status itp_cif_read(itp_crystal **out, itp_scan *scan, itp_error *err);

void itp_poscar_print(FILE *stream, const itp_crystal *crystal, const char *title);
void itp_extxyz_print(FILE *stream, const itp_crystal *crystal, const char *title);
void itp_cif_print(FILE *stream, const itp_crystal *crystal, const char *title);

#endif
