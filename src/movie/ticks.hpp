/* Where an axis carries ticks and what stands beside them.
 *
 * Ticks lie at multiples of 1, 2, 2.5 or 5 times a power of ten. All labels of an axis share their number of
 * decimals; what would make them long (a large offset, a power of ten) is taken out and named once, in
 * `suffix`, which the layout puts behind the name of the axis. Text does not depend on the locale. */
#pragma once

#include <string>
#include <vector>

namespace pde::movie {

struct Tick {
  double value;
  std::string label;
};

struct Ticks {
  std::vector<Tick> marks;  // ascending, all within the range
  std::string suffix;       // "×10⁻³", "+ 1000", both, or empty
};

/* Ticks for [lower, upper] with at most `most` intervals; lower < upper, both finite. */
Ticks make_ticks(double lower, double upper, int most);

/* Text like that of "%g", for messages; and for pictures, with typographic minus signs (U+2212), the same and
 * one with a fixed number of decimals. */
std::string plain_number(double value);
std::string number_text(double value);
std::string fixed_text(double value, int decimals);

/* Text of the time in a title. Decimals never become fewer during a film, so that the title does not jitter.
 */
class TimeText {
 public:
  std::string operator()(double time);

 private:
  int decimals_ = 0;
};

}  // namespace pde::movie
