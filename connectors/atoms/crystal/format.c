/* format.c - which reader, which writer, and whole files.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

enum { FILE_MAX = 64 << 20 }; /* bytes; ITP_CRYSTAL_ATOMS_MAX atoms need a quarter of it */

static int contains(const char *text, size_t length, const char *what)
{
    size_t n = strlen(what);
    for (size_t i = 0; i + n <= length; i++)
        if (memcmp(text + i, what, n) == 0) return 1;
    return 0;
}

static itp_format guess(const char *text, size_t length)
{
    size_t head = length < 65536 ? length : 65536;
    if (contains(text, head, "data_") && contains(text, length, "_cell_length_a"))
        return ITP_FORMAT_CIF;
    if (contains(text, head, "Lattice=") || contains(text, head, "lattice="))
        return ITP_FORMAT_EXTXYZ;
    return ITP_FORMAT_POSCAR;
}

itp_status itp_crystal_parse(itp_crystal **out, const char *text, size_t length, itp_format format,
                             const char *what, itp_error *err)
{
    itp_scan scan;
    itp_crystal *crystal = NULL;
    itp_status st;
    itp_scan_init(&scan, text, length, what);
    if (length > FILE_MAX) return itp_fail(err, ITP_ERANGE, "%s: larger than 64 MiB", what);
    if (format == ITP_FORMAT_AUTO) format = guess(text, length);
    switch (format) {
    case ITP_FORMAT_CIF: st = itp_cif_read(&crystal, &scan, err); break;
    case ITP_FORMAT_EXTXYZ: st = itp_extxyz_read(&crystal, &scan, err); break;
    default: st = itp_poscar_read(&crystal, &scan, err); break;
    }
    if (st != ITP_OK) return st;
    itp_error why;
    if ((st = itp_crystal_check(crystal, &why)) != ITP_OK) {
        itp_crystal_destroy(crystal);
        return itp_fail(err, st, "%s: %s", what, why.text);
    }
    *out = crystal;
    return ITP_OK;
}

static int ends_with(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    return n >= m && strcmp(path + n - m, suffix) == 0;
}

itp_status itp_crystal_read(itp_crystal **out, const char *path, itp_error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file) return itp_fail(err, ITP_EIO, "structure %s: %s", path, strerror(errno));
    size_t size = 0, room = 65536;
    char *text = malloc(room);
    while (text) {
        size += fread(text + size, 1, room - size, file);
        if (size < room || size > FILE_MAX) break;
        char *more = realloc(text, room *= 2);
        if (!more) free(text);
        text = more;
    }
    int broken = ferror(file);
    fclose(file);
    if (!text) return itp_fail(err, ITP_ENOMEM, "structure %s", path);
    itp_format format = ITP_FORMAT_AUTO;
    if (ends_with(path, ".cif")) format = ITP_FORMAT_CIF;
    if (ends_with(path, ".xyz") || ends_with(path, ".extxyz")) format = ITP_FORMAT_EXTXYZ;
    if (ends_with(path, ".vasp") || ends_with(path, "POSCAR") || ends_with(path, "CONTCAR"))
        format = ITP_FORMAT_POSCAR;
    itp_status st = broken ? itp_fail(err, ITP_EIO, "structure %s cannot be read", path)
                           : itp_crystal_parse(out, text, size, format, path, err);
    free(text);
    return st;
}

itp_status itp_crystal_print(char **text, const itp_crystal *crystal, itp_format format,
                             const char *title)
{
    size_t size = 0;
    char *made = NULL;
    FILE *stream = open_memstream(&made, &size);
    if (!stream) return ITP_ENOMEM;
    switch (format) {
    case ITP_FORMAT_CIF: itp_cif_print(stream, crystal, title); break;
    case ITP_FORMAT_POSCAR: itp_poscar_print(stream, crystal, title); break;
    default: itp_extxyz_print(stream, crystal, title); break;
    }
    if (fclose(stream) != 0) {
        free(made);
        return ITP_ENOMEM;
    }
    *text = made;
    return ITP_OK;
}

itp_status itp_crystal_write(const char *path, const itp_crystal *crystal, itp_format format,
                             const char *title, itp_error *err)
{
    char *text = NULL;
    if (format == ITP_FORMAT_AUTO && ends_with(path, ".cif")) format = ITP_FORMAT_CIF;
    if (format == ITP_FORMAT_AUTO && (ends_with(path, ".vasp") || ends_with(path, "POSCAR")))
        format = ITP_FORMAT_POSCAR;
    itp_status st = itp_crystal_print(&text, crystal, format, title);
    if (st != ITP_OK) return itp_fail(err, st, "structure %s", path);
    FILE *file = fopen(path, "wb");
    int failed = !file || fputs(text, file) < 0;
    if (file && fclose(file) != 0) failed = 1;
    free(text);
    return failed ? itp_fail(err, ITP_EIO, "structure %s: %s", path, strerror(errno)) : ITP_OK;
}
