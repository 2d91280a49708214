#include "solver/custom_equation.hpp"
#include "solver/solve.hpp"

#include "guard.hpp"

using namespace pde;
using namespace pde::capi;

pde_status pde_operator_create(const pde_grid *grid, const char *name, const pde_options *options,
                               pde_operator **out_op) noexcept {
  return creating(out_op, "out_op", [&] {
    const Shared<pde_grid> g(grid, "grid");
    return make_handle<pde_operator>(
        std::make_shared<Operator>(g.core(), needed_text(name, "name"), options_of(options)));
  });
}

pde_status pde_operator_apply(pde_operator *op, const pde_field *in, double time, pde_field *out) noexcept {
  return guarded([&] {
    const Exclusive<pde_operator> o(op, "op");
    const Shared<pde_field> source(in, "in");
    if (out == in) fail(PDE_ERR_ARGUMENT, "out is the field in, expected two fields apart");
    const Writable target(out, "out");
    o->apply(*source, time, *target);
  });
}

void pde_operator_free(pde_operator *op) noexcept {
  release(op, Kind::operation);
}

pde_status pde_equation_create(const char *name, const pde_options *options,
                               pde_equation **out_equation) noexcept {
  return creating(out_equation, "out_equation", [&] {
    return make_handle<pde_equation>(make_equation(needed_text(name, "name"), options_of(options)));
  });
}

pde_status pde_equation_create_custom(pde_rate rate, void *user, pde_destroy destroy,
                                      const pde_options *options, pde_equation **out_equation) noexcept {
  return creating_with_user(
      out_equation, "out_equation", user, destroy, [&](const std::shared_ptr<UserData> &owner) {
        needed(rate, "rate");
        const auto function = [rate, owner](const std::shared_ptr<const Field> &state, double time,
                                            const FieldPtr &out_rate) {
          const Lent lent(state), filled(out_rate);
          call_back("rate", [&] { return rate(lent.get(), time, filled.get(), owner->get()); });
        };
        return make_handle<pde_equation>(make_custom_equation(function, options_of(options)));
      });
}

pde_status pde_equation_initial_state(const pde_equation *equation, const pde_grid *grid, int64_t seed,
                                      pde_field **out_field) noexcept {
  return creating(out_field, "out_field", [&] {
    const Shared<pde_equation> e(equation, "equation");
    const Shared<pde_grid> g(grid, "grid");
    return make_handle<pde_field>(e->initial_state(g.core(), seed));
  });
}

void pde_equation_free(pde_equation *equation) noexcept {
  release(equation, Kind::equation);
}

pde_status pde_solve(const pde_equation *equation, pde_field *state, double t_start, double t_end,
                     const pde_options *options, pde_controller *controller, double *out_t) noexcept {
  return guarded([&] {
    const Shared<pde_equation> e(equation, "equation");
    const Writable field(state, "state");
    std::optional<Exclusive<pde_controller>> run;
    if (controller) run.emplace(controller, "controller");
    const SolveResult result =
        solve(*e, field.core(), t_start, t_end, options_of(options), run ? &**run : nullptr);
    if (out_t) *out_t = result.t;
    return result.stopped ? set_message(PDE_STOP, result.reason.c_str()) : PDE_OK;
  });
}
