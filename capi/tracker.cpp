#include "guard.hpp"
#include "tracker/table.hpp"

using namespace pde;
using namespace pde::capi;

namespace {

SchedulePtr schedule_of(const pde_schedule *schedule) {
  if (!schedule) return nullptr;
  return Exclusive<pde_schedule>(schedule, "schedule")->clone();
}

}  // namespace

pde_status pde_tracker_create(const char *name, const pde_schedule *schedule, const pde_options *options,
                              pde_tracker **out_tracker) noexcept {
  return creating(out_tracker, "out_tracker", [&] {
    return make_handle<pde_tracker>(
        make_tracker(needed_text(name, "name"), schedule_of(schedule), options_of(options)));
  });
}

pde_status pde_tracker_create_storage(pde_storage *storage, const pde_schedule *schedule,
                                      const pde_field *sample, pde_transform transform, void *user,
                                      pde_destroy destroy, const pde_options *options,
                                      pde_tracker **out_tracker) noexcept {
  return creating_with_user(
      out_tracker, "out_tracker", user, destroy, [&](const std::shared_ptr<UserData> &owner) {
        if (!sample != !transform)
          fail(PDE_ERR_ARGUMENT, "{} is NULL, but {} is not", sample ? "transform" : "sample",
               sample ? "sample" : "transform");
        std::optional<StorageTransform> step;
        if (transform)
          step = transform_of(Shared<pde_field>(sample, "sample")->description(), transform, owner);
        StoragePtr target;
        if (storage) target = Shared<pde_storage>(storage, "storage").core();
        return make_handle<pde_tracker>(make_storage_tracker(std::move(target), schedule_of(schedule),
                                                             std::move(step), options_of(options)));
      });
}

pde_status pde_tracker_create_callback(const pde_schedule *schedule, pde_callback callback, void *user,
                                       pde_destroy destroy, pde_tracker **out_tracker) noexcept {
  return creating_with_user(
      out_tracker, "out_tracker", user, destroy, [&](const std::shared_ptr<UserData> &owner) {
        needed(callback, "callback");
        return make_handle<pde_tracker>(
            make_callback_tracker(schedule_of(schedule), [callback, owner](const StatePtr &state, double t) {
              const Lent lent(state);
              const bool stop =
                  call_back_stops("callback", [&] { return callback(lent.get(), t, owner->get()); });
              return Verdict{stop, {}};
            }));
      });
}

pde_status pde_tracker_create_data(const char *columns, const pde_schedule *schedule, pde_measure measure,
                                   void *user, pde_destroy destroy, const pde_options *options,
                                   pde_tracker **out_tracker) noexcept {
  return creating_with_user(
      out_tracker, "out_tracker", user, destroy, [&](const std::shared_ptr<UserData> &owner) {
        needed_text(columns, "columns");
        needed(measure, "measure");
        return make_handle<pde_tracker>(make_data_tracker(
            columns, schedule_of(schedule),
            [measure, owner](const StatePtr &state, double t, std::span<double> out_values) {
              const Lent lent(state);
              return call_back_stops("measure", [&] {
                return measure(lent.get(), t, out_values.data(), static_cast<int64_t>(out_values.size()),
                               owner->get());
              });
            },
            options_of(options)));
      });
}

pde_status pde_tracker_create_steady_state(const pde_schedule *schedule, pde_rate rate, void *user,
                                           pde_destroy destroy, const pde_options *options,
                                           pde_tracker **out_tracker) noexcept {
  return creating_with_user(
      out_tracker, "out_tracker", user, destroy, [&](const std::shared_ptr<UserData> &owner) {
        needed(rate, "rate");
        return make_handle<pde_tracker>(make_steady_state_tracker(
            schedule_of(schedule),
            [rate, owner](const StatePtr &state, double t, const FieldPtr &out_rate) {
              const Lent lent(state), filled(out_rate);
              call_back("rate", [&] { return rate(lent.get(), t, filled.get(), owner->get()); });
            },
            options_of(options)));
      });
}

pde_status pde_tracker_data_length(const pde_tracker *tracker, int64_t *out_length) noexcept {
  return guarded([&] {
    const Shared<pde_tracker> t(tracker, "tracker");
    needed(out_length, "out_length");
    *out_length = data_table(*t).length();
  });
}

pde_status pde_tracker_data_read(const pde_tracker *tracker, int64_t first, int64_t count, double *out_rows,
                                 int64_t size) noexcept {
  return guarded([&] {
    const Shared<pde_tracker> t(tracker, "tracker");
    if (count != 0) needed(out_rows, "out_rows");
    data_table(*t).read(first, count, out_rows, size);
  });
}

void pde_tracker_free(pde_tracker *tracker) noexcept {
  release(tracker, Kind::tracker);
}
