#!/usr/bin/env python3
"""What random fields must hold on every machine, computed a second time, by plain Python.

    random_reference.py FOLDER           writes the files
    random_reference.py FOLDER --check   compares them with what it would write

A line of seed_S.txt has position i of stream S: 64 random bits, the uniform number made of them, the normal
number made of them. harmonic_8x6.txt has one number per cell. Numbers are hexadecimal: no digit is lost.

Python's numbers are those of IEEE 754 and only +, -, *, /, sqrt and frexp are used, so all bits must agree.
"""

import math
import pathlib
import sys

SEEDS = [0, 1, -7, 1234567890123456789]
COUNT = 1000
HARMONIC_SEED, HARMONIC_MODES, HARMONIC_SHAPE = 3, 3, (8, 6)


def philox4x32(counter, key):
    """Ten rounds, after Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011."""
    for _ in range(10):
        a, b = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [b >> 32 ^ counter[1] ^ key[0], b & 0xFFFFFFFF, a >> 32 ^ counter[3] ^ key[1], a & 0xFFFFFFFF]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return counter


def words(number):
    number &= 0xFFFFFFFFFFFFFFFF
    return [number & 0xFFFFFFFF, number >> 32]


def bits(seed, position):
    block = philox4x32([*words(position // 2), 0, 0], words(seed))
    half = 2 * (position % 2)
    return block[half] | block[half + 1] << 32


def uniform(seed, position):
    return (bits(seed, position) >> 11) * 2.0**-53


# M. J. Wichura, algorithm AS 241 (PPND16), Applied Statistics 37 (1988): from the constant term on.
CENTRE = (
    [3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3],
    [1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3])  # fmt: skip
MIDDLE = (
    [1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4],
    [1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9])  # fmt: skip
TAIL = (
    [6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7],
    [1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15])  # fmt: skip


def horner(coefficients, x):
    value = 0.0
    for c in reversed(coefficients):
        value = value * x + c
    return value


def log(x):
    mantissa, exponent = math.frexp(x)
    if mantissa < 0.70710678118654752:
        mantissa, exponent = 2 * mantissa, exponent - 1
    s = (mantissa - 1) / (mantissa + 1)
    return 2 * s * horner([1 / k for k in range(1, 28, 2)], s * s) + exponent * 0.69314718055994530942


def normal_quantile(p):
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * horner(CENTRE[0], r) / horner(CENTRE[1], r)
    r = math.sqrt(-log(p if q < 0 else 1 - p))
    (above, below), shift = (MIDDLE, 1.6) if r <= 5 else (TAIL, 5)
    value = horner(above, r - shift) / horner(below, r - shift)
    return -value if q < 0 else value


def normal(seed, position):
    return normal_quantile(((bits(seed, position) >> 11) * 2 + 1) * 2.0**-54)


def cos_half_turns(numerator, denominator):
    numerator = min(numerator, 2 * denominator - numerator)
    sign = 1
    if 2 * numerator > denominator:
        sign, numerator = -1, denominator - numerator
    sine = 4 * numerator > denominator
    x = (denominator - 2 * numerator) / (2 * denominator) * math.pi if sine else numerator / denominator * math.pi
    series = 1.0
    for k in range(17 if sine else 16, 1, -2):
        series = 1 - series * (x * x) / ((k - 1) * k)
    return sign * (x * series if sine else series)


def harmonic(seed, modes, shape):
    """py-pde's random_harmonic of a scalar field, with amplitudes of ours."""
    position, product = 0, [1.0]
    for n in shape:
        amplitudes = [uniform(seed, position + j) for j in range(modes)]
        position += modes
        axis = []
        for i in range(n):
            terms = (a * cos_half_turns(j * (2 * i + 1) % (2 * n), n) for j, a in enumerate(amplitudes, 1))
            axis.append(sum_in_order(terms))
        product = [left * right for left in product for right in axis]
    return product


def sum_in_order(terms):
    """sum() of Python 3.12 compensates."""
    total = 0.0
    for term in terms:
        total += term
    return total


def files():
    for seed in SEEDS:
        rows = (f"{bits(seed, i):016x} {uniform(seed, i).hex()} {normal(seed, i).hex()}\n" for i in range(COUNT))
        yield f"seed_{seed}.txt", "".join(rows)
    values = harmonic(HARMONIC_SEED, HARMONIC_MODES, HARMONIC_SHAPE)
    yield "harmonic_8x6.txt", "".join(value.hex() + "\n" for value in values)


def main():
    folder = pathlib.Path(sys.argv[1])
    wrong = []
    for name, text in files():
        if "--check" not in sys.argv:
            (folder / name).write_text(text)
        elif (folder / name).read_text() != text:
            wrong.append(name)
    if wrong:
        sys.exit(f"{folder}: not what it should be: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
