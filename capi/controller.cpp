#include <cmath>

#include "guard.hpp"

using namespace pde;
using namespace pde::capi;

namespace {

/// News with its words: the run is over.
pde_status stopped(const Controller &controller) {
  return set_message(PDE_STOP,
                     controller.stop_reason().empty() ? "the run is over" : controller.stop_reason().c_str());
}

pde_status answer(const Controller &controller, const Controller::Next &next, double *out_t_next) {
  if (next.stop) return stopped(controller);
  *out_t_next = next.t;
  return PDE_OK;
}

}  // namespace

pde_status pde_controller_create(pde_tracker *const *trackers, int64_t count, const pde_options *options,
                                 pde_controller **out_controller) noexcept {
  return creating(out_controller, "out_controller", [&] {
    std::vector<TrackerPtr> list;
    for (pde_tracker *tracker : entries(trackers, count, 0, "trackers")) {
      const std::string name = fmt::format("trackers[{}]", list.size());
      list.push_back(Shared<pde_tracker>(tracker, name.c_str()).core());
    }
    const auto controller = std::make_shared<Controller>(std::move(list), options_of(options));
    pde_controller *handle = make_handle<pde_controller>(controller);
    const auto [word, value] = stop_word(handle);
    controller->watch(word, value);
    return handle;
  });
}

pde_status pde_controller_resume(pde_controller *controller, pde_storage *from, pde_field *state,
                                 double *out_t) noexcept {
  return guarded([&]() -> pde_status {
    const Exclusive<pde_controller> run(controller, "controller");
    const Shared<pde_storage> storage(from, "from");
    const Writable field(state, "state");
    needed(out_t, "out_t");
    const std::optional<double> t = run->resume(storage.core(), *field);
    if (!t) return set_message(PDE_EMPTY, "there is no snapshot to go on from");
    *out_t = *t;
    return PDE_OK;
  });
}

pde_status pde_controller_set_step(pde_controller *controller, double dt) noexcept {
  return guarded([&] { Exclusive<pde_controller>(controller, "controller")->set_step(dt); });
}

pde_status pde_controller_start(pde_controller *controller, const pde_field *state, double t_start,
                                double t_end, double *out_t_next) noexcept {
  return guarded([&] {
    const Exclusive<pde_controller> run(controller, "controller");
    const Shared<pde_field> field(state, "state");
    needed(out_t_next, "out_t_next");
    return answer(*run, run->start(field.core(), t_start, t_end), out_t_next);
  });
}

pde_status pde_controller_due(pde_controller *controller, double t, int32_t *out_due) noexcept {
  return guarded([&] {
    const Exclusive<pde_controller> run(controller, "controller");
    needed(out_due, "out_due");
    *out_due = run->due(t);
  });
}

pde_status pde_controller_handle(pde_controller *controller, const pde_field *state, double t,
                                 double *out_t_next) noexcept {
  return guarded([&] {
    const Exclusive<pde_controller> run(controller, "controller");
    needed(out_t_next, "out_t_next");
    if (!state) return answer(*run, run->handle(nullptr, t), out_t_next);
    const Shared<pde_field> field(state, "state");
    return answer(*run, run->handle(field.core(), t), out_t_next);
  });
}

pde_status pde_controller_stop(pde_controller *controller) noexcept {
  // Called from signal handlers: no lock, no memory, no message.
  if (!controller) return PDE_ERR_ARGUMENT;
  return set_stop(controller, Kind::controller) ? PDE_OK : PDE_ERR_HANDLE;
}

pde_status pde_controller_finish(pde_controller *controller, const pde_field *state, double t) noexcept {
  return guarded([&] {
    const Exclusive<pde_controller> run(controller, "controller");
    const Shared<pde_field> field(state, "state");
    run->finish(field.core(), t);
  });
}

pde_status pde_controller_info(pde_controller *controller, const char **out_json) noexcept {
  return guarded([&] {
    const Exclusive<pde_controller> run(controller, "controller");
    needed(out_json, "out_json");
    *out_json = run.keep(run->info());
  });
}

pde_status pde_controller_remove(pde_controller *controller, const pde_tracker *tracker) noexcept {
  return guarded([&] {
    const Exclusive<pde_controller> run(controller, "controller");
    run->remove(*Shared<pde_tracker>(tracker, "tracker"));
  });
}

void pde_controller_free(pde_controller *controller) noexcept {
  release(controller, Kind::controller);
}
