/* options.c - words into options, each wrong one by its name.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "vec.h"

enum word {
    MAX_AREA = 1000,
    MAX_STRAIN,
    MILLER,
    FACETS_A,
    FACETS_B,
    REGISTRIES,
    STEP,
    SMALLEST,
    MOST,
    SHARE,
    THICKNESS,
    VACUUM,
    GAP,
    LEAVE_POLAR,
    BUILD,
    SURFACES,
    SLAB,
    TERMINATION,
    PERIODS,
    KIND,
    SYMPREC,
    VOCABULARY,
    CANONICAL
};

static const struct option WORDS[] = {{"output", required_argument, NULL, 'o'},
                                      {"quiet", no_argument, NULL, 'q'},
                                      {"help", no_argument, NULL, 'h'},
                                      {"max-area", required_argument, NULL, MAX_AREA},
                                      {"max-strain", required_argument, NULL, MAX_STRAIN},
                                      {"miller", required_argument, NULL, MILLER},
                                      {"facets-a", required_argument, NULL, FACETS_A},
                                      {"facets-b", required_argument, NULL, FACETS_B},
                                      {"registries", required_argument, NULL, REGISTRIES},
                                      {"step", required_argument, NULL, STEP},
                                      {"smallest", required_argument, NULL, SMALLEST},
                                      {"most", required_argument, NULL, MOST},
                                      {"share", required_argument, NULL, SHARE},
                                      {"thickness", required_argument, NULL, THICKNESS},
                                      {"vacuum", required_argument, NULL, VACUUM},
                                      {"gap", required_argument, NULL, GAP},
                                      {"leave-polar", no_argument, NULL, LEAVE_POLAR},
                                      {"build", required_argument, NULL, BUILD},
                                      {"surfaces", no_argument, NULL, SURFACES},
                                      {"slab", required_argument, NULL, SLAB},
                                      {"termination", required_argument, NULL, TERMINATION},
                                      {"periods", required_argument, NULL, PERIODS},
                                      {"kind", required_argument, NULL, KIND},
                                      {"symprec", required_argument, NULL, SYMPREC},
                                      {"vocabulary", no_argument, NULL, VOCABULARY},
                                      {"canonical", no_argument, NULL, CANONICAL},
                                      {NULL, 0, NULL, 0}};

void options_help(void)
{
    fputs(
        "interphase interfaces A B [options]         candidate interfaces of two crystals, as a "
        "table\n"
        "interphase interfaces --build NAME A B -o F  the atoms of one, from its name (POSCAR, "
        "extxyz, CIF)\n"
        "interphase interfaces --surfaces A           facets and terminations of one crystal\n"
        "interphase interfaces --slab HKL A -o F      one slab\n"
        "interphase interfaces --vocabulary           the columns: unit, EMMO term, meaning\n"
        "\n"
        "A and B are POSCAR, extended XYZ or CIF files; the same file twice gives boundaries of "
        "one phase.\n"
        "  -o, --output FILE       where to write (standard output)\n"
        "      --max-area A        largest common cell, angstrom^2 (150)\n"
        "      --max-strain E      largest principal misfit, a fraction (0.05)\n"
        "      --miller N          facets up to this index (1)\n"
        "      --facets-a LIST     only these facets of A, e.g. 100,110,1-10 (and --facets-b)\n"
        "      --registries N      at most N shifts along each vector of the shift lattice (2)\n"
        "      --step D            and no nearer than this, angstrom (1.0)\n"
        "      --smallest N        of each pair of facets the N smallest matches (all)\n"
        "      --most N            stop beyond so many candidates (1000000)\n"
        "      --share W           part of the misfit that the upper side takes, 0 to 1 (0.5)\n"
        "      --leave-polar       leave out surfaces whose slabs carry a dipole\n"
        "      --thickness D[,D]   slabs at least so thick, angstrom (10)\n"
        "      --vacuum D          free height, angstrom; 0: periodic (15)\n"
        "      --gap D             between the sides, angstrom (until their nearest atoms touch)\n"
        "      --termination T     letter of the slab's termination (a)\n"
        "      --periods N         of the slab (4)\n"
        "      --kind K            stoichiometric, symmetric or compensated slab (stoichiometric)\n"
        "      --symprec D         tolerance of the symmetry search, angstrom (0.001)\n"
        "  -q, --quiet             no progress\n",
        stdout);
}

static int number(const char *text, double low, double high, double *out)
{
    char *rest;
    double value = strtod(text, &rest);
    if (rest == text || *rest || !(value >= low && value <= high)) return 0;
    *out = value;
    return 1;
}

static int whole(const char *text, long low, long high, long *out)
{
    double value;
    if (!number(text, (double)low, (double)high, &value) || value != floor(value)) return 0;
    *out = (long)value;
    return 1;
}

/* "1-10" or "1.-1.10": three indices; returns what is left or NULL. */
static const char *miller(const char *at, itp_miller *m)
{
    const char *end = at + strcspn(at, ",");
    int dotted = memchr(at, '.', (size_t)(end - at)) != NULL;
    for (int i = 0; i < 3; i++) {
        int minus = *at == '-';
        at += minus;
        if (*at < '0' || *at > '9') return NULL;
        long value = 0;
        do value = 10 * value + (*at++ - '0');
        while (dotted && *at >= '0' && *at <= '9' && value < 100);
        m->h[i] = (int)(minus ? -value : value);
        if (dotted && i < 2 && *at++ != '.') return NULL;
    }
    return at == end && (m->h[0] || m->h[1] || m->h[2]) ? end : NULL;
}

static int millers(const char *at, itp_miller *list, size_t *n)
{
    for (*n = 0; *n < FACETS_MAX;) {
        if (!(at = miller(at, &list[(*n)++]))) return 0;
        if (!*at) return 1;
        at++;
    }
    return 0;
}

static int thickness(const char *text, double out[2])
{
    char *rest;
    out[0] = out[1] = strtod(text, &rest);
    if (rest == text) return 0;
    if (*rest == ',') {
        const char *second = rest + 1;
        out[1] = strtod(second, &rest);
        if (rest == second) return 0;
    }
    return !*rest && out[0] > 0 && out[1] > 0 && out[0] <= 500 && out[1] <= 500;
}

static int kind(const char *text, itp_slab_kind *out)
{
    static const char *const KINDS[] = {"stoichiometric", "symmetric", "compensated"};
    for (int i = 0; i < 3; i++)
        if (strcmp(text, KINDS[i]) == 0) {
            *out = (itp_slab_kind)i;
            return 1;
        }
    return 0;
}

/* 1 when the word's argument is good. */
static int take(options *o, int word, const char *text)
{
    long index = 0;
    double share = 0;
    int good = 1;
    switch (word) {
    case 'o': o->output = text; break;
    case 'q': o->quiet = 1; break;
    case 'h': o->verb = VERB_HELP; break;
    case MAX_AREA: return number(text, 1, 5000, &o->area);
    case MAX_STRAIN: return number(text, 0, 0.3, &o->strain);
    case MILLER:
        good = whole(text, 1, 9, &index);
        o->miller_max = (int)index;
        return good;
    case FACETS_A: return millers(text, o->facets[0], &o->n_facets[0]);
    case FACETS_B: return millers(text, o->facets[1], &o->n_facets[1]);
    case REGISTRIES: return whole(text, 1, 100, &o->registries);
    case STEP: return number(text, 0.01, 100, &o->step);
    case SMALLEST: return whole(text, 1, 1000000, &o->smallest);
    case MOST: return whole(text, 1, 10000000, &o->most);
    case SHARE:
        good = number(text, 0, 1, &share);
        o->share = (int)lround(share * 1000);
        return good;
    case THICKNESS: return thickness(text, o->thickness);
    case VACUUM: return number(text, 0, 200, &o->vacuum);
    case GAP: return number(text, 0.1, 20, &o->gap);
    case LEAVE_POLAR: o->leave_polar = 1; break;
    case BUILD:
        o->verb = VERB_BUILD;
        o->name = text;
        break;
    case SURFACES: o->verb = VERB_SURFACES; break;
    case SLAB: {
        o->verb = VERB_SLAB;
        const char *rest = miller(text, &o->slab);
        return rest && !*rest;
    }
    case TERMINATION:
        o->termination = text[0] - 'a';
        return text[0] >= 'a' && text[0] <= 'z' && !text[1];
    case PERIODS: return whole(text, 1, 1000, &o->periods);
    case KIND: return kind(text, &o->kind);
    case SYMPREC: return number(text, 1e-8, 0.5, &o->symprec);
    case VOCABULARY: o->verb = VERB_VOCABULARY; break;
    case CANONICAL: o->verb = VERB_CANONICAL; break;
    default: return 0;
    }
    return 1;
}

itp_status options_read(options *o, int argc, char **argv, itp_error *err)
{
    *o = (options){.verb = VERB_LIST,
                   .miller_max = 1,
                   .area = 150,
                   .strain = 0.05,
                   .registries = 2,
                   .step = 1.0,
                   .share = 500,
                   .thickness = {10, 10},
                   .vacuum = 15,
                   .gap = NAN,
                   .periods = 4,
                   .symprec = ITP_SYMPREC};
    int word, at = 0;
    opterr = 0;
    while ((word = getopt_long(argc, argv, "o:qh", WORDS, &at)) != -1) {
        if (word == '?' || word == ':')
            return itp_fail(err, ITP_EINVAL, "%s: no such option, or it lacks its value",
                            argv[optind - 1]);
        if (!take(o, word, optarg))
            return itp_fail(err, ITP_EINVAL, "--%s: '%s' is not a value it takes", WORDS[at].name,
                            optarg);
    }
    for (; optind < argc; optind++) {
        if (o->n_files == 2)
            return itp_fail(err, ITP_EINVAL, "%s: two structures at most", argv[optind]);
        o->files[o->n_files++] = argv[optind];
    }
    int wanted = o->verb == VERB_LIST || o->verb == VERB_BUILD        ? 2
                 : o->verb == VERB_HELP || o->verb == VERB_VOCABULARY ? 0
                                                                      : 1;
    if (o->n_files != wanted)
        return itp_fail(err, ITP_EINVAL, "%d structure files are given, %d are needed", o->n_files,
                        wanted);
    return ITP_OK;
}
