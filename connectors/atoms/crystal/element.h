/* element.h - what a descriptor may know of an element without a calculation.
 *   Masses: IUPAC 2021, four digits. Covalent radii: Cordero et al. 2008 (Dalton Trans. 2832), to
 * 0.01 angstrom. Electronegativities: Pauling's scale as revised by Allred 1961. Work functions:
 *   Michaelson 1977 (J. Appl. Phys. 48, 4729), polycrystalline. Usual charges: the commonest
 *   oxidation state in solids, used only to say whether a slab is polar. NaN: not known.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_ELEMENT_H
#define ITP_ELEMENT_H

#define ITP_ELEMENT_MAX 96 /* curium: beyond it nobody ships a potential */

typedef struct itp_element {
    const char *symbol;
    double mass;              /* u */
    double radius;            /* covalent, angstrom */
    double electronegativity; /* Pauling */
    double work_function;     /* eV */
    int charge;               /* usual charge in a compound; 0 when not settled */
} itp_element;

/* z from 1 to ITP_ELEMENT_MAX; NULL outside. Static. */
const itp_element *itp_element_at(int z);
/* "Li", length 1-2, case as printed; 0 when there is no such element. */
int itp_element_find(const char *symbol, int length);

#endif
