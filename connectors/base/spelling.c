/* spelling.c - optimal string alignment distance (Damerau-Levenshtein without repeated edits), with
 * a change of case counted as a quarter of an edit.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "spelling.h"

#include <ctype.h>
#include <string.h>

#define WORD_MAX 64 /* longer words are not compared */

static int exchange(char a, char b)
{
    if (a == b) return 0;
    return tolower((unsigned char)a) == tolower((unsigned char)b) ? 1 : 4;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Distance in quarter edits. */
static int distance(const char *a, size_t n, const char *b, size_t m)
{
    int row[3][WORD_MAX + 1];
    for (size_t j = 0; j <= m; j++) row[0][j] = 4 * (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = 4 * (int)i;
        for (size_t j = 1; j <= m; j++) {
            int best = last[j - 1] + exchange(a[i - 1], b[j - 1]);
            best = least(best, least(last[j], now[j - 1]) + 4);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, before[j - 2] + 4);
            now[j] = best;
        }
    }
    return row[n % 3][m];
}

const char *itp_nearest(const char *word, size_t n, const char *const *words)
{
    const char *nearest = NULL;
    size_t length = strnlen(word, WORD_MAX + 1);
    if (length == 0 || length > WORD_MAX) return NULL;
    int best =
        4 * (int)(length < 3 ? 1 : (length + 2) / 3) + 1; /* a third of the word may differ */
    for (size_t i = 0; i < n; i++) {
        size_t m = words[i] ? strnlen(words[i], WORD_MAX + 1) : 0;
        if (m == 0 || m > WORD_MAX) continue;
        int d = distance(word, length, words[i], m);
        if (d < best && d < 4 * (int)(m > length ? m : length)) {
            best = d;
            nearest = words[i];
        }
    }
    return nearest;
}
