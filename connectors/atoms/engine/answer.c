/* answer.c - numbers out of files that a code wrote, or something else did.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "answer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"

enum { PATH_ROOM = 1152, TEXT_MAX = 64 << 20 };
static const double BAR = 1.0e-4; /* GPa */

typedef struct found {
    int energy, force, cell, pressure;
} found;

static int numbers(const itp_word *words, size_t from, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++)
        if (!itp_scan_number(words[from + i], &out[i])) return 0;
    return 1;
}

static void take_line(const itp_word *w, size_t n, itp_energy *a, found *f)
{
    double cell[9], bars[6];
    if (n == 2 && itp_word_is(w[0], "energy")) f->energy = itp_scan_number(w[1], &a->energy);
    if (n == 2 && itp_word_is(w[0], "force")) f->force = itp_scan_number(w[1], &a->force);
    if (n == 10 && itp_word_is(w[0], "cell") && numbers(w, 1, 9, cell)) {
        for (int i = 0; i < 9; i++) a->final->cell[i / 3][i % 3] = cell[i];
        f->cell = 1;
    }
    if (n == 7 && itp_word_is(w[0], "pressure") && numbers(w, 1, 6, bars)) {
        for (int i = 0; i < 6; i++) a->stress[i] = -bars[i] * BAR;
        f->pressure = 1;
    }
}

/* result.txt and final.txt one after the other, or a cache entry: the same lines. */
itp_status itp_answer_parse(const char *text, const itp_crystal *asked, itp_energy *out)
{
    itp_scan scan;
    itp_word line, words[ITP_SCAN_WORDS_MAX];
    found f = {0, 0, 0, 0};
    size_t got = 0;
    int atoms = 0;
    itp_energy a = {.energy = NAN, .seconds = out->seconds};
    unsigned char *seen = calloc(asked->n + 1, 1);
    itp_status st = itp_crystal_copy(&a.final, asked);
    if (st != ITP_OK || !seen) {
        free(seen);
        itp_energy_deinit(&a);
        return ITP_ENOMEM;
    }
    itp_scan_init(&scan, text, strlen(text), "answer");
    while (itp_scan_line(&scan, &line)) {
        size_t n = itp_scan_split(line, ITP_SCAN_WORDS_MAX, words);
        double at[3];
        long id;
        if (n >= 2 && itp_word_is(words[0], "ITEM:"))
            atoms = itp_word_is(words[1], "ATOMS");
        else if (!atoms)
            take_line(words, n, &a, &f);
        else if (n == 5 && itp_scan_whole(words[0], &id) && id >= 1 && (size_t)id <= asked->n &&
                 !seen[id] && numbers(words, 2, 3, at)) {
            memcpy(a.final->frac[id - 1], at, sizeof at);
            seen[id] = 1;
            got++;
        }
    }
    free(seen);
    if (!f.energy || !f.force || !f.cell || !f.pressure || got != asked->n) {
        itp_energy_deinit(&a);
        return ITP_ERESULT;
    }
    *out = a;
    return ITP_OK;
}

itp_status itp_answer_read(const char *folder, const itp_crystal *asked, itp_energy *out,
                           itp_error *err)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/result.txt", folder);
    char *result = itp_read_text(path, TEXT_MAX);
    snprintf(path, sizeof path, "%s/final.txt", folder);
    char *atoms = itp_read_text(path, TEXT_MAX);
    size_t size = (result ? strlen(result) : 0) + (atoms ? strlen(atoms) : 0) + 2;
    char *both = malloc(size);
    itp_status st = ITP_ERESULT;
    if (both && result && atoms) {
        snprintf(both, size, "%s\n%s", result, atoms);
        st = itp_answer_parse(both, asked, out);
    }
    free(result);
    free(atoms);
    free(both);
    if (st == ITP_OK) return ITP_OK;
    return itp_fail(err, st, "the engine ended well but its answer is not one; see %s", folder);
}

char *itp_answer_print(const itp_energy *a)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) return NULL;
    fprintf(out, "energy %.17g\nforce %.17g\ncell", a->energy, a->force);
    for (int i = 0; i < 9; i++) fprintf(out, " %.17g", a->final->cell[i / 3][i % 3]);
    fputs("\npressure", out);
    for (int i = 0; i < 6; i++) fprintf(out, " %.17g", -a->stress[i] / BAR);
    fputs("\nITEM: ATOMS\n", out);
    for (size_t i = 0; i < a->final->n; i++)
        fprintf(out, "%zu 1 %.17g %.17g %.17g\n", i + 1, a->final->frac[i][0], a->final->frac[i][1],
                a->final->frac[i][2]);
    if (fclose(out) == 0) return text;
    free(text);
    return NULL;
}

itp_status itp_band_parse(const char *text, itp_band *out)
{
    itp_scan scan;
    itp_word line, words[ITP_SCAN_WORDS_MAX];
    itp_band b = {.images = 0};
    itp_scan_init(&scan, text, strlen(text), "band");
    if (!itp_scan_line(&scan, &line)) return ITP_ERESULT;
    size_t n = itp_scan_split(line, ITP_SCAN_WORDS_MAX, words);
    if (n < 6 || n > 34 || !numbers(words, 0, 3, b.energies)) return ITP_ERESULT;
    b.barrier = b.energies[0];
    b.reaction = b.energies[1];
    b.force = b.energies[2];
    b.images = n - 3;
    if (!numbers(words, 3, n - 3, b.energies)) return ITP_ERESULT;
    *out = b;
    return ITP_OK;
}

char *itp_band_print(const itp_band *b)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) return NULL;
    fprintf(out, "%.17g %.17g %.17g", b->barrier, b->reaction, b->force);
    for (size_t i = 0; i < b->images; i++) fprintf(out, " %.17g", b->energies[i]);
    fputc('\n', out);
    if (fclose(out) == 0) return text;
    free(text);
    return NULL;
}
