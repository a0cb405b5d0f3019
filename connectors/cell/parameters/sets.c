/* sets.c - published parameter sets. Numbers and fits are the papers'; where a paper leaves a value
 * open, the one in common use is taken and named.
 *   Chen2020     Chen et al., J. Electrochem. Soc. 167 (2020) 080534: LG M50, NMC811/graphite-SiOx
 *   OKane2022    O'Kane et al., Phys. Chem. Chem. Phys. 24 (2022) 7909: the same cell, degradation
 *   Marquis2019  Marquis et al., J. Electrochem. Soc. 166 (2019) A3693: Kokam, LCO/graphite
 *   Prada2013    Prada et al., J. Electrochem. Soc. 160 (2013) A616: LFP/graphite; OCPs of Chen and
 *                of Afshar et al. 2017, exchange current of Kashkooli et al. 2017
 *   Mohtat2020   Mohtat et al., J. Electrochem. Soc. 167 (2020) 110561: NMC532/graphite pouch
 * Electrolytes: Nyman et al. 2008 (Chen, O'Kane), Capiglia et al. 1999 (Marquis), Prada 2013.
 * SEI and plating examples: Safari & Newman 2008, Single et al. 2018, O'Kane et al. 2020 and 2022.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "parameters.h"

#include <math.h>
#include <string.h>

static const char GRAPHITE_CHEN[] =
    "1.9793*exp(-39.3631*x) + 0.2482 - 0.0909*tanh(29.8538*(x-0.1234))"
    " - 0.04478*tanh(14.9159*(x-0.2769)) - 0.0205*tanh(30.4444*(x-0.6103))";
static const char NMC_CHEN[] =
    "-0.8090*x + 4.4875 - 0.0428*tanh(18.5138*(x-0.5542))"
    " - 17.7326*tanh(15.7890*(x-0.3117)) + 17.5842*tanh(15.9308*(x-0.3120))";
static const char NYMAN_DIFFUSIVITY[] = "8.794e-11*(x/1000)**2 - 3.972e-10*(x/1000) + 4.862e-10";
static const char NYMAN_CONDUCTIVITY[] = "0.1297*(x/1000)**3 - 2.51*(x/1000)**1.5 + 3.329*(x/1000)";

/* A published fit: a parse failure here is our own bug, and the check of the set reports it. */
static itp_status fit(itp_curve *curve, const char *text, itp_error *err)
{
    return itp_curve_parse(curve, text, err);
}

/* j0 = m sqrt(c_e) sqrt(c_s) sqrt(c_max - c_s), as papers write it, in our reference form. */
static double exchange(double m, double c_max)
{
    return m * sqrt(ITP_CELL_C_REF) * c_max / 2;
}

/* What most papers leave open; every set starts from it. */
static void set_common(itp_cell_parameters *p)
{
    memset(p, 0, sizeof *p);
    p->parallel = 1;
    p->t_ref = p->t_ambient = p->t_initial = 298.15;
    p->thermodynamic = p->diffusion_scale = p->conduction_scale = 1;
    p->volume = 2.42e-5, p->cooling_area = 5.31e-3, p->heat_transfer = 10;
    p->neg_foil = 1.2e-5, p->neg_foil_density = 8960, p->neg_foil_heat = 385;
    p->pos_foil = 1.6e-5, p->pos_foil_density = 2700, p->pos_foil_heat = 897;
    p->sep_density = 397, p->sep_heat_capacity = 700, p->sep_bruggeman = 1.5;
    itp_cell_electrode e = {.bruggeman_electrolyte = 1.5,
                            .bruggeman_solid = 1.5,
                            .double_layer = 0.2,
                            .density = 1657,
                            .heat_capacity = 700,
                            .lam_exponent = 2,
                            .lam_stress = 60e6};
    itp_curve_constant(&e.shape, 1);
    itp_curve_constant(&e.entropic, 0);
    p->neg = p->pos = e;
    p->pos.density = 3262;
    /* Mechanics of O'Kane et al. 2022, table 5 (after Ai et al. 2020); no loss unless asked for. */
    p->neg.poisson = 0.3, p->neg.young = 15e9, p->neg.molar_volume = 3.1e-6;
    p->pos.poisson = 0.2, p->pos.young = 375e9, p->pos.molar_volume = 1.25e-5;
    p->pos.lam_stress = 375e6;
    p->neg.lam_rate = p->pos.lam_rate = 2.7778e-7;
    p->sei = (itp_cell_sei){.inner = 2.5e-9,
                            .outer = 2.5e-9,
                            .inner_share = 0.5,
                            .molar_volume = 9.585e-5,
                            .resistivity = 2e5,
                            .lithium_ratio = 2,
                            .exchange = 1.5e-7,
                            .transfer = 0.5,
                            .solvent_concentration = 2636,
                            .solvent_diffusivity = 2.5e-22,
                            .interstitial_concentration = 15,
                            .interstitial_diffusivity = 1e-20};
    p->plating = (itp_cell_plating){.rate = 1e-9, .transfer = 0.65, .decay = 1e-6};
}

static itp_status set_chen(itp_cell_parameters *p, itp_error *err)
{
    itp_status st;
    set_common(p);
    p->area = 0.065 * 1.58, p->nominal = 5;
    p->v_low = p->v_empty = 2.5, p->v_high = p->v_full = 4.2;
    itp_cell_electrode *n = &p->neg, *q = &p->pos;
    n->thickness = 85.2e-6, n->porosity = 0.25, n->active = 0.75, n->radius = 5.86e-6;
    n->c_max = 33133, n->c_init = 29866, n->conductivity = 215, n->bruggeman_solid = 0;
    n->diffusivity = 3.3e-14;
    n->exchange = exchange(6.48e-7, n->c_max), n->exchange_energy = 35000;
    q->thickness = 75.6e-6, q->porosity = 0.335, q->active = 0.665, q->radius = 5.22e-6;
    q->c_max = 63104, q->c_init = 17038, q->conductivity = 0.18, q->bruggeman_solid = 0;
    q->diffusivity = 4e-15;
    q->exchange = exchange(3.42e-6, q->c_max), q->exchange_energy = 17800;
    p->sep_thickness = 12e-6, p->sep_porosity = 0.47;
    p->c_e = 1000, p->transference = 0.2594;
    if ((st = fit(&n->ocp, GRAPHITE_CHEN, err)) != ITP_OK) return st;
    if ((st = fit(&q->ocp, NMC_CHEN, err)) != ITP_OK) return st;
    if ((st = fit(&p->diffusivity, NYMAN_DIFFUSIVITY, err)) != ITP_OK) return st;
    return fit(&p->conductivity, NYMAN_CONDUCTIVITY, err);
}

/* Activation energies: Ecker et al. 2015 (graphite, electrolyte), Cabanero et al. 2018 (NMC). The
 * paper's SEI is one layer, growing by the diffusion of solvent through all of it. */
static itp_status set_okane(itp_cell_parameters *p, itp_error *err)
{
    itp_status st = set_chen(p, err);
    p->neg.bruggeman_solid = p->pos.bruggeman_solid = 1.5;
    p->neg.diffusion_energy = 3.03e4, p->pos.diffusion_energy = 2.5e4;
    p->diffusion_energy = p->conduction_energy = 17000;
    p->sei.inner = 0, p->sei.outer = 5e-9, p->sei.inner_share = 0;
    p->sei.lithium_ratio = 1, p->sei.energy = 38000;
    return st;
}

static itp_status set_marquis(itp_cell_parameters *p, itp_error *err)
{
    itp_status st;
    set_common(p);
    p->area = 0.137 * 0.207, p->nominal = 0.680616;
    p->v_low = p->v_empty = 3.105, p->v_high = p->v_full = 4.1;
    p->volume = 7.8e-6, p->cooling_area = 0.0569;
    p->neg_foil = p->pos_foil = 25e-6, p->neg_foil_density = 8954, p->pos_foil_density = 2707;
    itp_cell_electrode *n = &p->neg, *q = &p->pos;
    n->thickness = q->thickness = 1e-4, n->porosity = q->porosity = 0.3;
    n->active = 0.6, n->radius = 1e-5, n->c_max = 24983.2619938437, n->c_init = 19986.609595075;
    n->conductivity = 100, n->diffusivity = 3.9e-14, n->diffusion_energy = 42770;
    n->exchange = exchange(2e-5, n->c_max), n->exchange_energy = 37480;
    q->active = 0.5, q->radius = 1e-5, q->c_max = 51217.9257309275, q->c_init = 30730.7554385565;
    q->conductivity = 10, q->diffusivity = 1e-13, q->diffusion_energy = 18550;
    q->exchange = exchange(6e-7, q->c_max), q->exchange_energy = 39570;
    p->sep_thickness = 25e-6, p->sep_porosity = 1;
    p->c_e = 1000, p->transference = 0.4;
    p->diffusion_energy = 37040, p->conduction_energy = 34700;
    if ((st = fit(&n->ocp,
                  "0.194 + 1.5*exp(-120*x) + 0.0351*tanh((x-0.286)/0.083)"
                  " - 0.0045*tanh((x-0.849)/0.119) - 0.035*tanh((x-0.9233)/0.05)"
                  " - 0.0147*tanh((x-0.5)/0.034) - 0.102*tanh((x-0.194)/0.142)"
                  " - 0.022*tanh((x-0.9)/0.0164) - 0.011*tanh((x-0.124)/0.0226)"
                  " + 0.0155*tanh((x-0.105)/0.029)",
                  err)) != ITP_OK)
        return st;
    if ((st = fit(&q->ocp,
                  "2.16216 + 0.07645*tanh(30.834-57.8583972*x) + 2.1581*tanh(52.294-53.412228*x)"
                  " - 0.14169*tanh(11.0923-21.0852666*x) + 0.2051*tanh(1.4684-5.8291056*x)"
                  " + 0.2531*tanh((0.56478-1.062*x)/0.1316) - 0.02167*tanh((1.062*x-0.525)/0.006)",
                  err)) != ITP_OK)
        return st;
    /* Entropic changes after Moura's fits: the OCPs' slopes over the maximum concentration. */
    if ((st = fit(&n->entropic,
                  "(-180*exp(-120*x) + 0.0351/0.083*cosh((x-0.286)/0.083)**-2"
                  " - 0.0045/0.119*cosh((x-0.849)/0.119)**-2"
                  " - 0.035/0.05*cosh((x-0.9233)/0.05)**-2"
                  " - 0.0147/0.034*cosh((x-0.5)/0.034)**-2"
                  " - 0.102/0.142*cosh((x-0.194)/0.142)**-2"
                  " - 0.022/0.0164*cosh((x-0.9)/0.0164)**-2"
                  " - 0.011/0.0226*cosh((x-0.124)/0.0226)**-2"
                  " + 0.0155/0.029*cosh((x-0.105)/0.029)**-2)/24983.2619938437",
                  err)) != ITP_OK)
        return st;
    if ((st = fit(&q->entropic,
                  "(-0.07645*54.4806*cosh(30.834-57.8583972*x)**-2"
                  " - 2.1581*50.294*cosh(52.294-53.412228*x)**-2"
                  " + 0.14169*19.854*cosh(11.0923-21.0852666*x)**-2"
                  " - 0.2051*5.4888*cosh(1.4684-5.8291056*x)**-2"
                  " - 0.2531/0.1316*cosh((0.56478-1.062*x)/0.1316)**-2"
                  " - 0.02167/0.006*cosh((1.062*x-0.525)/0.006)**-2)/51217.9257309275",
                  err)) != ITP_OK)
        return st;
    if ((st = fit(&p->diffusivity, "5.34e-10*exp(-0.65*x/1000)", err)) != ITP_OK) return st;
    return fit(&p->conductivity,
               "0.0911 + 1.9101*(x/1000) - 1.052*(x/1000)**2 + 0.1554*(x/1000)**3", err);
}

static itp_status set_prada(itp_cell_parameters *p, itp_error *err)
{
    itp_status st;
    set_common(p);
    p->area = 0.6 * 0.3, p->nominal = 2.3;
    p->v_low = p->v_empty = 2.0, p->v_high = p->v_full = 3.6;
    p->t_ref = p->t_ambient = p->t_initial = 298;
    itp_cell_electrode *n = &p->neg, *q = &p->pos;
    n->thickness = 34e-6, n->porosity = 0.36, n->active = 0.58, n->radius = 5e-6;
    n->c_max = 30555, n->c_init = 0.81 * 30555, n->conductivity = 215, n->diffusivity = 3e-15;
    n->exchange = exchange(6.48e-7, n->c_max), n->exchange_energy = 35000;
    q->thickness = 80e-6, q->porosity = 0.426, q->active = 0.374, q->radius = 50e-9;
    q->c_max = 22806, q->c_init = 0.0038 * 22806, q->conductivity = 0.33795074;
    q->diffusivity = 5.9e-18;
    q->exchange = exchange(6e-7, q->c_max), q->exchange_energy = 39570;
    p->sep_thickness = 25e-6, p->sep_porosity = 0.45;
    p->c_e = 1200, p->transference = 0.36;
    if ((st = fit(&n->ocp, GRAPHITE_CHEN, err)) != ITP_OK) return st;
    if ((st = fit(&q->ocp, "3.4077 - 0.020269*x + 0.5*exp(-150*x) - 0.9*exp(-30*(1-x))", err)) !=
        ITP_OK)
        return st;
    itp_curve_constant(&p->diffusivity, 2e-10);
    return fit(&p->conductivity,
               "(4.1253e-4 + 5.007*(x/1e6) - 4721.2*(x/1e6)**2 + 1.5094e6*(x/1e6)**3"
               " - 1.6018e8*(x/1e6)**4)*1000",
               err);
}

static itp_status set_mohtat(itp_cell_parameters *p, itp_error *err)
{
    itp_status st;
    set_common(p);
    p->area = 0.205, p->nominal = 5;
    p->v_low = p->v_empty = 2.8, p->v_high = p->v_full = 4.2;
    p->volume = 3.92e-5, p->cooling_area = 0.41, p->heat_transfer = 5;
    p->neg_foil = p->pos_foil = 25e-6, p->neg_foil_density = 8954, p->pos_foil_density = 2707;
    p->plating.transfer = 0.7;
    itp_cell_electrode *n = &p->neg, *q = &p->pos;
    n->thickness = 62e-6, n->porosity = q->porosity = 0.3, n->active = 0.61, n->radius = 2.5e-6;
    n->c_max = 28746, n->c_init = 48.8682, n->conductivity = q->conductivity = 100;
    n->diffusivity = 5e-15, n->diffusion_energy = 42770;
    n->exchange = exchange(1.061e-6, n->c_max), n->exchange_energy = 37480;
    n->density = q->density = 3100, n->heat_capacity = q->heat_capacity = 1100;
    q->thickness = 67e-6, q->active = 0.445, q->radius = 3.5e-6, q->c_max = 35380;
    q->c_init = 31513, q->diffusivity = 8e-15, q->diffusion_energy = 18550;
    q->exchange = exchange(4.824e-6, q->c_max), q->exchange_energy = 39570;
    p->sep_thickness = 12e-6, p->sep_porosity = 0.4;
    p->c_e = 1000, p->transference = 0.38;
    p->diffusion_energy = 37040, p->conduction_energy = 34700;
    if ((st = fit(&n->ocp,
                  "0.063 + 0.8*exp(-75*(x+0.001)) - 0.0120*tanh((x-0.127)/0.016)"
                  " - 0.0118*tanh((x-0.155)/0.016) - 0.0035*tanh((x-0.220)/0.020)"
                  " - 0.0095*tanh((x-0.190)/0.013) - 0.0145*tanh((x-0.490)/0.020)"
                  " - 0.0800*tanh((x-1.030)/0.055)",
                  err)) != ITP_OK)
        return st;
    if ((st = fit(&q->ocp,
                  "4.3452 - 1.6518*x + 1.6225*x**2 - 2.0843*x**3 + 3.5146*x**4 - 2.2166*x**5"
                  " - 0.5623e-4*exp(109.451*x-100.006)",
                  err)) != ITP_OK)
        return st;
    /* Thomas & Newman 2003. The positive fit of Lu et al. 2006 is in terms of the OCP. */
    if ((st = fit(&n->entropic,
                  "1e-3*(0.28 - 1.56*x - 8.92*x**2 + 57.21*x**3 - 110.7*x**4 + 90.71*x**5"
                  " - 27.14*x**6)",
                  err)) != ITP_OK)
        return st;
#define OCP                                                                                        \
    "(4.3452 - 1.6518*x + 1.6225*x**2 - 2.0843*x**3 + 3.5146*x**4"                                 \
    " - 0.5623e-4*exp(109.451*x-100.006))"
    if ((st = fit(&q->entropic,
                  "1e-3*(-800 + " OCP "*(779 + " OCP "*(-284 + " OCP "*(46 - 2.8*" OCP "))))",
                  err)) != ITP_OK)
        return st;
#undef OCP
    itp_curve_constant(&p->diffusivity, 5.35e-10);
    itp_curve_constant(&p->conductivity, 1.3);
    return ITP_OK;
}

static const char *const NAMES[] = {"Chen2020",  "OKane2022",  "Marquis2019",
                                    "Prada2013", "Mohtat2020", NULL};

const char *const *itp_cell_sets(void)
{
    return NAMES;
}

itp_status itp_cell_published(itp_cell_parameters *p, const char *set, itp_error *err)
{
    if (!strcmp(set, NAMES[0])) return set_chen(p, err);
    if (!strcmp(set, NAMES[1])) return set_okane(p, err);
    if (!strcmp(set, NAMES[2])) return set_marquis(p, err);
    if (!strcmp(set, NAMES[3])) return set_prada(p, err);
    if (!strcmp(set, NAMES[4])) return set_mohtat(p, err);
    return itp_fail(err, ITP_ENOTFOUND,
                    "no parameter set \"%s\"; there are Chen2020, OKane2022, Marquis2019, "
                    "Prada2013, Mohtat2020",
                    set);
}
