#include "solver/adams_bashforth_stepper.hpp"

#include <bit>
#include <charconv>

#include "base/error.hpp"
#include "solver/survey.hpp"

namespace pde {

int64_t AdamsBashforthStepper::advance(double t, double h, int64_t) {
  using enum Combination::Kind;
  if (!begun_) {
    rate_.evaluate(*y_, t, {.kind = sum, .out = next_.get(), .f_weight = -h, .terms = {{y_.get(), 1}}});
    rate_.evaluate(*next_, t - h, {.kind = rate, .out = before_.get()});
    begun_ = true;
  }
  rate_.evaluate(*y_, t,
                 {.kind = sum,
                  .out = next_.get(),
                  .f_weight = 1.5 * h,
                  .terms = {{y_.get(), 1}, {before_.get(), -0.5 * h}},
                  .rate = before_.get()});
  y_.swap(next_);
  return 1;
}

// ---- the rate before, as 16 hexadecimal digits for each number

namespace {

int64_t cells_of(const WorkLayout &layout) {
  return layout.shape[0] * layout.shape[1] * layout.shape[2];
}

}  // namespace

std::string AdamsBashforthStepper::save_more() const {
  std::string text = FixedStepper::save_more();
  if (!begun_ || !within_stretch() || cells_of(layout_) > kMostSaved) return text;
  text += R"(, "before": ")";
  for_each_cell(layout_, [&, cells = before_->cells()](int64_t at) {
    text += fmt::format("{:016x}", std::bit_cast<uint64_t>(cells[at]));
  });
  return text + '"';
}

void AdamsBashforthStepper::restore_more(const JsonValue &saved) {
  FixedStepper::restore_more(saved);
  const JsonValue *before = json_find(saved, "before");
  begun_ = before != nullptr;
  if (!begun_) return;
  std::string_view digits = before->IsString() ? json_text(*before) : std::string_view();
  if (static_cast<int64_t>(digits.size()) != 16 * cells_of(layout_))
    fail(PDE_ERR_FORMAT,
         "\"before\" in the saved state of the stepper has {} digits, expected 16 for each "
         "of {} numbers",
         digits.size(), cells_of(layout_));
  for_each_cell(layout_, [&, cells = before_->cells()](int64_t at) {
    uint64_t bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + 16, bits, 16);
    if (error != std::errc() || end != digits.data() + 16)
      fail(PDE_ERR_FORMAT, "\"before\" in the saved state of the stepper has other characters than digits");
    cells[at] = std::bit_cast<double>(bits);
    digits.remove_prefix(16);
  });
}

}  // namespace pde
